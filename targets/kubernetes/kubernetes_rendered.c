/*
 * What a node's command has printed: kept in the node's folder, so that a mistake in it has a file and a line, and so that the next `check` knows it without
 * running anything. A line at its head says what it was made of.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "targets/kubernetes/kubernetes_inside.h"

static const char file_name[] = "rendered.yaml";
static const char source_mark[] = "# Source: "; /* helm's, above each document */

static const char *
head_of(struct kg_arena *arena, const struct kubernetes_reading *reading, const char *fingerprint)
{
	return kg_format(arena, "# What `render` of the node %s printed. Made of %s\n", reading->node, fingerprint);
}

void
kg_kubernetes_rendered_set(struct kubernetes_reading *reading, struct kg_arena *arena, const char *folder, const char *fingerprint,
    const char *printed, size_t size)
{
	static const char mark[] = "\xef\xbb\xbf"; /* may stand at the start of a text alone */
	struct kg_text text = { .arena = arena };

	if (size >= strlen(mark) && memcmp(printed, mark, strlen(mark)) == 0) {
		printed += strlen(mark);
		size -= strlen(mark);
	}
	kg_text_add(&text, head_of(arena, reading, fingerprint));
	kg_text_add_bytes(&text, printed, size);
	reading->rendered_size = text.size;
	reading->rendered = kg_text_end(&text);
	reading->rendered_file = kg_path_join(arena, folder, file_name);
}

bool
kg_kubernetes_rendered_read(struct kubernetes_reading *reading, const char *folder, const char *fingerprint)
{
	const char *path = kg_path_join(reading->arena, folder, file_name), *bytes;
	size_t size;

	if (kg_file_read(reading->arena, path, &bytes, &size) ||
	    !kg_text_starts(bytes, head_of(reading->arena, reading, fingerprint)))
		return false;
	reading->rendered = bytes;
	reading->rendered_size = size;
	reading->rendered_file = path;
	reading->is_kept = true;
	return true;
}

/* ---- places ---- */

struct document {
	const char *from, *to;
};

static const char *
line_end(const char *at, const char *end)
{
	const char *found = memchr(at, '\n', (size_t)(end - at));

	return found ? found + 1 : end;
}

static bool
is_border(const char *at, const char *end)
{
	return end - at >= 3 && memcmp(at, "---", 3) == 0;
}

/* The document that the line is in. */
static struct document
document_find(const struct kubernetes_reading *reading, uint32_t line)
{
	const char *at = reading->rendered, *end = at + reading->rendered_size;
	struct document document = { at, end };

	for (uint32_t i = 1; i < line && at < end; i++) {
		at = line_end(at, end);
		if (is_border(at, end))
			document.from = at;
	}
	while (at < end) {
		at = line_end(at, end);
		if (is_border(at, end))
			break;
	}
	document.to = at;
	return document;
}

/* The template that it says to be made from, in the comments at its head, or NULL. */
static const char *
source_of(struct kg_arena *arena, const struct document *document)
{
	for (const char *at = document->from, *next; at < document->to; at = next) {
		next = line_end(at, document->to);
		size_t size = (size_t)(next - at), skipped = strlen(source_mark);

		if (size > skipped && memcmp(at, source_mark, skipped) == 0)
			return kg_copy_bytes(arena, at + skipped, strcspn(at + skipped, "\r\n"));
		if (*at != '#' && *at != '\n' && *at != '\r' && !is_border(at, next))
			return NULL;
	}
	return NULL;
}

/* As the text says it, for it may be no YAML. A reference to something whose kind begins with Secret hides a line too many. */
static bool
is_secret(const struct document *document)
{
	for (const char *at = document->from, *next; at < document->to; at = next) {
		next = line_end(at, document->to);
		const char *kind = memmem(at, (size_t)(next - at), "kind", strlen("kind"));

		if (kind && memmem(kind, (size_t)(next - kind), "Secret", strlen("Secret")))
			return true;
	}
	return false;
}

static void
error_complete(struct kg_arena *arena, const struct kubernetes_reading *reading, struct kg_error *error)
{
	struct document document = document_find(reading, error->place.line);
	const char *source = source_of(arena, &document);

	if (source)
		error->message = kg_format(arena, "%s (rendered from %s)", error->message, source);
	if (is_secret(&document)) {
		error->place.line_text = "…";
		error->place.column = error->place.length = 0;
	}
}

void
kg_kubernetes_rendered_tell(struct kg_errors *errors, const struct kubernetes_reading *readings, uint32_t count)
{
	struct kg_map files = { .arena = errors->arena };
	uint32_t index;

	if (!errors->first)
		return;
	for (uint32_t i = 0; i < count; i++)
		if (readings[i].rendered)
			kg_map_put(&files, readings[i].rendered_file, i);
	for (struct kg_error *error = errors->first; error; error = error->next)
		if (error->place.file && error->place.line > 0 && kg_map_get(&files, error->place.file, &index))
			error_complete(errors->arena, &readings[index], error);
}
