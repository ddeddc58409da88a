#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "graph/reader.h"

/* The graph as it is without a profile: can be asked for by name when [graph] chooses one. */
static const char profile_none[] = "default";

static const char *const profile_sections[] = { "node", "vars", "target", "export", "ports", "secrets", "cache", NULL };

void
kg_reader_profile_choose(struct kg_reader *reader, struct kg_scope *root)
{
	const struct kg_toml *graph = kg_toml_member(root->file->root, "graph");
	const char *profile = reader->source->profile;

	if (!profile) {
		reader->profile_said = kg_toml_member(graph, "profile");
		if (reader->profile_said)
			profile = kg_reader_closed_text(reader, root, reader->profile_said, "`profile` in [graph]");
	}
	if (!profile || strcmp(profile, profile_none) == 0)
		profile = "";
	reader->draft->profile = kg_copy(reader->draft->arena, profile);
	reader->is_profile_found = *profile == '\0';
}

/* What only another profile has is kept, for who names it. */
static void
elsewhere_add(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *profile)
{
	const struct kg_toml *nodes = kg_toml_member(profile, "node");
	const struct kg_toml *own = kg_toml_member(scope->file->root, "node");
	struct kg_arena *arena = reader->draft->arena;

	for (uint32_t i = 0; nodes && nodes->type == KG_VALUE_TABLE && i < nodes->count; i++)
		if (!kg_toml_member(own, nodes->items[i].key))
			kg_list_push(arena, &reader->draft->elsewhere,
			    (struct kg_draft_elsewhere){
				kg_reader_full_name(reader, scope, nodes->items[i].key), kg_copy(arena, profile->key) });
}

static void
profile_read(struct kg_reader *reader, struct kg_scope *scope, const struct kg_toml *profile)
{
	const char *what = kg_format(reader->arena, "in [profile.%s]", profile->key);

	if (!kg_reader_check_name(reader, scope, profile, "profile") ||
	    !kg_reader_check_type(reader, scope, profile, KG_VALUE_TABLE, kg_format(reader->arena, "[profile.%s]", profile->key)))
		return;
	if (strcmp(profile->key, profile_none) == 0) {
		struct kg_error *error = kg_reader_complain(reader, kg_reader_key_place(scope, profile),
		    "`%s` means the graph without a profile, and cannot be one", profile_none);
		(void)kg_error_advise(reader->draft->errors->arena, error, "give it another name");
		return;
	}
	kg_reader_check_keys(reader, scope, profile, profile_sections, what);
	for (const char *const *name = profile_sections; *name; name++)
		(void)kg_reader_check_type(reader, scope, kg_toml_member(profile, *name), KG_VALUE_TABLE,
		    kg_format(reader->arena, "[profile.%s.%s]", profile->key, *name));
	kg_list_push(reader->arena, &reader->profiles, profile->key);
	if (strcmp(profile->key, reader->draft->profile) != 0) {
		elsewhere_add(reader, scope, profile);
		return;
	}
	reader->is_profile_found = true;
	scope->profile = profile;
}

void
kg_reader_profile_open(struct kg_reader *reader, struct kg_scope *scope)
{
	const struct kg_toml *profiles = kg_toml_member(scope->file->root, "profile");

	for (uint32_t i = 0; profiles && profiles->type == KG_VALUE_TABLE && i < profiles->count; i++)
		profile_read(reader, scope, &profiles->items[i]);
}

void
kg_reader_profile_check(struct kg_reader *reader, const struct kg_scope *root)
{
	struct kg_place place = reader->profile_said ? kg_reader_place(root, reader->profile_said) : (struct kg_place){ 0 };
	struct kg_map seen = { .arena = reader->arena };
	KG_LIST(const char *) known = { 0 };

	if (reader->is_profile_found || reader->draft->is_incomplete)
		return;
	for (uint32_t i = 0; i < reader->profiles.count; i++) {
		if (!kg_map_get(&seen, reader->profiles.items[i], NULL))
			kg_list_push(reader->arena, &known, reader->profiles.items[i]);
		kg_map_put(&seen, reader->profiles.items[i], i);
	}
	kg_list_push(reader->arena, &known, NULL);
	struct kg_error *error = kg_reader_complain(reader, place, "no file has a profile `%s`", reader->draft->profile);
	if (reader->profiles.count == 0)
		(void)kg_error_advise(reader->draft->errors->arena, error, "there are no profiles in this graph");
	kg_reader_suggest(reader, error, reader->draft->profile, known.items);
}
