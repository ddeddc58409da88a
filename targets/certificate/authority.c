#include "targets/certificate/authority.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "targets/certificate/pem.h"

static struct kg_error *
certificates_read(struct kg_arena *arena, const char *path, STACK_OF(X509) * *ret_certificates)
{
	const char *text;
	size_t size;
	struct kg_error *error = kg_file_read(arena, path, &text, &size);

	return error ? error : kg_pem_read_certificates(arena, path, text, ret_certificates);
}

static struct kg_error *
key_read(struct kg_arena *arena, const char *path, EVP_PKEY **ret_key)
{
	const char *text;
	size_t size;
	struct kg_error *error = kg_file_read(arena, path, &text, &size);

	return error ? error : kg_pem_read_key(arena, path, text, ret_key);
}

static void
trusted_find(struct kg_authority *authority)
{
	X509 *trusted = sk_X509_value(authority->chain, 0);

	for (int i = 0; i < sk_X509_num(authority->chain); i++)
		if (X509_self_signed(sk_X509_value(authority->chain, i), 1) == 1)
			trusted = sk_X509_value(authority->chain, i);
	authority->trusted = sk_X509_new_null();
	if (!authority->trusted || X509_up_ref(trusted) != 1 || !sk_X509_push(authority->trusted, trusted))
		kg_out_of_memory();
}

struct kg_error *
kg_authority_read(struct kg_arena *arena, const struct kg_authority_files *files, struct kg_authority *ret_authority)
{
	*ret_authority = (struct kg_authority){ 0 };
	struct kg_error *error = certificates_read(arena, files->cert, &ret_authority->chain);
	if (!error)
		error = key_read(arena, files->key, &ret_authority->key);
	if (!error && files->root)
		error = certificates_read(arena, files->root, &ret_authority->trusted);
	if (error)
		return error;

	X509 *own = sk_X509_value(ret_authority->chain, 0);
	if (X509_check_ca(own) <= 0)
		return kg_error_advise(arena,
		    kg_error_make(
			arena, KG_EINPUT, "the certificate in %s is none of an authority: it may not sign others", files->cert),
		    "a node of the kind `certificate` becomes one by `usages = [\"ca\"]`");
	if (X509_check_private_key(own, ret_authority->key) != 1) {
		ERR_clear_error();
		return kg_error_make(
		    arena, KG_EINPUT, "the key in %s does not belong to the certificate in %s", files->key, files->cert);
	}
	if (!files->root)
		trusted_find(ret_authority);
	ERR_clear_error();
	return NULL;
}

void
kg_authority_free(struct kg_authority *authority)
{
	sk_X509_pop_free(authority->chain, X509_free);
	sk_X509_pop_free(authority->trusted, X509_free);
	EVP_PKEY_free(authority->key);
	*authority = (struct kg_authority){ 0 };
}
