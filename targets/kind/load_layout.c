/* The folder that images are copied to, shared by all nodes of a checkout. */
#include <dirent.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "targets/kind/load_inside.h"

static constexpr int64_t tidy_after_s = 24 * 60 * 60;

/* ---- what is known of nodes */

void
kg_load_known(struct kg_arena *arena, const struct load_nodes *nodes, uint32_t node, const char *blobs, struct kg_map *has)
{
	const struct kg_map *images = &nodes->images[node];

	for (uint32_t slot = 0; slot < images->room; slot++) {
		if (!images->slots[slot].key)
			continue;
		struct load_image image = {
			.name = images->slots[slot].key,
			.manifest.digest = nodes->digests.items[images->slots[slot].value],
		};
		/* Most images are none of ours, and their manifests are not here. */
		if (kg_load_image_parts(arena, blobs, &image))
			continue;
		for (uint32_t i = 0; i < image.blobs.count; i++)
			kg_map_put(has, image.blobs.items[i].digest, 0);
	}
}

/* ---- tidying */

/* The parts of the image that a node's layout holds. */
static void
layout_count(struct kg_arena *arena, const char *layout, const char *blobs, struct kg_map *used)
{
	struct load_image image;
	const char *index;
	size_t size;

	if (kg_file_read(arena, kg_format(arena, "%s/index.json", layout), &index, &size) ||
	    kg_load_image_read(arena, index, blobs, layout, &image))
		return;
	for (uint32_t i = 0; i < image.blobs.count; i++)
		kg_map_put(used, kg_load_digest_hex(image.blobs.items[i].digest), 0);
}

static void
each_name(const char *folder, void (*found)(void *context, const char *name), void *context)
{
	DIR *stream = opendir(folder);

	for (struct dirent *entry; stream && (entry = readdir(stream));)
		if (entry->d_name[0] != '.')
			found(context, entry->d_name);
	if (stream)
		closedir(stream);
}

struct tidying {
	struct kg_arena *arena;
	const char *folder, *blobs;
	struct kg_map used;
	time_t now;
};

static void
layout_found(void *context, const char *name)
{
	struct tidying *tidying = context;

	if (kg_text_starts(name, "image-"))
		layout_count(
		    tidying->arena, kg_format(tidying->arena, "%s/%s", tidying->folder, name), tidying->blobs, &tidying->used);
}

static void
node_found(void *context, const char *name)
{
	struct tidying *tidying = context, below = *tidying;

	below.folder = kg_format(tidying->arena, "%s/%s", tidying->folder, name);
	each_name(below.folder, layout_found, &below);
	tidying->used = below.used;
}

static void
blob_found(void *context, const char *name)
{
	const struct tidying *tidying = context;
	const char *path = kg_format(tidying->arena, "%s/sha256/%s", tidying->blobs, name);
	struct stat stat_buffer;

	if (!kg_map_get(&tidying->used, name, NULL) && stat(path, &stat_buffer) == 0 &&
	    tidying->now - stat_buffer.st_mtime > tidy_after_s)
		(void)unlink(path);
}

void
kg_load_layout_tidy(const char *nodes_folder, const char *blobs)
{
	struct kg_arena *arena = kg_arena_make();
	struct tidying tidying = { .arena = arena, .folder = nodes_folder, .blobs = blobs, .used.arena = arena, .now = time(NULL) };

	each_name(nodes_folder, node_found, &tidying);
	each_name(kg_format(arena, "%s/sha256", blobs), blob_found, &tidying);
	kg_arena_free(arena);
}
