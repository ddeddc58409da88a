#include "cache/context_pattern.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"

/*
 * moby makes a regular expression of each line and runs it over each whole path. Here the same expression is a row of tokens, and what is kept for
 * a folder is the set of those that may come next, so that a path is matched once for all that is in a folder, and a folder that no token survives
 * costs nothing further down.
 */

static constexpr uint32_t unknown_character = 0xfffd;

uint32_t
kg_context_characters(const char *bytes, uint32_t size, uint32_t *characters)
{
	uint32_t count = 0;

	for (uint32_t at = 0; at < size;) {
		if ((unsigned char)bytes[at] < 0x80) { /* nearly all names are nothing but these */
			characters[count++] = (unsigned char)bytes[at++];
			continue;
		}
		size_t length = kg_text_utf8_length(bytes + at, size - at);
		uint32_t first = (unsigned char)bytes[at];
		uint32_t character = length == 0 ? unknown_character : length == 1 ? first : first & (0x7fu >> length);

		for (size_t i = 1; i < length; i++)
			character = character << 6 | ((unsigned char)bytes[at + i] & 0x3f);
		characters[count++] = character;
		at += length ? (uint32_t)length : 1;
	}
	return count;
}

struct reading {
	struct kg_context_pattern *pattern;
	const uint32_t *at, *end;
};

static bool
has(const struct reading *reading, uint32_t character)
{
	return reading->at < reading->end && *reading->at == character;
}

static void
token_add(struct reading *reading, struct kg_context_token token)
{
	reading->pattern->tokens[reading->pattern->count++] = token;
}

/* A character of a class, as filepath.Match has it: `-` and `]` need a backslash. */
static const char *
class_character_take(struct reading *reading, uint32_t *ret_character)
{
	if (has(reading, '-') || has(reading, ']'))
		return "a class has `-` or `]` where a character is expected";
	reading->pattern->is_disputed |= has(reading, '*') || has(reading, '?') || has(reading, '[');
	if (has(reading, '\\'))
		reading->at++;
	if (reading->at == reading->end)
		return "`[` is not closed";
	*ret_character = *reading->at++;
	return NULL;
}

static const char *
class_take(struct reading *reading)
{
	struct kg_context_pattern *pattern = reading->pattern;
	struct kg_context_token token = { .type = KG_CONTEXT_CLASS, .first_range = pattern->range_count };

	if (has(reading, '^')) {
		token.is_negated = true;
		reading->at++;
	}
	while (token.range_count == 0 || !has(reading, ']')) {
		struct kg_context_range range = { 0 };
		const char *wrong = class_character_take(reading, &range.low);

		range.high = range.low;
		if (!wrong && has(reading, '-')) {
			reading->at++;
			wrong = class_character_take(reading, &range.high);
		}
		if (wrong)
			return wrong;
		if (range.high < range.low)
			return "a range in a class runs backwards";
		pattern->ranges[pattern->range_count++] = range;
		token.range_count++;
	}
	reading->at++;
	token_add(reading, token);
	return NULL;
}

static void
stars_take(struct reading *reading)
{
	if (!has(reading, '*')) {
		token_add(reading, (struct kg_context_token){ .type = KG_CONTEXT_ANY });
		return;
	}
	reading->at++;
	if (has(reading, '/'))
		reading->at++;
	token_add(reading, (struct kg_context_token){ .type = reading->at == reading->end ? KG_CONTEXT_REST : KG_CONTEXT_FOLDERS });
}

static const char *
token_take(struct reading *reading)
{
	uint32_t character = *reading->at++;

	switch (character) {
	case '*': stars_take(reading); return NULL;
	case '?': token_add(reading, (struct kg_context_token){ .type = KG_CONTEXT_ANY_ONE }); return NULL;
	case '[': return class_take(reading);
	case '\\':
		if (reading->at == reading->end)
			return "a backslash ends it";
		character = *reading->at++;
		break;
	case '+':
	case '(':
	case ')':
	case '{':
	case '}':
	case '|':
	case '^': reading->pattern->is_disputed = true; break;
	default: break;
	}
	token_add(reading, (struct kg_context_token){ .type = KG_CONTEXT_CHARACTER, .character = character });
	return NULL;
}

const char *
kg_context_pattern_read(struct kg_arena *arena, const char *text, struct kg_context_pattern *ret_pattern)
{
	uint32_t size = (uint32_t)strlen(text);
	struct reading reading = { .pattern = ret_pattern };
	const char *wrong = NULL;

	*ret_pattern = (struct kg_context_pattern){ 0 };
	if (size > (KG_CONTEXT_WORDS_MAX - 1) * 64)
		return "it is longer than a path can be";
	uint32_t *characters = kg_new_array(arena, uint32_t, size + 1);
	reading.at = characters;
	reading.end = characters + kg_context_characters(text, size, characters);
	ret_pattern->tokens = kg_new_array(arena, struct kg_context_token, size + 2);
	ret_pattern->ranges = kg_new_array(arena, struct kg_context_range, size + 1);
	while (!wrong && reading.at < reading.end)
		wrong = token_take(&reading);
	while (ret_pattern->ending < ret_pattern->count &&
	    ret_pattern->tokens[ret_pattern->count - 1 - ret_pattern->ending].type == KG_CONTEXT_CHARACTER)
		ret_pattern->ending++;
	if (ret_pattern->ending > 0 && ret_pattern->tokens[ret_pattern->count - 1].character < 0x80)
		ret_pattern->last = (char)ret_pattern->tokens[ret_pattern->count - 1].character;
	token_add(&reading, (struct kg_context_token){ .type = KG_CONTEXT_END });
	token_add(&reading, (struct kg_context_token){ .type = KG_CONTEXT_BELOW });
	ret_pattern->words = (ret_pattern->count + 63) / 64;
	return wrong;
}

/* The token may come next; where it may be nothing at all, so may the one behind it. */
static void
set_add(const struct kg_context_pattern *pattern, uint64_t *set, uint32_t index)
{
	for (;; index++) {
		enum kg_context_token_type type = pattern->tokens[index].type;

		set[index / 64] |= (uint64_t)1 << index % 64;
		if (type != KG_CONTEXT_ANY && type != KG_CONTEXT_FOLDERS && type != KG_CONTEXT_REST)
			return;
	}
}

static bool
class_has(const struct kg_context_pattern *pattern, const struct kg_context_token *token, uint32_t character)
{
	const struct kg_context_range *range = &pattern->ranges[token->first_range];
	bool is_in = false;

	for (uint32_t i = 0; i < token->range_count; i++)
		is_in |= character >= range[i].low && character <= range[i].high;
	return is_in != token->is_negated;
}

static void
token_meet(const struct kg_context_pattern *pattern, uint32_t index, uint32_t character, uint64_t *set)
{
	const struct kg_context_token *token = &pattern->tokens[index];
	bool goes_on = false;

	switch (token->type) {
	case KG_CONTEXT_CHARACTER: goes_on = character == token->character; break;
	case KG_CONTEXT_ANY_ONE: goes_on = character != '/'; break;
	case KG_CONTEXT_CLASS: goes_on = class_has(pattern, token, character); break;
	case KG_CONTEXT_ANY:
		if (character != '/')
			set_add(pattern, set, index);
		break;
	case KG_CONTEXT_FOLDERS:
		/* Within a folder's name: only behind its slash may come what follows. */
		set[index / 64] |= (uint64_t)1 << index % 64;
		goes_on = character == '/';
		break;
	case KG_CONTEXT_REST: set_add(pattern, set, index); break;
	case KG_CONTEXT_END: goes_on = character == '/'; break;
	case KG_CONTEXT_BELOW: set_add(pattern, set, index); break;
	}
	if (goes_on)
		set_add(pattern, set, index + 1);
}

static bool
is_empty(const struct kg_context_pattern *pattern, const uint64_t *set)
{
	uint64_t all = 0;

	for (uint32_t i = 0; i < pattern->words; i++)
		all |= set[i];
	return all == 0;
}

static void
character_take(const struct kg_context_pattern *pattern, uint64_t *set, uint32_t character)
{
	uint64_t next[KG_CONTEXT_WORDS_MAX];

	memset(next, 0, pattern->words * sizeof(*next));
	for (uint32_t word = 0; word < pattern->words; word++)
		for (uint64_t left = set[word]; left; left &= left - 1)
			token_meet(pattern, word * 64 + (uint32_t)__builtin_ctzll(left), character, next);
	memcpy(set, next, pattern->words * sizeof(*next));
}

void
kg_context_pattern_start(const struct kg_context_pattern *pattern, uint64_t *set)
{
	memset(set, 0, pattern->words * sizeof(*set));
	set_add(pattern, set, 0);
}

void
kg_context_pattern_take(
    const struct kg_context_pattern *pattern, uint64_t *set, const uint32_t *characters, uint32_t character_count)
{
	for (uint32_t i = 0; i < character_count && !is_empty(pattern, set); i++)
		character_take(pattern, set, characters[i]);
}

void
kg_context_pattern_enter(const struct kg_context_pattern *pattern, uint64_t *set)
{
	character_take(pattern, set, '/');
}

static bool
has_token(const uint64_t *set, uint32_t index)
{
	return set[index / 64] >> index % 64 & 1;
}

bool
kg_context_pattern_is_met(const struct kg_context_pattern *pattern, const uint64_t *set)
{
	return has_token(set, pattern->count - 2) || has_token(set, pattern->count - 1);
}

/* Whether the name ends as the pattern does, as far as both go: most names do not, and need not be looked at from the start. */
static bool
ends_alike(const struct kg_context_pattern *pattern, const uint32_t *characters, uint32_t count)
{
	const struct kg_context_token *end = &pattern->tokens[pattern->count - 2];

	for (uint32_t i = 1; i <= pattern->ending && i <= count; i++)
		if (end[-(int32_t)i].character != characters[count - i])
			return false;
	return true;
}

bool
kg_context_pattern_may_meet(const struct kg_context_pattern *pattern, const uint64_t *set, char last)
{
	return pattern->last == '\0' || pattern->last == last || has_token(set, pattern->count - 1);
}

bool
kg_context_pattern_meets(
    const struct kg_context_pattern *pattern, const uint64_t *set, const uint32_t *characters, uint32_t character_count)
{
	uint64_t next[KG_CONTEXT_WORDS_MAX];

	if (has_token(set, pattern->count - 1))
		return true;
	if (!ends_alike(pattern, characters, character_count) || is_empty(pattern, set))
		return false;
	memcpy(next, set, pattern->words * sizeof(*next));
	kg_context_pattern_take(pattern, next, characters, character_count);
	return kg_context_pattern_is_met(pattern, next);
}

bool
kg_context_pattern_is_alive(const struct kg_context_pattern *pattern, const uint64_t *set)
{
	return !is_empty(pattern, set);
}
