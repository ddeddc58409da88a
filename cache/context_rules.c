#include "cache/context_rules.h"

#include <limits.h>
#include <string.h>

#include "cache/context_pattern.h"
#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/list.h"

struct rule {
	struct kg_context_pattern pattern;
	bool is_exception;
	uint32_t first_word; /* of its set in a state */
};

struct kg_context_rules {
	struct rule *items;
	uint32_t count, room;
	uint32_t words;
};

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct span {
	const char *at, *end;
};

static struct span
trimmed(struct span span)
{
	while (span.at < span.end && is_blank(*span.at))
		span.at++;
	while (span.at < span.end && is_blank(span.end[-1]))
		span.end--;
	return span;
}

static bool
is_name(const struct span *name, const char *text)
{
	return (size_t)(name->end - name->at) == strlen(text) && memcmp(name->at, text, strlen(text)) == 0;
}

/* Go's filepath.Clean, and without a slash at the start. "" for nothing at all, and for the context itself. */
static const char *
cleaned(struct kg_arena *arena, struct span line)
{
	bool is_rooted = line.at < line.end && *line.at == '/';
	KG_LIST(struct span) names = { 0 };
	char *text = kg_alloc(arena, (size_t)(line.end - line.at) + 2), *to = text;

	while (line.at < line.end) {
		const char *slash = memchr(line.at, '/', (size_t)(line.end - line.at));
		struct span name = { line.at, slash ? slash : line.end };
		const struct span *last = names.count ? &names.items[names.count - 1] : NULL;

		line.at = slash ? slash + 1 : line.end;
		if (name.at == name.end || is_name(&name, "."))
			continue;
		if (!is_name(&name, ".."))
			kg_list_push(arena, &names, name);
		else if (last && !is_name(last, ".."))
			names.count--;
		else if (!is_rooted)
			kg_list_push(arena, &names, name);
	}
	for (uint32_t i = 0; i < names.count; i++) {
		size_t size = (size_t)(names.items[i].end - names.items[i].at);

		memcpy(to, names.items[i].at, size);
		to += size;
		*to++ = '/';
	}
	if (to > text)
		to[-1] = '\0';
	return text;
}

static const char *
rule_add(struct kg_arena *arena, struct kg_context_rules *rules, struct span line, bool has_mark)
{
	struct span text = trimmed(line);
	struct rule rule = { .is_exception = text.at < text.end && *text.at == '!' };
	/* Where podman sees no pattern at all. */
	bool is_disputed = has_mark || (is_blank(*line.at) && text.at < text.end && *text.at == '/');

	if (rule.is_exception) {
		text.at++;
		text = trimmed(text);
		if (text.at == text.end)
			return "nothing stands behind `!`";
	}
	if (memchr(text.at, '\0', (size_t)(text.end - text.at)))
		return "it has a zero byte";
	const char *clean = cleaned(arena, text);
	const char *wrong = kg_context_pattern_read(arena, clean, &rule.pattern);
	if (wrong || *clean == '\0')
		return wrong;
	if (!rule.is_exception && (is_disputed || rule.pattern.is_disputed))
		return NULL;
	rule.first_word = rules->words;
	rules->words += rule.pattern.words;
	kg_list_push(arena, rules, rule);
	return NULL;
}

struct kg_error *
kg_context_rules_read(
    struct kg_arena *arena, const char *shown, const char *bytes, size_t size, struct kg_context_rules **ret_rules)
{
	static const char mark[] = { '\xef', '\xbb', '\xbf' };
	struct kg_context_rules *rules = kg_new(arena, struct kg_context_rules);
	const char *at = bytes, *end = bytes + size;
	bool has_mark = size >= sizeof(mark) && memcmp(bytes, mark, sizeof(mark)) == 0;

	at += has_mark ? sizeof(mark) : 0;
	for (uint32_t number = 1; at < end; number++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		struct span line = { at, newline ? newline : end };
		struct span text = trimmed(line);
		const char *wrong = NULL;

		if (*at != '#' && text.at < text.end)
			wrong = rule_add(arena, rules, line, has_mark && number == 1);
		if (wrong) {
			struct kg_place place = { .file = shown,
				.line = number,
				.column = 1,
				.line_text = kg_copy_bytes(arena, line.at, (size_t)(line.end - line.at)) };

			return kg_error_at(arena, KG_EINPUT, place, "the pattern is malformed: %s", wrong);
		}
		at = line.end + (newline != NULL);
	}
	*ret_rules = rules;
	return NULL;
}

uint32_t
kg_context_rules_words(const struct kg_context_rules *rules)
{
	return rules->words;
}

void
kg_context_rules_start(const struct kg_context_rules *rules, uint64_t *state)
{
	for (uint32_t i = 0; i < rules->count; i++)
		kg_context_pattern_start(&rules->items[i].pattern, state + rules->items[i].first_word);
}

bool
kg_context_rules_keep(const struct kg_context_rules *rules, const uint64_t *state, const char *name, uint32_t size)
{
	uint32_t characters[NAME_MAX], count = 0;

	if (size == 0 || size > NAME_MAX)
		return true;
	/* The last that meets it decides, so the search is from the end. */
	for (uint32_t i = rules->count; i-- > 0;) {
		const struct rule *rule = &rules->items[i];

		if (!kg_context_pattern_may_meet(&rule->pattern, state + rule->first_word, name[size - 1]))
			continue;
		if (count == 0)
			count = kg_context_characters(name, size, characters);
		if (kg_context_pattern_meets(&rule->pattern, state + rule->first_word, characters, count))
			return rule->is_exception;
	}
	return true;
}

struct kg_context_verdict
kg_context_rules_enter(
    const struct kg_context_rules *rules, const uint64_t *state, const char *name, uint32_t size, uint64_t *ret_below)
{
	struct kg_context_verdict verdict = { .counts = true, .is_entered = true };
	uint32_t characters[NAME_MAX], count;

	if (rules->count == 0 || size > NAME_MAX)
		return verdict;
	count = kg_context_characters(name, size, characters);
	memcpy(ret_below, state, rules->words * sizeof(*state));
	for (uint32_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->items[i];
		uint64_t *set = ret_below + rule->first_word;

		kg_context_pattern_take(&rule->pattern, set, characters, count);
		bool is_met = kg_context_pattern_is_met(&rule->pattern, set);
		kg_context_pattern_enter(&rule->pattern, set);
		/* Below what this line leaves out, only an exception behind it can take something back. */
		if (is_met)
			verdict.counts = verdict.is_entered = rule->is_exception;
		else if (rule->is_exception)
			verdict.is_entered |= kg_context_pattern_is_alive(&rule->pattern, set);
	}
	return verdict;
}
