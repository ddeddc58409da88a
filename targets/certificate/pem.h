/*
 * Certificates and keys as the texts in which they are kept and handed on.
 *
 *     error = kg_pem_read_certificates(arena, "ca.crt", bytes, &chain);
 *     error = kg_pem_read_key(arena, "ca.key", bytes, &key);
 *     const char *text = kg_pem_write_certificates(arena, chain);
 *
 * `name` is for errors. What is returned is the caller's: sk_X509_pop_free(chain, X509_free), EVP_PKEY_free(key).
 */
#pragma once

#include <stdint.h>

#include <openssl/x509.h>

struct kg_arena;
struct kg_error;

/* All certificates in the text, in its order. KG_EDATA when there is none, or one is damaged. */
[[nodiscard]] struct kg_error *kg_pem_read_certificates(
    struct kg_arena *arena, const char *name, const char *text, STACK_OF(X509) * *ret_certificates);
/* KG_EDATA when there is none, or one that a passphrase protects: nobody is there to be asked for it. */
[[nodiscard]] struct kg_error *kg_pem_read_key(struct kg_arena *arena, const char *name, const char *text, EVP_PKEY **ret_key);

const char *kg_pem_write_certificates(struct kg_arena *arena, const STACK_OF(X509) * certificates);
/* PKCS #8. */
const char *kg_pem_write_key(struct kg_arena *arena, const EVP_PKEY *key);

/* What OpenSSL says went wrong last, as KG_EFAILED. Empties its queue. */
[[gnu::returns_nonnull, gnu::format(printf, 2, 3)]] struct kg_error *kg_openssl_error(
    struct kg_arena *arena, const char *format, ...);

/* When it ends, in seconds since 1970. */
int64_t kg_certificate_end_s(const X509 *certificate);
/* "2026-12-24 18:00 UTC" */
const char *kg_certificate_time_tell(struct kg_arena *arena, int64_t time_s);
