/*
 * Certificates for tests of TLS: an authority of the test's own, and what it has signed.
 *
 *     struct certificate authority = certificate_make(NULL, "authority", 3600);
 *     struct certificate server = certificate_make(&authority, "127.0.0.1", 3600);
 *     certificate_write(&server, "/tmp/x/server.pem", "/tmp/x/server.key");
 *     certificate_free(&server);
 */
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

struct certificate {
	X509 *signed_by_authority;
	EVP_PKEY *key;
};

/* For a name or an address; authority NULL: one that signs itself and others. Ends that many seconds from now, which may be past. */
struct certificate certificate_make(const struct certificate *authority, const char *name, long ends_in_seconds);
void certificate_write(const struct certificate *certificate, const char *path, const char *key_path);
void certificate_free(struct certificate *certificate);
