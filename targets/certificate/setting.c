#include "targets/certificate/setting.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/path.h"
#include "engine/base/text.h"

/* X.520's bound for a common name and an organization. */
static constexpr uint32_t name_longest = 64;
static constexpr int64_t minute_ms = 60000;

static const char *const usage_names[] = { "server", "client", "ca", NULL };

static const struct kg_field ca_fields[] = {
	KG_FIELD(certificate_ca, cert, KG_PATH, KG_REQUIRED, "its certificate: ${node.CA.cert}, or a file of yours"),
	KG_FIELD(certificate_ca, key, KG_PATH, KG_REQUIRED, "its key, not protected by a passphrase"),
	KG_FIELD(certificate_ca, root, KG_PATH, 0,
	    "what those trust who check, where the authority is signed by another one; else its own certificate"),
	{ 0 },
};

const struct kg_field kg_certificate_fields[] = {
	KG_FIELD(
	    certificate_spec, out, KG_PATH, KG_REQUIRED, "the folder of its files, which is its own and is replaced as a whole"),
	KG_FIELD(certificate_spec, common_name, KG_TEXT, KG_REQUIRED, "whose it is, for people; for Kubernetes the user's name"),
	KG_FIELD(certificate_spec, sans, KG_TEXTS, 0,
	    "the names that it is for: DNS names, IP addresses, URIs; the common name when absent and it is a server's"),
	KG_FIELD(certificate_spec, organizations, KG_TEXTS, 0, "organizations in its name; for Kubernetes the user's groups"),
	KG_FIELD(certificate_spec, usages, KG_TEXTS, 0, "what it is for: server, client, ca; server and client when absent"),
	KG_FIELD(certificate_spec, ca, KG_RECORD, 0, "the authority that signs it; it signs itself when absent",
	    .fields = ca_fields, .size = sizeof(struct certificate_ca)),
	KG_FIELD(certificate_spec, algorithm, KG_CHOICE, 0, "of its key", .fallback = "ecdsa-p256", .choices = kg_key_algorithms),
	KG_FIELD_AS("validity", certificate_spec, validity_ms, KG_DURATION, 0,
	    "how long it is valid, but never longer than its authority", .fallback = "365d"),
	KG_FIELD_AS("renew_before", certificate_spec, renew_before_ms, KG_DURATION, KG_NOT_HASHED,
	    "how long before its end it is made anew; a third of `validity` when absent"),
	KG_FIELD(certificate_spec, cert_name, KG_TEXT, 0, "the file of the certificate and those between it and the root",
	    .fallback = "tls.crt"),
	KG_FIELD(certificate_spec, key_name, KG_TEXT, 0, "the file of its key", .fallback = "tls.key"),
	KG_FIELD(certificate_spec, ca_name, KG_TEXT, 0, "the file of the root that those trust who check", .fallback = "ca.crt"),
	KG_FIELD(certificate_spec, mode, KG_MODE, 0, "the certificates' permissions", .fallback = "0644"),
	KG_FIELD(certificate_spec, key_mode, KG_MODE, 0, "the key's permissions", .fallback = "0600"),
	KG_FIELD(certificate_spec, user, KG_TEXT, 0, "whose the files are when kgraph runs as root, such as a server's own user"),
	{ 0 },
};

static bool
is_open(const char *text)
{
	return strstr(text, "${") != NULL;
}

static struct kg_error *
subject_check(struct kg_arena *arena, const char *setting, const char *name)
{
	if (!*name)
		return kg_error_make(arena, KG_EINPUT, "`%s` is empty", setting);
	if (!is_open(name) && kg_text_characters(name, strlen(name)) > name_longest)
		return kg_error_make(
		    arena, KG_EINPUT, "`%s` is too long: a certificate's name has at most %u characters", setting, name_longest);
	return NULL;
}

static struct kg_error *
usages_check(struct kg_arena *arena, const char *const *usages)
{
	for (const char *const *usage = usages; usage && *usage; usage++) {
		bool is_known = false;

		for (const char *const *known = usage_names; *known; known++)
			is_known |= strcmp(*known, *usage) == 0;
		if (!is_known && !is_open(*usage))
			return kg_error_make(
			    arena, KG_EINPUT, "`usages`: a certificate is for server, client or ca, not for \"%s\"", *usage);
	}
	return usages && !*usages ? kg_error_make(arena, KG_EINPUT, "`usages` is empty: the certificate would be for nothing")
				  : NULL;
}

static struct kg_error *
file_names_check(struct kg_arena *arena, const struct certificate_spec *spec)
{
	const char *const names[] = { spec->cert_name, spec->key_name, spec->ca_name };

	for (size_t i = 0; i < 3; i++) {
		if (!*names[i] || strchr(names[i], '/') || strcmp(names[i], ".") == 0 || strcmp(names[i], "..") == 0)
			return is_open(names[i])
			    ? NULL
			    : kg_error_make(arena, KG_EINPUT, "\"%s\" is no name of a file in `out`", names[i]);
		for (size_t other = 0; other < i; other++)
			if (strcmp(names[i], names[other]) == 0)
				return kg_error_make(arena, KG_EINPUT, "two files in `out` have the name %s", names[i]);
	}
	return NULL;
}

static struct kg_error *
times_check(struct kg_arena *arena, const struct certificate_spec *spec)
{
	if (spec->validity_ms < minute_ms)
		return kg_error_make(arena, KG_EINPUT, "`validity` must be at least 1m");
	if (spec->renew_before_ms >= spec->validity_ms)
		return kg_error_make(
		    arena, KG_EINPUT, "`renew_before` must be shorter than `validity`, or it is made anew each time");
	return NULL;
}

struct kg_error *
kg_certificate_check(struct kg_arena *arena, const void *given)
{
	const struct certificate_spec *spec = given;
	struct kg_error *error = subject_check(arena, "common_name", spec->common_name);

	for (const char *const *one = spec->organizations; !error && one && *one; one++)
		error = subject_check(arena, "organizations", *one);
	for (const char *const *one = spec->sans; !error && one && *one; one++)
		error = is_open(*one) ? NULL : kg_san_check(arena, *one);
	if (!error)
		error = usages_check(arena, spec->usages);
	if (!error)
		error = file_names_check(arena, spec);
	return error ? error : times_check(arena, spec);
}

bool
kg_certificate_has_usage(const struct certificate_spec *spec, const char *usage)
{
	if (!spec->usages)
		return strcmp(usage, "ca") != 0;
	for (const char *const *one = spec->usages; *one; one++)
		if (strcmp(*one, usage) == 0)
			return true;
	return false;
}

const char *const *
kg_certificate_sans(struct kg_arena *arena, const struct certificate_spec *spec)
{
	if (spec->sans || !kg_certificate_has_usage(spec, "server"))
		return spec->sans;
	/* A client's name, as a user of Kubernetes has it, need not be one of a host. */
	struct kg_error *error = kg_san_check(arena, spec->common_name);
	if (error)
		return NULL;
	const char **sans = kg_new_array(arena, const char *, 2);
	sans[0] = spec->common_name;
	return sans;
}

int64_t
kg_certificate_renew_s(const struct certificate_spec *spec)
{
	return (spec->renew_before_ms > 0 ? spec->renew_before_ms : spec->validity_ms / 3) / 1000;
}

const char *
kg_certificate_cert_path(struct kg_arena *arena, const struct certificate_spec *spec)
{
	return kg_path_join(arena, spec->out, spec->cert_name);
}

const char *
kg_certificate_key_path(struct kg_arena *arena, const struct certificate_spec *spec)
{
	return kg_path_join(arena, spec->out, spec->key_name);
}

const char *
kg_certificate_ca_path(struct kg_arena *arena, const struct certificate_spec *spec)
{
	return kg_path_join(arena, spec->out, spec->ca_name);
}
