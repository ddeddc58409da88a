/*
 * One request until it is answered. Three things are borne with: a server that says "later", one that is away for a while (it is restarted, or its cluster
 * was just made), and credentials that it no longer takes. Nothing else is: what the server says is the answer.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/base/http_header.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/inside.h"
#include "targets/kubernetes/client/json.h"
#include "targets/kubernetes/status/member.h"

static constexpr int64_t timeout_default_ms = 60'000; /* admission may ask webhooks for 30 s, and more than one of them */
static constexpr size_t body_limit_default = (size_t)256 << 20;
static constexpr int64_t patience_default_ms = 30'000;
static constexpr uint32_t later_most = 10; /* as client-go */
static constexpr int64_t later_patience_ms = 120'000;
static constexpr uint32_t strangers_most = 3;
static constexpr int64_t pause_first_ms = 50, pause_most_ms = 2'000;
static constexpr int64_t connect_ms = 5'000;
/* A server that has just come back does not know all roles at once, and refuses what it will allow a moment later. */
static constexpr int64_t roles_lag_ms = 10'000;
static constexpr int64_t ms_ns = 1'000'000;

static kg_step identity_known, answered, send;

struct kg_next
kg_api_ask(struct kg_job *job, struct kg_api *api, const struct kg_api_request *request, kg_step *then)
{
	struct kg_api_call *call = kg_api_call_of(job);

	call->api = api;
	call->request = *request;
	call->then = then;
	call->tries = call->misses = call->strangers = 0;
	call->began_ns = job->now_ns;
	call->is_renewed = call->has_begun = call->is_told = false;
	return kg_go(send);
}

static struct kg_next
send(struct kg_job *job)
{
	return kg_identity_prepare(job, kg_api_call_of(job)->api, identity_known);
}

static bool
piece_came(void *context, const char *bytes, size_t size)
{
	struct kg_api_call *call = context;

	call->has_begun = true;
	return call->request.collect(call->request.context, bytes, size);
}

static const char *const *
headers_of(struct kg_job *job, const struct kg_api_call *call)
{
	const struct kg_api_request *request = &call->request;
	const char *const *own = call->api->identity.headers;
	uint32_t count = 0;

	while (own[count])
		count++;
	const char **headers = kg_new_array(job->arena, const char *, count + 4);
	memcpy(headers, own, count * sizeof(*headers));
	headers[count++] = request->accept ? kg_format(job->arena, "Accept: %s", request->accept) : "Accept: application/json";
	if (request->content_type)
		headers[count++] = kg_format(job->arena, "Content-Type: %s", request->content_type);
	if (request->etag)
		headers[count++] = kg_format(job->arena, "If-None-Match: %s", request->etag);
	return headers;
}

static struct kg_next
identity_known(struct kg_job *job)
{
	struct kg_api_call *call = kg_api_call_of(job);
	const struct kg_api_request *request = &call->request;
	const struct kg_kubeconfig *config = &call->api->config;

	if (call->failure) {
		job->http = (struct kg_http_result){ .body = "", .headers = "", .error = call->failure, .is_lasting = true };
		return kg_go(call->then);
	}
	call->identity = call->api->identity.version;
	call->sent_ns = job->now_ns;
	return kg_wait_http(job,
	    &(struct kg_http){
		.method = request->method,
		.url = kg_format(job->arena, "%s%s", config->server, request->path),
		.headers = headers_of(job, call),
		.body = request->body,
		.body_size = request->body_size,
		.body_limit = request->body_limit ? request->body_limit : body_limit_default,
		.timeout_ms = request->timeout_ms ? request->timeout_ms : timeout_default_ms,
		.connect_ms = connect_ms,
		.stall_ms = request->stall_ms,
		.ca_pem = config->ca_pem,
		.cert_pem = call->api->identity.cert_pem,
		.key_pem = call->api->identity.key_pem,
		.insecure = config->insecure,
		.tls_name = config->tls_name,
		.proxy = config->proxy,
		/* By HTTP/1.1 a connection carries one exchange at a time: there are no streams that could be mixed up. */
		.http2 = call->strangers == 0,
		.is_stream = request->collect,
		.collect = request->collect ? piece_came : NULL,
		.context = call,
		.keep_failure = true,
	    },
	    answered);
}

static int64_t
waited_ms(const struct kg_job *job, const struct kg_api_call *call)
{
	return (job->now_ns - call->began_ns) / ms_ns;
}

/* How long the server asks to wait: in the header, or, of what went wrong within it, in the Status. -1: it does not. */
static int64_t
asked_pause_ms(struct kg_job *job)
{
	int64_t pause_ms = kg_http_retry_after_ms(job->http.headers, kg_clock_wall_ns(), INT32_MAX);
	const cJSON *seconds;
	cJSON *status;

	if (pause_ms >= 0 || (job->http.status != 500 && job->http.status != 504))
		return pause_ms;
	status = cJSON_ParseWithLength(job->http.body, job->http.body_size);
	seconds = kg_json_at(status, "details.retryAfterSeconds");
	if (cJSON_IsNumber(seconds) && seconds->valueint > 0)
		pause_ms = (int64_t)seconds->valueint * 1000;
	cJSON_Delete(status);
	return pause_ms;
}

static void
outage_told(struct kg_job *job, struct kg_api_call *call, const char *why, int64_t left_ms)
{
	call->is_told = true;
	kg_tell(job, "the API server at %s does not answer (%s); trying for %lld s more", call->api->server, why,
	    (long long)((left_ms + 999) / 1000));
}

/* It is away, or what stands before it says so: asked again as long as patience lasts. */
static struct kg_next
missed(struct kg_job *job, const char *why)
{
	struct kg_api_call *call = kg_api_call_of(job);
	int64_t patience_ms = call->request.patience_ms ? call->request.patience_ms : patience_default_ms;
	int64_t left_ms, pause_ms = pause_first_ms;

	if (call->misses++ == 0)
		call->missing_ns = job->now_ns;
	call->api->outage_ns = job->now_ns;
	left_ms = patience_ms - (job->now_ns - call->missing_ns) / ms_ns;
	if (left_ms <= 0 || call->has_begun)
		return kg_go(call->then);
	for (uint32_t i = 1; i < call->misses && pause_ms < pause_most_ms; i++)
		pause_ms *= 2;
	if (call->misses > 1)
		outage_told(job, call, why, left_ms);
	if (pause_ms > pause_most_ms)
		pause_ms = pause_most_ms;
	return kg_wait_timer(job, pause_ms < left_ms ? pause_ms : left_ms, send);
}

static struct kg_next
put_off(struct kg_job *job, int64_t pause_ms)
{
	struct kg_api_call *call = kg_api_call_of(job);

	if (++call->tries > later_most || waited_ms(job, call) + pause_ms > later_patience_ms)
		return kg_go(call->then);
	if (pause_ms >= 1000) {
		call->is_told = true;
		kg_tell(job, "the API server at %s asks to wait %lld s (%d)", call->api->server, (long long)(pause_ms / 1000),
		    job->http.status);
	}
	return kg_wait_timer(job, pause_ms > pause_first_ms ? pause_ms : pause_first_ms, send);
}

static struct kg_next
settled(struct kg_job *job)
{
	struct kg_api_call *call = kg_api_call_of(job);

	if (call->is_told && !job->http.error)
		kg_tell(job, "the API server at %s answers again", call->api->server);
	return kg_go(call->then);
}

/* The whole time of a request has passed. No connection in time is another thing: a server that starts takes longer, and has not got the request. */
static bool
is_spent(const struct kg_job *job, const struct kg_api_call *call)
{
	int64_t timeout_ms = call->request.timeout_ms ? call->request.timeout_ms : timeout_default_ms;

	return job->timed_out && job->now_ns - call->sent_ns >= timeout_ms * ms_ns;
}

/* The path itself: the server has no such resource, whatever its kinds were said to be. */
static bool
is_unknown_path(const struct kg_job *job)
{
	return job->http.status == 404 &&
	    (strstr(job->http.body, "404 page not found") || strstr(job->http.body, "could not find the requested resource"));
}

static bool
is_stranger(struct kg_job *job, const struct kg_api_request *request)
{
	const char *name = request->name ? kg_json_text(kg_api_answer(job), "metadata.name") : NULL;

	return name && strcmp(name, request->name) != 0;
}

/* A server of somebody else's, behind Kubernetes' own: it may call its objects as it likes. */
static bool
is_of_aggregated(const char *path)
{
	static const char start[] = "/apis/";
	const char *group = path + strlen(start);

	return kg_text_starts(path, start) && !kg_is_built_in(group, strcspn(group, "/"));
}

/*
 * Libraries and proxies of HTTP have given one request another's answer. What is asked for by name can be asked for again without harm, from then on over a
 * connection of its own. Who then says the same each time means it: aggregated servers may put a tier or the like before the name.
 */
static struct kg_next
stranger_met(struct kg_job *job)
{
	struct kg_api_call *call = kg_api_call_of(job);
	const char *name = kg_json_text(kg_api_answer(job), "metadata.name");
	bool is_same = call->strangers == 0 || kg_text_equal(call->stranger, name);

	call->agrees = call->strangers == 0 ? true : call->agrees && is_same;
	call->stranger = kg_copy(job->arena, name);
	if (++call->strangers < strangers_most)
		return kg_wait_timer(job, pause_first_ms, send);
	if (call->agrees && is_of_aggregated(call->request.path))
		return settled(job);
	struct kg_error *error =
	    kg_error_make(job->arena, KG_ENETWORK, "the API server at %s answered %u times with another object than %s",
		call->api->server, call->strangers, call->request.name);
	job->http = (struct kg_http_result){ .body = "", .headers = "", .error = error, .is_lasting = true };
	return kg_go(call->then);
}

static struct kg_next
answered(struct kg_job *job)
{
	struct kg_api_call *call = kg_api_call_of(job);
	struct kg_api *api = call->api;
	int32_t status = job->http.status;
	int64_t pause_ms;

	if (job->http.error)
		return job->http.is_lasting || is_spent(job, call) ? kg_go(call->then) : missed(job, job->http.error->message);
	call->misses = 0;
	if (is_unknown_path(job))
		api->kinds_are_old = true;
	if (status >= 200 && status < 400)
		return is_stranger(job, &call->request) ? stranger_met(job) : settled(job);
	if (status == 401 && !call->is_renewed && kg_identity_refused(api, call->identity)) {
		call->is_renewed = true;
		return kg_go(send);
	}
	if (status == 403 && api->outage_ns > 0 && job->now_ns - api->outage_ns < roles_lag_ms * ms_ns)
		return put_off(job, pause_first_ms * 4);
	if (status != 429 && status < 500)
		return settled(job);
	pause_ms = asked_pause_ms(job);
	if (pause_ms >= 0)
		return put_off(job, pause_ms);
	if (status >= 502 && status <= 504)
		return missed(job, kg_format(job->arena, "%d", status));
	return settled(job);
}
