/* One ask of one job: its beginning, its end, and the sentences about what a registry answered. */
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/error.h"
#include "engine/base/http_header.h"
#include "engine/base/mask.h"
#include "engine/base/text.h"
#include "engine/registry/inside.h"

static constexpr int64_t stall_default_ms = 10000;
static constexpr size_t word_most = 200;

static struct kg_registry_host *
host_find(struct kg_job *job, const char *name)
{
	struct kg_registry_room *room;
	struct kg_registry_host *host;

	if (!*job->registries)
		*job->registries = kg_new(job->arena, struct kg_registry_room);
	room = *job->registries;
	for (uint32_t i = 0; i < room->hosts.count; i++)
		if (strcmp(room->hosts.items[i]->name, name) == 0)
			return room->hosts.items[i];
	host = kg_new(job->arena, struct kg_registry_host);
	host->name = kg_copy(job->arena, name);
	host->is_loopback = kg_url_is_loopback(job->arena, name);
	kg_list_push(job->arena, &room->hosts, host);
	return host;
}

struct kg_call *
kg_registry_call_of(struct kg_job *job)
{
	kg_assert(job->registry);
	return job->registry;
}

static void
call_release(struct kg_job *job)
{
	kg_learnt(job);
	kg_blob_close(job, false);
}

struct kg_call *
kg_call_begin(struct kg_job *job, const char *host, const char *path, int64_t stall_ms, kg_step *then)
{
	struct kg_call *call = job->registry;

	if (!call)
		job->registry = call = kg_new(job->arena, struct kg_call);
	*call = (struct kg_call){
		.host = host_find(job, host),
		.path = path,
		.stall_ms = stall_ms > 0 ? stall_ms : stall_default_ms,
		.then = then,
		.fd = -1,
	};
	job->http = (struct kg_http_result){ .body = "", .headers = "" };
	job->release = call_release;
	return call;
}

struct kg_next
kg_call_end(struct kg_job *job, struct kg_error *error)
{
	struct kg_call *call = kg_registry_call_of(job);

	kg_assert(call->fd < 0 && call->host->learner != call);
	job->release = NULL;
	if (error)
		call->result.error = kg_error_wrap(job->arena, error, "%s %s in %s/%s", call->pushes ? "cannot put" : "cannot get",
		    call->what, call->host->name, call->path);
	call->result.status = job->http.status;
	call->result.is_denied = error && (job->http.status == 401 || job->http.status == 403);
	return kg_go(call->then);
}

static kg_step learn_try;

struct kg_next
kg_learn(struct kg_job *job, kg_step *then)
{
	kg_registry_call_of(job)->learn_then = then;
	return kg_go(learn_try);
}

static struct kg_next
learn_try(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);
	struct kg_registry_host *host = call->host;

	if (!host->has_learnt)
		host->has_learnt = kg_topic_make(job);
	if (host->learner)
		return kg_wait_topic(job, host->has_learnt, 0, learn_try);
	host->learner = call;
	return kg_go(call->learn_then);
}

void
kg_learnt(struct kg_job *job)
{
	struct kg_registry_host *host = kg_registry_call_of(job)->host;

	if (host->learner != job->registry)
		return;
	host->learner = NULL;
	kg_topic_signal(host->has_learnt);
}

const struct kg_registry_result *
kg_registry_result(const struct kg_job *job)
{
	const struct kg_call *call = job->registry;

	kg_assert(call);
	return &call->result;
}

const char *
kg_call_url(struct kg_job *job, const char *rest)
{
	return kg_format(job->arena, "/v2/%s/%s", kg_registry_call_of(job)->path, rest);
}

/* On one line, and not too long: whoever answers chooses the words. */
static const char *
words_of(struct kg_job *job, const char *text)
{
	char *words = kg_copy(job->arena, kg_mask_text(job->arena, job->mask, text));

	for (char *at = words; *at; at++) {
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = ' ';
	}
	size_t length = strlen(words);
	if (length > word_most) {
		length = word_most;
		while (length > 0 && ((unsigned char)words[length] & 0xc0) == 0x80)
			length--;
		words[length] = '\0';
	}
	return words;
}

/* {"errors":[{"code":"DENIED","message":"…"}]}, by the specification. */
static const char *
reason_of(struct kg_job *job)
{
	cJSON *root = cJSON_ParseWithLength(job->http.body, job->http.body_size);
	const cJSON *first = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(root, "errors"), 0);
	const cJSON *code = cJSON_GetObjectItemCaseSensitive(first, "code");
	const cJSON *message = cJSON_GetObjectItemCaseSensitive(first, "message");
	const char *reason = "";

	if (cJSON_IsString(message) && *message->valuestring)
		reason = kg_format(job->arena, " (%s)", words_of(job, message->valuestring));
	else if (cJSON_IsString(code) && *code->valuestring)
		reason = kg_format(job->arena, " (%s)", words_of(job, code->valuestring));
	cJSON_Delete(root);
	return reason;
}

static const char *
status_tell(int status)
{
	switch (status) {
	case 400: return "400 Bad Request";
	case 401: return "401 Unauthorized";
	case 403: return "403 Forbidden";
	case 404: return "404 Not Found";
	case 405: return "405 Method Not Allowed";
	case 413: return "413 Content Too Large";
	case 416: return "416 Range Not Satisfiable";
	case 429: return "429 Too Many Requests";
	case 500: return "500 Internal Server Error";
	case 502: return "502 Bad Gateway";
	case 503: return "503 Service Unavailable";
	case 504: return "504 Gateway Timeout";
	case 507: return "507 Insufficient Storage";
	default: return NULL;
	}
}

struct kg_error *
kg_call_refused(struct kg_job *job)
{
	const char *status = status_tell(job->http.status);

	if (!status)
		status = kg_format(job->arena, "%d", job->http.status);
	return kg_error_make(job->arena, KG_ENETWORK, "the registry answered %s%s", status, reason_of(job));
}

const char *
kg_call_other_digest(struct kg_job *job, const char *digest)
{
	const char *said = kg_http_header(job->arena, job->http.headers, "docker-content-digest");

	return said && kg_text_starts(said, "sha256:") && strcasecmp(said, digest) != 0 ? words_of(job, said) : NULL;
}

struct kg_error *
kg_call_denied(struct kg_job *job)
{
	struct kg_call *call = kg_registry_call_of(job);
	const struct kg_credentials *login = kg_login_find(call);
	bool has_login = login && (login->password || login->identity);
	struct kg_error *error;

	if (has_login)
		error = kg_error_make(job->arena, KG_ENETWORK, "the registry refuses the login of %s%s",
		    login->user && *login->user ? login->user : "a token", reason_of(job));
	else
		error = kg_error_make(job->arena, KG_ENETWORK, "the registry wants a login%s", reason_of(job));
	return kg_error_advise(job->arena, error, "podman login %s", call->host->name);
}
