#include "targets/certificate/keep.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "targets/certificate/pem.h"

struct kg_error *
kg_kept_read(struct kg_arena *arena, const char *cert_path, const char *key_path, const char *ca_path, struct kg_kept *ret_kept)
{
	size_t size;

	*ret_kept = (struct kg_kept){ 0 };
	struct kg_error *error = kg_file_read(arena, cert_path, &ret_kept->cert_pem, &size);
	if (!error)
		error = kg_file_read(arena, key_path, &ret_kept->key_pem, &size);
	if (!error)
		error = kg_file_read(arena, ca_path, &ret_kept->ca_pem, &size);
	if (!error)
		error = kg_pem_read_certificates(arena, cert_path, ret_kept->cert_pem, &ret_kept->chain);
	if (!error)
		error = kg_pem_read_key(arena, key_path, ret_kept->key_pem, &ret_kept->key);
	if (!error)
		error = kg_pem_read_certificates(arena, ca_path, ret_kept->ca_pem, &ret_kept->authorities);
	return error;
}

void
kg_kept_free(struct kg_kept *kept)
{
	sk_X509_pop_free(kept->chain, X509_free);
	sk_X509_pop_free(kept->authorities, X509_free);
	EVP_PKEY_free(kept->key);
	*kept = (struct kg_kept){ 0 };
}

static const char *
verify(struct kg_arena *arena, const struct kg_kept *kept, int64_t now_s)
{
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	X509_STORE *store = X509_STORE_new();
	const char *why = NULL;

	if (!store || !context || X509_STORE_CTX_init(context, store, sk_X509_value(kept->chain, 0), kept->chain) != 1)
		kg_out_of_memory();
	X509_STORE_CTX_set0_trusted_stack(context, kept->authorities);
	X509_STORE_CTX_set_time(context, 0, (time_t)now_s);
	/* An authority whose root is not at hand is trusted as it is. */
	X509_STORE_CTX_set_flags(context, X509_V_FLAG_PARTIAL_CHAIN);
	if (X509_verify_cert(context) != 1)
		why = kg_format(arena, "the certificate does not belong to its authority: %s",
		    X509_verify_cert_error_string(X509_STORE_CTX_get_error(context)));
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	ERR_clear_error();
	return why;
}

const char *
kg_kept_check(struct kg_arena *arena, const struct kg_kept *kept, int64_t now_s)
{
	const X509 *own = sk_X509_value(kept->chain, 0);
	int64_t ends_s = kg_certificate_end_s(own);

	if (ends_s <= now_s)
		return kg_format(arena, "it expired on %s", kg_certificate_time_tell(arena, ends_s));
	if (X509_check_private_key(own, kept->key) != 1) {
		ERR_clear_error();
		return "the key does not belong to the certificate";
	}
	return verify(arena, kept, now_s);
}

const char *
kg_certificate_fingerprint(struct kg_arena *arena, const X509 *certificate)
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned int size = 0;

	if (X509_digest(certificate, EVP_sha256(), bytes, &size) != 1)
		kg_out_of_memory();
	char *text = kg_alloc(arena, 2 * (size_t)size + 1);
	for (unsigned int i = 0; i < size; i++)
		snprintf(text + 2 * (size_t)i, 3, "%02x", bytes[i]);
	return text;
}

bool
kg_certificate_is_of(X509 *certificate, X509 *issuer)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer);
	bool is_of = key && X509_check_issued(issuer, certificate) == X509_V_OK && X509_verify(certificate, key) == 1;

	ERR_clear_error();
	return is_of;
}
