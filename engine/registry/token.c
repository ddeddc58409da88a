/*
 * Bearer tokens: whoever the registry's challenge names gives one for the credentials, or for nothing when all may read
 * (distribution's token specification, and OAuth 2 where the login is itself a token).
 */
#include <string.h>

#include <cjson/cJSON.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "engine/registry/inside.h"

static constexpr size_t answer_most = 1 << 18;
static constexpr int64_t timeout_ms = 30000;
static constexpr int64_t life_default_s = 60; /* by the specification, where the answer does not say */
static constexpr int64_t life_most_s = 24 * 3600;
static constexpr uint32_t tries_most = 3;

static kg_step token_ask, token_came;

static bool
token_fits(const struct kg_call *call, const struct kg_token *token)
{
	return strcmp(token->path, call->path) == 0 && (token->may_push || !call->pushes);
}

const char *
kg_token_find(const struct kg_job *job)
{
	const struct kg_call *call = job->registry;

	for (uint32_t i = 0; i < call->host->tokens.count; i++) {
		const struct kg_token *token = &call->host->tokens.items[i];

		if (token_fits(call, token) && token->expires_ns > job->now_ns)
			return token->value;
	}
	return NULL;
}

void
kg_token_drop(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);
	uint32_t kept = 0;

	for (uint32_t i = 0; i < call->host->tokens.count; i++)
		if (!token_fits(call, &call->host->tokens.items[i]))
			call->host->tokens.items[kept++] = call->host->tokens.items[i];
	call->host->tokens.count = kept;
}

static struct kg_next
token_failed(struct kg_job *job, struct kg_error *error)
{
	struct kg_call *call = kg_registry_call_of(job);

	call->failure = kg_error_wrap(job->arena, error, "no token from %s", call->realm.authority);
	return kg_go(call->token_then);
}

struct kg_next
kg_token(struct kg_job *job, kg_step *then)
{
	struct kg_call *call = kg_registry_call_of(job);

	call->token_then = then;
	call->token_tries = 0;
	if (!kg_url_read(job->arena, call->challenge.realm, &call->realm)) {
		call->failure = kg_error_make(job->arena, KG_ENETWORK, "the registry names no place that gives tokens");
		return kg_go(then);
	}
	if (call->realm.is_plain && !kg_url_is_loopback(job->arena, call->realm.authority))
		return token_failed(job, kg_error_make(job->arena, KG_ENETWORK, "it would be asked without TLS"));
	return kg_go(token_ask);
}

static const char *
scope_of(struct kg_job *job)
{
	const struct kg_call *call = kg_registry_call_of(job);

	if (call->pushes)
		return kg_format(job->arena, "repository:%s:pull,push", call->path);
	return call->challenge.scope ? call->challenge.scope : kg_format(job->arena, "repository:%s:pull", call->path);
}

/* "service=…&scope=…", behind what the realm has already. */
static const char *
query_add(struct kg_job *job, const char *url)
{
	const struct kg_call *call = kg_registry_call_of(job);

	if (call->challenge.service)
		url = kg_url_add(job->arena, url, "service", call->challenge.service);
	return kg_url_add(job->arena, url, "scope", scope_of(job));
}

static struct kg_next
token_ask(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);
	const struct kg_credentials *login = kg_login_find(call);
	struct kg_registry_host *host = call->host;
	const char *registry_host = kg_format(job->arena, "https://%s", host->name);
	const char **headers = kg_new_array(job->arena, const char *, 2);
	struct kg_http *http = kg_new(job->arena, struct kg_http);
	struct kg_url registry;

	*http = (struct kg_http){
		.url = query_add(job, call->challenge.realm),
		.headers = headers,
		.body_limit = answer_most,
		.timeout_ms = timeout_ms,
		.stall_ms = call->stall_ms,
		.http2 = true,
	};
	if (login && login->identity) {
		const char *form = query_add(job, "?grant_type=refresh_token&client_id=kgraph");

		http->url = call->challenge.realm;
		http->method = "POST";
		http->body = kg_url_add(job->arena, form, "refresh_token", login->identity) + 1;
		http->body_size = strlen(http->body);
		headers[0] = "Content-Type: application/x-www-form-urlencoded";
	} else if (login && login->password) {
		headers[0] = kg_format(job->arena, "Authorization: Basic %s", kg_auth_basic(job->arena, login));
	}
	/* One that runs beside the registry has a certificate of the same hand. */
	if (kg_url_read(job->arena, registry_host, &registry) && strcmp(registry.host, call->realm.host) == 0) {
		http->ca_file = host->ca_file;
		http->cert_file = host->cert_file;
		http->key_file = host->key_file;
	}
	return kg_wait_http(job, http, token_came);
}

/* It becomes part of a header. */
static bool
token_is_well(const char *text)
{
	for (const char *at = text; *at; at++)
		if (*at <= ' ' || *at > '~')
			return false;
	return *text != '\0';
}

static bool
token_read(struct kg_job *job, struct kg_token *token)
{
	cJSON *root = cJSON_ParseWithLength(job->http.body, job->http.body_size);
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(root, "token");
	const cJSON *life = cJSON_GetObjectItemCaseSensitive(root, "expires_in");
	int64_t life_s = life_default_s;

	if (!cJSON_IsString(value))
		value = cJSON_GetObjectItemCaseSensitive(root, "access_token");
	bool is_well = cJSON_IsString(value) && token_is_well(value->valuestring);
	if (is_well)
		token->value = kg_copy(job->arena, value->valuestring);
	if (cJSON_IsNumber(life) && life->valuedouble > 0)
		life_s = life->valuedouble < (double)life_most_s ? (int64_t)life->valuedouble : life_most_s;
	/* Not sent in its last moments: it would expire on the way. */
	token->expires_ns = job->now_ns + life_s * 900000000;
	cJSON_Delete(root);
	return is_well;
}

static struct kg_next
token_came(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);
	struct kg_token token = { .path = call->path, .may_push = call->pushes };

	if (kg_exchange_may_retry(job) && !job->timed_out && call->token_tries < tries_most) {
		int64_t pause_ms = kg_exchange_pause_ms(job, ++call->token_tries);

		if (pause_ms >= 0)
			return kg_wait_timer(job, pause_ms, token_ask);
	}
	if (job->http.error)
		return token_failed(job, kg_error_copy(job->arena, job->http.error));
	if (job->http.status == 400 || job->http.status == 401 || job->http.status == 403) {
		call->failure = kg_call_denied(job);
		return kg_go(call->token_then);
	}
	if (job->http.status != 200)
		return token_failed(job, kg_call_refused(job));
	if (!token_read(job, &token))
		return token_failed(job, kg_error_make(job->arena, KG_ENETWORK, "what it answered is none"));
	kg_hide(job, token.value);
	kg_list_push(job->arena, &call->host->tokens, token);
	return kg_go(call->token_then);
}
