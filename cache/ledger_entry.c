#include "cache/ledger_entry.h"

#include <string.h>
#include <sys/mman.h>
#include <xxhash.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/text.h"

/*
 *     entry:  entry_head, settings (padded to 8), output_count × output_item, then texts, each ended by a zero byte:
 *             name, kind, folder, key and value of each output, needs, why it ran
 *     parts:  parts_head, count × part_item, then texts: node, name and note of each part
 */
struct entry_head {
	uint64_t checksum; /* of all that follows */
	uint32_t kind_version, order;
	struct kg_digest fingerprint, outputs_digest;
	int64_t duration_ns, ready_ns, finished_wall_ns;
	uint32_t output_count, need_count;
	uint32_t settings_size, is_started;
};

struct output_item {
	struct kg_digest digest;
	uint32_t is_product, is_data;
};

struct parts_head {
	uint64_t checksum;
	uint32_t count, unused;
};

struct part_item {
	struct kg_digest digest;
	uint32_t type, has_note;
};

static_assert(sizeof(struct entry_head) == 88 && sizeof(struct output_item) == 24);
static_assert(sizeof(struct parts_head) == 16 && sizeof(struct part_item) == 24);

static constexpr size_t settings_align = 8;

/* What is left to read of a value. Nothing is read past its end. */
struct reader {
	const char *at;
	size_t left;
};

static const void *
take(struct reader *reader, size_t size)
{
	const char *taken = reader->at;

	if (size > reader->left)
		return NULL;
	reader->at += size;
	reader->left -= size;
	return taken;
}

static bool
take_text(struct reader *reader, const char **ret_text)
{
	const char *end = reader->left > 0 ? memchr(reader->at, '\0', reader->left) : NULL;

	if (!end)
		return false;
	*ret_text = take(reader, (size_t)(end - reader->at) + 1);
	return true;
}

static void
text_add(struct kg_text *text, const char *more)
{
	kg_text_add_bytes(text, more ? more : "", more ? strlen(more) + 1 : 1);
}

static struct kg_block
value_end(struct kg_text *text)
{
	uint64_t checksum = XXH3_64bits(text->bytes + sizeof(checksum), text->size - sizeof(checksum));

	memcpy(text->bytes, &checksum, sizeof(checksum));
	kg_assert(text->size <= UINT32_MAX);
	return (struct kg_block){ text->bytes, (uint32_t)text->size };
}

static bool
is_sound(const void *value, size_t size, size_t head_size)
{
	const char *bytes = value;

	return size >= head_size &&
	    kg_entry_checksum(value, size) == XXH3_64bits(bytes + sizeof(uint64_t), size - sizeof(uint64_t));
}

uint64_t
kg_entry_checksum(const void *value, size_t size)
{
	uint64_t checksum;

	if (size < sizeof(checksum))
		return 0;
	memcpy(&checksum, value, sizeof(checksum));
	return checksum;
}

static size_t
padded(size_t size)
{
	return (size + settings_align - 1) & ~(settings_align - 1);
}

static uint32_t
needs_count(const char *const *needs)
{
	uint32_t count = 0;

	while (needs && needs[count])
		count++;
	return count;
}

struct kg_block
kg_entry_encode(struct kg_arena *arena, const struct kg_entry *entry)
{
	static const char zeros[settings_align];
	struct kg_text text = { .arena = arena };
	struct entry_head head = {
		.kind_version = entry->kind_version,
		.order = entry->order,
		.fingerprint = entry->fingerprint,
		.outputs_digest = entry->outputs_digest,
		.duration_ns = entry->duration_ns,
		.ready_ns = entry->ready_ns,
		.finished_wall_ns = entry->finished_wall_ns,
		.output_count = entry->output_count,
		.need_count = needs_count(entry->needs),
		.settings_size = entry->settings.size,
		.is_started = entry->is_started,
	};

	kg_text_add_bytes(&text, &head, sizeof(head));
	for (uint32_t i = 0; i < entry->output_count; i++) {
		const struct kg_entry_output *output = &entry->outputs[i];
		struct output_item item = { output->digest, output->is_product, output->is_data };

		kg_text_add_bytes(&text, &item, sizeof(item));
	}
	kg_text_add_bytes(&text, entry->settings.bytes ? entry->settings.bytes : "", entry->settings.size);
	kg_text_add_bytes(&text, zeros, padded(entry->settings.size) - entry->settings.size);
	text_add(&text, entry->name);
	text_add(&text, entry->kind);
	text_add(&text, entry->folder);
	for (uint32_t i = 0; i < entry->output_count; i++) {
		text_add(&text, entry->outputs[i].key);
		text_add(&text, entry->outputs[i].value);
	}
	for (uint32_t i = 0; i < head.need_count; i++)
		text_add(&text, entry->needs[i]);
	text_add(&text, entry->why);
	return value_end(&text);
}

static void
entry_fill(struct kg_entry *entry, const struct entry_head *head)
{
	entry->kind_version = head->kind_version;
	entry->order = head->order;
	entry->fingerprint = head->fingerprint;
	entry->outputs_digest = head->outputs_digest;
	entry->duration_ns = head->duration_ns;
	entry->ready_ns = head->ready_ns;
	entry->finished_wall_ns = head->finished_wall_ns;
	entry->output_count = head->output_count;
	entry->is_started = head->is_started != 0;
}

static constexpr size_t large_page_bytes = 2 << 20, large_block_bytes = 16 << 20;

static void *
room_take(struct kg_entry_room *room, size_t size)
{
	size = (size + 15) & ~(size_t)15;
	if (!room->is_large || size > large_block_bytes / 4)
		return kg_alloc(room->arena, size);
	if (size > room->left) {
		char *block = kg_alloc(room->arena, large_block_bytes);
		size_t past = (uintptr_t)block % large_page_bytes, skip = past ? large_page_bytes - past : 0;

		/* Refused where large pages are turned off: then it is slower. */
		madvise(block + skip, large_block_bytes - large_page_bytes, MADV_HUGEPAGE);
		room->at = block;
		room->left = large_block_bytes;
	}
	void *taken = room->at;
	room->at += size;
	room->left -= size;
	return taken;
}

static bool
outputs_decode(struct kg_entry *entry, struct kg_entry_output *outputs, const char *items, struct reader *reader)
{
	for (uint32_t i = 0; i < entry->output_count; i++) {
		struct output_item item;

		memcpy(&item, items + i * sizeof(item), sizeof(item));
		outputs[i].digest = item.digest;
		outputs[i].is_product = item.is_product != 0;
		outputs[i].is_data = item.is_data != 0;
		if (!take_text(reader, &outputs[i].key) || !take_text(reader, &outputs[i].value))
			return false;
	}
	entry->outputs = outputs;
	return true;
}

const struct kg_entry *
kg_entry_decode(struct kg_entry_room *room, const void *value, size_t size)
{
	struct reader reader = { value, size };
	struct entry_head head;

	if (!is_sound(value, size, sizeof(head)))
		return NULL;
	memcpy(&head, take(&reader, sizeof(head)), sizeof(head));
	const char *items = take(&reader, (size_t)head.output_count * sizeof(struct output_item));
	/* Bounds what is taken: each need has at least a byte. */
	if (!items || head.need_count > size)
		return NULL;

	/* The entry, its arrays and its bytes in one piece of memory. */
	size_t outputs_at = sizeof(struct kg_entry);
	size_t needs_at = outputs_at + head.output_count * sizeof(struct kg_entry_output);
	size_t bytes_at = needs_at + (head.need_count + (size_t)1) * sizeof(char *);
	char *memory = room_take(room, bytes_at + reader.left);
	struct kg_entry *entry = (void *)memory;
	const char **needs = (void *)(memory + needs_at);
	reader.at = memcpy(memory + bytes_at, reader.at, reader.left);

	entry_fill(entry, &head);
	entry->needs = needs;
	entry->settings = (struct kg_block){ take(&reader, padded(head.settings_size)), head.settings_size };
	if (!entry->settings.bytes || !take_text(&reader, &entry->name) || !take_text(&reader, &entry->kind) ||
	    !take_text(&reader, &entry->folder) || !outputs_decode(entry, (void *)(memory + outputs_at), items, &reader))
		return NULL;
	for (uint32_t i = 0; i < head.need_count; i++)
		if (!take_text(&reader, &needs[i]))
			return NULL;
	return take_text(&reader, &entry->why) && reader.left == 0 ? entry : NULL;
}

struct kg_block
kg_parts_encode(struct kg_arena *arena, const char *node, const struct kg_parts *parts)
{
	struct kg_text text = { .arena = arena };
	struct parts_head head = { .count = parts->count };

	kg_assert(parts->is_sealed || parts->count == 0);
	kg_text_add_bytes(&text, &head, sizeof(head));
	for (uint32_t i = 0; i < parts->count; i++) {
		const struct kg_part *part = &parts->items[i];
		struct part_item item = { part->digest, part->type, part->note != NULL };

		kg_text_add_bytes(&text, &item, sizeof(item));
	}
	text_add(&text, node);
	for (uint32_t i = 0; i < parts->count; i++) {
		text_add(&text, parts->items[i].name);
		text_add(&text, parts->items[i].note);
	}
	return value_end(&text);
}

static bool
part_decode(const struct part_item *item, struct reader *reader, struct kg_part *part)
{
	if (item->type > KG_PART_PLACE || !take_text(reader, &part->name) || !take_text(reader, &part->note))
		return false;
	part->type = (enum kg_part_type)item->type;
	part->digest = item->digest;
	if (!item->has_note)
		part->note = NULL;
	return true;
}

bool
kg_parts_decode(struct kg_arena *arena, const char *node, const void *value, size_t size, struct kg_parts *ret_parts)
{
	struct parts_head head;
	const char *of;

	if (!is_sound(value, size, sizeof(head)))
		return false;
	struct reader reader = { kg_copy_bytes(arena, value, size), size };
	memcpy(&head, take(&reader, sizeof(head)), sizeof(head));
	const char *items = take(&reader, (size_t)head.count * sizeof(struct part_item));
	if (!items || !take_text(&reader, &of) || strcmp(of, node) != 0)
		return false;

	struct kg_part *parts = kg_new_array(arena, struct kg_part, head.count);
	for (uint32_t i = 0; i < head.count; i++) {
		struct part_item item;

		memcpy(&item, items + i * sizeof(item), sizeof(item));
		if (!part_decode(&item, &reader, &parts[i]))
			return false;
	}
	*ret_parts =
	    (struct kg_parts){ .arena = arena, .items = parts, .count = head.count, .room = head.count, .is_sealed = true };
	return reader.left == 0;
}
