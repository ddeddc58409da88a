#include "targets/container/image_layers.h"

#include "engine/base/arena.h"
#include "engine/base/list.h"
#include "engine/base/text.h"

/* The chain's text, and where the text of each of its beginnings ends. */
static const char *
chain_text(struct kg_layers *layers, const char *const *chain, uint32_t count, uint32_t *ret_ends)
{
	struct kg_text text = { .arena = layers->arena };

	for (uint32_t i = 0; i < count; i++) {
		kg_text_add(&text, chain[i]);
		kg_text_add(&text, " ");
		ret_ends[i] = (uint32_t)text.size;
	}
	return kg_text_end(&text);
}

void
kg_layers_know(struct kg_layers *layers, const char *const *chain, uint32_t count, int64_t size_bytes)
{
	uint32_t *ends = kg_new_array(layers->arena, uint32_t, count + 1), index;
	const char *text = chain_text(layers, chain, count, ends);

	layers->known.arena = layers->counted.arena = layers->arena;
	if (count == 0)
		return;
	if (kg_map_get_bytes(&layers->known, text, ends[count - 1], &index)) {
		if (layers->sizes.items[index] > size_bytes)
			layers->sizes.items[index] = size_bytes;
		return;
	}
	kg_map_put_bytes(&layers->known, text, ends[count - 1], layers->sizes.count);
	kg_list_push(layers->arena, &layers->sizes, size_bytes);
}

int64_t
kg_layers_add(struct kg_layers *layers, const char *const *chain, uint32_t count, int64_t size_bytes)
{
	uint32_t *ends = kg_new_array(layers->arena, uint32_t, count + 1), index;
	const char *text = chain_text(layers, chain, count, ends);
	int64_t shared_bytes = 0;

	layers->known.arena = layers->counted.arena = layers->arena;
	/* The longest beginning that was added already and whose size is known. */
	for (uint32_t i = count; i > 0 && shared_bytes == 0; i--)
		if (kg_map_get_bytes(&layers->counted, text, ends[i - 1], NULL) &&
		    kg_map_get_bytes(&layers->known, text, ends[i - 1], &index))
			shared_bytes = layers->sizes.items[index];
	for (uint32_t i = 0; i < count; i++)
		kg_map_put_bytes(&layers->counted, text, ends[i], 0);
	return size_bytes > shared_bytes ? size_bytes - shared_bytes : 0;
}
