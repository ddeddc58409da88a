/*
 * What a plug-in for credentials prints (ExecCredential of client.authentication.k8s.io). Pure.
 *
 *     error = kg_plugin_read(arena, bytes, size, "client.authentication.k8s.io/v1", &answer);
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct kg_arena;
struct kg_error;

struct kg_plugin_answer {
	const char *token, *cert_pem, *key_pem; /* NULL where it has none */
	int64_t expires_wall_ns;                /* INT64_MAX: never */
};

/* KG_EFAILED when it cannot be used: the plug-in is to blame. */
[[nodiscard]] struct kg_error *kg_plugin_read(
    struct kg_arena *arena, const char *bytes, size_t size, const char *api_version, struct kg_plugin_answer *ret_answer);
