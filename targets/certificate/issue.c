#include "targets/certificate/issue.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "targets/certificate/pem.h"

const char *const kg_key_algorithms[] = { "ecdsa-p256", "ecdsa-p384", "rsa-2048", "rsa-4096", "ed25519", NULL };

/* RFC 5280: at most 20 bytes; 16 random ones are never given twice. */
static constexpr int serial_bytes = 16;
static constexpr size_t label_longest = 63;
static constexpr size_t name_longest = 253;

static int
san_type(const char *san)
{
	unsigned char address[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, san, address) == 1 || inet_pton(AF_INET6, san, address) == 1)
		return GEN_IPADD;
	if (strstr(san, "://"))
		return GEN_URI;
	return strchr(san, '@') ? GEN_EMAIL : GEN_DNS;
}

static struct kg_error *
dns_check(struct kg_arena *arena, const char *name)
{
	const char *at = strncmp(name, "*.", 2) == 0 ? name + 2 : name;

	if (strlen(name) > name_longest)
		return kg_error_make(
		    arena, KG_EINPUT, "%s is too long for a DNS name: %zu characters are allowed", name, name_longest);
	while (true) {
		size_t length = strcspn(at, ".");

		if (length == 0 || length > label_longest)
			return kg_error_make(
			    arena, KG_EINPUT, "\"%s\" is no DNS name: between dots stand 1 to %zu characters", name, label_longest);
		for (size_t i = 0; i < length; i++)
			if (!isalnum((unsigned char)at[i]) && !strchr("-_", at[i]))
				return kg_error_advise(arena,
				    kg_error_make(
					arena, KG_EINPUT, "\"%s\" is neither a DNS name nor an IP address nor a URI", name),
				    "DNS names have letters, digits, - and dots; others are written in their xn-- form");
		if (at[length] == '\0')
			return NULL;
		at += length + 1;
	}
}

struct kg_error *
kg_san_check(struct kg_arena *arena, const char *san)
{
	int type = san_type(san);

	if (type == GEN_DNS)
		return dns_check(arena, san);
	for (const char *at = san; *at; at++)
		if ((unsigned char)*at <= ' ' || (unsigned char)*at > '~')
			return kg_error_make(
			    arena, KG_EINPUT, "\"%s\" has a character that cannot be in a certificate's name", san);
	return NULL;
}

static EVP_PKEY *
key_make(enum kg_key_algorithm algorithm)
{
	switch (algorithm) {
	case KG_KEY_ECDSA_P256: return EVP_EC_gen("P-256");
	case KG_KEY_ECDSA_P384: return EVP_EC_gen("P-384");
	case KG_KEY_RSA_2048: return EVP_RSA_gen(2048);
	case KG_KEY_RSA_4096: return EVP_RSA_gen(4096);
	case KG_KEY_ED25519: return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	}
	return NULL;
}

static bool
serial_set(X509 *certificate)
{
	unsigned char bytes[serial_bytes];

	if (RAND_bytes(bytes, serial_bytes) != 1)
		return false;
	bytes[0] = (unsigned char)((bytes[0] & 0x7f) | 0x40); /* positive, and always of the same length */
	BIGNUM *number = BN_bin2bn(bytes, serial_bytes, NULL);
	bool well = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
	BN_free(number);
	return well;
}

static bool
subject_add(X509_NAME *subject, const char *part, const char *value)
{
	return X509_NAME_add_entry_by_txt(subject, part, MBSTRING_UTF8, (const unsigned char *)value, -1, -1, 0) == 1;
}

static bool
subject_set(X509 *certificate, const struct kg_certificate_wish *wish)
{
	X509_NAME *subject = X509_NAME_new();
	bool well = subject != NULL;

	for (const char *const *one = wish->organizations; well && one && *one; one++)
		well = subject_add(subject, "O", *one);
	well = well && subject_add(subject, "CN", wish->common_name) && X509_set_subject_name(certificate, subject) == 1;
	if (well)
		well = X509_set_issuer_name(certificate, wish->issuer ? X509_get_subject_name(wish->issuer) : subject) == 1;
	X509_NAME_free(subject);
	return well;
}

/* value is OpenSSL's own syntax, in which nothing of the user's stands. */
static bool
extension_add(X509 *certificate, X509 *issuer, int which, const char *value)
{
	X509V3_CTX context;

	X509V3_set_ctx(&context, issuer ? issuer : certificate, certificate, NULL, NULL, 0);
	X509V3_set_ctx_nodb(&context);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, which, value);
	bool well = extension && X509_add_ext(certificate, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return well;
}

static GENERAL_NAME *
san_make(const char *san)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	int type = san_type(san);
	ASN1_STRING *value = type == GEN_IPADD ? a2i_IPADDRESS(san) : ASN1_IA5STRING_new();

	if (!name || !value || (type != GEN_IPADD && ASN1_STRING_set(value, san, -1) != 1))
		kg_out_of_memory();
	GENERAL_NAME_set0_value(name, type, value);
	return name;
}

static bool
sans_add(X509 *certificate, const char *const *sans)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();

	for (; sans && *sans; sans++)
		if (!names || !sk_GENERAL_NAME_push(names, san_make(*sans)))
			kg_out_of_memory();
	bool well = sk_GENERAL_NAME_num(names) == 0 ||
	    X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) == 1;
	GENERAL_NAMES_free(names);
	return well;
}

/* An authority signs; who else has a key proves to have it, and with RSA may be sent one. */
static const char *
key_usage(const struct kg_certificate_wish *wish)
{
	bool is_rsa = wish->algorithm == KG_KEY_RSA_2048 || wish->algorithm == KG_KEY_RSA_4096;

	if (wish->is_ca && !wish->is_server && !wish->is_client)
		return "critical,digitalSignature,keyCertSign,cRLSign";
	if (wish->is_ca)
		return is_rsa ? "critical,digitalSignature,keyEncipherment,keyCertSign,cRLSign"
			      : "critical,digitalSignature,keyCertSign,cRLSign";
	return is_rsa ? "critical,digitalSignature,keyEncipherment" : "critical,digitalSignature";
}

static bool
extensions_add(X509 *certificate, const struct kg_certificate_wish *wish)
{
	const char *purposes = wish->is_server && wish->is_client ? "serverAuth,clientAuth"
	    : wish->is_server                                     ? "serverAuth"
	    : wish->is_client                                     ? "clientAuth"
								  : NULL;

	if (!extension_add(
		certificate, wish->issuer, NID_basic_constraints, wish->is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE") ||
	    !extension_add(certificate, wish->issuer, NID_key_usage, key_usage(wish)) ||
	    !extension_add(certificate, wish->issuer, NID_subject_key_identifier, "hash"))
		return false;
	if (purposes && !extension_add(certificate, wish->issuer, NID_ext_key_usage, purposes))
		return false;
	/* Among authorities of one name the right one is found by it. One that has no identifier of its own is found by its name. */
	if (wish->issuer && X509_get0_subject_key_id(wish->issuer) &&
	    !extension_add(certificate, wish->issuer, NID_authority_key_identifier, "keyid:always"))
		return false;
	return sans_add(certificate, wish->sans);
}

static bool
sign(X509 *certificate, EVP_PKEY *key)
{
	/* EdDSA has its digest within. */
	bool has_digest = EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448");

	return X509_sign(certificate, key, has_digest ? NULL : EVP_sha256()) > 0;
}

struct kg_error *
kg_certificate_issue(struct kg_arena *arena, const struct kg_certificate_wish *wish, X509 **ret_certificate, EVP_PKEY **ret_key)
{
	for (const char *const *san = wish->sans; san && *san; san++) {
		struct kg_error *error = kg_san_check(arena, *san);

		if (error)
			return error;
	}

	EVP_PKEY *key = key_make(wish->algorithm);
	X509 *certificate = X509_new();
	struct kg_error *error = NULL;
	if (!key)
		error = kg_openssl_error(arena, "cannot make a key (%s)", kg_key_algorithms[wish->algorithm]);
	else if (!certificate)
		kg_out_of_memory();
	else if (!subject_set(certificate, wish))
		error = kg_openssl_error(arena, "\"%s\" cannot be the name in a certificate", wish->common_name);
	else if (X509_set_version(certificate, X509_VERSION_3) != 1 || !serial_set(certificate) ||
	    !ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)wish->starts_s) ||
	    !ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)wish->ends_s) || X509_set_pubkey(certificate, key) != 1 ||
	    !extensions_add(certificate, wish) || !sign(certificate, wish->issuer_key ? wish->issuer_key : key))
		error = kg_openssl_error(arena, "cannot make the certificate");
	if (error) {
		X509_free(certificate);
		EVP_PKEY_free(key);
		return error;
	}
	*ret_certificate = certificate;
	*ret_key = key;
	return NULL;
}
