/*
 * What a registry asks for with 401: the header WWW-Authenticate (RFC 9110, 11.6.1).
 *
 *     WWW-Authenticate: Bearer realm="https://auth.example/token",service="registry",scope="repository:a/b:pull"
 *
 * Pure.
 */
#pragma once

struct kg_arena;

struct kg_challenge {
	enum { KG_CHALLENGE_NONE, KG_CHALLENGE_BASIC, KG_CHALLENGE_BEARER } scheme;
	const char *realm, *service, *scope; /* of BEARER; service and scope may be NULL */
};
/* headers: "name: value" lines. Of several challenges BEARER, when it has a realm, comes before BASIC; others are passed over. */
struct kg_challenge kg_challenge_read(struct kg_arena *arena, const char *headers);
