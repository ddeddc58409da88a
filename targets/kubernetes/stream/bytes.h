/*
 * A queue of bytes: put in behind, taken out in front. It grows as it must; who fills it looks at its size.
 *
 *     kg_bytes_put(&queue, piece, size);
 *     written = write(fd, kg_bytes_at(&queue), queue.size);
 *     kg_bytes_take(&queue, written);
 *     kg_bytes_free(&queue);
 */
#pragma once

#include <stddef.h>

struct kg_bytes {
	char *room;
	size_t start, size; /* what is in it: size bytes from room + start on */
	size_t room_size;
};

/* Room for so many bytes behind what is in it; what is written there counts from kg_bytes_added on. */
[[gnu::returns_nonnull]] char *kg_bytes_reserve(struct kg_bytes *bytes, size_t size);
void kg_bytes_added(struct kg_bytes *bytes, size_t size);
void kg_bytes_put(struct kg_bytes *bytes, const void *piece, size_t size);
/* The first byte; good until something is put in. */
const char *kg_bytes_at(const struct kg_bytes *bytes);
void kg_bytes_take(struct kg_bytes *bytes, size_t size);
void kg_bytes_free(struct kg_bytes *bytes);
