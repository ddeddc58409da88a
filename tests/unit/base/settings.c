#include "tests/unit/base/settings.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/list.h"
#include "engine/base/text.h"

struct said {
	struct kg_value value;
	const char *key, *text;
	KG_LIST(struct said) children;
};

struct notation {
	struct kg_arena *arena;
	const char *start, *at;
	struct kg_text texts;
	KG_LIST(struct kg_value) items;
};

static void
pass(struct notation *notation, const char *what)
{
	notation->at += strspn(notation->at, what);
}

static const char *
word_read(struct notation *notation, const char *end)
{
	size_t length = strcspn(notation->at, end);
	const char *word = kg_copy_bytes(notation->arena, notation->at, length);

	notation->at += length;
	return word;
}

static struct said
said_read(struct notation *notation)
{
	struct said said = { .value.line = 1, .value.column = (uint16_t)(notation->at - notation->start + 1) };
	char first = *notation->at;

	if (first == '[' || first == '{') {
		notation->at++;
		pass(notation, " ");
		while (*notation->at != ']' && *notation->at != '}') {
			const char *key = NULL;

			if (first == '{') {
				key = word_read(notation, ":");
				pass(notation, ": ");
			}
			struct said child = said_read(notation);
			child.key = key;
			kg_list_push(notation->arena, &said.children, child);
			pass(notation, ", ");
		}
		notation->at++;
		said.value.type = first == '[' ? KG_VALUE_LIST : KG_VALUE_TABLE;
	} else if (first == '\'') {
		notation->at++;
		said.text = word_read(notation, "'");
		notation->at++;
		said.value.type = KG_VALUE_TEXT;
	} else {
		const char *word = word_read(notation, ",]} ");

		if (strcmp(word, "true") == 0 || strcmp(word, "false") == 0) {
			said.value.type = KG_VALUE_FLAG;
			said.value.integer = *word == 't';
		} else if (strchr(word, '.')) {
			said.value.type = KG_VALUE_REAL;
			said.value.real = strtod(word, NULL);
		} else {
			kg_assert(isdigit((unsigned char)*word) || *word == '-');
			said.value.type = KG_VALUE_INTEGER;
			said.value.integer = strtoll(word, NULL, 10);
		}
	}
	return said;
}

static uint32_t
text_add(struct notation *notation, const char *text)
{
	uint32_t offset = (uint32_t)notation->texts.size;

	kg_text_add_bytes(&notation->texts, text, strlen(text) + 1);
	return offset;
}

static int
key_compare(const void *a, const void *b)
{
	return strcmp(((const struct said *)a)->key, ((const struct said *)b)->key);
}

static void
lay_out(struct notation *notation, uint32_t index, struct said *said)
{
	struct kg_value value = said->value;

	if (said->key)
		value.key = text_add(notation, said->key);
	value.file = 1;
	if (said->text) {
		value.start = text_add(notation, said->text);
		value.count = (uint32_t)strlen(said->text);
		value.flags =
		    (strstr(said->text, "${") ? KG_VALUE_OPEN : 0) | (strstr(said->text, "${secrets.") ? KG_VALUE_SECRET : 0);
	}
	if (value.type == KG_VALUE_LIST || value.type == KG_VALUE_TABLE) {
		if (value.type == KG_VALUE_TABLE && said->children.count > 0)
			qsort(said->children.items, said->children.count, sizeof(struct said), key_compare);
		value.start = notation->items.count;
		value.count = said->children.count;
		for (uint32_t i = 0; i < value.count; i++)
			kg_list_push(notation->arena, &notation->items, (struct kg_value){ 0 });
		for (uint32_t i = 0; i < value.count; i++) {
			lay_out(notation, value.start + i, &said->children.items[i]);
			value.flags |= notation->items.items[value.start + i].flags;
		}
	}
	notation->items.items[index] = value;
}

struct kg_values
settings_make(struct kg_arena *arena, const char *said)
{
	struct notation notation = { .arena = arena, .start = said, .at = said, .texts.arena = arena };

	kg_text_add_bytes(&notation.texts, "\0f", 3);
	struct said root = said_read(&notation);
	kg_list_push(arena, &notation.items, (struct kg_value){ 0 });
	lay_out(&notation, 0, &root);
	return (struct kg_values){
		.items = notation.items.items,
		.texts = notation.texts.bytes,
		.count = notation.items.count,
		.texts_size = (uint32_t)notation.texts.size,
	};
}
