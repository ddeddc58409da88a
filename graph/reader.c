#include "graph/reader.h"

#include <stdarg.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"

/* Of names, and of TOML's keys without quotes. */
static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

struct kg_place
kg_reader_place(const struct kg_scope *scope, const struct kg_toml *said)
{
	return (struct kg_place){ .file = scope->file->path, .line = said->line, .column = said->column };
}

struct kg_place
kg_reader_key_place(const struct kg_scope *scope, const struct kg_toml *said)
{
	struct kg_place place = kg_reader_place(scope, said);

	if (!said->key)
		return place;
	place.line = said->key_line;
	place.column = said->key_column;
	/* A key in quotes is as long as it is written: that is found in the line. */
	size_t length = strlen(said->key);
	place.length = length > 0 && strspn(said->key, letters) == length ? (uint32_t)length : 0;
	return place;
}

struct kg_error *
kg_reader_complain(struct kg_reader *reader, struct kg_place place, const char *format, ...)
{
	struct kg_errors *errors = reader->draft->errors;
	va_list list;

	va_start(list, format);
	struct kg_error *error = kg_error_at(errors->arena, KG_EINPUT, place, "%s", kg_format_list(errors->arena, format, list));
	va_end(list);
	kg_errors_add(errors, error);
	return error;
}

void
kg_reader_suggest(struct kg_reader *reader, struct kg_error *error, const char *name, const char *const *candidates)
{
	static constexpr size_t listed_at_most = 12;
	struct kg_arena *arena = reader->draft->errors->arena;
	const char *nearest = kg_text_nearest(name, candidates);
	size_t count = 0;

	while (candidates[count])
		count++;
	if (nearest)
		(void)kg_error_advise(arena, error, "did you mean `%s`?", nearest);
	else if (count > 0 && count <= listed_at_most)
		(void)kg_error_advise(arena, error, "known: %s", kg_text_enumerate(arena, candidates, count, ", "));
}

const char *const *
kg_reader_keys(struct kg_reader *reader, const struct kg_toml *table)
{
	uint32_t count = table ? table->count : 0;
	const char **keys = kg_new_array(reader->arena, const char *, (size_t)count + 1);

	for (uint32_t i = 0; i < count; i++)
		keys[i] = table->items[i].key;
	return keys;
}

void
kg_reader_check_keys(
    struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *table, const char *const *known, const char *what)
{
	for (uint32_t i = 0; i < table->count; i++) {
		const struct kg_toml *member = &table->items[i];
		const char *const *name = known;

		while (*name && strcmp(*name, member->key) != 0)
			name++;
		if (*name)
			continue;
		struct kg_error *error =
		    kg_reader_complain(reader, kg_reader_key_place(scope, member), "unknown key `%s` %s", member->key, what);
		kg_reader_suggest(reader, error, member->key, known);
	}
}

bool
kg_reader_check_name(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *said, const char *noun)
{
	const char *name = said->key;

	if (*name && *name != '-' && name[strspn(name, letters)] == '\0')
		return true;
	struct kg_error *error =
	    kg_reader_complain(reader, kg_reader_key_place(scope, said), "`%s` cannot be the name of a %s", name, noun);
	(void)kg_error_advise(reader->draft->errors->arena, error, "names are letters, digits, _ and -, and do not start with -");
	return false;
}

bool
kg_reader_check_type(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *said, enum kg_value_type type,
    const char *subject)
{
	if (!said)
		return false;
	if (said->type == type)
		return true;
	(void)kg_reader_complain(reader, kg_reader_place(scope, said), "%s must be %s, not %s", subject, kg_value_type_tell(type),
	    said->type == KG_VALUE_NONE ? "a date or time" : kg_value_type_tell(said->type));
	return false;
}

const char *
kg_reader_full_name(struct kg_reader *reader, const struct kg_scope *scope, const char *name)
{
	if (*scope->prefix == '\0')
		return kg_copy(reader->draft->arena, name);
	return kg_format(reader->draft->arena, "%s%s", scope->prefix, name);
}

const char *
kg_reader_environment(struct kg_reader *reader, const char *name)
{
	const struct kg_graph_source *source = reader->source;
	struct kg_arena *arena = reader->draft->arena;
	uint32_t index;

	if (kg_map_get(&reader->origin_names, name, &index))
		return reader->origin_variables.items[index].value;

	const char *value = source->environment ? source->environment(source->context, name) : NULL;
	struct kg_origin_variable variable = { kg_copy(arena, name), kg_copy(arena, value) };
	kg_map_put(&reader->origin_names, variable.name, reader->origin_variables.count);
	kg_list_push(arena, &reader->origin_variables, variable);
	return variable.value;
}

/* Goes down with the tables, which stand at most KG_TOML_DEEPEST deep in one another. */
const struct kg_toml *
kg_reader_merge(struct kg_reader *reader, const struct kg_toml *over, const struct kg_toml *under, bool deep)
{
	if (!over || !under)
		return over ? over : under;

	struct kg_toml *merged = kg_new(reader->arena, struct kg_toml);
	struct kg_toml *items = kg_new_array(reader->arena, struct kg_toml, (size_t)over->count + under->count);
	const struct kg_toml *a = over->items, *b = under->items;
	const struct kg_toml *a_end = a + over->count, *b_end = b + under->count;

	*merged = *over;
	merged->count = 0;
	merged->items = items;
	while (a < a_end || b < b_end) {
		int order = a == a_end ? 1 : b == b_end ? -1 : strcmp(a->key, b->key);
		bool both = order == 0 && deep && a->type == KG_VALUE_TABLE && b->type == KG_VALUE_TABLE;

		items[merged->count++] = both ? *kg_reader_merge(reader, a, b, true) : order <= 0 ? *a : *b;
		a += order <= 0;
		b += order >= 0;
	}
	return merged;
}

const struct kg_toml *
kg_reader_section(struct kg_reader *reader, const struct kg_scope *scope, const char *name)
{
	const struct kg_toml *own = kg_toml_member(scope->file->root, name);
	const struct kg_toml *profile = kg_toml_member(scope->profile, name);

	/* What is no table has been told when the file was opened. */
	if (own && own->type != KG_VALUE_TABLE)
		own = NULL;
	if (profile && profile->type != KG_VALUE_TABLE)
		profile = NULL;
	return kg_reader_merge(reader, profile, own, false);
}

bool
kg_reader_is_new(struct kg_reader *reader, struct kg_map *names, const struct kg_scope *scope, const struct kg_toml *said,
    const char *noun, const char *full)
{
	uint32_t first;

	names->arena = reader->arena;
	if (!kg_map_get(names, full, &first)) {
		kg_map_put(names, full, reader->name_places.count);
		kg_list_push(reader->arena, &reader->name_places, kg_reader_key_place(scope, said));
		return true;
	}
	struct kg_place place = reader->name_places.items[first];
	struct kg_error *error =
	    kg_reader_complain(reader, kg_reader_key_place(scope, said), "there is a %s `%s` already", noun, full);
	(void)kg_error_advise(reader->draft->errors->arena, error,
	    "it stands at %s:%u; with `as`, an include brings its own under a prefix", place.file, place.line);
	return false;
}
