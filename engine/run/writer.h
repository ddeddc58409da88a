/*
 * Text on its way to a file, a pipe or a terminal, written by a thread of its own so that nobody waits for a slow reader.
 *
 *     struct kg_writer *writer = kg_writer_start(&(struct kg_writer_options){ .fd = fd, .limit_bytes = 1 << 20 });
 *     kg_writer_add(writer, line, size);
 *     int sys = kg_writer_close(writer);
 *
 * What cannot be handed over because too much is waiting is left out, whole texts at a time, and counted.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kg_text;
struct kg_writer;

struct kg_writer_options {
	int fd;             /* stays the caller's */
	size_t limit_bytes; /* of what may wait */
	/* Adds to text what is to stand where `count` texts were left out. Called in the writer's thread; NULL: nothing. */
	void (*left_out)(struct kg_text *text, uint64_t count);
	/*
	 * For a terminal: adds to out the bytes that print what was added since (which stays) and draw what is true now.
	 * Called in the writer's thread at most every draw_pause_ms, at least every second, and once more with is_last. NULL:
	 * what was added is written as it is.
	 */
	void (*draw)(void *context, struct kg_text *out, const char *added, bool is_last);
	void *context;
	int64_t draw_after_ms; /* when the first drawing may come: what is over sooner is not drawn at all */
	int64_t draw_pause_ms;
};

struct kg_writer *kg_writer_start(const struct kg_writer_options *options);
/* One text, such as a line; it is written whole or not at all. */
void kg_writer_add(struct kg_writer *writer, const char *text, size_t size_bytes);
/* What `draw` shows has changed. */
void kg_writer_redraw(struct kg_writer *writer);
/* Waits until all is written. 0, or the errno of the first write that failed, after which nothing more was written. */
int kg_writer_close(struct kg_writer *writer);
