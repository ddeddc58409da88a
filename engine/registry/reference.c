/* Names of images as docker's tools read them (github.com/distribution/reference describes the grammar), and of the shared cache. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/registry.h"

static constexpr size_t path_most = 255;
static constexpr size_t tag_most = 128;
static constexpr size_t sha256_digits = 64;

static bool
is_lower(char letter)
{
	return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
}

static bool
is_letter(char letter)
{
	return is_lower(letter) || (letter >= 'A' && letter <= 'Z');
}

static bool
is_hexadecimal(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!(text[i] >= '0' && text[i] <= '9') && !(text[i] >= 'a' && text[i] <= 'f'))
			return false;
	return true;
}

static bool
digest_is_well(const char *text)
{
	return kg_text_starts(text, "sha256:") && strlen(text + 7) == sha256_digits && is_hexadecimal(text + 7, sha256_digits);
}

static bool
tag_is_well(const char *text)
{
	size_t length = strlen(text);

	if (length == 0 || length > tag_most || (!is_letter(*text) && *text != '_'))
		return false;
	for (const char *at = text; *at; at++)
		if (!is_letter(*at) && !strchr("_.-", *at))
			return false;
	return true;
}

/* Parts of small letters and digits, joined inside by one dot, one or two underscores or any dashes. */
static bool
path_is_well(const char *text)
{
	const char *at = text;

	if (strlen(text) > path_most)
		return false;
	for (;;) {
		if (!is_lower(*at))
			return false;
		while (is_lower(*at))
			at++;
		if (*at == '\0')
			return true;
		if (*at == '/' || *at == '.')
			at++;
		else if (*at == '_')
			at += at[1] == '_' ? 2 : 1;
		else if (*at == '-')
			at += strspn(at, "-");
		else
			return false;
	}
}

static bool
port_is_well(const char *text)
{
	size_t length = strspn(text, "0123456789");

	return length > 0 && length <= 5 && text[length] == '\0';
}

static bool
host_is_well(const char *text)
{
	if (*text == '[') {
		size_t length = strspn(text + 1, "0123456789abcdefABCDEF:.");

		return length > 1 && text[length + 1] == ']' &&
		    (text[length + 2] == '\0' || (text[length + 2] == ':' && port_is_well(text + length + 3)));
	}
	for (const char *at = text;;) {
		if (!is_letter(*at))
			return false;
		while (is_letter(*at) || *at == '-')
			at++;
		if (at[-1] == '-')
			return false;
		if (*at == '\0')
			return true;
		if (*at == ':')
			return port_is_well(at + 1);
		if (*at++ != '.')
			return false;
	}
}

/* What stands before the first slash names a host only when it cannot be a path. */
static bool
looks_like_host(const char *text)
{
	if (strpbrk(text, ".:[") || strcmp(text, "localhost") == 0)
		return true;
	for (const char *at = text; *at; at++)
		if (isupper((unsigned char)*at))
			return true;
	return false;
}

/* Takes "@DIGEST" and ":TAG" off the end of name. */
static bool
ends_take(char *name, struct kg_image_reference *reference)
{
	char *at = strchr(name, '@');

	if (at) {
		*at = '\0';
		reference->digest = at + 1;
		if (!digest_is_well(reference->digest))
			return false;
	}
	char *slash = strrchr(name, '/'), *colon = strrchr(slash ? slash : name, ':');
	if (colon) {
		*colon = '\0';
		reference->tag = colon + 1;
		return tag_is_well(reference->tag);
	}
	if (!at)
		reference->tag = "latest";
	return true;
}

bool
kg_image_reference_read(struct kg_arena *arena, const char *text, struct kg_image_reference *ret_reference)
{
	struct kg_image_reference reference = { .host = "docker.io" };
	char *name = kg_copy(arena, text);

	if (!ends_take(name, &reference) || (strlen(name) == sha256_digits && is_hexadecimal(name, sha256_digits)))
		return false;
	char *slash = strchr(name, '/');
	if (slash) {
		*slash = '\0';
		if (looks_like_host(name)) {
			reference.host = strcasecmp(name, "index.docker.io") == 0 ? "docker.io" : name;
			name = slash + 1;
		} else {
			*slash = '/';
		}
	}
	if (strcmp(reference.host, "docker.io") == 0 && !strchr(name, '/'))
		name = kg_format(arena, "library/%s", name);
	reference.path = name;
	if (!host_is_well(reference.host) || !path_is_well(reference.path))
		return false;
	*ret_reference = reference;
	return true;
}

const char *
kg_image_reference_tell(struct kg_arena *arena, const struct kg_image_reference *reference)
{
	return kg_format(arena, "%s/%s%s%s%s%s", reference->host, reference->path, reference->tag ? ":" : "",
	    reference->tag ? reference->tag : "", reference->digest ? "@" : "", reference->digest ? reference->digest : "");
}

const char *
kg_remote_repository(struct kg_arena *arena, const struct kg_remote *remote, const char *name)
{
	return *remote->path ? kg_format(arena, "%s/%s", remote->path, name) : name;
}
