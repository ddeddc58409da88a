#include "engine/base/value.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/list.h"
#include "engine/base/text.h"

const struct kg_value *
kg_value_member(const struct kg_values *values, const struct kg_value *table, const char *key)
{
	uint32_t low = 0, high = table->type == KG_VALUE_TABLE ? table->count : 0;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct kg_value *member = &values->items[table->start + middle];
		int order = strcmp(kg_value_key(values, member), key);

		if (order == 0)
			return member;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const char *
kg_value_text(const struct kg_values *values, const struct kg_value *text)
{
	kg_assert(text->type == KG_VALUE_TEXT);
	return values->texts + text->start;
}

const char *
kg_value_key(const struct kg_values *values, const struct kg_value *value)
{
	return values->texts + value->key;
}

const char *
kg_value_type_tell(enum kg_value_type type)
{
	switch (type) {
	case KG_VALUE_TEXT: return "a text";
	case KG_VALUE_INTEGER:
	case KG_VALUE_REAL: return "a number";
	case KG_VALUE_FLAG: return "true or false";
	case KG_VALUE_LIST: return "a list";
	case KG_VALUE_TABLE: return "a table";
	case KG_VALUE_NONE: break;
	}
	return "nothing";
}

struct block_head {
	uint32_t count, texts_size;
};

static uint32_t
text_pack(struct kg_text *texts, const char *text)
{
	uint32_t at = (uint32_t)texts->size;

	if (*text == '\0')
		return 0;
	kg_text_add_bytes(texts, text, strlen(text) + 1);
	return at;
}

/* Breadth first, so that children stand side by side and no recursion is needed. The place is not kept: the file may be gone by then. */
struct kg_block
kg_value_pack(struct kg_arena *arena, const struct kg_values *values, const struct kg_value *root)
{
	KG_LIST(struct kg_value) items = { 0 };
	struct kg_text texts = { .arena = arena };

	kg_text_add_bytes(&texts, "", 1);
	kg_list_push(arena, &items, *root);
	for (uint32_t i = 0; i < items.count; i++) {
		struct kg_value *item = &items.items[i];
		uint32_t first = item->start, start = items.count;

		item->line = item->file = item->column = 0;
		item->key = text_pack(&texts, values->texts + item->key);
		if (item->type == KG_VALUE_TEXT)
			item->start = text_pack(&texts, values->texts + item->start);
		if (item->type != KG_VALUE_LIST && item->type != KG_VALUE_TABLE)
			continue;
		item->start = start;
		for (uint32_t child = 0, count = item->count; child < count; child++)
			kg_list_push(arena, &items, values->items[first + child]);
	}

	struct block_head head = { items.count, (uint32_t)texts.size };
	struct kg_text block = { .arena = arena };
	kg_text_add_bytes(&block, &head, sizeof(head));
	kg_text_add_bytes(&block, items.items, items.count * sizeof(struct kg_value));
	kg_text_add_bytes(&block, texts.bytes, texts.size);
	return (struct kg_block){ block.bytes, (uint32_t)block.size };
}

static bool
value_sound(const struct kg_values *values, uint32_t index)
{
	const struct kg_value *value = &values->items[index];

	if (value->key >= values->texts_size)
		return false;
	if (value->type == KG_VALUE_TEXT)
		return value->start < values->texts_size && value->count < values->texts_size - value->start &&
		    values->texts[value->start + value->count] == '\0';
	if (value->type == KG_VALUE_LIST || value->type == KG_VALUE_TABLE)
		return value->count == 0 ||
		    (value->start > index && value->start <= values->count && value->count <= values->count - value->start);
	return value->type <= KG_VALUE_TABLE;
}

bool
kg_value_unpack(struct kg_block block, struct kg_values *ret_values)
{
	struct block_head head;

	if (block.size < sizeof(head))
		return false;
	memcpy(&head, block.bytes, sizeof(head));
	uint64_t expected = sizeof(head) + (uint64_t)head.count * sizeof(struct kg_value) + head.texts_size;
	if (head.count == 0 || head.texts_size == 0 || expected != block.size)
		return false;

	const struct kg_value *items = (const void *)((const char *)block.bytes + sizeof(head));
	*ret_values = (struct kg_values){
		.items = items,
		.texts = (const char *)(items + head.count),
		.count = head.count,
		.texts_size = head.texts_size,
	};
	if (ret_values->texts[head.texts_size - 1] != '\0')
		return false;
	for (uint32_t i = 0; i < head.count; i++)
		if (!value_sound(ret_values, i))
			return false;
	return true;
}
