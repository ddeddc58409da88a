/*
 * Who signs: an authority's certificate and key, and what those trust who check.
 *
 *     error = kg_authority_read(arena, &(struct kg_authority_files){ .cert = "ca.crt", .key = "ca.key" }, &authority);
 *     ... sk_X509_value(authority.chain, 0), authority.key ...
 *     kg_authority_free(&authority);
 */
#pragma once

#include <openssl/x509.h>

struct kg_arena;
struct kg_error;

struct kg_authority_files {
	const char *cert; /* its certificate, then those between it and its root */
	const char *key;
	const char *root; /* NULL: what in cert signs itself, else its first */
};

struct kg_authority {
	STACK_OF(X509) * chain;   /* the authority's own certificate first */
	STACK_OF(X509) * trusted; /* what goes into ca.crt */
	EVP_PKEY *key;
};

/* KG_ESYSTEM, KG_EDATA, or KG_EINPUT for a certificate that may not sign, or another one's key. Is to be freed then as well. */
[[nodiscard]] struct kg_error *kg_authority_read(
    struct kg_arena *arena, const struct kg_authority_files *files, struct kg_authority *ret_authority);
void kg_authority_free(struct kg_authority *authority);
