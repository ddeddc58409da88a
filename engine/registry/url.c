#include "engine/registry/url.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"

/* The length of "http://" or "https://" at the start of text, else 0. */
static size_t
scheme_length(const char *text)
{
	if (strncasecmp(text, "http://", 7) == 0)
		return 7;
	return strncasecmp(text, "https://", 8) == 0 ? 8 : 0;
}

/* What must not come out of a header into a request: spaces, controls, what is not ASCII. */
static bool
is_printable(const char *text)
{
	for (const char *at = text; *at; at++)
		if (*at <= ' ' || *at > '~' || strchr("\"<>\\^`{|}", *at))
			return false;
	return true;
}

static bool
port_is_well(const char *text)
{
	size_t length = strlen(text);

	return length > 0 && length <= 5 && strspn(text, "0123456789") == length;
}

/* Splits "host:port" and "[::1]:port"; port is "" when there is none. */
static bool
authority_split(struct kg_arena *arena, const char *authority, const char **ret_host, const char **ret_port)
{
	const char *end = *authority == '[' ? strchr(authority, ']') : authority + strcspn(authority, ":");

	if (!end || end == authority)
		return false;
	char *host = *authority == '[' ? kg_copy_bytes(arena, authority + 1, (size_t)(end - authority - 1))
				       : kg_copy_bytes(arena, authority, (size_t)(end - authority));
	for (char *at = host; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	if (*end == ']')
		end++;
	*ret_host = host;
	*ret_port = *end == ':' ? end + 1 : "";
	return *host && (*end == '\0' || (*end == ':' && port_is_well(end + 1)));
}

bool
kg_url_read(struct kg_arena *arena, const char *text, struct kg_url *ret_url)
{
	size_t scheme = scheme_length(text);
	struct kg_url url = { .is_plain = scheme == 7 };

	if (scheme == 0 || !is_printable(text))
		return false;
	size_t length = strcspn(text + scheme, "/?#");
	url.authority = kg_copy_bytes(arena, text + scheme, length);
	const char *rest = text + scheme + length;
	rest = kg_copy_bytes(arena, rest, strcspn(rest, "#"));
	url.rest = *rest == '/' ? rest : kg_format(arena, "/%s", rest);
	if (strchr(url.authority, '@') || !authority_split(arena, url.authority, &url.host, &url.port))
		return false;
	if (!*url.port)
		url.port = url.is_plain ? "80" : "443";
	*ret_url = url;
	return true;
}

const char *
kg_url_resolve(struct kg_arena *arena, const char *base_text, const char *location)
{
	struct kg_url base, url;
	const char *scheme, *joined;

	if (!kg_url_read(arena, base_text, &base) || !*location || !is_printable(location))
		return NULL;
	scheme = base.is_plain ? "http" : "https";
	if (scheme_length(location) > 0)
		joined = location;
	else if (strncmp(location, "//", 2) == 0)
		joined = kg_format(arena, "%s:%s", scheme, location);
	else if (*location == '/')
		joined = kg_format(arena, "%s://%s%s", scheme, base.authority, location);
	else if (location[strcspn(location, ":/?#")] == ':')
		return NULL; /* another scheme */
	else {
		size_t length = strcspn(base.rest, "?");

		while (*location != '?' && base.rest[length - 1] != '/')
			length--;
		joined = kg_format(arena, "%s://%s%.*s%s", scheme, base.authority, (int)length, base.rest, location);
	}
	if (!kg_url_read(arena, joined, &url))
		return NULL;
	return kg_format(arena, "%s://%s%s", url.is_plain ? "http" : "https", url.authority, url.rest);
}

bool
kg_url_same_origin(struct kg_arena *arena, const char *one, const char *other)
{
	struct kg_url a, b;

	return kg_url_read(arena, one, &a) && kg_url_read(arena, other, &b) && a.is_plain == b.is_plain &&
	    strcmp(a.host, b.host) == 0 && strcmp(a.port, b.port) == 0;
}

const char *
kg_url_add(struct kg_arena *arena, const char *url, const char *name, const char *value)
{
	struct kg_text text = { .arena = arena };

	kg_text_format(&text, "%s%c%s=", url, strchr(url, '?') ? '&' : '?', name);
	for (const char *at = value; *at; at++) {
		if (isalnum((unsigned char)*at) || strchr("-._~", *at))
			kg_text_add_bytes(&text, at, 1);
		else
			kg_text_format(&text, "%%%02X", (unsigned char)*at);
	}
	return kg_text_end(&text);
}

bool
kg_url_is_loopback(struct kg_arena *arena, const char *authority)
{
	struct in_addr four;
	struct in6_addr six;
	const char *host, *port;

	if (!authority_split(arena, authority, &host, &port))
		return false;
	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, host, &six) == 1)
		return IN6_IS_ADDR_LOOPBACK(&six);
	return strcmp(host, "localhost") == 0;
}
