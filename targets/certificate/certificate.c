/* Keys and certificates as files, made by OpenSSL on a worker thread, looked at by reading them, and made anew before they expire. */
#include "targets/certificate/certificate.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/path.h"
#include "engine/target.h"
#include "targets/certificate/authority.h"
#include "targets/certificate/folder.h"
#include "targets/certificate/keep.h"
#include "targets/certificate/pem.h"
#include "targets/certificate/setting.h"

/* Clocks of other machines, and of containers in virtual ones, may be behind. */
static constexpr int64_t starts_before_s = 3600;

/* What look and run hand to a worker thread, and what comes back. Texts are in the arena, which is the worker's alone until it has ended. */
struct certificate_state {
	const struct certificate_spec *spec;
	struct kg_arena *arena;
	int64_t now_s;
	struct kg_error *error;
	const char *why; /* look: it cannot be used */
	const char *cert_pem, *key_pem, *ca_pem, *fingerprint;
	int64_t ends_s;
	bool is_cut_short; /* by the authority's end */
};

static kg_step looked, made;

static void
products(struct kg_products *list, const void *given)
{
	const struct certificate_spec *spec = given;
	struct kg_arena *arena = kg_products_arena(list);
	const struct kg_product all[] = {
		{ .key = "cert", .path = kg_certificate_cert_path(arena, spec) },
		{ .key = "key", .path = kg_certificate_key_path(arena, spec) },
		{ .key = "ca", .path = kg_certificate_ca_path(arena, spec) },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct kg_product product = all[i];

		product.is_local = product.is_replaced = true;
		kg_products_add(list, product);
	}
}

static void
inputs(struct kg_inputs *list, const void *given, const struct kg_common *common)
{
	const struct certificate_spec *spec = given;
	const char *const files[] = { spec->ca ? spec->ca->cert : NULL, spec->ca ? spec->ca->key : NULL,
		spec->ca ? spec->ca->root : NULL };
	struct kg_arena *arena = kg_inputs_arena(list);

	(void)common;
	for (size_t i = 0; i < 3; i++) {
		if (!files[i])
			continue;
		const char **pattern = kg_new_array(arena, const char *, 2);
		pattern[0] = kg_path_name(files[i]);
		kg_inputs_add(list, kg_path_folder(arena, files[i]), pattern, NULL);
	}
}

static struct kg_authority_files
authority_files(const struct certificate_spec *spec)
{
	return (struct kg_authority_files){ spec->ca->cert, spec->ca->key, spec->ca->root };
}

/* When one that is made now would end. authority: NULL when it signs itself. */
static int64_t
end_of_new(const struct certificate_state *state, const struct kg_authority *authority)
{
	int64_t ends_s = state->now_s + state->spec->validity_ms / 1000;
	int64_t authority_s = authority ? kg_certificate_end_s(sk_X509_value(authority->chain, 0)) : INT64_MAX;

	return ends_s < authority_s ? ends_s : authority_s;
}

static const char *
mode_why(struct kg_arena *arena, const char *path, int64_t mode)
{
	struct stat stat;

	if (lstat(path, &stat) < 0 || (stat.st_mode & 07777) == (mode_t)mode)
		return NULL;
	return kg_format(arena, "the permissions of %s are 0%o, not 0%o", kg_path_name(path), stat.st_mode & 07777, (unsigned)mode);
}

/* A new one that would not last longer, because its authority ends soon, is no better. */
static const char *
end_why(const struct certificate_state *state, const struct kg_kept *kept, const struct kg_authority *authority)
{
	int64_t ends_s = kg_certificate_end_s(sk_X509_value(kept->chain, 0));

	if (state->now_s < ends_s - kg_certificate_renew_s(state->spec) || end_of_new(state, authority) <= ends_s)
		return NULL;
	return kg_format(state->arena, "it expires on %s", kg_certificate_time_tell(state->arena, ends_s));
}

static const char *
kept_why(const struct certificate_state *state, const struct kg_kept *kept)
{
	const struct certificate_spec *spec = state->spec;
	const char *why = kg_kept_check(state->arena, kept, state->now_s);
	struct kg_authority authority = { 0 };

	if (!why)
		why = mode_why(state->arena, kg_certificate_key_path(state->arena, spec), spec->key_mode);
	if (!why)
		why = mode_why(state->arena, kg_certificate_cert_path(state->arena, spec), spec->mode);
	if (why || !spec->ca)
		return why ? why : end_why(state, kept, NULL);

	const struct kg_authority_files files = authority_files(spec);
	struct kg_error *error = kg_authority_read(state->arena, &files, &authority);
	if (error)
		why = kg_error_text(state->arena, error);
	else if (!kg_certificate_is_of(sk_X509_value(kept->chain, 0), sk_X509_value(authority.chain, 0)))
		why = kg_format(state->arena, "it was not signed by the authority in %s", spec->ca->cert);
	else
		why = end_why(state, kept, &authority);
	kg_authority_free(&authority);
	return why;
}

static void
look_work(void *data)
{
	struct certificate_state *state = data;
	struct kg_kept kept;
	struct kg_error *error = kg_kept_read(state->arena, kg_certificate_cert_path(state->arena, state->spec),
	    kg_certificate_key_path(state->arena, state->spec), kg_certificate_ca_path(state->arena, state->spec), &kept);

	state->why = error ? kg_error_text(state->arena, error) : kept_why(state, &kept);
	state->key_pem = kept.key_pem;
	kg_kept_free(&kept);
}

static struct certificate_state *
state_begin(struct kg_job *job)
{
	struct certificate_state *state = job->state;

	*state =
	    (struct certificate_state){ .spec = job->spec, .arena = kg_arena_make(), .now_s = kg_clock_wall_ns() / 1000000000 };
	return state;
}

static struct kg_next
look(struct kg_job *job)
{
	return kg_wait_worker(job, look_work, state_begin(job), looked);
}

static struct kg_next
looked(struct kg_job *job)
{
	struct certificate_state *state = job->state;
	const char *why = state->why ? kg_copy(job->arena, state->why) : NULL;

	/* The output of an earlier run goes to other nodes without a run of this one. */
	if (state->key_pem)
		kg_hide(job, state->key_pem);
	kg_arena_free(state->arena);
	return why ? kg_absent(job, "%s", why) : kg_done(job);
}

static STACK_OF(X509) * certificates_new(X509 *first)
{
	STACK_OF(X509) *certificates = sk_X509_new_null();

	if (!certificates || (first && (X509_up_ref(first) != 1 || !sk_X509_push(certificates, first))))
		kg_out_of_memory();
	return certificates;
}

/* Its own certificate, and what leads from it to the root, which those who check have already. */
static const char *
chain_text(struct kg_arena *arena, X509 *own, const struct kg_authority *authority)
{
	STACK_OF(X509) *chain = certificates_new(own);

	for (int i = 0; authority->chain && i < sk_X509_num(authority->chain); i++) {
		X509 *one = sk_X509_value(authority->chain, i);

		if (X509_self_signed(one, 0) == 1)
			continue;
		if (X509_up_ref(one) != 1 || !sk_X509_push(chain, one))
			kg_out_of_memory();
	}
	const char *text = kg_pem_write_certificates(arena, chain);
	sk_X509_pop_free(chain, X509_free);
	return text;
}

static const char *
trusted_text(struct kg_arena *arena, X509 *own, const struct kg_authority *authority)
{
	STACK_OF(X509) *trusted = authority->trusted ? NULL : certificates_new(own);
	const char *text = kg_pem_write_certificates(arena, trusted ? trusted : authority->trusted);

	sk_X509_pop_free(trusted, X509_free);
	return text;
}

static struct kg_error *
texts_make(struct certificate_state *state, const struct kg_authority *authority)
{
	const struct certificate_spec *spec = state->spec;
	X509 *issuer = authority->chain ? sk_X509_value(authority->chain, 0) : NULL;
	X509 *own = NULL;
	EVP_PKEY *key = NULL;

	state->ends_s = end_of_new(state, issuer ? authority : NULL);
	state->is_cut_short = state->ends_s < state->now_s + spec->validity_ms / 1000;
	if (issuer && state->ends_s <= state->now_s)
		return kg_error_make(
		    state->arena, KG_EFAILED, "its authority expired on %s", kg_certificate_time_tell(state->arena, state->ends_s));

	const struct kg_certificate_wish wish = {
		.common_name = spec->common_name,
		.organizations = spec->organizations,
		.sans = kg_certificate_sans(state->arena, spec),
		.algorithm = (enum kg_key_algorithm)spec->algorithm,
		.is_ca = kg_certificate_has_usage(spec, "ca"),
		.is_server = kg_certificate_has_usage(spec, "server"),
		.is_client = kg_certificate_has_usage(spec, "client"),
		.starts_s = state->now_s - starts_before_s,
		.ends_s = state->ends_s,
		.issuer = issuer,
		.issuer_key = authority->key,
	};
	struct kg_error *error = kg_certificate_issue(state->arena, &wish, &own, &key);
	if (error)
		return error;
	state->cert_pem = chain_text(state->arena, own, authority);
	state->key_pem = kg_pem_write_key(state->arena, key);
	state->ca_pem = trusted_text(state->arena, own, authority);
	state->fingerprint = kg_certificate_fingerprint(state->arena, own);
	X509_free(own);
	EVP_PKEY_free(key);
	return NULL;
}

static void
make_work(void *data)
{
	struct certificate_state *state = data;
	const struct certificate_spec *spec = state->spec;
	struct kg_authority authority = { 0 };

	if (spec->ca) {
		const struct kg_authority_files files = authority_files(spec);

		state->error = kg_authority_read(state->arena, &files, &authority);
	}
	if (!state->error)
		state->error = texts_make(state, &authority);
	kg_authority_free(&authority);
	if (state->error)
		return;

	const struct kg_folder_file files[] = { { spec->cert_name, state->cert_pem, (mode_t)spec->mode },
		{ spec->key_name, state->key_pem, (mode_t)spec->key_mode }, { spec->ca_name, state->ca_pem, (mode_t)spec->mode },
		{ 0 } };
	state->error = kg_folder_replace(state->arena, spec->out, files, spec->user);
}

static struct kg_next
run(struct kg_job *job)
{
	return kg_wait_worker(job, make_work, state_begin(job), made);
}

/* Kubernetes wants a webhook's authority in this form. */
static const char *
base64(struct kg_arena *arena, const char *text)
{
	size_t size = strlen(text);
	char *encoded = kg_alloc(arena, (size + 2) / 3 * 4 + 1);

	EVP_EncodeBlock((unsigned char *)encoded, (const unsigned char *)text, (int)size);
	return encoded;
}

static struct kg_next
made(struct kg_job *job)
{
	struct certificate_state *state = job->state;
	struct kg_error *error = state->error ? kg_error_copy(job->arena, state->error) : NULL;

	if (!error) {
		const char *end = kg_certificate_time_tell(job->arena, state->ends_s);

		kg_hide(job, state->key_pem);
		/* No product: what is removed with a product is all that is in it. */
		kg_output(job, "folder", ((const struct certificate_spec *)job->spec)->out);
		kg_output(job, "cert_pem", state->cert_pem);
		kg_output(job, "key_pem", state->key_pem);
		kg_output(job, "ca_pem", state->ca_pem);
		kg_output(job, "ca_base64", base64(job->arena, state->ca_pem));
		kg_output(job, "fingerprint", state->fingerprint);
		kg_output(job, "not_after", end);
		kg_job_log(job, "%s: valid until %s%s", state->spec->common_name, end,
		    state->is_cut_short ? ", when its authority expires" : "");
	}
	kg_arena_free(state->arena);
	return error ? kg_failed(error) : kg_done(job);
}

/* Its files are products, and are removed as such; this is what is around them. */
static struct kg_next
undo(struct kg_job *job)
{
	const struct certificate_spec *spec = job->spec;
	const char *const files[] = { kg_certificate_cert_path(job->arena, spec), kg_certificate_key_path(job->arena, spec),
		kg_certificate_ca_path(job->arena, spec) };
	struct kg_error *error = job->purge ? kg_folder_tidy(job->arena, spec->out) : NULL;

	for (size_t i = 0; job->purge && !error && i < sizeof(files) / sizeof(files[0]); i++)
		error = kg_file_remove(job->arena, files[i]);
	if (job->purge && !error && rmdir(spec->out) < 0 && errno != ENOENT && errno != ENOTEMPTY && errno != ENOTDIR)
		error = kg_error_system(job->arena, errno, "cannot remove %s", spec->out);
	return error ? kg_failed(error) : kg_done(job);
}

const struct kg_kind kg_kind_certificate = {
	.facts = {
		.name = "certificate",
		.version = 1,
		.summary = "a key and its certificate, or an authority that signs them",
		.fields = kg_certificate_fields,
		.outputs = (const char *const[]){ "cert", "key", "ca", "folder", "cert_pem", "key_pem", "ca_pem", "ca_base64", "fingerprint",
		    "not_after", NULL },
		.spec_size = sizeof(struct certificate_spec),
		.check = kg_certificate_check,
	},
	.state_size = sizeof(struct certificate_state),
	.products = products,
	.inputs = inputs,
	.look = look,
	.run = run,
	.undo = undo,
};
