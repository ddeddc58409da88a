/*
 * The files in which podman, docker and their like keep logins (containers-auth.json(5), docker's config.json).
 *
 *     struct kg_auth_entry entry;
 *     if (kg_auth_file_find(arena, bytes, "quay.io", "team/app", &entry)) ...
 *
 * Pure: files in, an entry out. The longest path counts: quay.io/team/app, quay.io/team, quay.io.
 */
#pragma once

#include <stdbool.h>

struct kg_arena;

struct kg_credentials {
	const char *user, *password; /* NULL: none */
	const char *identity;        /* a refresh token instead of a password; NULL: none */
};

struct kg_auth_entry {
	struct kg_credentials credentials;
	const char *helper; /* docker-credential-HELPER has them; NULL: they are in credentials */
	const char *server; /* what the helper is asked for */
};
/* False when the file has nothing for it, or cannot be read as such a file. */
[[nodiscard]] bool kg_auth_file_find(
    struct kg_arena *arena, const char *bytes, const char *host, const char *path, struct kg_auth_entry *ret_entry);
/* What a helper answered: {"ServerURL", "Username", "Secret"}. False when that is no login. */
[[nodiscard]] bool kg_auth_helper_read(struct kg_arena *arena, const char *bytes, struct kg_credentials *ret_credentials);
/* Base64 of "user:password", as Basic authentication sends it. */
const char *kg_auth_basic(struct kg_arena *arena, const struct kg_credentials *credentials);
