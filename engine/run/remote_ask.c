/* Asking the shared cache for one key, and taking what it has into the local store. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cache/pack.h"
#include "engine/base/arena.h"
#include "engine/base/size.h"
#include "engine/base/text.h"
#include "engine/registry.h"
#include "engine/run/remote.h"

/* A number in an annotation that says more than this is no use to anybody. */
static constexpr int64_t content_most_bytes = (int64_t)1 << 46, duration_most_ms = (int64_t)30 * 24 * 3600 * 1000;
/* What a pack may take beyond its contents: headers, and what does not get smaller. */
static constexpr int64_t pack_more_bytes = 64 << 20;

static struct kg_fetch *
fetch_of(struct kg_job *job)
{
	const struct kg_operation *operation = (struct kg_operation *)job;

	return operation->run->tasks[operation->node].fetch;
}

/* The node is not to fail: what went wrong is kept for who weighs it. */
static struct kg_next
fetch_failed(struct kg_job *job, const struct kg_error *error)
{
	fetch_of(job)->error = kg_error_copy(job->arena, error);
	return kg_done(job);
}

static int64_t
number_read(const char *text, int64_t most)
{
	char *end = NULL;

	if (!text || *text < '0' || *text > '9')
		return -1;
	errno = 0;
	long long number = strtoll(text, &end, 10);
	return *end == '\0' && errno == 0 && number <= most ? number : -1;
}

/* Whoever may write to the registry may write anything there. */
static bool
manifest_take(struct kg_fetch *fetch, const struct kg_manifest *manifest)
{
	const char *type = manifest->artifact_type ? manifest->artifact_type : manifest->config.media_type;
	int64_t content = number_read(kg_annotation(manifest->annotations, KG_NOTE_CONTENT), content_most_bytes);
	int64_t duration_ms = number_read(kg_annotation(manifest->annotations, KG_NOTE_DURATION), duration_most_ms);

	if (manifest->is_index || manifest->layer_count != 1 || !kg_text_equal(type ? type : "", KG_OUTPUTS_TYPE) || content < 0 ||
	    !kg_text_equal(manifest->layers[0].media_type ? manifest->layers[0].media_type : "", KG_OUTPUTS_LAYER_TYPE) ||
	    manifest->layers[0].size > content + content / 8 + pack_more_bytes)
		return false;
	fetch->digest = manifest->layers[0].digest;
	fetch->size_bytes = manifest->layers[0].size;
	fetch->content_bytes = content;
	fetch->spared_ns = duration_ms > 0 ? duration_ms * 1000000 : 0;
	return true;
}

static struct kg_next
manifest_came(struct kg_job *job)
{
	const struct kg_registry_result *result = kg_registry_result(job);
	struct kg_fetch *fetch = fetch_of(job);

	fetch->is_denied = result->error && (result->status == 401 || result->status == 403);
	if (result->error)
		return fetch_failed(job, result->error);
	if (result->is_absent)
		return kg_done(job);
	fetch->is_found = manifest_take(fetch, result->manifest);
	if (!fetch->is_found)
		return fetch_failed(job, kg_error_make(job->arena, KG_EDATA, "what is there is not the outputs of a node"));
	return kg_done(job);
}

struct kg_next
kg_fetch_ask(struct kg_job *job)
{
	struct kg_fetch *fetch = fetch_of(job);
	const struct kg_remote *remote = job->remote;

	fetch->is_found = fetch->is_here = fetch->is_denied = false;
	fetch->error = NULL;
	if (!remote)
		return kg_done(job);
	struct kg_manifest_ask ask = {
		.of = {
			.host = remote->host,
			.path = kg_remote_repository(job->arena, remote, "outputs"),
			.tag = kg_remote_tag(job->arena, fetch->key),
		},
		.platform = "",
		.stall_ms = remote->stall_ms,
	};
	return kg_registry_manifest(job, &ask, manifest_came);
}

static void
unpack_work(void *data)
{
	struct kg_fetch *fetch = data;
	const struct kg_remote *remote = fetch->run->options.remote;

	fetch->work_error = kg_pack_read(fetch->run->store, fetch->work_arena, fetch->key, fetch->file, fetch->content_bytes,
	    fetch->is_depfile ? 0 : fetch->spared_ns);
	unlink(fetch->file);
	if (!fetch->work_error && remote->push && !fetch->is_depfile)
		kg_store_note_shared(fetch->run->store, fetch->work_arena, fetch->key, kg_remote_place(fetch->work_arena, remote));
}

/* It was ended while the worker was at it. */
static void
work_release(struct kg_job *job)
{
	kg_arena_free(fetch_of(job)->work_arena);
}

static struct kg_next
unpacked(struct kg_job *job)
{
	struct kg_fetch *fetch = fetch_of(job);

	job->release = NULL;
	fetch->is_here = !fetch->work_error;
	fetch->error = kg_error_copy(job->arena, fetch->work_error);
	kg_arena_free(fetch->work_arena);
	fetch->work_arena = NULL;
	return kg_done(job);
}

static struct kg_next
blob_came(struct kg_job *job)
{
	const struct kg_registry_result *result = kg_registry_result(job);
	struct kg_fetch *fetch = fetch_of(job);

	if (result->error)
		return fetch_failed(job, result->error);
	if (result->is_absent)
		return fetch_failed(job, kg_error_make(job->arena, KG_EDATA, "what its manifest names is not there"));
	fetch->work_arena = kg_arena_make();
	job->release = work_release;
	return kg_wait_worker(job, unpack_work, fetch, unpacked);
}

struct kg_next
kg_fetch_take(struct kg_job *job)
{
	struct kg_fetch *fetch = fetch_of(job);
	const struct kg_remote *remote = job->remote;
	struct kg_error *error = NULL;

	if (!remote)
		return kg_done(job);
	fetch->file = kg_remote_file(fetch->run, &error);
	if (error)
		return fetch_failed(job, error);
	kg_tell(job, "fetching %s from the shared cache", kg_size_tell(job->arena, fetch->size_bytes));
	struct kg_blob_ask ask = {
		.host = remote->host,
		.path = kg_remote_repository(job->arena, remote, "outputs"),
		.digest = fetch->digest,
		.size = fetch->size_bytes,
		.file = fetch->file,
		.stall_ms = remote->stall_ms,
	};
	return kg_registry_blob_get(job, &ask, blob_came);
}
