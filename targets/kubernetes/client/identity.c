/*
 * Who we are to the server: certificate and static token from the kubeconfig, a token from a file that is read again, or what a plug-in prints. One job at a
 * time finds it out for all.
 */
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "engine/kubeconfig/base64.h"
#include "targets/kubernetes/client/inside.h"

/* A token that expires within the flight of a request is as good as expired. */
static constexpr int64_t expiry_margin_ns = 10'000'000'000;
/* Whoever writes token files writes the next one long before the last expires. */
static constexpr int64_t file_good_ns = 10'000'000'000;

static kg_step login_taken, login_done, way_known;

static bool
is_good(const struct kg_job *job, const struct kg_api *api)
{
	const struct kg_identity *identity = &api->identity;

	if (identity->version == 0 || identity->is_refused)
		return false;
	if (api->config.token_file && job->now_ns - identity->read_ns > file_good_ns)
		return false;
	return identity->expires_wall_ns == INT64_MAX || identity->expires_wall_ns - kg_clock_wall_ns() > expiry_margin_ns;
}

struct kg_next
kg_identity_prepare(struct kg_job *job, struct kg_api *api, kg_step *then)
{
	struct kg_api_call *call = kg_api_call_of(job);

	call->api = api;
	call->failure = NULL;
	if (is_good(job, api))
		return kg_go(then);
	call->identity_then = then;
	return kg_turn_take(job, &api->login, login_taken);
}

/* Names of headers come from as-user-extra: RFC 9110's tokens stay, all else is %-encoded, as client-go does it. */
static const char *
header_name(struct kg_arena *arena, const char *name)
{
	struct kg_text text = { .arena = arena };

	for (; *name; name++) {
		bool is_plain = (*name >= '0' && *name <= '9') || (*name >= 'a' && *name <= 'z') ||
		    (*name >= 'A' && *name <= 'Z') || strchr("!#$&'*+-.^_`|~", *name);

		kg_text_format(&text, is_plain ? "%c" : "%%%02X", (unsigned char)*name);
	}
	return kg_text_end(&text);
}

void
kg_identity_set(struct kg_job *job, struct kg_api *api, const char *token)
{
	const struct kg_kubeconfig *config = &api->config;
	struct kg_arena *arena = job->arena;
	KG_LIST(const char *) headers = {};

	if (token && *token) {
		kg_hide(job, token);
		kg_list_push(arena, &headers, kg_format(arena, "Authorization: Bearer %s", token));
	} else if (config->username) {
		const char *pair = kg_format(arena, "%s:%s", config->username, config->password ? config->password : "");
		const char *basic = kg_base64_encode(arena, pair, strlen(pair));

		kg_hide(job, basic);
		kg_list_push(arena, &headers, kg_format(arena, "Authorization: Basic %s", basic));
	}
	if (config->as)
		kg_list_push(arena, &headers, kg_format(arena, "Impersonate-User: %s", config->as));
	if (config->as_uid)
		kg_list_push(arena, &headers, kg_format(arena, "Impersonate-Uid: %s", config->as_uid));
	for (const char *const *group = config->as_groups; *group; group++)
		kg_list_push(arena, &headers, kg_format(arena, "Impersonate-Group: %s", *group));
	for (const struct kg_pair *extra = config->as_extra; extra->name; extra++)
		kg_list_push(
		    arena, &headers, kg_format(arena, "Impersonate-Extra-%s: %s", header_name(arena, extra->name), extra->value));
	kg_list_push(arena, &headers, NULL);
	api->identity.headers = headers.items;
	api->identity.version++;
	api->identity.is_refused = false;
	api->identity.read_ns = job->now_ns;
}

/* A file that cannot be read just now leaves the token before it: it may be in the middle of being replaced. */
static struct kg_error *
token_file_read(struct kg_job *job, struct kg_api *api)
{
	const struct kg_kubeconfig *config = &api->config;
	const char *token = NULL;
	struct kg_error *error;
	size_t size = 0;

	error = kg_file_read(job->arena, config->token_file, &token, &size);
	if (!error) {
		while (size > 0 && strchr(" \t\r\n", token[size - 1]))
			size--;
		token = kg_copy_bytes(job->arena, token + strspn(token, " \t\r\n"), size - strspn(token, " \t\r\n"));
	}
	if (error || !*token) {
		if (config->token)
			kg_identity_set(job, api, config->token);
		if (api->identity.version > 0 && !api->identity.is_refused) {
			api->identity.read_ns = job->now_ns;
			return NULL;
		}
		return error ? kg_error_wrap(job->arena, error, "the token of %s cannot be read", config->user)
			     : kg_error_make(job->arena, KG_EINPUT, "the token file %s is empty", config->token_file);
	}
	kg_identity_set(job, api, token);
	return NULL;
}

static struct kg_next
login_taken(struct kg_job *job)
{
	struct kg_api_call *call = kg_api_call_of(job);
	struct kg_api *api = call->api;

	/* Another job may have been here meanwhile. */
	if (is_good(job, api))
		return kg_go(login_done);
	if (api->config.plugin)
		return kg_plugin_ask(job, login_done);
	api->identity.expires_wall_ns = INT64_MAX;
	api->identity.cert_pem = api->config.cert_pem;
	api->identity.key_pem = api->config.key_pem;
	if (api->config.token_file)
		call->failure = token_file_read(job, api);
	else
		kg_identity_set(job, api, api->config.token);
	return kg_go(login_done);
}

static struct kg_next
login_done(struct kg_job *job)
{
	struct kg_api_call *call = kg_api_call_of(job);

	kg_turn_give(job, &call->api->login);
	return kg_go(call->identity_then);
}

bool
kg_identity_refused(struct kg_api *api, uint32_t version)
{
	if (version != api->identity.version)
		return true;
	if (!api->config.plugin && !api->config.token_file)
		return false;
	api->identity.is_refused = true;
	return true;
}

struct kg_next
kg_api_find_way(struct kg_job *job, struct kg_api *api, struct kg_api_way *ret_way, kg_step *then)
{
	struct kg_api_call *call = kg_api_call_of(job);

	call->ret_way = ret_way;
	call->then = then;
	return kg_identity_prepare(job, api, way_known);
}

static struct kg_next
way_known(struct kg_job *job)
{
	static const char *const nothing[] = { NULL };
	struct kg_api_call *call = kg_api_call_of(job);
	const struct kg_api *api = call->api;

	*call->ret_way = (struct kg_api_way){
		.url = api->config.server,
		.tls_name = api->config.tls_name,
		.ca_pem = api->config.ca_pem,
		.cert_pem = api->identity.cert_pem,
		.key_pem = api->identity.key_pem,
		.insecure = api->config.insecure,
		.proxy = api->config.proxy,
		.headers = api->identity.headers,
	};
	job->http = (struct kg_http_result){ .body = "", .headers = "" };
	if (call->failure) {
		*call->ret_way = (struct kg_api_way){ .headers = nothing };
		job->http.error = call->failure;
		job->http.is_lasting = true;
	}
	return kg_go(call->then);
}

void
kg_api_way_refused(struct kg_api *api, const struct kg_api_way *way)
{
	if (way->headers == api->identity.headers)
		(void)kg_identity_refused(api, api->identity.version);
}
