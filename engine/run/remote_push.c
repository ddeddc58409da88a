/*
 * What a node with restorable products gave goes from the local store to the shared cache: its layer, then what names it. Of what was restored from the store
 * the cache may have all of it, from a run elsewhere: it is asked first. What is known to be there is noted in the store, so that this happens once.
 */

#include <string.h>
#include <unistd.h>

#include "cache/pack.h"
#include "engine/base/arena.h"
#include "engine/base/size.h"
#include "engine/registry.h"
#include "engine/run/remote.h"

/* The OCI image specification's stand-in for a configuration, where there is none. */
static const char empty_type[] = "application/vnd.oci.empty.v1+json", empty_bytes[] = "{}";

struct push {
	struct kg_run *run;
	const struct kg_remote *remote; /* as it was when this began */
	uint32_t node;
	const char *path; /* the repository */
	struct kg_digest fingerprint;
	struct kg_digest key; /* of the entry that is pushed now */
	bool is_depfile;
	const char *file;
	struct kg_pack pack;
	bool is_packed;
	uint32_t tries; /* beyond the first */
	const char *layer_digest;
	int64_t layer_bytes;
	struct kg_arena *work_arena;
	struct kg_error *work_error;
};

/*
 * Registries that keep their data in files may stumble over two who put the same blob at the same time, as nodes with the same outputs do: they answer 400
 * or 500 then, and have forgotten it the next moment.
 */
static constexpr uint32_t tries_most = 3;
static constexpr int64_t try_pause_ms = 200;

static kg_step key_begin, key_told, key_shared, noted, pack_begin, packed, layer_put, config_begin, config_put, manifest_begin,
    manifest_put;

static struct push *
push_of(struct kg_job *job)
{
	return ((struct kg_operation *)job)->context;
}

static void
pack_work(void *data)
{
	struct push *push = data;

	push->work_error = kg_pack_write(push->run->store, push->work_arena, push->key, push->file, &push->pack, &push->is_packed);
}

static void
note_work(void *data)
{
	struct push *push = data;

	kg_store_note_shared(
	    push->run->store, push->work_arena, push->fingerprint, kg_remote_place(push->work_arena, push->remote));
}

/* It was ended while the worker was at it. */
static void
work_release(struct kg_job *job)
{
	kg_arena_free(push_of(job)->work_arena);
}

static struct kg_next
put_failed(struct kg_job *job, const struct kg_registry_result *result)
{
	struct push *push = push_of(job);
	int32_t status = result->status;

	if ((status == 400 || status == 404 || status == 409 || status == 500) && push->tries + 1 < tries_most)
		return kg_wait_timer(job, try_pause_ms << push->tries++, pack_begin);
	return kg_failed(kg_error_copy(job->arena, result->error));
}

static struct kg_next
pack_begin(struct kg_job *job)
{
	struct push *push = push_of(job);
	struct kg_error *error = NULL;

	push->file = kg_remote_file(push->run, &error);
	if (error)
		return kg_failed(error);
	push->work_arena = kg_arena_make();
	job->release = work_release;
	return kg_wait_worker(job, pack_work, push, packed);
}

struct kg_next
kg_remote_push(struct kg_job *job)
{
	struct kg_operation *operation = (struct kg_operation *)job;
	struct kg_run *run = operation->run;
	struct push *push = kg_new(job->arena, struct push);

	*push = (struct push){
		.run = run,
		.remote = job->remote,
		.node = operation->node,
		.path = kg_remote_repository(job->arena, job->remote, "outputs"),
		.fingerprint = run->tasks[operation->node].inspection->fingerprint,
		.key = run->tasks[operation->node].inspection->fingerprint,
	};
	operation->context = push;
	return kg_go(key_begin);
}

static struct kg_next
key_begin(struct kg_job *job)
{
	const struct push *push = push_of(job);

	if (!push->run->tasks[push->node].was_restored)
		return kg_go(pack_begin);
	struct kg_manifest_ask ask = {
		.of = { .host = push->remote->host, .path = push->path, .tag = kg_remote_tag(job->arena, push->key) },
		.platform = "",
		.stall_ms = push->remote->stall_ms,
	};
	return kg_registry_manifest(job, &ask, key_told);
}

/* Some registries deny a repository that is not there yet; whether putting something there is denied as well, that will tell. */
static struct kg_next
key_told(struct kg_job *job)
{
	const struct kg_registry_result *result = kg_registry_result(job);

	if (result->is_absent || result->is_denied)
		return kg_go(pack_begin);
	return result->error ? kg_failed(kg_error_copy(job->arena, result->error)) : kg_go(key_shared);
}

/* Who has not run it knows what its depfile names only by having that first. */
static struct kg_next
key_shared(struct kg_job *job)
{
	struct push *push = push_of(job);
	const struct kg_inspection *inspection = push->run->tasks[push->node].inspection;

	if (!push->is_depfile && inspection->has_depfile) {
		push->is_depfile = true;
		push->key = kg_depfile_key(inspection->base);
		return kg_go(key_begin);
	}
	push->work_arena = kg_arena_make();
	job->release = work_release;
	return kg_wait_worker(job, note_work, push, noted);
}

static struct kg_next
noted(struct kg_job *job)
{
	struct push *push = push_of(job);

	job->release = NULL;
	kg_arena_free(push->work_arena);
	push->work_arena = NULL;
	return kg_done(job);
}

static struct kg_next
packed(struct kg_job *job)
{
	struct push *push = push_of(job);
	struct kg_error *error = kg_error_copy(job->arena, push->work_error);

	job->release = NULL;
	kg_arena_free(push->work_arena);
	push->work_arena = NULL;
	if (error)
		return kg_failed(error);
	/* The store did not take it, and that was told. */
	if (!push->is_packed)
		return kg_done(job);
	struct kg_blob_put put = {
		.host = push->remote->host, .path = push->path, .file = push->file, .stall_ms = push->remote->stall_ms
	};
	return kg_registry_blob_put(job, &put, layer_put);
}

static struct kg_next
layer_put(struct kg_job *job)
{
	const struct kg_registry_result *result = kg_registry_result(job);
	struct push *push = push_of(job);

	unlink(push->file);
	if (result->error)
		return put_failed(job, result);
	push->layer_digest = kg_copy(job->arena, result->digest);
	push->layer_bytes = push->pack.file_bytes;
	return kg_go(config_begin);
}

/* The first one puts it there for all, and the others wait for that. */
static struct kg_next
config_begin(struct kg_job *job)
{
	struct push *push = push_of(job);
	struct kg_publishing *publishing = &push->run->publishing;

	if (publishing->has_config)
		return kg_go(manifest_begin);
	if (!publishing->config_topic)
		publishing->config_topic = kg_topic_make(job);
	if (publishing->config_putter && publishing->config_putter->is_running)
		return kg_wait_topic(job, publishing->config_topic, 100, config_begin);
	publishing->config_putter = (struct kg_operation *)job;
	struct kg_blob_put put = {
		.host = push->remote->host,
		.path = push->path,
		.bytes = empty_bytes,
		.size = sizeof(empty_bytes) - 1,
		.stall_ms = push->remote->stall_ms,
	};
	return kg_registry_blob_put(job, &put, config_put);
}

static struct kg_next
config_put(struct kg_job *job)
{
	const struct kg_registry_result *result = kg_registry_result(job);
	struct kg_publishing *publishing = &push_of(job)->run->publishing;

	publishing->has_config = !result->error;
	publishing->config_putter = NULL;
	kg_topic_signal(publishing->config_topic);
	return result->error ? put_failed(job, result) : kg_go(manifest_begin);
}

static const char *
manifest_write(struct kg_job *job, const struct push *push)
{
	const struct kg_task *task = &push->run->tasks[push->node];
	int64_t made_ns = task->was_restored ? push->pack.made_ns : task->ended_ns - task->started_ns;
	struct kg_arena *arena = job->arena;
	static const struct kg_pair none = { 0 };
	const struct kg_pair notes[] = {
		{ KG_NOTE_CONTENT, kg_format(arena, "%lld", (long long)push->pack.content_bytes) },
		{ KG_NOTE_DURATION, kg_format(arena, "%lld", (long long)(made_ns / 1000000)) },
		{ KG_NOTE_NODE, job->name },
		{ KG_NOTE_VERSION, push->run->options.version ? push->run->options.version : "0" },
		{ 0 },
	};
	struct kg_descriptor layer = {
		.media_type = KG_OUTPUTS_LAYER_TYPE,
		.digest = push->layer_digest,
		.size = push->layer_bytes,
		.annotations = &none,
	};
	struct kg_manifest manifest = {
		.artifact_type = KG_OUTPUTS_TYPE,
		.config = {
			.media_type = empty_type,
			.digest = kg_sha256(arena, empty_bytes, sizeof(empty_bytes) - 1),
			.size = sizeof(empty_bytes) - 1,
			.annotations = &none,
		},
		.layers = &layer,
		.layer_count = 1,
		.annotations = notes,
	};

	return kg_manifest_write(arena, &manifest);
}

static struct kg_next
manifest_begin(struct kg_job *job)
{
	struct push *push = push_of(job);
	const char *manifest = manifest_write(job, push);
	struct kg_manifest_put put = {
		.of = { .host = push->remote->host, .path = push->path, .tag = kg_remote_tag(job->arena, push->key) },
		.bytes = manifest,
		.size = strlen(manifest),
		.stall_ms = push->remote->stall_ms,
	};
	return kg_registry_manifest_put(job, &put, manifest_put);
}

static struct kg_next
manifest_put(struct kg_job *job)
{
	const struct kg_registry_result *result = kg_registry_result(job);
	struct push *push = push_of(job);

	if (result->error)
		return put_failed(job, result);
	if (!push->is_depfile)
		kg_tell(job, "%s/%s:%s, %s", push->remote->host, push->path, kg_remote_tag(job->arena, push->key),
		    kg_size_tell(job->arena, push->layer_bytes));
	return kg_go(key_shared);
}
