#include "cache/context.h"

#include <string.h>
#include <sys/stat.h>

#include "cache/context_walk.h"
#include "cache/stat_cache.h"
#include "engine/base/arena.h"
#include "engine/base/list.h"

/* Two checkouts differ in it when one user's umask is 002 and the other's 022, and in an image all belongs to root's group. */
static constexpr uint32_t uncounted_bits = S_IWGRP;

static void
number_put(unsigned char bytes[8], uint64_t number)
{
	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(number >> 8 * i);
}

struct kg_digest
kg_context_digest(const struct kg_file_state *state)
{
	unsigned char bytes[24];

	/* A link has no permissions. */
	number_put(bytes, state->type == KG_FILE_LINK ? S_IFLNK : state->mode & ~uncounted_bits);
	number_put(bytes + 8, state->digest.high);
	number_put(bytes + 16, state->digest.low);
	return kg_digest_bytes(bytes, sizeof(bytes));
}

static const char *
entry_name(struct kg_arena *arena, const char *prefix, const struct kg_context_folder *folder, const struct kg_context_entry *entry)
{
	size_t prefix_size = strlen(prefix), size = prefix_size + folder->path_size + entry->size;
	char *name = kg_alloc(arena, size + 2);

	memcpy(name, prefix, prefix_size);
	memcpy(name + prefix_size, folder->path, folder->path_size);
	memcpy(name + prefix_size + folder->path_size, entry->name, entry->size);
	if (entry->below)
		name[size] = '/';
	return name;
}

/* What is in a folder that is left out brings the folder along. The newest come first, and so what is below before what is above. */
static void
folders_count(struct kg_context_folder *newest)
{
	for (struct kg_context_folder *folder = newest; folder->above; folder = folder->older) {
		bool *counts = &folder->above->entries[folder->index].counts;

		for (uint32_t i = 0; i < folder->count && !*counts; i++)
			*counts = folder->entries[i].counts;
	}
}

struct kg_error *
kg_context_read(struct kg_arena *arena, struct kg_stat_cache *cache, const char *folder, const struct kg_context_rules *rules,
    const char *prefix, struct kg_context_files *ret_files)
{
	struct kg_context_tree tree;
	struct kg_error *error = kg_context_walk(arena, cache, folder, rules, &tree);

	*ret_files = (struct kg_context_files){ 0 };
	if (error)
		return error;
	folders_count(tree.newest);
	/* Down at each folder, up at its end: sorted as names with a slash behind folders, so is the whole. */
	for (struct kg_context_folder *at = tree.root; at;) {
		if (at->next == at->count) {
			at = at->above;
			continue;
		}
		const struct kg_context_entry *entry = &at->entries[at->next++];
		if (!entry->counts)
			continue;
		kg_list_push(arena, ret_files, (struct kg_context_file){ entry_name(arena, prefix, at, entry), entry->digest });
		if (entry->below)
			at = entry->below;
	}
	kg_context_tree_free(&tree);
	return NULL;
}
