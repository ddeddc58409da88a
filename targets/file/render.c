#include "targets/file/render.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/file.h"
#include "engine/base/list.h"
#include "engine/base/text.h"

static struct kg_place
place_of(struct kg_arena *arena, const char *file, const char *text, const char *at, size_t length)
{
	const char *line = text;
	uint32_t number = 1;

	for (const char *newline; (newline = memchr(line, '\n', (size_t)(at - line))); line = newline + 1)
		number++;
	return (struct kg_place){
		.file = file,
		.line_text = kg_copy_bytes(arena, line, strcspn(line, "\r\n")),
		.line = number,
		.column = (uint32_t)(at - line) + 1,
		.length = (uint32_t)length,
	};
}

static const char *
value_find(const struct kg_pair *values, const char *name, size_t length)
{
	for (; values && values->name; values++)
		if (strncmp(values->name, name, length) == 0 && values->name[length] == '\0')
			return values->value;
	return NULL;
}

static struct kg_error *
name_unknown(struct kg_arena *arena, const struct kg_pair *values, const char *name, struct kg_place place)
{
	struct kg_error *error = kg_error_at(arena, KG_EINPUT, place, "the template's ${%s} has no value", name);
	KG_LIST(const char *) names = { 0 };

	for (; values && values->name; values++)
		kg_list_push(arena, &names, values->name);
	kg_list_push(arena, &names, NULL);
	const char *nearest = kg_text_nearest(name, names.items);
	return nearest ? kg_error_advise(arena, error, "did you mean ${%s}?", nearest)
		       : kg_error_advise(arena, error, "add `%s` to `values`, or write $${ for a plain ${", name);
}

struct kg_error *
kg_render(struct kg_arena *arena, const char *template, const struct kg_pair *values, const char **ret_content, size_t *ret_size)
{
	struct kg_text out = { .arena = arena };
	const char *text;
	size_t size;
	struct kg_error *error = kg_file_read(arena, template, &text, &size);

	if (error)
		return error;
	const char *plain = text, *end = text + size;
	for (const char *at = text; (at = memchr(at, '$', (size_t)(end - at)));) {
		if (at[1] == '$' && at[2] == '{') {
			kg_text_add_bytes(&out, plain, (size_t)(at - plain));
			plain = at + 1;
			at += 3;
			continue;
		}
		if (at[1] != '{') {
			at++;
			continue;
		}
		size_t length = strcspn(at + 2, "}\n");
		if (at[2 + length] != '}')
			return kg_error_at(
			    arena, KG_EINPUT, place_of(arena, template, text, at, 2), "a `}` is missing behind `${`");
		const char *value = value_find(values, at + 2, length);
		if (!value)
			return name_unknown(
			    arena, values, kg_copy_bytes(arena, at + 2, length), place_of(arena, template, text, at, length + 3));
		kg_text_add_bytes(&out, plain, (size_t)(at - plain));
		kg_text_add(&out, value);
		plain = at = at + length + 3;
	}
	kg_text_add_bytes(&out, plain, (size_t)(end - plain));
	*ret_content = kg_text_end(&out);
	*ret_size = out.size;
	return NULL;
}
