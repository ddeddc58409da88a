#include "engine/registry/auth_file.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include <cjson/cJSON.h>
#include <openssl/evp.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"

/* What docker calls its own registry in these files. */
static const char docker_server[] = "https://index.docker.io/v1/";

static const char *
text_of(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsString(item) && *item->valuestring ? item->valuestring : NULL;
}

/*
 * Old entries are URLs: "https://quay.io/v1/" is quay.io, and docker's own has another name. Their path says the version of
 * the protocol, and no repository.
 */
static const char *
key_plain(struct kg_arena *arena, const char *key)
{
	bool is_url = kg_text_starts(key, "https://") || kg_text_starts(key, "http://");
	const char *name = is_url ? strchr(key, '/') + 2 : key;

	if (is_url)
		name = kg_copy_bytes(arena, name, strcspn(name, "/"));
	if (kg_text_equal(name, "index.docker.io") || kg_text_equal(name, "registry-1.docker.io"))
		return "docker.io";
	return name;
}

/* The length of key when it is the name or a path above it, else 0; name is "host/path". A host has no case. */
static size_t
key_fits(const char *key, const char *name)
{
	size_t length = strlen(key), host = strcspn(key, "/");

	if (length > 0 && key[length - 1] == '/')
		length--;
	if (length == 0 || strlen(name) < length || strncasecmp(key, name, host < length ? host : length) != 0)
		return 0;
	if (host < length && strncmp(key + host, name + host, length - host) != 0)
		return 0;
	return name[length] == '\0' || name[length] == '/' ? length : 0;
}

static const cJSON *
best_of(struct kg_arena *arena, const cJSON *table, const char *name)
{
	const cJSON *best = NULL, *item;
	size_t longest = 0;

	cJSON_ArrayForEach(item, table)
	{
		size_t length = item->string ? key_fits(key_plain(arena, item->string), name) : 0;

		if (length > longest) {
			longest = length;
			best = item;
		}
	}
	return cJSON_IsObject(table) ? best : NULL;
}

/* "user:password" in base64; false when it is not that. */
static bool
auth_decode(struct kg_arena *arena, const char *auth, struct kg_credentials *credentials)
{
	size_t length = strlen(auth);
	char *text = kg_alloc(arena, length + 4);
	int size = length % 4 == 0 ? EVP_DecodeBlock((unsigned char *)text, (const unsigned char *)auth, (int)length) : -1;

	if (size < 0 || length > INT32_MAX / 2)
		return false;
	text[size] = '\0'; /* padding was decoded to zero bytes */
	char *colon = strchr(text, ':');
	if (!colon)
		return false;
	*colon = '\0';
	credentials->user = text;
	credentials->password = colon + 1;
	return true;
}

static bool
entry_read(struct kg_arena *arena, const cJSON *entry, struct kg_credentials *credentials)
{
	const char *auth = text_of(entry, "auth"), *identity = text_of(entry, "identitytoken");
	const char *user = text_of(entry, "username"), *password = text_of(entry, "password");

	if (!(auth && auth_decode(arena, auth, credentials)) && user && password) {
		credentials->user = kg_copy(arena, user);
		credentials->password = kg_copy(arena, password);
	}
	if (identity) {
		credentials->identity = kg_copy(arena, identity);
		credentials->password = NULL;
	}
	return credentials->password || credentials->identity;
}

/* It becomes part of a program's name. */
static bool
helper_is_well(const char *name)
{
	for (const char *at = name; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("._-", *at))
			return false;
	return true;
}

static bool
helper_set(struct kg_arena *arena, const char *helper, const char *server, struct kg_auth_entry *entry)
{
	if (!helper || !helper_is_well(helper))
		return false;
	entry->helper = kg_copy(arena, helper);
	entry->server = kg_copy(arena, server);
	return true;
}

static bool
root_find(struct kg_arena *arena, const cJSON *root, const char *host, const char *path, struct kg_auth_entry *entry)
{
	const char *name = kg_format(arena, "%s/%s", host, path);
	const cJSON *helper = best_of(arena, cJSON_GetObjectItemCaseSensitive(root, "credHelpers"), name);
	const cJSON *auth = best_of(arena, cJSON_GetObjectItemCaseSensitive(root, "auths"), name);
	const char *store = text_of(root, "credsStore");

	if (cJSON_IsString(helper) && helper_set(arena, helper->valuestring, helper->string, entry))
		return true;
	if (auth && entry_read(arena, auth, &entry->credentials))
		return true;
	return helper_set(arena, store, kg_text_equal(host, "docker.io") ? docker_server : host, entry);
}

bool
kg_auth_file_find(struct kg_arena *arena, const char *bytes, const char *host, const char *path, struct kg_auth_entry *ret_entry)
{
	cJSON *root = cJSON_Parse(bytes);
	struct kg_auth_entry entry = {};
	bool is_found = root_find(arena, root, host, path, &entry);

	cJSON_Delete(root);
	if (is_found)
		*ret_entry = entry;
	return is_found;
}

bool
kg_auth_helper_read(struct kg_arena *arena, const char *bytes, struct kg_credentials *ret_credentials)
{
	cJSON *root = cJSON_Parse(bytes);
	const char *user = text_of(root, "Username"), *secret = text_of(root, "Secret");
	bool is_identity = kg_text_equal(user, "<token>"); /* docker's way to say that the secret is one */

	if (secret)
		*ret_credentials = (struct kg_credentials){
			.user = kg_copy(arena, user ? user : ""),
			.password = is_identity ? NULL : kg_copy(arena, secret),
			.identity = is_identity ? kg_copy(arena, secret) : NULL,
		};
	cJSON_Delete(root);
	return secret != NULL;
}

const char *
kg_auth_basic(struct kg_arena *arena, const struct kg_credentials *credentials)
{
	const char *plain = kg_format(arena, "%s:%s", credentials->user, credentials->password);
	size_t size = strlen(plain);
	char *text = kg_alloc(arena, (size + 2) / 3 * 4 + 1);

	EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)plain, (int)size);
	return text;
}
