#include "engine/run/node_log.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/file.h"
#include "engine/base/mask.h"

void
kg_node_log_start(struct kg_node_log *log, const char *path, const struct kg_mask *mask)
{
	*log = (struct kg_node_log){ .path = path, .mask = mask, .fd = -1 };
}

static void
tail_keep(struct kg_node_log *log, const char *bytes, size_t size)
{
	if (!log->tail && !(log->tail = malloc(KG_NODE_LOG_TAIL_BYTES)))
		kg_out_of_memory();
	if (size > KG_NODE_LOG_TAIL_BYTES) {
		bytes += size - KG_NODE_LOG_TAIL_BYTES;
		size = KG_NODE_LOG_TAIL_BYTES;
	}

	size_t first = KG_NODE_LOG_TAIL_BYTES - log->tail_end;
	if (first > size)
		first = size;
	memcpy(log->tail + log->tail_end, bytes, first);
	memcpy(log->tail, bytes + first, size - first);
	log->tail_end = (log->tail_end + size) % KG_NODE_LOG_TAIL_BYTES;
	log->tail_size += size;
	if (log->tail_size > KG_NODE_LOG_TAIL_BYTES)
		log->tail_size = KG_NODE_LOG_TAIL_BYTES;
}

static void
log_write(struct kg_node_log *log, const char *bytes, size_t size)
{
	if (log->fd == -1 && !log->path)
		log->fd = -2;
	if (log->fd == -1) {
		log->fd = open(log->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		if (log->fd < 0)
			log->fd = -2;
		else
			log->is_written = true;
	}
	if (log->fd >= 0 && kg_file_write_all(log->fd, bytes, size) != 0) {
		close(log->fd);
		log->fd = -2;
	}
	tail_keep(log, bytes, size);
}

/* Lines, whole ones: a secret that a program prints in two writes is still seen as one. Zero bytes are no text, and pass between two texts. */
/* Line by line to who asked for it. */
static void
lines_tell(struct kg_node_log *log, const char *lines)
{
	while (log->on_line && *lines) {
		size_t length = strcspn(lines, "\n");
		size_t end = length > 0 && lines[length - 1] == '\r' ? length - 1 : length;

		log->on_line(log->context, kg_copy_bytes(log->scratch, lines, end));
		lines += length + (lines[length] == '\n');
	}
}

static void
lines_write(struct kg_node_log *log, const char *lines, size_t size)
{
	if (!log->scratch)
		log->scratch = kg_arena_make();
	while (size > 0) {
		size_t length = strnlen(lines, size);
		const char *masked = kg_mask_text(log->scratch, log->mask, kg_copy_bytes(log->scratch, lines, length));

		log_write(log, masked, strlen(masked));
		lines_tell(log, masked);
		kg_arena_empty(log->scratch);
		if (length < size)
			log_write(log, "", 1);
		length += length < size;
		lines += length;
		size -= length;
	}
}

static void
line_hold(struct kg_node_log *log, const char *bytes, size_t size)
{
	if (size > 0 && !log->line && !(log->line = malloc(KG_NODE_LOG_LINE_BYTES)))
		kg_out_of_memory();
	while (size > 0) {
		size_t room = KG_NODE_LOG_LINE_BYTES - log->line_size;
		size_t part = size < room ? size : room;

		memcpy(log->line + log->line_size, bytes, part);
		log->line_size += part;
		bytes += part;
		size -= part;
		if (log->line_size == KG_NODE_LOG_LINE_BYTES) {
			lines_write(log, log->line, log->line_size);
			log->line_size = 0;
		}
	}
}

void
kg_node_log_add(struct kg_node_log *log, const char *bytes, size_t size)
{
	const char *end = memrchr(bytes, '\n', size);

	if (!end) {
		line_hold(log, bytes, size);
		return;
	}
	size_t whole = (size_t)(end - bytes) + 1;
	if (log->line_size > 0) {
		size_t first = (size_t)((const char *)memchr(bytes, '\n', whole) - bytes) + 1;

		line_hold(log, bytes, first);
		if (log->line_size > 0)
			lines_write(log, log->line, log->line_size);
		log->line_size = 0;
		bytes += first;
		whole -= first;
		size -= first;
	}
	if (whole > 0)
		lines_write(log, bytes, whole);
	line_hold(log, bytes + whole, size - whole);
}

void
kg_node_log_flush(struct kg_node_log *log)
{
	if (log->line_size == 0)
		return;
	lines_write(log, log->line, log->line_size);
	log->line_size = 0;
	log_write(log, "\n", 1);
}

const char *
kg_node_log_tail(const struct kg_node_log *log, struct kg_arena *arena, uint32_t lines)
{
	char *text = kg_alloc(arena, log->tail_size + 1);
	size_t start = (log->tail_end + KG_NODE_LOG_TAIL_BYTES - log->tail_size) % KG_NODE_LOG_TAIL_BYTES;
	size_t size = log->tail_size;

	for (size_t i = 0; i < size; i++) {
		char c = log->tail[(start + i) % KG_NODE_LOG_TAIL_BYTES];

		text[i] = c ? c : ' ';
	}
	while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\r'))
		text[--size] = '\0';

	char *first = text + size;
	for (uint32_t seen = 0; first > text; first--)
		if (first[-1] == '\n' && ++seen == lines)
			break;
	/* A line that the ring has cut at its start says little and may cut a character. */
	if (first == text && log->tail_size == KG_NODE_LOG_TAIL_BYTES && strchr(text, '\n'))
		first = strchr(text, '\n') + 1;
	return first;
}

void
kg_node_log_close(struct kg_node_log *log)
{
	if (log->fd >= 0)
		close(log->fd);
	free(log->line);
	free(log->tail);
	kg_arena_free(log->scratch);
	bool is_written = log->is_written;
	kg_node_log_start(log, log->path, log->mask);
	log->is_written = is_written;
}
