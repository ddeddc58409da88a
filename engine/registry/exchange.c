/*
 * One request until it is answered: with a token or password where the host wants one, after redirects, and once more where
 * another try may end otherwise.
 *
 * Redirects are followed here and not in libcurl, because what may be sent depends on where they lead: to another host go no
 * credentials, no certificate of ours and no body, and TLS is not left.
 */
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/base/http_header.h"
#include "engine/base/text.h"
#include "engine/registry/challenge.h"
#include "engine/registry/inside.h"

static constexpr uint32_t tries_most = 3; /* after the first */
static constexpr uint32_t redirects_most = 5;
static constexpr int64_t pause_first_ms = 100;
static constexpr int64_t pause_growth = 3;
static constexpr int64_t pause_asked_most_ms = 20000; /* a registry that asks for longer is as good as down */
static constexpr int64_t progress_bytes = 1 << 20;    /* so much more than before, and an interruption is the first again */
static constexpr int64_t time_least_ms = 60000;
static constexpr int64_t bytes_each_ms = 16; /* the slowest that is borne, on the average */
static constexpr int64_t connect_most_ms = 10000;

static kg_step host_known, answered, password_wanted, unauthorized, login_known, token_wanted, learnt, denied;

struct kg_next
kg_exchange(struct kg_job *job)
{
	kg_registry_call_of(job)->failure = NULL;
	return kg_host_prepare(job, host_known);
}

static struct kg_next
exchange_end(struct kg_job *job, struct kg_error *failure)
{
	struct kg_call *call = kg_registry_call_of(job);

	call->failure = failure;
	return kg_go(call->exchange.then);
}

static struct kg_next
host_known(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);
	struct kg_exchange *exchange = &call->exchange;

	if (call->failure)
		return kg_go(exchange->then);
	if (*exchange->url == '/')
		exchange->url = kg_format(job->arena, "%s%s", call->host->base, exchange->url);
	/* A password that is wanted is looked for first; a token is fetched when it is known where. */
	if (call->host->wants_password && !kg_login_find(call))
		return kg_learn(job, password_wanted);
	return kg_go(kg_exchange_send);
}

static struct kg_next
password_wanted(struct kg_job *job)
{
	return kg_login(job, learnt);
}

static const char *
authorization(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);
	struct kg_exchange *exchange = &call->exchange;
	const struct kg_credentials *login = kg_login_find(call);
	const char *token = kg_token_find(job);

	exchange->token = token;
	exchange->has_password = !token && call->host->wants_password && login && login->password;
	if (token)
		return kg_format(job->arena, "Authorization: Bearer %s", token);
	return exchange->has_password ? kg_format(job->arena, "Authorization: Basic %s", kg_auth_basic(job->arena, login)) : NULL;
}

/* Mostly it is the host's own, and then no URL need be taken apart. */
static bool
is_own(struct kg_job *job)
{
	const struct kg_call *call = job->registry;
	const char *base = call->host->base, *url = call->exchange.url;

	return (kg_text_starts(url, base) && url[strlen(base)] == '/') || kg_url_same_origin(job->arena, url, base);
}

struct kg_next
kg_exchange_send(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);
	struct kg_exchange *exchange = &call->exchange;
	struct kg_registry_host *host = call->host;
	bool is_ours = is_own(job);
	const char **headers = kg_new_array(job->arena, const char *, sizeof(exchange->headers) / sizeof(exchange->headers[0]) + 2);
	const char *login = is_ours ? authorization(job) : NULL;
	size_t count = 0;

	while (count < sizeof(exchange->headers) / sizeof(exchange->headers[0]) && exchange->headers[count]) {
		headers[count] = exchange->headers[count];
		count++;
	}
	if (login)
		headers[count] = login;
	return kg_wait_http(job,
	    &(struct kg_http){
		.method = exchange->method,
		.url = exchange->url,
		.headers = headers,
		.body = exchange->body,
		.body_size = exchange->body_size,
		.body_path = exchange->body_path,
		.body_from = exchange->body_from,
		.save_fd = exchange->save_fd,
		.save_at = exchange->save_at,
		.save_limit = exchange->save_limit,
		.body_limit = exchange->body_limit,
		.timeout_ms = exchange->timeout_ms ? exchange->timeout_ms : kg_exchange_time_ms(0),
		.connect_ms = call->stall_ms < connect_most_ms ? call->stall_ms : connect_most_ms,
		.stall_ms = call->stall_ms,
		.ca_file = is_ours ? host->ca_file : NULL,
		.cert_file = is_ours ? host->cert_file : NULL,
		.key_file = is_ours ? host->key_file : NULL,
		.http2 = true,
	    },
	    answered);
}

int64_t
kg_exchange_time_ms(int64_t size)
{
	return time_least_ms + size / bytes_each_ms;
}

bool
kg_exchange_may_retry(const struct kg_job *job)
{
	int status = job->http.status;

	if (job->http.error)
		return !job->http.is_lasting;
	return status == 429 || (status >= 502 && status <= 504);
}

int64_t
kg_exchange_pause_ms(const struct kg_job *job, uint32_t tries)
{
	int64_t asked_ms = kg_http_retry_after_ms(job->http.headers, kg_clock_wall_ns(), INT32_MAX);
	int64_t pause_ms = pause_first_ms;

	for (uint32_t i = 1; i < tries; i++)
		pause_ms *= pause_growth;
	if (asked_ms > pause_asked_most_ms)
		return -1;
	if (asked_ms >= 0)
		return asked_ms > pause_first_ms ? asked_ms : pause_first_ms;
	return pause_ms;
}

/* What nobody answered, or answered with "later". */
static struct kg_error *
last_word(struct kg_job *job)
{
	if (job->http.error)
		return kg_error_copy(job->arena, job->http.error);
	return kg_call_refused(job);
}

static struct kg_next
retry(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);
	struct kg_exchange *exchange = &call->exchange;
	int64_t pause_ms;

	if (exchange->again && job->http.saved_bytes >= progress_bytes)
		exchange->tries = 0;
	/* Who says nothing for the whole of its time is not asked three times more. */
	if (exchange->once || call->host->is_silent || exchange->tries >= (job->timed_out ? 1 : tries_most))
		return exchange_end(job, last_word(job));
	pause_ms = kg_exchange_pause_ms(job, ++exchange->tries);
	if (pause_ms < 0)
		return exchange_end(job, last_word(job));
	return kg_wait_timer(job, pause_ms, exchange->again ? exchange->again : kg_exchange_send);
}

static bool
is_reading(const struct kg_exchange *exchange)
{
	return strcmp(exchange->method, "GET") == 0 || strcmp(exchange->method, "HEAD") == 0;
}

static struct kg_next
redirect(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);
	struct kg_exchange *exchange = &call->exchange;
	const char *location = kg_http_header(job->arena, job->http.headers, "location");
	const char *url = location ? kg_url_resolve(job->arena, exchange->url, location) : NULL;
	struct kg_url from, to;

	if (!url || !kg_url_read(job->arena, exchange->url, &from) || !kg_url_read(job->arena, url, &to))
		return exchange_end(job, kg_error_make(job->arena, KG_ENETWORK, "the registry redirects to nowhere"));
	if (++exchange->redirects > redirects_most)
		return exchange_end(
		    job, kg_error_make(job->arena, KG_ENETWORK, "the registry redirects more than %u times", redirects_most));
	if (to.is_plain && !(from.is_plain && kg_url_is_loopback(job->arena, to.authority)))
		return exchange_end(
		    job, kg_error_make(job->arena, KG_ENETWORK, "the registry redirects to %s without TLS", to.authority));
	/* What is put is for this registry. */
	if (!is_reading(exchange) && !kg_url_same_origin(job->arena, exchange->url, url))
		return exchange_end(
		    job, kg_error_make(job->arena, KG_ENETWORK, "the registry redirects what is put to %s", to.authority));
	exchange->url = url;
	return kg_go(kg_exchange_send);
}

/* Others may have asked meanwhile, and have got what this one needs. */
static struct kg_next
unauthorized(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);
	struct kg_exchange *exchange = &call->exchange;
	const char *token = kg_token_find(job);

	call->challenge = kg_challenge_read(job->arena, job->http.headers);
	if (call->challenge.scheme == KG_CHALLENGE_BEARER && !exchange->is_renewed) {
		if (token && token != exchange->token)
			return learnt(job);
		kg_token_drop(job);
		exchange->is_renewed = true;
		return kg_login(job, token_wanted);
	}
	if (call->challenge.scheme == KG_CHALLENGE_BASIC && !exchange->has_password) {
		call->host->wants_password = true;
		return kg_login(job, login_known);
	}
	return denied(job);
}

static struct kg_next
learnt(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);

	kg_learnt(job);
	return kg_go(call->failure ? call->exchange.then : kg_exchange_send);
}

static struct kg_next
denied(struct kg_job *job)
{
	kg_learnt(job);
	return exchange_end(job, kg_call_denied(job));
}

static struct kg_next
login_known(struct kg_job *job)
{
	const struct kg_credentials *login = kg_login_find(kg_registry_call_of(job));

	return login && login->password ? learnt(job) : denied(job);
}

static struct kg_next
token_wanted(struct kg_job *job)
{
	return kg_token(job, learnt);
}

static struct kg_next
answered(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);
	int status = job->http.status;
	bool is_ours = is_own(job);

	if (!job->http.error)
		call->host->is_silent = false;
	if (job->http.error && !kg_exchange_may_retry(job))
		return exchange_end(job, last_word(job));
	if (kg_exchange_may_retry(job))
		return retry(job);
	if (status == 401 && is_ours)
		return kg_learn(job, unauthorized);
	if (status == 403 && is_ours)
		return exchange_end(job, kg_call_denied(job));
	if (status == 307 || status == 308 || (is_reading(&call->exchange) && status >= 301 && status <= 303))
		return redirect(job);
	return exchange_end(job, NULL);
}
