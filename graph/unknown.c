#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "graph/reader.h"
#include "graph/sealing.h"

/* The profile that would bring the node, or NULL. */
static const char *
profile_with(const struct kg_draft *draft, const char *name)
{
	for (uint32_t i = 0; i < draft->elsewhere.count; i++)
		if (strcmp(draft->elsewhere.items[i].node, name) == 0)
			return draft->elsewhere.items[i].profile;
	return NULL;
}

/*
 * How much of the name an include put before it: what stands at place says it without, and what is suggested there must be said without, too. Of the
 * prefixes under which a file is included more than once, the one that the name has.
 */
static size_t
prefix_length(const struct kg_sealing *sealing, struct kg_place place, const char *name)
{
	const struct kg_reader *reader = sealing->draft->reader;
	size_t longest = 0;

	for (uint32_t i = 0; reader && place.file && i < reader->scopes.count; i++) {
		const struct kg_scope *scope = reader->scopes.items[i];
		size_t length = strlen(scope->prefix);

		if (length > longest && strcmp(scope->file->path, place.file) == 0 && kg_text_starts(name, scope->prefix))
			longest = length;
	}
	return longest;
}

/* Those with the first `prefix` bytes of name, without these bytes; ended by NULL. */
static const char *const *
names_within(struct kg_arena *arena, const char *name, size_t prefix, const char *const *names)
{
	size_t count = 0;

	while (names[count])
		count++;
	const char **within = kg_new_array(arena, const char *, count + 1);
	for (count = 0; *names; names++)
		if (strncmp(*names, name, prefix) == 0)
			within[count++] = *names + prefix;
	return within;
}

/* "`pg.schema` or `ds.schema`": up to three names that have the name behind the prefix of an include; NULL when there is none. */
static const char *
within_includes(struct kg_arena *arena, const char *name, const char *const *names)
{
	const char *found[3], *suffix = kg_format(arena, ".%s", name);
	uint32_t count = 0;

	for (; *names && count < 3; names++)
		if (kg_text_ends(*names, suffix))
			found[count++] = kg_format(arena, "`%s`", *names);
	return count > 0 ? kg_text_enumerate(arena, found, count, " or ") : NULL;
}

/*
 * The nearest name, or NULL. What an include puts before both of two names does not make them more alike: "i.c" is as far from "i.a" as
 * "c" is from "a".
 */
static const char *
nearest_name(const char *name, const char *const *names)
{
	const char *nearest = kg_text_nearest(name, names);
	size_t own = 0;

	for (size_t i = 0; nearest && name[i] && name[i] == nearest[i]; i++)
		if (name[i] == '.')
			own = i + 1;
	if (!nearest || own == 0)
		return nearest;
	return kg_text_nearest(name + own, (const char *const[]){ nearest + own, NULL }) ? nearest : NULL;
}

static const char *const *
node_names(struct kg_sealing *sealing, bool or_target)
{
	const struct kg_draft *draft = sealing->draft;
	uint32_t targets = or_target ? draft->targets.count : 0;
	const char **names = kg_new_array(sealing->scratch, const char *, (size_t)draft->nodes.count + targets + 1);
	uint32_t count = 0;

	for (uint32_t i = 0; i < draft->nodes.count; i++)
		names[count++] = draft->nodes.items[i].name;
	for (uint32_t i = 0; i < targets; i++)
		names[count++] = draft->targets.items[i].name;
	return names;
}

/* The profile took it away, or only another one would bring it: then that is all there is to say. */
static struct kg_error *
profile_error(const struct kg_draft *draft, struct kg_place place, const char *name)
{
	struct kg_arena *arena = draft->errors->arena;
	const char *profile = profile_with(draft, name);

	for (uint32_t i = 0; i < draft->removed.count; i++) {
		const struct kg_draft_removed *removed = &draft->removed.items[i];

		if (strcmp(removed->node, name) != 0)
			continue;
		struct kg_error *error =
		    kg_error_at(arena, KG_EINPUT, place, "the profile `%s` takes the node `%s` away", draft->profile, name);
		error->detail = kg_format(
		    arena, "%s:%u:%u: `%s` is removed here", removed->place.file, removed->place.line, removed->place.column, name);
		return error;
	}
	if (!profile)
		return NULL;
	return kg_error_advise(arena, kg_error_at(arena, KG_EINPUT, place, "only the profile `%s` has a node `%s`", profile, name),
	    "choose it with --profile %s", profile);
}

void
kg_sealing_unknown_node(struct kg_sealing *sealing, struct kg_place place, const char *name, bool or_target)
{
	struct kg_draft *draft = sealing->draft;
	struct kg_arena *arena = draft->errors->arena;
	struct kg_error *error = profile_error(draft, place, name);
	const char *meant;

	if (error) {
		kg_errors_add(draft->errors, error);
		return;
	}
	if (draft->is_incomplete)
		return;
	error = kg_error_at(arena, KG_EINPUT, place, "there is no node%s `%s`", or_target ? " or target" : "", name);
	kg_errors_add(draft->errors, error);
	if (sealing->suggestions_left == 0)
		return;
	sealing->suggestions_left--;
	size_t prefix = prefix_length(sealing, place, name);
	const char *const *names = names_within(sealing->scratch, name, prefix, node_names(sealing, or_target));
	if ((meant = within_includes(arena, name + prefix, names)))
		(void)kg_error_advise(arena, error, "did you mean %s, which an include brings?", meant);
	else if ((meant = nearest_name(name + prefix, names)))
		(void)kg_error_advise(arena, error, "did you mean `%s`?", meant);
}

void
kg_sealing_unknown(
    struct kg_sealing *sealing, struct kg_place place, const char *noun, const char *name, const char *const *candidates)
{
	struct kg_arena *arena = sealing->draft->errors->arena;
	size_t prefix = prefix_length(sealing, place, name), count = 0;

	if (sealing->draft->is_incomplete)
		return;
	candidates = names_within(arena, name, prefix, candidates);
	const char *nearest = nearest_name(name + prefix, candidates);
	struct kg_error *error = kg_error_at(arena, KG_EINPUT, place, "there is no %s `%s`", noun, name);
	kg_errors_add(sealing->draft->errors, error);
	while (candidates[count])
		count++;
	if (nearest)
		(void)kg_error_advise(arena, error, "did you mean `%s`?", nearest);
	else if (count == 0)
		(void)kg_error_advise(arena, error, "there are none");
	else if (count <= 12)
		(void)kg_error_advise(
		    arena, error, "known %s %s", count == 1 ? "is" : "are", kg_text_enumerate(arena, candidates, count, " and "));
}
