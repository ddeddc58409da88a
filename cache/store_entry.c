#include <string.h>
#include <xxhash.h>

#include "cache/store_file.h"
#include "engine/base/arena.h"
#include "engine/base/list.h"
#include "engine/base/text.h"

/* entry_head, item_head of each item, then texts, each ended by a zero byte: the keys, then path and target of each item. */
struct entry_head {
	uint64_t checksum; /* of all behind it */
	uint32_t version, key_count, count, made_ms;
};

struct item_head {
	struct kg_digest digest;
	int64_t size_bytes;
	uint32_t product, mode, type, unused;
};
static_assert(sizeof(struct entry_head) == 24 && sizeof(struct item_head) == 40);

static constexpr uint32_t version = 1;

void
kg_store_entry_encode(struct kg_arena *arena, const struct kg_store_entry *entry, const void **ret_bytes, size_t *ret_size)
{
	struct kg_text text = { .arena = arena };
	struct entry_head head = {
		.version = version, .key_count = entry->key_count, .count = entry->count, .made_ms = entry->made_ms
	};

	kg_text_add_bytes(&text, &head, sizeof(head));
	for (uint32_t i = 0; i < entry->count; i++) {
		const struct kg_store_item *item = &entry->items[i];
		struct item_head one = {
			.digest = item->digest,
			.size_bytes = item->size_bytes,
			.product = item->product,
			.mode = item->mode,
			.type = item->type,
		};

		kg_text_add_bytes(&text, &one, sizeof(one));
	}
	for (uint32_t i = 0; i < entry->key_count; i++)
		kg_text_add_bytes(&text, entry->keys[i], strlen(entry->keys[i]) + 1);
	for (uint32_t i = 0; i < entry->count; i++) {
		kg_text_add_bytes(&text, entry->items[i].path, strlen(entry->items[i].path) + 1);
		kg_text_add_bytes(&text, entry->items[i].target, strlen(entry->items[i].target) + 1);
	}
	head.checksum = XXH3_64bits(text.bytes + sizeof(uint64_t), text.size - sizeof(uint64_t));
	memcpy(text.bytes, &head, sizeof(head));
	*ret_bytes = text.bytes;
	*ret_size = text.size;
}

/* A path that leads nowhere but below its product. */
static bool
is_inside(const char *path)
{
	if (*path == '/')
		return false;
	for (const char *at = path; *at; at += strcspn(at, "/"), at += strspn(at, "/"))
		if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == '\0'))
			return false;
	return true;
}

static bool
text_take(const char **at, const char *end, const char **ret_text)
{
	const char *zero = *at < end ? memchr(*at, '\0', (size_t)(end - *at)) : NULL;

	if (!zero)
		return false;
	*ret_text = *at;
	*at = zero + 1;
	return true;
}

static bool
item_decode(const char *head_bytes, uint32_t key_count, const char **at, const char *end, struct kg_store_item *item)
{
	struct item_head head;

	memcpy(&head, head_bytes, sizeof(head));
	*item = (struct kg_store_item){
		.digest = head.digest,
		.size_bytes = head.size_bytes,
		.product = head.product,
		.mode = head.mode & 07777,
		.type = (enum kg_file_type)head.type,
	};
	return head.product < key_count &&
	    (head.type == KG_FILE_REGULAR || head.type == KG_FILE_FOLDER || head.type == KG_FILE_LINK) &&
	    text_take(at, end, &item->path) && text_take(at, end, &item->target) && is_inside(item->path);
}

const struct kg_store_entry *
kg_store_entry_decode(struct kg_arena *arena, const void *bytes, size_t size)
{
	struct kg_store_entry *entry = kg_new(arena, struct kg_store_entry);
	const char *copy = kg_copy_bytes(arena, bytes, size), *end = copy + size;
	struct entry_head head;

	if (size < sizeof(head))
		return NULL;
	memcpy(&head, copy, sizeof(head));
	if (head.version != version || head.checksum != XXH3_64bits(copy + sizeof(uint64_t), size - sizeof(uint64_t)) ||
	    head.count > (size - sizeof(head)) / sizeof(struct item_head) || head.key_count > size)
		return NULL;

	const char *items = copy + sizeof(head), *at = items + head.count * sizeof(struct item_head);
	entry->key_count = head.key_count;
	entry->count = head.count;
	entry->made_ms = head.made_ms;
	entry->keys = kg_new_array(arena, const char *, head.key_count);
	entry->items = kg_new_array(arena, struct kg_store_item, head.count);
	for (uint32_t i = 0; i < head.key_count; i++)
		if (!text_take(&at, end, &entry->keys[i]))
			return NULL;
	for (uint32_t i = 0; i < head.count; i++)
		if (!item_decode(items + i * sizeof(struct item_head), head.key_count, &at, end, &entry->items[i]))
			return NULL;
	return at == end ? entry : NULL;
}
