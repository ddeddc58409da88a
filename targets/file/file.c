/* A file with a given content: a literal, or a template with values put in. Written atomically, and only when it differs. */

#include <string.h>
#include <sys/stat.h>

#include "engine/base/arena.h"
#include "engine/base/file.h"
#include "targets/file/file.h"
#include "targets/file/render.h"

struct file_spec {
	const char *path, *template, *content;
	const struct kg_pair *values;
	int64_t mode;
};

static const struct kg_field file_fields[] = {
	KG_FIELD(file_spec, path, KG_PATH, KG_REQUIRED, "where it is written; folders above it are made"),
	KG_FIELD(file_spec, content, KG_TEXT, 0, "what is written, as it stands"),
	KG_FIELD(file_spec, template, KG_PATH, KG_INPUT, "a file whose ${NAME} are replaced by `values`; $${ stands for ${"),
	KG_FIELD(file_spec, values, KG_MAP, 0, "what the names in the template stand for"),
	KG_FIELD(file_spec, mode, KG_MODE, 0, "its permissions; \"0600\" for a file with a secret in it", .fallback = "0644"),
	{ 0 },
};

static struct kg_error *
check(struct kg_arena *arena, const void *given)
{
	const struct file_spec *spec = given;

	if (!spec->content == !spec->template)
		return kg_error_make(arena, KG_EINPUT, "a file has either `content` or `template`");
	if (spec->values && !spec->template)
		return kg_error_make(arena, KG_EINPUT, "`values` are for a `template`");
	return NULL;
}

static void
products(struct kg_products *list, const void *given)
{
	const struct file_spec *spec = given;

	kg_products_add(list, (struct kg_product){ .key = "path", .path = spec->path, .is_local = true, .is_replaced = true });
}

struct file_state {
	const struct file_spec *spec;
	struct kg_arena *arena; /* of the worker alone */
	struct kg_error *error;
};

static bool
is_as_wanted(struct kg_arena *arena, const struct file_spec *spec, const char *content, size_t size)
{
	struct stat stat;
	const char *bytes;
	size_t found;

	if (lstat(spec->path, &stat) < 0 || !S_ISREG(stat.st_mode) || (stat.st_mode & 07777) != (mode_t)spec->mode)
		return false;
	if ((size_t)stat.st_size != size || kg_file_read(arena, spec->path, &bytes, &found))
		return false;
	return found == size && (size == 0 || memcmp(bytes, content, size) == 0);
}

static void
write_work(void *data)
{
	struct file_state *state = data;
	const struct file_spec *spec = state->spec;
	const char *content = spec->content;
	size_t size = content ? strlen(content) : 0;

	if (spec->template)
		state->error = kg_render(state->arena, spec->template, spec->values, &content, &size);
	if (!state->error && !is_as_wanted(state->arena, spec, content, size))
		state->error = kg_file_write(state->arena, spec->path, content, size, (mode_t)spec->mode);
}

static struct kg_next
written(struct kg_job *job)
{
	struct file_state *state = job->state;
	struct kg_error *error = state->error ? kg_error_copy(job->arena, state->error) : NULL;

	kg_arena_free(state->arena);
	return error ? kg_failed(error) : kg_done(job);
}

static struct kg_next
run(struct kg_job *job)
{
	struct file_state *state = job->state;

	*state = (struct file_state){ .spec = job->spec, .arena = kg_arena_make() };
	return kg_wait_worker(job, write_work, state, written);
}

const struct kg_kind kg_kind_file = {
	.facts = {
		.name = "file",
		.version = 1,
		.summary = "a file with a given content",
		.fields = file_fields,
		.outputs = (const char *const[]){ "path", NULL },
		.spec_size = sizeof(struct file_spec),
		.check = check,
	},
	.state_size = sizeof(struct file_state),
	.products = products,
	.run = run,
};
