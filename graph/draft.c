#include "graph/draft.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"

static void
texts_begin(struct kg_draft *draft)
{
	if (draft->texts.size > 0)
		return;
	draft->texts.arena = draft->arena;
	kg_text_add_bytes(&draft->texts, "", 1);
}

uint32_t
kg_draft_text_bytes(struct kg_draft *draft, const char *text, size_t size)
{
	texts_begin(draft);
	if (size == 0)
		return 0;

	size_t offset = draft->texts.size;
	if (offset + size >= UINT32_MAX)
		kg_out_of_memory();
	kg_text_add_bytes(&draft->texts, text, size);
	kg_text_add_bytes(&draft->texts, "", 1);
	return (uint32_t)offset;
}

uint32_t
kg_draft_text(struct kg_draft *draft, const char *text)
{
	return kg_draft_text_bytes(draft, text, strlen(text));
}

uint32_t
kg_draft_text_shared(struct kg_draft *draft, const char *text)
{
	uint32_t offset;

	if (kg_map_get(&draft->text_offsets, text, &offset))
		return offset;
	draft->text_offsets.arena = draft->arena;
	offset = kg_draft_text(draft, text);
	kg_map_put(&draft->text_offsets, kg_copy(draft->arena, text), offset);
	return offset;
}

uint32_t
kg_draft_values_add(struct kg_draft *draft, uint32_t count)
{
	static const struct kg_value empty = { .type = KG_VALUE_TABLE };

	if (draft->values.count == 0) {
		kg_list_push(draft->arena, &draft->values, empty);
		kg_list_push(draft->arena, &draft->keys, (struct kg_key_place){ 0 });
	}

	uint32_t first = draft->values.count;
	for (uint32_t i = 0; i < count; i++) {
		kg_list_push(draft->arena, &draft->values, (struct kg_value){ 0 });
		kg_list_push(draft->arena, &draft->keys, (struct kg_key_place){ 0 });
	}
	return first;
}

struct kg_values
kg_draft_values(const struct kg_draft *draft)
{
	/* A draft made by hand may have no places of keys. */
	bool has_keys = draft->keys.count == draft->values.count;

	return (struct kg_values){
		.items = draft->values.items,
		.texts = draft->texts.size > 0 ? draft->texts.bytes : "",
		.count = draft->values.count,
		.texts_size = draft->texts.size > 0 ? (uint32_t)draft->texts.size : 1,
		.keys = has_keys ? draft->keys.items : NULL,
	};
}

const char *
kg_draft_line(const struct kg_draft *draft, const char *file, uint32_t line)
{
	return draft->line_of ? draft->line_of(draft, file, line) : NULL;
}
