/*
 * Fetching a blob into a file. An interruption goes on with a Range where it was cut; when what was put together so turns out
 * to be wrong, the whole is fetched once more without one.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/registry/inside.h"
#include "engine/registry/manifest.h"

static kg_step blob_begin, blob_again, blob_came, blob_hashed;

void
kg_blob_close(struct kg_job *job, bool is_well)
{
	struct kg_call *call = kg_registry_call_of(job);

	if (call->fd < 0)
		return;
	close(call->fd);
	call->fd = -1;
	if (!is_well)
		unlink(call->blob.file);
}

static struct kg_next
blob_end(struct kg_job *job, struct kg_error *error)
{
	kg_blob_close(job, !error && !kg_registry_call_of(job)->result.is_absent);
	return kg_call_end(job, error);
}

struct kg_next
kg_registry_blob_get(struct kg_job *job, const struct kg_blob_ask *ask, kg_step *then)
{
	struct kg_call *call = kg_call_begin(job, ask->host, ask->path, ask->stall_ms, then);

	call->blob = *ask;
	call->what = kg_format(job->arena, "blob %s", ask->digest);
	if (!kg_digest_is_well(ask->digest))
		return kg_call_end(job, kg_error_make(job->arena, KG_EINPUT, "`%s` is no SHA-256", ask->digest));
	call->fd = open(ask->file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (call->fd < 0)
		return kg_call_end(job, kg_error_system(job->arena, errno, "cannot write %s", ask->file));
	return kg_go(blob_begin);
}

/* What it asks of the host, which a redirect may have replaced by a place that knows the blob for some minutes only. */
static void
request_set(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);
	struct kg_exchange *exchange = &call->exchange;

	exchange->url = kg_format(job->arena, "%s%s", call->host->base ? call->host->base : "",
	    kg_call_url(job, kg_format(job->arena, "blobs/%s", call->blob.digest)));
	exchange->redirects = 0;
	exchange->headers[0] = call->have > 0 ? kg_format(job->arena, "Range: bytes=%lld-", (long long)call->have) : NULL;
	exchange->save_at = call->have;
	/* One that sends more than was announced is cut off; what it would have sent is of no use. */
	exchange->save_limit = call->blob.size >= 0 ? call->blob.size + 1 : 0;
	exchange->timeout_ms = call->blob.size >= 0 ? kg_exchange_time_ms(call->blob.size - call->have) : -1;
}

static struct kg_next
blob_begin(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);

	call->have = 0;
	call->exchange = (struct kg_exchange){
		.method = "GET",
		.save_fd = call->fd,
		.again = blob_again,
		.then = blob_came,
	};
	request_set(job);
	return kg_exchange(job);
}

/* What has arrived stays. An answer that was not a blob has saved nothing. */
static struct kg_next
blob_again(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);

	if (job->http.saved_bytes > 0) {
		call->result.moved_bytes += job->http.saved_bytes;
		call->have = job->http.saved_to;
		call->is_resumed = true;
	}
	request_set(job);
	return kg_go(kg_exchange_send);
}

static struct kg_next
restart_or_end(struct kg_job *job, struct kg_error *error)
{
	struct kg_call *call = kg_registry_call_of(job);

	if (!call->is_resumed || call->is_restarted)
		return blob_end(job, error);
	call->is_restarted = true;
	return kg_go(blob_begin);
}

static struct kg_next
blob_came(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);
	int status = job->http.status;

	call->result.moved_bytes += job->http.saved_bytes;
	if (call->failure)
		return blob_end(job, call->failure);
	if (status == 404) {
		call->result.is_absent = true;
		return blob_end(job, NULL);
	}
	/* All of it had come before the cut was noticed, or the other side does not know its own blob's length. */
	if (status == 416 && call->have > 0 && call->have != call->blob.size)
		return restart_or_end(job, kg_call_refused(job));
	if (status != 200 && status != 206 && status != 416)
		return blob_end(job, kg_call_refused(job));
	if (status != 416)
		call->have = job->http.saved_bytes > 0 ? job->http.saved_to : status == 206 ? call->have : 0;
	if (ftruncate(call->fd, call->have) < 0)
		return blob_end(job, kg_error_system(job->arena, errno, "cannot write %s", call->blob.file));
	call->digest = kg_new(job->arena, struct kg_file_digest);
	call->digest->path = call->blob.file;
	return kg_wait_worker(job, kg_file_digest_work, call->digest, blob_hashed);
}

static struct kg_next
blob_hashed(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);
	const struct kg_file_digest *digest = call->digest;

	if (digest->sys)
		return blob_end(job, kg_error_system(job->arena, digest->sys, "cannot read %s", call->blob.file));
	if (call->blob.size >= 0 && digest->size != call->blob.size)
		return restart_or_end(job,
		    kg_error_make(job->arena, KG_EDATA, "what came is damaged: it has %lld bytes instead of %lld",
			(long long)digest->size, (long long)call->blob.size));
	if (strcmp(digest->text, call->blob.digest) != 0)
		return restart_or_end(
		    job, kg_error_make(job->arena, KG_EDATA, "what came is damaged: it has the digest %s", digest->text));
	call->result.digest = call->blob.digest;
	call->result.size = digest->size;
	return blob_end(job, NULL);
}
