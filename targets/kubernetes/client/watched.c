#include "targets/kubernetes/client/watched.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/hash.h"
#include "targets/kubernetes/client/json.h"

/* An object is at most 3 MiB in an API server, however it is written. */
static constexpr size_t line_most = (size_t)64 << 20;
static constexpr int32_t gone = 410;

static void *
grown(void *memory, size_t count, size_t size_bytes)
{
	memory = reallocarray(memory, count, size_bytes);
	if (!memory)
		kg_out_of_memory();
	return memory;
}

static char *
key_make(const char *namespace_, const char *name)
{
	size_t length = strlen(namespace_), name_length = strlen(name);
	char *key = grown(NULL, length + name_length + 2, 1);

	memcpy(key, namespace_, length);
	key[length] = '/';
	memcpy(key + length + 1, name, name_length + 1);
	return key;
}

/* The slot of the key, or the free one where it would be. slot_count > 0 */
static uint32_t
slot_of(const struct kg_watched *watched, const char *key, uint64_t hash)
{
	uint32_t mask = watched->slot_count - 1, slot = (uint32_t)hash & mask;

	while (watched->slots[slot]) {
		const struct kg_watched_item *item = &watched->items[watched->slots[slot] - 1];

		if (item->hash == hash && strcmp(item->key, key) == 0)
			break;
		slot = (slot + 1) & mask;
	}
	return slot;
}

static void
slots_grow(struct kg_watched *watched)
{
	watched->slot_count = watched->slot_count ? watched->slot_count * 2 : 16;
	watched->slots = grown(watched->slots, watched->slot_count, sizeof(*watched->slots));
	memset(watched->slots, 0, watched->slot_count * sizeof(*watched->slots));
	for (uint32_t i = 0; i < watched->count; i++)
		watched->slots[slot_of(watched, watched->items[i].key, watched->items[i].hash)] = i + 1;
}

/* Linear probing without tombstones: what stands behind the hole moves up unless that would put it before its own place. */
static void
slot_empty(struct kg_watched *watched, uint32_t hole)
{
	uint32_t mask = watched->slot_count - 1;

	for (uint32_t slot = (hole + 1) & mask; watched->slots[slot]; slot = (slot + 1) & mask) {
		uint32_t home = (uint32_t)watched->items[watched->slots[slot] - 1].hash & mask;

		if (((slot - home) & mask) >= ((slot - hole) & mask)) {
			watched->slots[hole] = watched->slots[slot];
			hole = slot;
		}
	}
	watched->slots[hole] = 0;
}

/* The last one takes its place. */
static void
item_remove(struct kg_watched *watched, uint32_t index)
{
	struct kg_watched_item *item = &watched->items[index], *last = &watched->items[watched->count - 1];

	slot_empty(watched, slot_of(watched, item->key, item->hash));
	if (item != last)
		watched->slots[slot_of(watched, last->key, last->hash)] = index + 1;
	free(item->key);
	cJSON_Delete(item->object);
	*item = *last;
	watched->count--;
	watched->version++;
}

static const char *
name_of(const cJSON *object, const char **ret_namespace)
{
	const char *namespace_ = kg_json_text(object, "metadata.namespace");

	*ret_namespace = namespace_ ? namespace_ : "";
	return kg_json_text(object, "metadata.name");
}

void
kg_watched_put(struct kg_watched *watched, cJSON *object)
{
	const char *namespace_, *name = name_of(object, &namespace_);

	if (!name) {
		cJSON_Delete(object);
		return;
	}
	cJSON *metadata = (cJSON *)kg_json_at(object, "metadata");

	/* Who sends it twice is no API server, and is not believed either. */
	while (cJSON_HasObjectItem(metadata, "managedFields"))
		cJSON_DeleteItemFromObject(metadata, "managedFields");
	if ((watched->count + 1) * 2 > watched->slot_count)
		slots_grow(watched);

	char *key = key_make(namespace_, name);
	uint64_t hash = kg_hash_text(key);
	uint32_t slot = slot_of(watched, key, hash);
	struct kg_watched_item *item;

	watched->version++;
	if (watched->slots[slot]) {
		item = &watched->items[watched->slots[slot] - 1];
		free(key);
		cJSON_Delete(item->object);
		item->object = object;
		item->round = watched->round;
		return;
	}
	if (watched->count == watched->room) {
		watched->room = watched->room ? watched->room * 2 : 8;
		watched->items = grown(watched->items, watched->room, sizeof(*watched->items));
	}
	watched->items[watched->count] = (struct kg_watched_item){ key, object, hash, watched->round };
	watched->slots[slot] = ++watched->count;
}

static void
object_remove(struct kg_watched *watched, const cJSON *object)
{
	const char *namespace_, *name = name_of(object, &namespace_);

	if (!name || watched->slot_count == 0)
		return;
	char *key = key_make(namespace_, name);
	uint32_t slot = slot_of(watched, key, kg_hash_text(key));
	free(key);
	if (watched->slots[slot])
		item_remove(watched, watched->slots[slot] - 1);
}

void
kg_watched_begin(struct kg_watched *watched)
{
	watched->round++;
}

void
kg_watched_sweep(struct kg_watched *watched)
{
	for (uint32_t i = watched->count; i-- > 0;)
		if (watched->items[i].round != watched->round)
			item_remove(watched, i);
}

void
kg_watched_go_on_from(struct kg_watched *watched, const char *resource_version)
{
	free(watched->resource_version);
	watched->resource_version = resource_version ? strdup(resource_version) : NULL;
}

const cJSON *
kg_watched_find(const struct kg_watched *watched, const char *namespace_, const char *name)
{
	if (watched->slot_count == 0)
		return NULL;
	char *key = key_make(namespace_ ? namespace_ : "", name);
	uint32_t slot = slot_of(watched, key, kg_hash_text(key));
	free(key);
	return watched->slots[slot] ? watched->items[watched->slots[slot] - 1].object : NULL;
}

void
kg_watched_open(struct kg_watched *watched)
{
	watched->line_size = 0;
	watched->ended_code = 0;
	watched->ended_words = NULL;
}

static bool
ended(struct kg_watched *watched, int32_t code, const char *words)
{
	watched->ended_code = code;
	watched->ended_words = words;
	return false;
}

/* An ERROR event, or a Status where an event was due. Expired without a code, as some proxies have it, is 410 as well. */
static bool
refused(struct kg_watched *watched, const cJSON *status)
{
	const cJSON *code = cJSON_GetObjectItemCaseSensitive(status, "code");
	const char *reason = kg_json_text(status, "reason");
	bool is_expired = reason && (strcmp(reason, "Expired") == 0 || strcmp(reason, "Gone") == 0);

	return ended(watched, is_expired ? gone : cJSON_IsNumber(code) ? code->valueint : 500, "the API server ended the watch");
}

/* Takes the object out of its event. */
static bool
event_take(struct kg_watched *watched, cJSON *event)
{
	const char *type = kg_json_text(event, "type");
	cJSON *object = cJSON_DetachItemFromObjectCaseSensitive(event, "object");
	bool is_well = true;

	if (!type || !object)
		is_well = type ? ended(watched, 0, "an event has no object") : refused(watched, event);
	else if (strcmp(type, "ERROR") == 0)
		is_well = refused(watched, object);
	else if (kg_json_text(object, "metadata.resourceVersion"))
		kg_watched_go_on_from(watched, kg_json_text(object, "metadata.resourceVersion"));
	if (is_well && (strcmp(type, "ADDED") == 0 || strcmp(type, "MODIFIED") == 0)) {
		kg_watched_put(watched, object);
		object = NULL;
	} else if (is_well && strcmp(type, "DELETED") == 0) {
		object_remove(watched, object);
	}
	cJSON_Delete(object);
	return is_well;
}

static bool
line_take(struct kg_watched *watched, const char *line, size_t size)
{
	cJSON *event;
	bool is_well;

	while (size > 0 && strchr(" \t\r", line[size - 1]))
		size--;
	if (size == 0)
		return true;
	event = cJSON_ParseWithLength(line, size);
	if (!cJSON_IsObject(event)) {
		cJSON_Delete(event);
		return ended(watched, 0, "an event of the watch is no JSON");
	}
	is_well = event_take(watched, event);
	cJSON_Delete(event);
	return is_well;
}

static bool
line_keep(struct kg_watched *watched, const char *bytes, size_t size)
{
	if (watched->line_size + size > line_most)
		return ended(watched, 0, "an event of the watch has no end");
	if (watched->line_size + size > watched->line_room) {
		watched->line_room = (watched->line_size + size) * 2;
		watched->line = grown(watched->line, watched->line_room, 1);
	}
	memcpy(watched->line + watched->line_size, bytes, size);
	watched->line_size += size;
	return true;
}

/* Mostly a piece is one or more whole events, which are read where they stand. */
bool
kg_watched_feed(struct kg_watched *watched, const char *bytes, size_t size)
{
	const char *end;

	while (size > 0 && (end = memchr(bytes, '\n', size))) {
		size_t length = (size_t)(end - bytes);
		const char *line = bytes;

		if (watched->line_size > 0) {
			if (!line_keep(watched, bytes, length))
				return false;
			line = watched->line;
		}
		if (!line_take(watched, line, watched->line_size ? watched->line_size : length))
			return false;
		watched->line_size = 0;
		bytes += length + 1;
		size -= length + 1;
	}
	return size == 0 || line_keep(watched, bytes, size);
}

void
kg_watched_free(struct kg_watched *watched)
{
	for (uint32_t i = 0; i < watched->count; i++) {
		free(watched->items[i].key);
		cJSON_Delete(watched->items[i].object);
	}
	free(watched->items);
	free(watched->slots);
	free(watched->line);
	free(watched->resource_version);
	*watched = (struct kg_watched){ .version = watched->version + 1 };
}
