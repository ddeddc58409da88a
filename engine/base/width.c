#include "engine/base/width.h"

#include <stdbool.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"

static constexpr uint32_t tab_columns = 4;

struct range {
	uint32_t first, last;
};

/* Sorted. Unicode 15: general category Mn, Me and Cf, as far as somebody might write it into a graph file. */
static const struct range zero_width[] = {
	{ 0xad, 0xad },
	{ 0x300, 0x36f },
	{ 0x483, 0x489 },
	{ 0x591, 0x5bd },
	{ 0x610, 0x61a },
	{ 0x64b, 0x65f },
	{ 0x93c, 0x93c },
	{ 0x941, 0x948 },
	{ 0xe31, 0xe31 },
	{ 0xe34, 0xe3a },
	{ 0xe47, 0xe4e },
	{ 0x1ab0, 0x1aff },
	{ 0x1dc0, 0x1dff },
	{ 0x200b, 0x200f },
	{ 0x202a, 0x202e },
	{ 0x2060, 0x2064 },
	{ 0x20d0, 0x20ff },
	{ 0xfe00, 0xfe0f },
	{ 0xfe20, 0xfe2f },
	{ 0xfeff, 0xfeff },
	{ 0x1f3fb, 0x1f3ff },
	{ 0xe0100, 0xe01ef },
};

/* Sorted. Unicode 15, EastAsianWidth.txt: W and F, with neighbours joined where what lies between is unassigned. */
static const struct range double_width[] = {
	{ 0x1100, 0x115f },
	{ 0x231a, 0x231b },
	{ 0x2329, 0x232a },
	{ 0x23e9, 0x23ec },
	{ 0x23f0, 0x23f0 },
	{ 0x23f3, 0x23f3 },
	{ 0x25fd, 0x25fe },
	{ 0x2614, 0x2615 },
	{ 0x2648, 0x2653 },
	{ 0x267f, 0x267f },
	{ 0x2693, 0x2693 },
	{ 0x26a1, 0x26a1 },
	{ 0x26aa, 0x26ab },
	{ 0x26bd, 0x26be },
	{ 0x26c4, 0x26c5 },
	{ 0x26ce, 0x26ce },
	{ 0x26d4, 0x26d4 },
	{ 0x26ea, 0x26ea },
	{ 0x26f2, 0x26f3 },
	{ 0x26f5, 0x26f5 },
	{ 0x26fa, 0x26fa },
	{ 0x26fd, 0x26fd },
	{ 0x2705, 0x2705 },
	{ 0x270a, 0x270b },
	{ 0x2728, 0x2728 },
	{ 0x274c, 0x274c },
	{ 0x274e, 0x274e },
	{ 0x2753, 0x2755 },
	{ 0x2757, 0x2757 },
	{ 0x2795, 0x2797 },
	{ 0x27b0, 0x27b0 },
	{ 0x27bf, 0x27bf },
	{ 0x2b1b, 0x2b1c },
	{ 0x2b50, 0x2b50 },
	{ 0x2b55, 0x2b55 },
	{ 0x2e80, 0x303e },
	{ 0x3041, 0x4dbf },
	{ 0x4e00, 0xa4cf },
	{ 0xa960, 0xa97f },
	{ 0xac00, 0xd7a3 },
	{ 0xf900, 0xfaff },
	{ 0xfe10, 0xfe19 },
	{ 0xfe30, 0xfe6f },
	{ 0xff00, 0xff60 },
	{ 0xffe0, 0xffe6 },
	{ 0x16fe0, 0x18cff },
	{ 0x1b000, 0x1b2ff },
	{ 0x1f004, 0x1f004 },
	{ 0x1f0cf, 0x1f0cf },
	{ 0x1f18e, 0x1f18e },
	{ 0x1f191, 0x1f19a },
	{ 0x1f200, 0x1f320 },
	{ 0x1f32d, 0x1f335 },
	{ 0x1f337, 0x1f37c },
	{ 0x1f37e, 0x1f393 },
	{ 0x1f3a0, 0x1f3ca },
	{ 0x1f3cf, 0x1f3d3 },
	{ 0x1f3e0, 0x1f3f0 },
	{ 0x1f3f4, 0x1f3f4 },
	{ 0x1f3f8, 0x1f3fa },
	{ 0x1f400, 0x1f43e },
	{ 0x1f440, 0x1f440 },
	{ 0x1f442, 0x1f4fc },
	{ 0x1f4ff, 0x1f53d },
	{ 0x1f54b, 0x1f54e },
	{ 0x1f550, 0x1f567 },
	{ 0x1f57a, 0x1f57a },
	{ 0x1f595, 0x1f596 },
	{ 0x1f5a4, 0x1f5a4 },
	{ 0x1f5fb, 0x1f64f },
	{ 0x1f680, 0x1f6c5 },
	{ 0x1f6cc, 0x1f6cc },
	{ 0x1f6d0, 0x1f6d2 },
	{ 0x1f6d5, 0x1f6df },
	{ 0x1f6eb, 0x1f6ec },
	{ 0x1f6f4, 0x1f6fc },
	{ 0x1f7e0, 0x1f7f0 },
	{ 0x1f90c, 0x1f93a },
	{ 0x1f93c, 0x1f945 },
	{ 0x1f947, 0x1f9ff },
	{ 0x1fa70, 0x1faff },
	{ 0x20000, 0x3fffd },
};

static bool
is_within(const struct range *ranges, size_t count, uint32_t character)
{
	while (count > 0) {
		size_t half = count / 2;

		if (character < ranges[half].first) {
			count = half;
		} else if (character > ranges[half].last) {
			ranges += half + 1;
			count -= half + 1;
		} else {
			return true;
		}
	}
	return false;
}

static uint32_t
character_read(const char *bytes, size_t length)
{
	const unsigned char *at = (const unsigned char *)bytes;

	switch (length) {
	case 2: return (at[0] & 0x1fU) << 6 | (at[1] & 0x3fU);
	case 3: return (at[0] & 0x0fU) << 12 | (at[1] & 0x3fU) << 6 | (at[2] & 0x3fU);
	case 4: return (at[0] & 0x07U) << 18 | (at[1] & 0x3fU) << 12 | (at[2] & 0x3fU) << 6 | (at[3] & 0x3fU);
	default: return at[0];
	}
}

uint32_t
kg_width_first(const char *bytes, size_t size_bytes, size_t *ret_length)
{
	size_t length = kg_text_utf8_length(bytes, size_bytes);

	*ret_length = length > 0 ? length : 1;
	if (length < 2)
		return 1;
	uint32_t character = character_read(bytes, length);
	if (is_within(zero_width, sizeof(zero_width) / sizeof(zero_width[0]), character))
		return 0;
	return is_within(double_width, sizeof(double_width) / sizeof(double_width[0]), character) ? 2 : 1;
}

uint32_t
kg_width(const char *text)
{
	size_t left = strlen(text), length;
	uint32_t columns = 0;

	for (; left > 0; text += length, left -= length)
		columns += kg_width_first(text, left, &length);
	return columns;
}

const char *
kg_width_cut(struct kg_arena *arena, const char *text, uint32_t columns)
{
	size_t left = strlen(text), at = 0, keep = 0, length;
	uint32_t used = 0;

	if (columns == 0)
		return "";
	for (; left > 0; at += length, left -= length) {
		used += kg_width_first(text + at, left, &length);
		if (used > columns)
			return kg_format(arena, "%.*s…", (int)keep, text);
		if (used < columns) /* one column is left for the ellipsis */
			keep = at + length;
	}
	return text;
}

/* C0, DEL, and C1 as UTF-8 writes it: all that a terminal takes for a command. */
static bool
is_control(const char *bytes, size_t length)
{
	const unsigned char *at = (const unsigned char *)bytes;

	return length == 0 || at[0] < 0x20 || at[0] == 0x7f || (length == 2 && at[0] == 0xc2 && at[1] < 0xa0);
}

const char *
kg_width_plain(struct kg_arena *arena, const char *text)
{
	struct kg_text plain = { .arena = arena };
	size_t left = strlen(text);
	uint32_t columns = 0;
	bool is_changed = false;

	for (const char *at = text; left > 0;) {
		size_t length, valid = kg_text_utf8_length(at, left);
		uint32_t width = kg_width_first(at, left, &length);

		if (*at == '\t') {
			width = tab_columns - columns % tab_columns;
			kg_text_format(&plain, "%*s", (int)width, "");
			is_changed = true;
		} else if (is_control(at, valid)) {
			kg_text_add(&plain, "?");
			width = 1;
			is_changed = true;
		} else {
			kg_text_add_bytes(&plain, at, length);
		}
		columns += width;
		at += length;
		left -= length;
	}
	return is_changed ? kg_text_end(&plain) : text;
}
