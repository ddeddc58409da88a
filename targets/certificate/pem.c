#include "targets/certificate/pem.h"

#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"

struct kg_error *
kg_openssl_error(struct kg_arena *arena, const char *format, ...)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;
	va_list list;

	va_start(list, format);
	const char *what = kg_format_list(arena, format, list);
	va_end(list);
	ERR_clear_error();
	return kg_error_make(arena, KG_EFAILED, reason ? "%s: %s" : "%s", what, reason);
}

static BIO *
text_open(const char *text)
{
	BIO *bio = BIO_new_mem_buf(text, -1);

	if (!bio)
		kg_out_of_memory();
	return bio;
}

/* OpenSSL's own way to ask for a passphrase reads from the terminal. */
static int
no_passphrase(char *buffer, int size, int is_writing, void *was_asked)
{
	(void)is_writing;
	if (size > 0)
		buffer[0] = '\0';
	*(bool *)was_asked = true;
	return -1;
}

struct kg_error *
kg_pem_read_certificates(struct kg_arena *arena, const char *name, const char *text, STACK_OF(X509) * *ret_certificates)
{
	STACK_OF(X509) *certificates = sk_X509_new_null();
	BIO *bio = text_open(text);
	bool was_asked = false;

	if (!certificates)
		kg_out_of_memory();
	for (X509 *one; (one = PEM_read_bio_X509(bio, NULL, no_passphrase, &was_asked));)
		if (!sk_X509_push(certificates, one))
			kg_out_of_memory();
	BIO_free(bio);
	bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
	if (at_end && sk_X509_num(certificates) > 0) {
		ERR_clear_error();
		*ret_certificates = certificates;
		return NULL;
	}
	sk_X509_pop_free(certificates, X509_free);
	if (!at_end)
		return kg_openssl_error(arena, "a certificate in %s cannot be read", name);
	ERR_clear_error();
	return kg_error_make(arena, KG_EDATA, "there is no certificate in %s", name);
}

struct kg_error *
kg_pem_read_key(struct kg_arena *arena, const char *name, const char *text, EVP_PKEY **ret_key)
{
	BIO *bio = text_open(text);
	bool was_asked = false;

	*ret_key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &was_asked);
	BIO_free(bio);
	if (*ret_key)
		return NULL;
	if (!was_asked)
		return kg_openssl_error(arena, "the key in %s cannot be read", name);
	ERR_clear_error();
	return kg_error_advise(arena, kg_error_make(arena, KG_EDATA, "the key in %s is protected by a passphrase", name),
	    "openssl pkey -in KEY -out PLAIN writes it without one");
}

static const char *
text_close(struct kg_arena *arena, BIO *bio)
{
	char *bytes;
	long size = BIO_get_mem_data(bio, &bytes);
	const char *text = kg_copy_bytes(arena, bytes, size > 0 ? (size_t)size : 0);

	BIO_free(bio);
	return text;
}

static BIO *
text_make(void)
{
	BIO *bio = BIO_new(BIO_s_secmem());

	if (!bio)
		kg_out_of_memory();
	return bio;
}

const char *
kg_pem_write_certificates(struct kg_arena *arena, const STACK_OF(X509) * certificates)
{
	BIO *bio = text_make();

	for (int i = 0; i < sk_X509_num(certificates); i++)
		if (PEM_write_bio_X509(bio, sk_X509_value(certificates, i)) != 1)
			kg_out_of_memory();
	return text_close(arena, bio);
}

const char *
kg_pem_write_key(struct kg_arena *arena, const EVP_PKEY *key)
{
	BIO *bio = text_make();

	if (PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1)
		kg_out_of_memory();
	return text_close(arena, bio);
}

int64_t
kg_certificate_end_s(const X509 *certificate)
{
	struct tm when = { 0 };

	ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &when);
	return timegm(&when);
}

const char *
kg_certificate_time_tell(struct kg_arena *arena, int64_t time_s)
{
	time_t time = (time_t)time_s;
	char text[64];
	struct tm when;

	gmtime_r(&time, &when);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &when);
	return kg_copy(arena, text);
}
