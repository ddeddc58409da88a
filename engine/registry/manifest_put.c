#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/registry/inside.h"

static kg_step manifest_put;

struct kg_next
kg_registry_manifest_put(struct kg_job *job, const struct kg_manifest_put *put, kg_step *then)
{
	struct kg_call *call = kg_call_begin(job, put->of.host, put->of.path, put->stall_ms, then);
	const char *digest = kg_sha256(job->arena, put->bytes, put->size), *reference = put->of.tag ? put->of.tag : digest;

	call->what = kg_format(job->arena, "manifest %s", reference);
	call->pushes = true;
	call->result.digest = digest;
	call->result.size = (int64_t)put->size;
	call->exchange = (struct kg_exchange){
		.method = "PUT",
		.url = kg_call_url(job, kg_format(job->arena, "manifests/%s", reference)),
		.headers = { kg_format(job->arena, "Content-Type: %s", put->media_type ? put->media_type : kg_manifest_oci) },
		.body = put->bytes,
		.body_size = put->size,
		.then = manifest_put,
	};
	return kg_exchange(job);
}

static struct kg_next
manifest_put(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);
	const char *other;

	if (call->failure)
		return kg_call_end(job, call->failure);
	if (job->http.status != 201 && job->http.status != 200 && job->http.status != 202)
		return kg_call_end(job, kg_call_refused(job));
	other = kg_call_other_digest(job, call->result.digest);
	if (other)
		return kg_call_end(job,
		    kg_error_make(
			job->arena, KG_EDATA, "the registry has kept it as %s instead of %s", other, call->result.digest));
	call->result.moved_bytes = call->result.size;
	return kg_call_end(job, NULL);
}
