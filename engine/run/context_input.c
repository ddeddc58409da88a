#include "engine/run/context_input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cache/context.h"
#include "cache/context_rules.h"
#include "engine/base/arena.h"
#include "engine/base/file.h"
#include "engine/base/path.h"
#include "engine/run/inputs.h"
#include "engine/run/state.h"

/* Those of the first ignore file that is there, or none. */
static struct kg_error *
rules_read(struct kg_run *run, struct kg_arena *arena, const char *const *ignore_files, struct kg_context_rules **ret_rules)
{
	for (const char *const *path = ignore_files; path && *path; path++) {
		const char *bytes;
		size_t size;
		struct kg_error *error = kg_file_read(arena, *path, &bytes, &size);

		if (!error)
			return kg_context_rules_read(arena, kg_path_inside(run->folders.graph, *path), bytes, size, ret_rules);
		if (error->sys != ENOENT && error->sys != ENOTDIR)
			return error;
	}
	return kg_context_rules_read(arena, "", "", 0, ret_rules);
}

/* What is read of it is what a link leads to. */
static struct kg_error *
always_add(struct kg_run *run, struct kg_arena *arena, const struct kg_input_context *context, const char *path,
    struct kg_parts *parts, struct kg_digest_state *digest)
{
	const char *shown = kg_path_inside(run->folders.graph, path);
	struct kg_file_state state;
	char *real = realpath(path, NULL);
	struct kg_error *error = kg_stat_cache_look(run->stat_cache, arena, real ? real : path, &state);

	free(real);
	if (error || (state.type == KG_FILE_MISSING && run->options.plan))
		return error;
	if (state.type != KG_FILE_REGULAR)
		return kg_error_make(arena, KG_EINPUT, "%s is %s", shown, state.type == KG_FILE_FOLDER ? "a folder" : "not there");
	struct kg_digest one = kg_context_digest(&state);
	kg_parts_add(parts, KG_PART_FILE, shown, one);
	kg_digest_add_text(digest, kg_path_inside(context->folder, path));
	kg_digest_add(digest, &one, sizeof(one));
	return NULL;
}

struct kg_error *
kg_context_input_add(struct kg_run *run, struct kg_arena *arena, const struct kg_input_context *context, struct kg_parts *parts,
    struct kg_digest *ret_digest)
{
	const char *inside = kg_path_inside(run->folders.graph, context->folder);
	const char *prefix = strcmp(context->folder, run->folders.graph) == 0 ? "" : kg_format(arena, "%s/", inside);
	struct kg_context_files files = { 0 };
	struct kg_context_rules *rules;
	struct kg_digest_state digest;
	struct kg_error *error = rules_read(run, arena, context->ignore_files, &rules);

	if (!error)
		error = kg_context_read(arena, run->stat_cache, context->folder, rules, prefix, &files);
	/* In a plan it may be that the node which makes the folder has only not run yet. */
	if (error && run->options.plan && error->sys == ENOENT)
		error = NULL;
	kg_digest_start(&digest);
	for (uint32_t i = 0; i < files.count; i++) {
		kg_parts_add(parts, KG_PART_FILE, files.items[i].name, files.items[i].digest);
		kg_digest_add_text(&digest, files.items[i].name + strlen(prefix));
		kg_digest_add(&digest, &files.items[i].digest, sizeof(files.items[i].digest));
	}
	for (const char *const *path = context->always; !error && path && *path; path++)
		error = always_add(run, arena, context, *path, parts, &digest);
	*ret_digest = kg_digest_end(&digest);
	return error;
}
