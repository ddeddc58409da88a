/*
 * One line of an ignore file of a build context, matched name by name on the way down.
 *
 *     struct kg_context_pattern pattern;
 *     const char *wrong = kg_context_pattern_read(arena, "src/" "**" "/x.o", &pattern);
 *     kg_context_pattern_start(&pattern, set);
 *     kg_context_pattern_take(&pattern, set, characters, count);      "src"
 *     if (kg_context_pattern_is_met(&pattern, set)) ...               what is called so, or a folder above it, is met
 *     kg_context_pattern_enter(&pattern, set);                        what is in it comes next
 *
 * `*` and `?` stop at a slash, `[a-z]` and `[^a-z]` are classes, a backslash takes the next character as it is, `**` is any number of folders: the
 * rules of Go's filepath.Match and what moby adds to them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct kg_arena;

enum kg_context_token_type : uint8_t {
	KG_CONTEXT_CHARACTER,
	KG_CONTEXT_ANY_ONE, /* but a slash */
	KG_CONTEXT_CLASS,
	KG_CONTEXT_ANY,     /* any number of characters, but slashes */
	KG_CONTEXT_FOLDERS, /* any number of folders */
	KG_CONTEXT_REST,    /* all there is */
	KG_CONTEXT_END,     /* met */
	KG_CONTEXT_BELOW,   /* a folder above was met, and so all that is in it */
};

struct kg_context_range {
	uint32_t low, high;
};

struct kg_context_token {
	enum kg_context_token_type type;
	bool is_negated;
	uint32_t character;
	uint32_t first_range, range_count;
};

struct kg_context_pattern {
	struct kg_context_token *tokens;
	struct kg_context_range *ranges;
	uint32_t count;       /* of tokens, with END and BELOW */
	uint32_t words;       /* of a set: a bit for each token that the next character may meet */
	uint32_t range_count; /* of all classes */
	uint32_t ending;      /* that many tokens before END are characters */
	char last;            /* the last of these, if it is ASCII; else 0 */
	bool is_disputed;     /* has what some builders take for a regular expression's: + ( ) { } | ^ and wildcards in a class */
};

/* Longer ones cannot be of a path. */
#define KG_CONTEXT_WORDS_MAX 65

/* What is wrong with the text, or NULL. */
const char *kg_context_pattern_read(struct kg_arena *arena, const char *text, struct kg_context_pattern *ret_pattern);
void kg_context_pattern_start(const struct kg_context_pattern *pattern, uint64_t *set);
void kg_context_pattern_take(
    const struct kg_context_pattern *pattern, uint64_t *set, const uint32_t *characters, uint32_t character_count);
void kg_context_pattern_enter(const struct kg_context_pattern *pattern, uint64_t *set);
/* Whether something called so is met: take and is_met in one, without the set. The quick way for what has nothing below. */
bool kg_context_pattern_meets(
    const struct kg_context_pattern *pattern, const uint64_t *set, const uint32_t *characters, uint32_t character_count);
/* By the last byte of its name alone: false says that `meets` will be, too. Most names end otherwise than most lines, and need not be decoded for them. */
bool kg_context_pattern_may_meet(const struct kg_context_pattern *pattern, const uint64_t *set, char last);
bool kg_context_pattern_is_met(const struct kg_context_pattern *pattern, const uint64_t *set);
/* Whether something further down can still be met. */
bool kg_context_pattern_is_alive(const struct kg_context_pattern *pattern, const uint64_t *set);

/* The characters of UTF-8 bytes; a byte that is no part of one counts as U+FFFD, as Go has it. characters has room for size; the count. */
uint32_t kg_context_characters(const char *bytes, uint32_t size, uint32_t *characters);
