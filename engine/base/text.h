/*
 * Texts: a growing one, and the questions that come up everywhere.
 *
 *     struct kg_text text = { .arena = arena };
 *     kg_text_add(&text, "needs = ");
 *     kg_text_format(&text, "%u", count);
 *     return kg_text_end(&text);
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kg_arena;

struct kg_text {
	struct kg_arena *arena;
	char *bytes;       /* ended by a zero byte once something was added */
	size_t size, room; /* size without the zero byte */
};

void kg_text_add(struct kg_text *text, const char *more);
void kg_text_add_bytes(struct kg_text *text, const void *bytes, size_t size_bytes);
[[gnu::format(printf, 2, 3)]] void kg_text_format(struct kg_text *text, const char *format, ...);
/* Adds value as a JSON string, quotes included; bytes that are not UTF-8 become U+FFFD. */
void kg_text_add_json(struct kg_text *text, const char *value);
void kg_text_add_json_bytes(struct kg_text *text, const char *bytes, size_t size_bytes);
/* The text so far, never NULL. */
const char *kg_text_end(struct kg_text *text);

bool kg_text_equal(const char *a, const char *b);
bool kg_text_starts(const char *text, const char *prefix);
bool kg_text_ends(const char *text, const char *suffix);

/* How many bytes of a valid UTF-8 sequence start at bytes; 0 when what stands there is not one. */
size_t kg_text_utf8_length(const char *bytes, size_t size_bytes);

/* Characters in the bytes; one that is not UTF-8 counts as one. */
uint32_t kg_text_characters(const char *bytes, size_t size_bytes);

/*
 * The candidate that word was most likely meant to be, or NULL: at most a third of its letters are inserted, dropped, changed or swapped with
 * their neighbour. Candidates end with NULL.
 */
const char *kg_text_nearest(const char *word, const char *const *candidates);

/* "a, b and c"; an empty list gives "". */
const char *kg_text_enumerate(struct kg_arena *arena, const char *const *words, size_t count, const char *last_join);
