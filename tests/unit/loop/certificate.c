#include "tests/unit/loop/certificate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

static void
extension_add(X509 *certificate, int which, const char *value)
{
	X509V3_CTX context;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, which, value);

	assert_non_null(extension);
	assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

struct certificate
certificate_make(const struct certificate *authority, const char *name, long ends_in_seconds)
{
	struct certificate made = { X509_new(), EVP_EC_gen("P-256") };
	X509 *certificate = made.signed_by_authority;
	X509_NAME *subject = X509_NAME_new();
	char names[128];

	X509_set_version(certificate, 2);
	/* An authority must not sign two with the same number. */
	ASN1_INTEGER_set_int64(X509_get_serialNumber(certificate), (int64_t)(intptr_t)made.key & INT32_MAX);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -7200);
	X509_gmtime_adj(X509_getm_notAfter(certificate), ends_in_seconds);
	X509_set_pubkey(certificate, made.key);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_set_subject_name(certificate, subject);
	X509_set_issuer_name(certificate, authority ? X509_get_subject_name(authority->signed_by_authority) : subject);
	X509_NAME_free(subject);
	if (authority) {
		snprintf(names, sizeof(names), "%s:%s", *name >= '0' && *name <= '9' ? "IP" : "DNS", name);
		extension_add(certificate, NID_subject_alt_name, names);
	} else {
		extension_add(certificate, NID_basic_constraints, "critical,CA:TRUE");
	}
	assert_true(X509_sign(certificate, authority ? authority->key : made.key, EVP_sha256()) > 0);
	return made;
}

void
certificate_write(const struct certificate *certificate, const char *path, const char *key_path)
{
	FILE *file = fopen(path, "w"), *key_file = fopen(key_path, "w");

	assert_true(file && key_file);
	assert_int_equal(PEM_write_X509(file, certificate->signed_by_authority), 1);
	assert_int_equal(PEM_write_PrivateKey(key_file, certificate->key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(file);
	fclose(key_file);
}

void
certificate_free(struct certificate *certificate)
{
	X509_free(certificate->signed_by_authority);
	EVP_PKEY_free(certificate->key);
}
