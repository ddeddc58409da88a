/*
 * A new key and the certificate for it, signed by an authority or by itself.
 *
 *     struct kg_certificate_wish wish = { .common_name = "localhost", .sans = sans, .is_server = true, … };
 *     error = kg_certificate_issue(arena, &wish, &issued);
 *
 * Computes for up to a second (RSA), so it is for a worker thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <openssl/x509.h>

struct kg_arena;
struct kg_error;

enum kg_key_algorithm { KG_KEY_ECDSA_P256, KG_KEY_ECDSA_P384, KG_KEY_RSA_2048, KG_KEY_RSA_4096, KG_KEY_ED25519 };
/* Their names, in the order of the enum, ended by NULL. */
extern const char *const kg_key_algorithms[];

struct kg_certificate_wish {
	const char *common_name;
	const char *const *organizations; /* ended by NULL; may be NULL */
	const char *const *sans;          /* the same; see kg_san_check */
	enum kg_key_algorithm algorithm;
	bool is_ca, is_server, is_client;
	int64_t starts_s, ends_s; /* seconds since 1970 */
	X509 *issuer;             /* NULL: it signs itself */
	EVP_PKEY *issuer_key;
};

/* What is issued is the caller's: X509_free, EVP_PKEY_free. KG_EINPUT for a name that cannot be in a certificate; KG_EFAILED with OpenSSL's words. */
[[nodiscard]] struct kg_error *kg_certificate_issue(
    struct kg_arena *arena, const struct kg_certificate_wish *wish, X509 **ret_certificate, EVP_PKEY **ret_key);

/*
 * Whether a text can be a subject's alternative name: an IP address, a URI (has "://"), an e-mail address (has "@"), else a DNS name, where
 * "*." may come first. KG_EINPUT with what is wrong.
 */
[[nodiscard]] struct kg_error *kg_san_check(struct kg_arena *arena, const char *san);
