#include "cache/glob_name.h"

#include <stdint.h>
#include <string.h>

#include "engine/base/text.h"

struct span {
	const char *at, *end;
};

static struct span
span_of(const char *bytes, size_t size)
{
	return (struct span){ bytes, bytes + size };
}

static size_t
left(const struct span *span)
{
	return (size_t)(span->end - span->at);
}

/* Takes one character; a stray byte gets a number that no character has. */
static uint32_t
character_take(struct span *span)
{
	size_t size = kg_text_utf8_length(span->at, left(span));
	unsigned char first = (unsigned char)*span->at;
	uint32_t character = size == 0 ? 0x110000u + first : size == 1 ? first : first & (0x7fu >> size);

	for (size_t i = 1; i < size; i++)
		character = character << 6 | ((unsigned char)span->at[i] & 0x3f);
	span->at += size ? size : 1;
	return character;
}

/* The same with a backslash in front of it, as it stands in a pattern. */
static uint32_t
literal_take(struct span *span)
{
	if (*span->at == '\\' && left(span) > 1)
		span->at++;
	return character_take(span);
}

static bool
is_between(uint32_t character, char low, char high)
{
	return character >= (unsigned char)low && character <= (unsigned char)high;
}

/* In the C locale, so that a build does not depend on who runs it. */
static bool
named_class_has(const char *name, size_t size, uint32_t c)
{
	bool is_lower = is_between(c, 'a', 'z'), is_upper = is_between(c, 'A', 'Z'), is_digit = is_between(c, '0', '9');
	bool is_visible = is_between(c, '!', '~'), is_letter = is_lower || is_upper;
	const struct {
		const char *name;
		bool has;
	} classes[] = {
		{ "alnum", is_letter || is_digit },
		{ "alpha", is_letter },
		{ "blank", c == ' ' || c == '\t' },
		{ "cntrl", c < 32 || c == 127 },
		{ "digit", is_digit },
		{ "graph", is_visible },
		{ "lower", is_lower },
		{ "print", is_visible || c == ' ' },
		{ "punct", is_visible && !is_letter && !is_digit },
		{ "space", c == ' ' || is_between(c, '\t', '\r') },
		{ "upper", is_upper },
		{ "xdigit", is_digit || is_between(c, 'a', 'f') || is_between(c, 'A', 'F') },
	};

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strlen(classes[i].name) == size && memcmp(classes[i].name, name, size) == 0)
			return classes[i].has;
	return false;
}

/* Behind "[": the end of "[:name:]", or NULL when there is no such thing. */
static const char *
named_class_end(const struct span *span)
{
	const char *colon;

	if (left(span) < 4 || span->at[0] != '[' || span->at[1] != ':')
		return NULL;
	colon = memchr(span->at + 2, ':', left(span) - 3);
	return colon && colon[1] == ']' ? colon + 2 : NULL;
}

size_t
kg_glob_class_size(const char *pattern, size_t size)
{
	struct span span = span_of(pattern + 1, size - 1);

	if (left(&span) > 0 && (*span.at == '!' || *span.at == '^'))
		span.at++;
	for (bool is_first = true; left(&span) > 0; is_first = false) {
		const char *named = named_class_end(&span);

		if (*span.at == ']' && !is_first)
			return (size_t)(span.at + 1 - pattern);
		if (named)
			span.at = named;
		else
			literal_take(&span);
	}
	return 0;
}

/* class: with both brackets, closed. */
static bool
class_has(struct span class, uint32_t character)
{
	bool is_negated = class.at[1] == '!' || class.at[1] == '^', has = false;

	class.at += is_negated ? 2 : 1;
	class.end--;
	while (left(&class) > 0) {
		const char *named = named_class_end(&class);

		if (named) {
			has |= named_class_has(class.at + 2, (size_t)(named - class.at) - 4, character);
			class.at = named;
			continue;
		}
		uint32_t low = literal_take(&class), high = low;
		if (left(&class) > 1 && *class.at == '-') {
			class.at++;
			high = literal_take(&class);
		}
		has |= character >= low && character <= high;
	}
	return has != is_negated;
}

/* One character of the name against what stands for one character in the pattern; both go on when it fits. */
static bool
one_matches(struct span *pattern, struct span *name)
{
	struct span after_name = *name, after_pattern = *pattern;
	uint32_t character = character_take(&after_name);
	size_t class_size = *pattern->at == '[' ? kg_glob_class_size(pattern->at, left(pattern)) : 0;
	bool is_met;

	if (class_size > 0) {
		is_met = class_has(span_of(pattern->at, class_size), character);
		after_pattern.at += class_size;
	} else if (*pattern->at == '?') {
		is_met = true;
		after_pattern.at++;
	} else {
		is_met = literal_take(&after_pattern) == character;
	}
	if (!is_met)
		return false;
	*name = after_name;
	*pattern = after_pattern;
	return true;
}

bool
kg_glob_name_matches(const char *pattern_bytes, size_t pattern_size, const char *name_bytes, size_t name_size)
{
	struct span pattern = span_of(pattern_bytes, pattern_size), name = span_of(name_bytes, name_size);
	struct span behind_star = { 0 }, from = { 0 };

	/* Only the last star is ever tried again with more: what an earlier one could take besides, the last one can. */
	while (left(&name) > 0) {
		if (left(&pattern) > 0 && *pattern.at == '*') {
			pattern.at++;
			behind_star = pattern;
			from = name;
			continue;
		}
		if (left(&pattern) > 0 && one_matches(&pattern, &name))
			continue;
		if (!behind_star.at)
			return false;
		character_take(&from);
		name = from;
		pattern = behind_star;
	}
	while (left(&pattern) > 0 && *pattern.at == '*')
		pattern.at++;
	return left(&pattern) == 0;
}

const char *
kg_glob_name_check(const char *pattern, size_t size)
{
	for (size_t at = 0; at < size; at++) {
		if (pattern[at] == '\\') {
			if (++at == size)
				return "a backslash ends it";
		} else if (pattern[at] == '[') {
			size_t class_size = kg_glob_class_size(pattern + at, size - at);

			if (class_size == 0)
				return "`[` is not closed";
			at += class_size - 1;
		}
	}
	return NULL;
}
