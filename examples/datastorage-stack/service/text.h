/*
 * Text that grows: how messages, JSON answers and SQL are put together.
 *
 *     struct text text = { 0 };
 *     text_add(&text, "{\"limit\":%d,\"name\":", 20);
 *     text_add_json(&text, name);
 *     text_add(&text, "}");
 *     …
 *     text_free(&text);
 *
 * A zeroed struct is an empty text. When memory is out the program ends with one message.
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>

struct text {
	char *bytes;   /* NUL-terminated as soon as anything was added; NULL before */
	size_t length; /* without the NUL */
	size_t size;
};

void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

void text_add_bytes(struct text *text, const void *bytes, size_t length);

/* Adds a string as a JSON string, quotes included; NULL becomes null. The string must be UTF-8. */
void text_add_json(struct text *text, const char *string);

/* Makes it empty and keeps its memory. */
void text_clear(struct text *text);

/* Never NULL. */
const char *text_get(const struct text *text);

void text_free(struct text *text);

/* Whether the bytes are UTF-8 as RFC 3629 has it: no overlong forms, no surrogates. */
bool text_is_utf8(const void *bytes, size_t length);

/* The characters (code points) in a UTF-8 string. */
size_t text_characters(const char *string);

/* malloc, calloc and strdup that never return NULL. */
void *memory_get(size_t size);
char *memory_copy(const char *string);
