/*
 * Putting a blob: HEAD tells whether it is there; POST begins an upload and PUT sends it whole. Small things take three
 * requests, large ones no copy in memory.
 *
 * When the PUT is cut, the registry may have all of it (only its answer was lost), a part, or nothing. So HEAD asks first;
 * then GET of the upload's place tells how far it got, PATCH sends the rest, and an empty PUT closes it. A registry that knows
 * nothing of that (distribution forgets an upload that was cut) gets the whole once more.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/http_header.h"
#include "engine/base/text.h"
#include "engine/registry/inside.h"
#include "engine/registry/manifest.h"

static constexpr uint32_t cuts_most = 3;
static constexpr int64_t progress_bytes = 1 << 20;

static kg_step put_known, head, head_came, post_came, put_whole, put_came, post, status_came, patch_came;

struct kg_next
kg_registry_blob_put(struct kg_job *job, const struct kg_blob_put *put, kg_step *then)
{
	struct kg_call *call = kg_call_begin(job, put->host, put->path, put->stall_ms, then);

	call->put = *put;
	call->pushes = true;
	call->what = "a blob";
	call->digest = kg_new(job->arena, struct kg_file_digest);
	call->digest->path = put->file;
	if (put->digest && !kg_digest_is_well(put->digest))
		return kg_call_end(job, kg_error_make(job->arena, KG_EINPUT, "`%s` is no SHA-256", put->digest));
	if (put->file && !put->digest)
		return kg_wait_worker(job, kg_file_digest_work, call->digest, put_known);
	call->digest->size = (int64_t)put->size;
	if (put->file) {
		struct stat status;

		call->digest->sys = stat(put->file, &status) < 0 ? errno : 0;
		call->digest->size = call->digest->sys ? 0 : status.st_size;
	}
	snprintf(call->digest->text, sizeof(call->digest->text), "%s",
	    put->digest ? put->digest : kg_sha256(job->arena, put->bytes, put->size));
	return kg_go(put_known);
}

/* A digest that the caller gives is not worked out again: the registry does that anyway, and refuses what differs. */
static struct kg_next
put_known(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);
	const struct kg_file_digest *digest = call->digest;

	if (digest->sys)
		return kg_call_end(job, kg_error_system(job->arena, digest->sys, "cannot read %s", digest->path));
	call->what = kg_format(job->arena, "blob %s", digest->text);
	call->result.digest = digest->text;
	call->result.size = digest->size;
	return kg_go(head);
}

static struct kg_next
head(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);

	call->exchange = (struct kg_exchange){
		.method = "HEAD",
		.url = kg_call_url(job, kg_format(job->arena, "blobs/%s", call->digest->text)),
		.then = head_came,
	};
	return kg_exchange(job);
}

static struct kg_next
head_came(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);

	if (call->failure)
		return kg_call_end(job, call->failure);
	if (job->http.status == 200) {
		call->result.was_there = call->cuts == 0 && call->result.moved_bytes == 0;
		return kg_call_end(job, NULL);
	}
	if (job->http.status != 404)
		return kg_call_end(job, kg_call_refused(job));
	if (call->location) {
		call->exchange = (struct kg_exchange){ .method = "GET", .url = call->location, .once = true, .then = status_came };
		return kg_exchange(job);
	}
	return kg_go(post);
}

static struct kg_next
post(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);

	call->exchange = (struct kg_exchange){ .method = "POST", .url = kg_call_url(job, "blobs/uploads/"), .then = post_came };
	return kg_exchange(job);
}

/* The place that the last answer names for what comes next. Some registries name it anew each time. */
static bool
location_take(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);
	const char *location = kg_http_header(job->arena, job->http.headers, "location");
	const char *url = location ? kg_url_resolve(job->arena, call->exchange.url, location) : NULL;
	struct kg_url from, to;

	if (!url || !kg_url_read(job->arena, call->exchange.url, &from) || !kg_url_read(job->arena, url, &to))
		return false;
	if (to.is_plain && !(from.is_plain && kg_url_is_loopback(job->arena, to.authority)))
		return false;
	call->location = url;
	return true;
}

static struct kg_next
post_came(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);

	if (call->failure)
		return kg_call_end(job, call->failure);
	if (job->http.status != 202)
		return kg_call_end(job, kg_call_refused(job));
	if (!location_take(job))
		return kg_call_end(job, kg_error_make(job->arena, KG_ENETWORK, "the registry names no place to put it"));
	call->have = 0;
	return kg_go(put_whole);
}

/* Sends what is left of the blob. */
static struct kg_next
rest_send(struct kg_job *job, const char *method, const char *url, const char *range, kg_step *then)
{
	struct kg_call *call = kg_registry_call_of(job);
	bool is_empty = call->digest->size == call->have;

	call->exchange = (struct kg_exchange){
		.method = method,
		.url = url,
		.headers = { "Content-Type: application/octet-stream", range },
		.body = is_empty || call->put.file ? NULL : call->put.bytes + call->have,
		.body_size = is_empty || call->put.file ? 0 : (size_t)(call->digest->size - call->have),
		.body_path = is_empty ? NULL : call->put.file,
		.body_from = call->have,
		.timeout_ms = kg_exchange_time_ms(call->digest->size - call->have),
		.once = true,
		.then = then,
	};
	return kg_exchange(job);
}

static struct kg_next
put_whole(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);

	return rest_send(job, "PUT", kg_url_add(job->arena, call->location, "digest", call->digest->text), NULL, put_came);
}

/* Cut, or told to come later. */
static struct kg_next
cut(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);
	int64_t pause_ms = -1;

	if (call->cuts < cuts_most && kg_exchange_may_retry(job))
		pause_ms = kg_exchange_pause_ms(job, ++call->cuts);
	return pause_ms < 0 ? kg_call_end(job, call->failure) : kg_wait_timer(job, pause_ms, head);
}

/* A registry that has forgotten the upload, or that sees another digest in what it put together, gets the whole once more. */
static struct kg_next
whole_again(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);

	if (call->is_restarted)
		return kg_call_end(job, kg_call_refused(job));
	call->is_restarted = true;
	call->location = NULL;
	return kg_go(head);
}

static struct kg_next
put_came(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);
	const char *other;

	if (call->failure)
		return cut(job);
	if (job->http.status != 201 && job->http.status != 200 && job->http.status != 204)
		return call->is_resumed && job->http.status < 500 ? whole_again(job) : kg_call_end(job, kg_call_refused(job));
	other = kg_call_other_digest(job, call->digest->text);
	if (other)
		return kg_call_end(job, kg_error_make(job->arena, KG_EDATA, "the registry has kept it as %s", other));
	call->result.moved_bytes += call->digest->size - call->have;
	return kg_call_end(job, NULL);
}

/* "Range: 0-N": so far it got, N included. "0-0" is what is said of nothing as well. 0 when it does not say. */
static int64_t
range_end(const char *range)
{
	const char *dash = range ? strchr(range, '-') : NULL;
	char *end;
	long long last = dash && dash[1] >= '0' && dash[1] <= '9' ? strtoll(dash + 1, &end, 10) : 0;

	return last > 0 && *end == '\0' && last < INT64_MAX ? last + 1 : 0;
}

static struct kg_next
status_came(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);
	int64_t have = range_end(kg_http_header(job->arena, job->http.headers, "range"));
	bool is_known = !call->failure && (job->http.status == 204 || job->http.status == 202);

	if (!is_known || have <= 0 || have > call->digest->size || !location_take(job)) {
		call->location = NULL;
		return kg_go(post);
	}
	if (have - call->have >= progress_bytes)
		call->cuts = 0;
	call->result.moved_bytes += have - call->have;
	call->have = have;
	call->is_resumed = true;
	if (have == call->digest->size)
		return kg_go(put_whole);
	return rest_send(job, "PATCH", call->location,
	    kg_format(job->arena, "Content-Range: %lld-%lld", (long long)have, (long long)call->digest->size - 1), patch_came);
}

static struct kg_next
patch_came(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);

	if (call->failure)
		return cut(job);
	if (job->http.status != 202 && job->http.status != 204)
		return job->http.status < 500 ? whole_again(job) : kg_call_end(job, kg_call_refused(job));
	if (!location_take(job))
		return kg_call_end(job, kg_error_make(job->arena, KG_ENETWORK, "the registry names no place to put it"));
	call->result.moved_bytes += call->digest->size - call->have;
	call->have = call->digest->size;
	return kg_go(put_whole);
}
