#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "graph/reader.h"

/* Exports made of exports go down one level of these functions each, together with variables. */
static constexpr uint32_t exports_deepest = 64;
static const struct kg_scalar wrong;

static bool
is_environment_name(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

	return *name && !(*name >= '0' && *name <= '9') && name[strspn(name, letters)] == '\0';
}

static void
export_open(struct kg_reader *reader, struct kg_scope *scope, const struct kg_toml *said)
{
	struct kg_arena *arena = reader->draft->errors->arena;
	const char *full = kg_reader_full_name(reader, scope, said->key);
	uint32_t first;

	if (!is_environment_name(said->key)) {
		struct kg_error *error =
		    kg_reader_complain(reader, kg_reader_key_place(scope, said), "`%s` cannot be the name of an export", said->key);
		(void)kg_error_advise(arena, error, "it becomes an environment variable: letters, digits and _, no digit first");
		return;
	}
	if (kg_map_get(&reader->export_names, full, &first)) {
		const struct kg_reader_export *other = &reader->exports.items[first];
		struct kg_error *error =
		    kg_reader_complain(reader, kg_reader_key_place(scope, said), "there is an export `%s` already", full);
		(void)kg_error_advise(arena, error, "it stands at %s:%u; with `as`, an include brings its own under a prefix",
		    other->scope->file->path, other->said->key_line);
		return;
	}
	kg_map_put(&reader->export_names, full, reader->exports.count);
	kg_list_push(reader->arena, &reader->exports, (struct kg_reader_export){ .name = full, .scope = scope, .said = said });
}

void
kg_reader_exports_open(struct kg_reader *reader, struct kg_scope *scope)
{
	const struct kg_toml *exports = kg_reader_section(reader, scope, "export");

	for (uint32_t i = 0; exports && i < exports->count; i++)
		export_open(reader, scope, &exports->items[i]);
}

const struct kg_scalar *
kg_reader_export(struct kg_reader *reader, const char *name, struct kg_place used)
{
	uint32_t index;

	if (!kg_map_get(&reader->export_names, name, &index))
		return NULL;

	/* The list does not grow any more, so that pointers into it stay good. */
	struct kg_reader_export *export = &reader->exports.items[index];
	if (export->state == KG_READER_DONE)
		return &export->value;
	if (export->state == KG_READER_BUSY || reader->depth >= exports_deepest) {
		(void)kg_reader_complain(reader, used,
		    export->state == KG_READER_BUSY ? "export `%s` is made of itself" : "export `%s` is made of too many others",
		    name);
		return &wrong;
	}
	export->state = KG_READER_BUSY;
	reader->depth++;
	export->value = kg_reader_as_text(reader, kg_reader_scalar(reader, export->scope, export->said));
	reader->depth--;
	export->state = KG_READER_DONE;
	return &export->value;
}

void
kg_reader_exports(struct kg_reader *reader)
{
	struct kg_draft *draft = reader->draft;

	for (uint32_t i = 0; i < reader->exports.count; i++) {
		const struct kg_reader_export *export = &reader->exports.items[i];
		struct kg_place place = kg_reader_place(export->scope, export->said);
		const struct kg_scalar *scalar = kg_reader_export(reader, export->name, place);
		uint32_t index = kg_draft_values_add(draft, 1);

		draft->values.items[index] = kg_reader_value(reader, export->scope, export->said, *scalar);
		kg_list_push(draft->arena, &draft->exports,
		    (struct kg_draft_export){ export->name, index, kg_reader_key_place(export->scope, export->said) });
	}
}
