/* The folder that images are copied to, shared by all nodes of a checkout, and the folders that archives are packed from. */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "targets/kind/load_inside.h"

static constexpr char layout_version[] = "{\"imageLayoutVersion\":\"1.0.0\"}";
static constexpr char digest_start[] = "sha256:";
static constexpr int64_t tidy_after_s = 24 * 60 * 60;

static const char *
blob_path(struct kg_arena *arena, const char *blobs, const char *digest)
{
	return kg_format(arena, "%s/sha256/%s", blobs, digest + sizeof(digest_start) - 1);
}

static bool
all_have(const struct kg_map *contents, uint32_t node_count, const char *digest)
{
	for (uint32_t i = 0; contents && i < node_count; i++)
		if (!kg_map_get(&contents[i], digest, NULL))
			return false;
	return contents != NULL;
}

/* Images share layers: what is there already is another one's. */
static struct kg_error *
blob_link(struct kg_arena *arena, const char *folder, const char *blobs, const struct load_blob *blob, int64_t *bytes)
{
	const char *from = blob_path(arena, blobs, blob->digest);
	const char *to = kg_format(arena, "%s/blobs/sha256/%s", folder, blob->digest + sizeof(digest_start) - 1);

	if (link(from, to) == 0)
		*bytes += blob->size_bytes;
	else if (errno != EEXIST)
		return kg_error_system(arena, errno, "cannot link %s", from);
	return NULL;
}

struct kg_error *
kg_load_folder_make(struct kg_arena *arena, const char *folder, const char *blobs, const struct load_image *images, uint32_t count,
    const struct kg_map *contents, uint32_t node_count, int64_t *ret_bytes)
{
	const char *index = kg_load_index_write(arena, images, count);

	*ret_bytes = 0;
	struct kg_error *error = kg_file_remove(arena, folder);
	if (!error)
		error = kg_file_make_folder(arena, kg_format(arena, "%s/blobs/sha256", folder), 0700);
	if (!error)
		error = kg_file_write(arena, kg_format(arena, "%s/index.json", folder), index, strlen(index), 0600);
	if (!error)
		error = kg_file_write(
		    arena, kg_format(arena, "%s/oci-layout", folder), layout_version, sizeof(layout_version) - 1, 0600);
	for (uint32_t i = 0; !error && i < count; i++) {
		/* The first is the manifest, which import reads from the archive itself; the second the configuration, likewise. */
		for (uint32_t j = 0; !error && j < images[i].blobs.count; j++) {
			const struct load_blob *blob = &images[i].blobs.items[j];

			if (j < 2 || !all_have(contents, node_count, blob->digest))
				error = blob_link(arena, folder, blobs, blob, ret_bytes);
		}
	}
	return error;
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
		kg_map_put(used, image.blobs.items[i].digest + sizeof(digest_start) - 1, 0);
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
