/*
 * Secrets never leave: every text that is shown, logged or stored goes through a mask that knows their values.
 *
 *     kg_mask_add(mask, "test_password");
 *     puts(kg_mask_text(arena, mask, line));      "... password=*** ..."
 *
 * Values shorter than four bytes are not masked: they would black out unrelated text and keep nothing secret. Passwords in URLs
 * (scheme://user:password@host) are masked wherever they stand, known or not.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kg_arena;

struct kg_mask {
	struct kg_arena *arena;
	const char **values; /* longest first, so that one secret within another is not cut in two */
	uint32_t count, room;
	bool starts[256]; /* bytes that a value starts with: most of a text is passed over by this alone */
};

/* Copies the value. Its URL-encoded form is masked as well, and so is each longer line of one that has lines, such as a key: output is shown by lines. */
void kg_mask_add(struct kg_mask *mask, const char *value);
/* The text itself when nothing in it is secret. mask may be NULL: then only passwords in URLs are masked. */
const char *kg_mask_text(struct kg_arena *arena, const struct kg_mask *mask, const char *text);
/* The length of the longest value: a stream that is masked in pieces holds back this many bytes less one. */
size_t kg_mask_longest(const struct kg_mask *mask);
