/*
 * Base64 (RFC 4648), as kubeconfigs and Secrets have it.
 *
 *     const char *pem = kg_base64_decode(arena, text, &size);
 */
#pragma once

#include <stddef.h>

struct kg_arena;

/* Ended by a zero byte that *ret_size does not count; ret_size may be NULL. Space between is passed over. NULL when text is none. */
const char *kg_base64_decode(struct kg_arena *arena, const char *text, size_t *ret_size);
const char *kg_base64_encode(struct kg_arena *arena, const void *bytes, size_t size);
