#include "engine/registry/challenge.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "engine/base/arena.h"

/* What a name or a bare value may be made of. */
static size_t
token_length(const char *text)
{
	size_t length = 0;

	while (isalnum((unsigned char)text[length]) || (text[length] && strchr("!#$%&'*+-.^_`|~", text[length])))
		length++;
	return length;
}

static const char *
space_skip(const char *at)
{
	return at + strspn(at, " \t");
}

/* A quoted value, or a bare one. Returns where it ends; NULL when it does not. */
static const char *
value_read(struct kg_arena *arena, const char *at, const char **ret_value)
{
	if (*at != '"') {
		size_t length = strcspn(at, " \t,");

		*ret_value = kg_copy_bytes(arena, at, length);
		return at + length;
	}
	char *value = kg_alloc(arena, strlen(at) + 1);
	size_t length = 0;
	for (at++; *at && *at != '"'; at++) {
		if (*at == '\\' && at[1])
			at++;
		value[length++] = *at;
	}
	*ret_value = value;
	return *at == '"' ? at + 1 : NULL;
}

static void
parameter_set(struct kg_challenge *challenge, const char *name, size_t length, const char *value)
{
	if (length == 5 && strncasecmp(name, "realm", length) == 0)
		challenge->realm = value;
	else if (length == 7 && strncasecmp(name, "service", length) == 0)
		challenge->service = value;
	else if (length == 5 && strncasecmp(name, "scope", length) == 0)
		challenge->scope = value;
}

static void
challenge_add(struct kg_challenge *best, const struct kg_challenge *one)
{
	bool is_well = one->scheme == KG_CHALLENGE_BASIC || (one->scheme == KG_CHALLENGE_BEARER && one->realm);

	if (is_well && one->scheme > best->scheme)
		*best = *one;
}

/*
 * One header's value: challenges, each a scheme and parameters, all joined by commas. A name that no "=" follows begins the
 * next challenge.
 */
static void
line_read(struct kg_arena *arena, const char *at, struct kg_challenge *best)
{
	struct kg_challenge one = {};

	while (at && *(at = at + strspn(at, " \t,"))) {
		size_t length = token_length(at);
		const char *name = at, *value, *behind = space_skip(at + length);

		if (length == 0)
			break;
		if (*behind == '=') {
			at = value_read(arena, space_skip(behind + 1), &value);
			parameter_set(&one, name, length, value);
			continue;
		}
		challenge_add(best, &one);
		one = (struct kg_challenge){};
		if (length == 6 && strncasecmp(name, "bearer", length) == 0)
			one.scheme = KG_CHALLENGE_BEARER;
		else if (length == 5 && strncasecmp(name, "basic", length) == 0)
			one.scheme = KG_CHALLENGE_BASIC;
		at = behind;
	}
	challenge_add(best, &one);
}

struct kg_challenge
kg_challenge_read(struct kg_arena *arena, const char *headers)
{
	static const char name[] = "www-authenticate:";
	struct kg_challenge best = {};

	for (const char *line = headers; *line;) {
		size_t length = strcspn(line, "\n");

		if (strncasecmp(line, name, strlen(name)) == 0)
			line_read(arena, kg_copy_bytes(arena, line + strlen(name), length - strlen(name)), &best);
		line += length + (line[length] == '\n');
	}
	return best;
}
