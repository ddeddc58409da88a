/*
 * What a node prints: whole lines, secrets masked, into a file of its own, and the last of them kept for the error.
 *
 *     kg_node_log_add(&log, bytes, size);
 *     kg_node_log_flush(&log);                the child has ended: a last line without an end counts too
 *     puts(kg_node_log_tail(&log, arena, 20));
 *
 * The file is made at the first line. A file that cannot be written loses lines and never stops a run; the tail is kept all the same.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kg_arena;
struct kg_mask;

enum : uint32_t { KG_NODE_LOG_TAIL_BYTES = 8192, KG_NODE_LOG_LINE_BYTES = 65536 };

struct kg_node_log {
	const char *path; /* NULL: only the tail is kept */
	const struct kg_mask *mask;
	int fd;     /* -1: not open yet */
	char *line; /* the line that has not ended yet, KG_NODE_LOG_LINE_BYTES; NULL until something comes */
	size_t line_size;
	char *tail; /* the last KG_NODE_LOG_TAIL_BYTES that were written, as a ring */
	size_t tail_end, tail_size;
	struct kg_arena *scratch; /* for masking; NULL until needed */
	/* Called for each line that is written, masked and without its end; NULL: nobody is told. */
	void (*on_line)(void *context, const char *line);
	void *context;
	bool is_written; /* the file is there; stays when the log is closed */
};

void kg_node_log_start(struct kg_node_log *log, const char *path, const struct kg_mask *mask);
void kg_node_log_add(struct kg_node_log *log, const char *bytes, size_t size);
void kg_node_log_flush(struct kg_node_log *log);
/* The last lines, at most that many, without an end after the last one. */
const char *kg_node_log_tail(const struct kg_node_log *log, struct kg_arena *arena, uint32_t lines);
/* Closes the file and frees, so that a node that has ended holds neither; what is added later goes on in the same file. */
void kg_node_log_close(struct kg_node_log *log);
