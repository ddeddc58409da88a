#include "engine/base/text.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"

static char *
text_reserve(struct kg_text *text, size_t more_bytes)
{
	if (text->size + more_bytes + 1 > text->room) {
		size_t room = text->room ? text->room * 2 : 64;

		while (room < text->size + more_bytes + 1)
			room *= 2;
		char *bytes = kg_alloc(text->arena, room);
		if (text->size > 0)
			memcpy(bytes, text->bytes, text->size);
		text->bytes = bytes;
		text->room = room;
	}
	return text->bytes + text->size;
}

void
kg_text_add_bytes(struct kg_text *text, const void *bytes, size_t size_bytes)
{
	if (size_bytes == 0)
		return;
	memcpy(text_reserve(text, size_bytes), bytes, size_bytes);
	text->size += size_bytes;
	text->bytes[text->size] = '\0';
}

void
kg_text_add(struct kg_text *text, const char *more)
{
	kg_text_add_bytes(text, more, strlen(more));
}

void
kg_text_format(struct kg_text *text, const char *format, ...)
{
	va_list list, again;

	va_start(list, format);
	va_copy(again, list);
	int length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	kg_assert(length >= 0);
	vsnprintf(text_reserve(text, (size_t)length), (size_t)length + 1, format, list);
	text->size += (size_t)length;
	va_end(list);
}

size_t
kg_text_utf8_length(const char *bytes, size_t size_bytes)
{
	const unsigned char *at = (const unsigned char *)bytes;
	size_t length;

	if (size_bytes == 0)
		return 0;
	if (at[0] < 0x80)
		return 1;
	if (at[0] >= 0xc2 && at[0] <= 0xdf)
		length = 2;
	else if ((at[0] & 0xf0) == 0xe0)
		length = 3;
	else if (at[0] >= 0xf0 && at[0] <= 0xf4)
		length = 4;
	else
		return 0;
	if (length > size_bytes)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates and what lies beyond U+10FFFF are not UTF-8 (RFC 3629). */
	if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) || (at[0] == 0xf0 && at[1] < 0x90) ||
	    (at[0] == 0xf4 && at[1] > 0x8f))
		return 0;
	return length;
}

uint32_t
kg_text_characters(const char *bytes, size_t size_bytes)
{
	uint32_t count = 0;

	for (size_t at = 0; at < size_bytes; count++) {
		size_t length = kg_text_utf8_length(bytes + at, size_bytes - at);

		at += length > 0 ? length : 1;
	}
	return count;
}

void
kg_text_add_json_bytes(struct kg_text *text, const char *bytes, size_t size_bytes)
{
	kg_text_add(text, "\"");
	for (size_t i = 0, step; i < size_bytes; i += step) {
		unsigned char c = (unsigned char)bytes[i];

		step = kg_text_utf8_length(bytes + i, size_bytes - i);
		if (step == 0) {
			kg_text_add(text, "\\ufffd");
			step = 1;
		} else if (c == '"' || c == '\\') {
			kg_text_format(text, "\\%c", c);
		} else if (c == '\n') {
			kg_text_add(text, "\\n");
		} else if (c == '\t') {
			kg_text_add(text, "\\t");
		} else if (c < 0x20 || c == 0x7f) {
			kg_text_format(text, "\\u%04x", c);
		} else {
			kg_text_add_bytes(text, bytes + i, step);
		}
	}
	kg_text_add(text, "\"");
}

void
kg_text_add_json(struct kg_text *text, const char *value)
{
	kg_text_add_json_bytes(text, value, strlen(value));
}

const char *
kg_text_end(struct kg_text *text)
{
	return text->bytes ? text->bytes : "";
}

bool
kg_text_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool
kg_text_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool
kg_text_ends(const char *text, const char *suffix)
{
	size_t length = strlen(text), end = strlen(suffix);

	return length >= end && memcmp(text + length - end, suffix, end) == 0;
}

static constexpr size_t nearest_longest = 63;

static size_t
smallest(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Optimal string alignment: insertion, deletion, substitution and transposition of neighbours cost one each. */
static size_t
distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t rows[3][nearest_longest + 1];
	size_t *before = rows[0], *above = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b_length; j++)
		above[j] = j;
	memcpy(before, above, (b_length + 1) * sizeof(*before));
	for (size_t i = 1; i <= a_length; i++) {
		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			row[j] = smallest(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		size_t *oldest = before;
		before = above;
		above = row;
		row = oldest;
	}
	return above[b_length];
}

const char *
kg_text_nearest(const char *word, const char *const *candidates)
{
	size_t length = strlen(word), best = SIZE_MAX;
	const char *nearest = NULL;

	if (length > nearest_longest)
		return NULL;
	for (; *candidates; candidates++) {
		size_t other = strlen(*candidates);

		if (other > nearest_longest)
			continue;
		size_t changes = distance(word, length, *candidates, other);
		size_t longest = length > other ? length : other;
		if (changes < best && changes * 3 <= longest + 1) {
			best = changes;
			nearest = *candidates;
		}
	}
	return nearest;
}

const char *
kg_text_enumerate(struct kg_arena *arena, const char *const *words, size_t count, const char *last_join)
{
	struct kg_text text = { .arena = arena };

	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			kg_text_add(&text, i + 1 == count ? last_join : ", ");
		kg_text_add(&text, words[i]);
	}
	return kg_text_end(&text);
}
