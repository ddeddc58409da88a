#include "engine/base/http_header.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "engine/base/arena.h"

static constexpr size_t date_length_most = 63;

/* The value in headers, not ended by a zero byte. */
static bool
header_find(const char *headers, const char *name, const char **ret_value, size_t *ret_length)
{
	size_t name_length = strlen(name);

	for (const char *line = headers; *line;) {
		size_t length = strcspn(line, "\n");
		const char *end = line + length;

		if (length > name_length && line[name_length] == ':' && strncasecmp(line, name, name_length) == 0) {
			const char *value = line + name_length + 1;

			while (value < end && isspace((unsigned char)*value))
				value++;
			while (end > value && isspace((unsigned char)end[-1]))
				end--;
			*ret_value = value;
			*ret_length = (size_t)(end - value);
			return true;
		}
		line += length + (line[length] == '\n');
	}
	return false;
}

const char *
kg_http_header(struct kg_arena *arena, const char *headers, const char *name)
{
	const char *value;
	size_t length;

	return header_find(headers, name, &value, &length) ? kg_copy_bytes(arena, value, length) : NULL;
}

/* kgraph stays in the C locale, so names of days and months are the English ones that the forms have. */
static bool
date_read(const char *text, int64_t *ret_seconds)
{
	static const char *const forms[] = { "%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y" };

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		struct tm date = {};
		const char *end = strptime(text, forms[i], &date);

		if (end && *end == '\0') {
			*ret_seconds = timegm(&date);
			return true;
		}
	}
	return false;
}

/* More seconds than anybody waits for are as good as any other such number. */
static bool
seconds_read(const char *text, int64_t *ret_seconds)
{
	int64_t seconds = 0;

	for (const char *at = text; *at; at++) {
		if (*at < '0' || *at > '9')
			return false;
		if (seconds < INT32_MAX)
			seconds = seconds * 10 + (*at - '0');
	}
	*ret_seconds = seconds;
	return *text != '\0';
}

int64_t
kg_http_retry_after_ms(const char *headers, int64_t wall_now_ns, int64_t longest_ms)
{
	char text[date_length_most + 1];
	const char *value;
	size_t length;
	int64_t seconds, after_ms;

	if (!header_find(headers, "retry-after", &value, &length) || length > date_length_most)
		return -1;
	memcpy(text, value, length);
	text[length] = '\0';
	if (seconds_read(text, &seconds))
		after_ms = seconds * 1000;
	else if (date_read(text, &seconds))
		after_ms = seconds * 1000 - wall_now_ns / 1000000;
	else
		return -1;
	return after_ms < 0 ? 0 : after_ms > longest_ms ? longest_ms : after_ms;
}
