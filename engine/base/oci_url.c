#include "engine/base/oci_url.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"

static constexpr char scheme[] = "oci://";
/* What a registry takes as a repository's name, less the part that is put behind it ("/outputs"). */
static constexpr size_t path_longest = 240;

static const char *
lower(struct kg_arena *arena, const char *text, size_t size)
{
	char *copy = kg_copy_bytes(arena, text, size);

	for (char *at = copy; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	return copy;
}

static bool
is_port(const char *text)
{
	size_t length = strspn(text, "0123456789");
	long number = length > 0 && length <= 5 && text[length] == '\0' ? strtol(text, NULL, 10) : 0;

	return number >= 1 && number <= 65535;
}

/* "registry.example", "[::1]", each with or without a port. */
static bool
is_host(struct kg_arena *arena, const char *host, const char **ret_name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789.-";
	const char *end = strchr(host, ']');
	struct in6_addr address;

	*ret_name = "";
	if (host[0] == '[') {
		if (!end)
			return false;
		*ret_name = kg_copy_bytes(arena, host + 1, (size_t)(end - host) - 1);
		return inet_pton(AF_INET6, *ret_name, &address) == 1 && (end[1] == '\0' || (end[1] == ':' && is_port(end + 2)));
	}
	size_t length = strspn(host, letters);
	*ret_name = kg_copy_bytes(arena, host, length);
	return length > 0 && host[0] != '.' && host[0] != '-' &&
	    (host[length] == '\0' || (host[length] == ':' && is_port(host + length + 1)));
}

static bool
is_loopback(const char *name)
{
	struct in6_addr address;
	struct in_addr address4;

	if (strcmp(name, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET, name, &address4) == 1)
		return ntohl(address4.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, name, &address) == 1 && memcmp(&address, &in6addr_loopback, sizeof(address)) == 0;
}

/* One part of a repository's name: letters and digits, with ".", "_", "__" or dashes only between them (the grammar of OCI's distribution spec). */
static bool
is_part(const char *part, size_t length)
{
	bool was_letter = false;

	for (size_t i = 0; i < length; i++) {
		if (isalnum((unsigned char)part[i])) {
			was_letter = true;
			continue;
		}
		size_t run = strspn(part + i, part[i] == '-' ? "-" : part[i] == '_' ? "_" : ".");

		if (!strchr("._-", part[i]) || !was_letter || run > (part[i] == '-' ? run : part[i] == '_' ? 2 : 1))
			return false;
		was_letter = false;
		i += run - 1;
	}
	return was_letter;
}

static bool
is_path(const char *path)
{
	for (const char *at = path; *path; at++) {
		size_t length = strcspn(at, "/");

		if (!is_part(at, length))
			return false;
		at += length;
		if (*at == '\0')
			break;
	}
	return strlen(path) <= path_longest;
}

static const char *
scheme_advise(struct kg_arena *arena, const char *text)
{
	const char *at = strstr(text, "://");

	return kg_format(arena, "write oci://%s", at ? at + strlen("://") : text);
}

const char *
kg_oci_url_read(struct kg_arena *arena, const char *text, struct kg_oci_url *ret_url, const char **ret_advice)
{
	*ret_advice = "write oci://HOST/PATH or oci://HOST:PORT/PATH";
	if (strncasecmp(text, scheme, strlen(scheme)) != 0) {
		*ret_advice = scheme_advise(arena, text);
		return "it does not start with oci://";
	}
	text += strlen(scheme);
	size_t host_length = strcspn(text, "/"), length = strlen(text);
	const char *name;

	if (memchr(text, '@', host_length)) {
		*ret_advice = "leave them out and log in once: `podman login` or `docker login` with the registry's name";
		return "credentials do not belong into it";
	}
	ret_url->host = lower(arena, text, host_length);
	if (!is_host(arena, ret_url->host, &name))
		return "it does not name a host";
	ret_url->is_loopback = is_loopback(name);
	while (length > host_length && text[length - 1] == '/')
		length--;
	size_t skip = host_length + (length > host_length);
	ret_url->path = lower(arena, text + skip, length - skip);
	if (strpbrk(ret_url->path, ":@?#")) {
		*ret_advice = "leave out what stands behind the path: kgraph gives the tags itself";
		return "it names more than a repository";
	}
	if (!is_path(ret_url->path)) {
		*ret_advice = "its parts are letters and digits, with single dots, dashes or underscores between them";
		return kg_format(arena, "`%s` cannot be the name of a repository", ret_url->path);
	}
	return NULL;
}
