#include "text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
out_of_memory(void)
{
	fputs("{\"level\":\"error\",\"message\":\"out of memory\"}\n", stdout);
	fflush(stdout);
	_Exit(1);
}

void *
memory_get(size_t size)
{
	void *memory = calloc(1, size > 0 ? size : 1);

	if (!memory)
		out_of_memory();
	return memory;
}

char *
memory_copy(const char *string)
{
	size_t size = strlen(string) + 1;

	return memcpy(memory_get(size), string, size);
}

static void
text_reserve(struct text *text, size_t more)
{
	size_t needed = text->length + more + 1;
	size_t size = text->size > 0 ? text->size : 128;

	if (needed <= text->size)
		return;
	while (size < needed)
		size *= 2;
	text->bytes = realloc(text->bytes, size);
	if (!text->bytes)
		out_of_memory();
	text->size = size;
}

void
text_add(struct text *text, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length < 0)
		return;
	text_reserve(text, (size_t)length);
	va_start(arguments, format);
	vsnprintf(text->bytes + text->length, (size_t)length + 1, format, arguments);
	va_end(arguments);
	text->length += (size_t)length;
}

void
text_add_bytes(struct text *text, const void *bytes, size_t length)
{
	text_reserve(text, length);
	if (length > 0)
		memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
	text->bytes[text->length] = '\0';
}

void
text_add_json(struct text *text, const char *string)
{
	if (!string) {
		text_add(text, "null");
		return;
	}
	text_add_bytes(text, "\"", 1);
	for (const char *at = string; *at != '\0'; at++) {
		size_t plain = strcspn(at,
		    "\"\\\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12"
		    "\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f");

		text_add_bytes(text, at, plain);
		at += plain;
		if (*at == '\0')
			break;
		if (*at == '"' || *at == '\\')
			text_add(text, "\\%c", *at);
		else
			text_add(text, "\\u%04x", (unsigned)*at);
	}
	text_add_bytes(text, "\"", 1);
}

void
text_clear(struct text *text)
{
	text->length = 0;
	if (text->bytes)
		text->bytes[0] = '\0';
}

const char *
text_get(const struct text *text)
{
	return text->bytes ? text->bytes : "";
}

void
text_free(struct text *text)
{
	free(text->bytes);
	*text = (struct text){ 0 };
}

/* The bytes of the character that starts here, 0 when it is not UTF-8. */
static size_t
utf8_length(const uint8_t *at, size_t left)
{
	/* The second byte has a narrower range after some first bytes: that is what keeps out overlong forms, surrogates and
	 * what lies beyond U+10FFFF. */
	uint8_t low = at[0] == 0xe0 ? 0xa0 : at[0] == 0xf0 ? 0x90 : 0x80;
	uint8_t high = at[0] == 0xed ? 0x9f : at[0] == 0xf4 ? 0x8f : 0xbf;
	size_t length = at[0] < 0x80 ? 1 : at[0] < 0xc2 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : at[0] < 0xf5 ? 4 : 0;

	if (length == 0 || length > left)
		return 0;
	if (length > 1 && (at[1] < low || at[1] > high))
		return 0;
	for (size_t i = 2; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	}
	return length;
}

bool
text_is_utf8(const void *bytes, size_t length)
{
	const uint8_t *at = bytes;

	while (length > 0) {
		size_t step = utf8_length(at, length);

		if (step == 0)
			return false;
		at += step;
		length -= step;
	}
	return true;
}

size_t
text_characters(const char *string)
{
	size_t count = 0;

	for (; *string != '\0'; string++)
		count += ((uint8_t)*string & 0xc0) != 0x80;
	return count;
}
