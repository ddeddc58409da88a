/*
 * What a certificate's folder holds, and whether it can go on being used.
 *
 *     error = kg_kept_read(arena, cert_path, key_path, ca_path, &kept);
 *     why = kg_kept_check(arena, &kept, now_s);                        "the key does not belong to the certificate"
 *     kg_kept_free(&kept);
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <openssl/x509.h>

struct kg_arena;
struct kg_error;

struct kg_kept {
	const char *cert_pem, *key_pem, *ca_pem;
	STACK_OF(X509) * chain;       /* its own certificate first, then those between it and the root */
	STACK_OF(X509) * authorities; /* what is trusted */
	EVP_PKEY *key;
};

/* KG_ESYSTEM or KG_EDATA; kept is to be freed then as well. */
[[nodiscard]] struct kg_error *kg_kept_read(
    struct kg_arena *arena, const char *cert_path, const char *key_path, const char *ca_path, struct kg_kept *ret_kept);
void kg_kept_free(struct kg_kept *kept);

/* NULL when key, certificate and authority belong together and are valid at that time, else why not, as a sentence without a full stop. */
const char *kg_kept_check(struct kg_arena *arena, const struct kg_kept *kept, int64_t now_s);

/* SHA-256 of the certificate, as 64 hexadecimal digits. */
const char *kg_certificate_fingerprint(struct kg_arena *arena, const X509 *certificate);

/* Made of the issuer's key: its name alone may be that of another authority. */
bool kg_certificate_is_of(X509 *certificate, X509 *issuer);
