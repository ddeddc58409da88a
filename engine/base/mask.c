#include "engine/base/mask.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/list.h"
#include "engine/base/text.h"

static constexpr size_t mask_shortest = 4;
/* A short line within a secret, such as a closing brace, stands in other texts as well. */
static constexpr size_t mask_shortest_line = 12;
static const char mask_shown[] = "***";

static void
value_add(struct kg_mask *mask, const char *value)
{
	size_t length = strlen(value);
	uint32_t at = 0;

	if (length < mask_shortest)
		return;
	while (at < mask->count && strlen(mask->values[at]) >= length) {
		if (strcmp(mask->values[at], value) == 0)
			return;
		at++;
	}
	mask->values = kg_list_grow(mask->arena, mask->values, mask->count, &mask->room, sizeof(*mask->values));
	memmove(&mask->values[at + 1], &mask->values[at], (mask->count - at) * sizeof(*mask->values));
	mask->values[at] = kg_copy(mask->arena, value);
	mask->starts[(unsigned char)*value] = true;
	mask->count++;
}

/* RFC 3986: all but unreserved characters as %XX. */
static const char *
url_encode(struct kg_arena *arena, const char *value)
{
	struct kg_text text = { .arena = arena };

	for (; *value; value++) {
		if (isalnum((unsigned char)*value) || strchr("-._~", *value))
			kg_text_add_bytes(&text, value, 1);
		else
			kg_text_format(&text, "%%%02X", (unsigned char)*value);
	}
	return kg_text_end(&text);
}

void
kg_mask_add(struct kg_mask *mask, const char *value)
{
	value_add(mask, value);
	value_add(mask, url_encode(mask->arena, value));
	if (!strchr(value, '\n'))
		return;
	for (const char *line = value; *line; line += strspn(line, "\r\n")) {
		size_t length = strcspn(line, "\r\n");

		if (length >= mask_shortest_line)
			value_add(mask, kg_copy_bytes(mask->arena, line, length));
		line += length;
	}
}

/* How many bytes at `at` are a known secret; 0 when none. */
static size_t
secret_length(const struct kg_mask *mask, const char *at)
{
	if (!mask || !mask->starts[(unsigned char)*at])
		return 0;
	for (uint32_t i = 0; i < mask->count; i++) {
		size_t length = strlen(mask->values[i]);

		if (strncmp(at, mask->values[i], length) == 0)
			return length;
	}
	return 0;
}

/*
 * When `at` starts "://user:password@", the bytes up to and with the colon go to *ret_kept and those of the password are returned. The last @
 * counts, since people write passwords with an @ as they are; behind / ? # or white space an @ belongs to something else.
 */
static size_t
url_password_length(const char *at, size_t *ret_kept)
{
	if (strncmp(at, "://", 3) != 0)
		return 0;
	const char *user = at + 3, *end = user + strcspn(user, "/?#\"' \t\r\n<>");
	const char *host = memrchr(user, '@', (size_t)(end - user));
	const char *colon = host ? memchr(user, ':', (size_t)(host - user)) : NULL;

	if (!colon)
		return 0;
	*ret_kept = (size_t)(colon + 1 - at);
	return (size_t)(host - colon - 1);
}

const char *
kg_mask_text(struct kg_arena *arena, const struct kg_mask *mask, const char *text)
{
	struct kg_text masked = { .arena = arena };
	const char *plain = text, *at = text;
	bool any = false;

	while (*at) {
		size_t kept = 0, hidden = secret_length(mask, at);

		if (hidden == 0 && *at == ':')
			hidden = url_password_length(at, &kept);
		if (hidden == 0) {
			at++;
			continue;
		}
		kg_text_add_bytes(&masked, plain, (size_t)(at - plain) + kept);
		kg_text_add(&masked, mask_shown);
		at += kept + hidden;
		plain = at;
		any = true;
	}
	if (!any)
		return text;
	kg_text_add(&masked, plain);
	return kg_text_end(&masked);
}

size_t
kg_mask_longest(const struct kg_mask *mask)
{
	return mask->count > 0 ? strlen(mask->values[0]) : 0;
}
