#include <string.h>
#include <strings.h>
#include <sys/utsname.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/http_header.h"
#include "engine/registry/inside.h"
#include "engine/registry/manifest.h"

static constexpr size_t manifest_most_bytes = 4 << 20; /* what registries are asked to take at least, and take at most */
static constexpr uint32_t depth_most = 3;              /* an index may name an index, but not for ever */

static kg_step manifest_came;

static struct kg_next
manifest_ask(struct kg_job *job, const char *reference)
{
	struct kg_call *call = kg_registry_call_of(job);

	call->exchange = (struct kg_exchange){
		.method = "GET",
		.url = kg_call_url(job, kg_format(job->arena, "manifests/%s", reference)),
		.headers = { kg_manifest_accept },
		.body_limit = manifest_most_bytes,
		.then = manifest_came,
	};
	return kg_exchange(job);
}

struct kg_next
kg_registry_manifest(struct kg_job *job, const struct kg_manifest_ask *ask, kg_step *then)
{
	struct kg_call *call = kg_call_begin(job, ask->of.host, ask->of.path, ask->stall_ms, then);
	const char *reference = ask->of.digest ? ask->of.digest : ask->of.tag;

	call->manifest_ask = *ask;
	call->what = kg_format(job->arena, "manifest %s", reference);
	return manifest_ask(job, reference);
}

/* As images say it; a variant only where there is one that counts. */
static const char *
platform_here(struct kg_arena *arena)
{
	static const char *const known[][2] = { { "x86_64", "amd64" }, { "aarch64", "arm64" }, { "armv7l", "arm/v7" },
		{ "armv6l", "arm/v6" }, { "i686", "386" }, { "ppc64le", "ppc64le" }, { "s390x", "s390x" },
		{ "riscv64", "riscv64" } };
	struct utsname system;

	uname(&system);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(system.machine, known[i][0]) == 0)
			return kg_format(arena, "linux/%s", known[i][1]);
	return kg_format(arena, "linux/%s", system.machine);
}

static struct kg_next
descend(struct kg_job *job, const struct kg_manifest *index)
{
	struct kg_call *call = kg_registry_call_of(job);
	const char *platform = call->manifest_ask.platform;
	const struct kg_descriptor *entry;

	if (!platform)
		platform = platform_here(job->arena);
	entry = kg_manifest_choose(job->arena, index, platform);
	if (!entry)
		return kg_call_end(job, kg_error_make(job->arena, KG_ENETWORK, "it is not there for %s", platform));
	if (++call->depth > depth_most)
		return kg_call_end(job, kg_error_make(job->arena, KG_ENETWORK, "indexes lead to indexes without end"));
	call->manifest_ask.of.digest = entry->digest;
	return manifest_ask(job, entry->digest);
}

/* What is asked for by digest must have it; what is asked for by tag must have the one that the registry says. */
static struct kg_error *
digest_check(struct kg_job *job, const char *digest)
{
	const char *asked = kg_registry_call_of(job)->manifest_ask.of.digest;
	const char *said = asked && strcmp(asked, digest) != 0 ? asked : kg_call_other_digest(job, digest);

	if (!said)
		return NULL;
	return kg_error_make(job->arena, KG_EDATA, "what came is damaged: it has the digest %s instead of %s", digest, said);
}

static struct kg_next
manifest_came(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);
	struct kg_registry_result *result = &call->result;
	struct kg_manifest *manifest = kg_new(job->arena, struct kg_manifest);
	struct kg_error *error;

	if (call->failure)
		return kg_call_end(job, call->failure);
	if (job->http.status == 404 && call->depth == 0) {
		result->is_absent = true;
		return kg_call_end(job, NULL);
	}
	if (job->http.status != 200)
		return kg_call_end(job, kg_call_refused(job));
	const char *digest = kg_sha256(job->arena, job->http.body, job->http.body_size);
	error = digest_check(job, digest);
	if (!error)
		error = kg_registry_manifest_read(job->arena, job->http.body, job->http.body_size,
		    kg_http_header(job->arena, job->http.headers, "content-type"), manifest);
	if (error)
		return kg_call_end(job, error);
	if (!result->named_digest)
		result->named_digest = digest;
	result->moved_bytes += (int64_t)job->http.body_size;
	if (manifest->is_index && !(call->manifest_ask.platform && !*call->manifest_ask.platform))
		return descend(job, manifest);
	result->manifest = manifest;
	result->digest = digest;
	result->bytes = job->http.body;
	result->size = (int64_t)job->http.body_size;
	return kg_call_end(job, NULL);
}
