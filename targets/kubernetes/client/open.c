/* Which servers this run has to do with, and the turns that jobs take in finding out about one. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/inside.h"

static const char service_account_folder[] = "/var/run/secrets/kubernetes.io/serviceaccount";

struct kg_api_room {
	KG_LIST(struct kg_api *) apis;
};

struct kg_api_call *
kg_api_call_of(struct kg_job *job)
{
	if (!job->client)
		job->client = kg_new(job->arena, struct kg_api_call);
	return job->client;
}

/* The operation was ended in the middle of a turn. */
static void
turns_release(struct kg_job *job)
{
	struct kg_api_call *call = kg_api_call_of(job);
	void (*outer)(struct kg_job *job) = call->outer_release;

	for (size_t i = 0; i < sizeof(call->held) / sizeof(call->held[0]); i++)
		if (call->held[i])
			kg_turn_give(job, call->held[i]);
	if (outer)
		outer(job);
}

static kg_step turn_try;

struct kg_next
kg_turn_take(struct kg_job *job, struct kg_turn *turn, kg_step *then)
{
	struct kg_api_call *call = kg_api_call_of(job);

	call->wanted = turn;
	call->turn_then = then;
	return kg_go(turn_try);
}

static struct kg_next
turn_try(struct kg_job *job)
{
	struct kg_api_call *call = kg_api_call_of(job);
	struct kg_turn *turn = call->wanted;
	bool is_first = !call->held[0] && !call->held[1];

	if (!turn->ended)
		turn->ended = kg_topic_make(job);
	if (turn->holder)
		return kg_wait_topic(job, turn->ended, 0, turn_try);
	turn->holder = call;
	kg_assert(!call->held[0] || !call->held[1]);
	call->held[call->held[0] ? 1 : 0] = turn;
	if (is_first) {
		call->outer_release = job->release;
		job->release = turns_release;
	}
	return kg_go(call->turn_then);
}

void
kg_turn_give(struct kg_job *job, struct kg_turn *turn)
{
	struct kg_api_call *call = kg_api_call_of(job);

	kg_assert(turn->holder == call);
	turn->holder = NULL;
	call->held[call->held[0] == turn ? 0 : 1] = NULL;
	if (!call->held[0] && !call->held[1])
		job->release = call->outer_release;
	kg_topic_signal(turn->ended);
}

/* Changes when one of the files does, comes or goes. */
static const char *
stamp_of(struct kg_arena *arena, const char *const *files)
{
	struct kg_text text = { .arena = arena };
	struct stat info;

	for (; *files; files++) {
		if (stat(*files, &info) < 0)
			kg_text_add(&text, "-;");
		else
			kg_text_format(&text, "%" PRIuMAX ".%" PRIuMAX ".%jd.%jd.%ld;", (uintmax_t)info.st_dev,
			    (uintmax_t)info.st_ino, (intmax_t)info.st_size, (intmax_t)info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
	}
	return kg_text_end(&text);
}

/* "https://127.0.0.1:6443/x" → "127.0.0.1:6443" */
static const char *
host_of(struct kg_arena *arena, const char *url)
{
	const char *host = strstr(url, "://");

	host = host ? host + 3 : url;
	return kg_copy_bytes(arena, host, strcspn(host, "/"));
}

static struct kg_error *
none_found(struct kg_job *job, const struct kg_api_about *about, const char *const *files)
{
	uint32_t count = 0;

	while (files[count])
		count++;
	if (about->kubeconfig)
		return kg_error_make(job->arena, KG_EINPUT, "the kubeconfig %s is not there", about->kubeconfig);
	return kg_error_advise(job->arena,
	    kg_error_make(job->arena, KG_EINPUT, "there is no kubeconfig%s%s", count ? ": I looked for " : "",
		kg_text_enumerate(job->arena, files, count, " and ")),
	    "name one in the environment variable KUBECONFIG, or in the node's `kubeconfig`");
}

static struct kg_error *
config_read(struct kg_job *job, const struct kg_api_about *about, struct kg_kubeconfig *ret_config)
{
	const char *const *named = kg_kubeconfig_files(job->arena, about->kubeconfig, getenv("KUBECONFIG"), getenv("HOME"));
	KG_LIST(const char *) files = {};
	struct kg_error *error;

	for (const char *const *file = named; *file; file++)
		kg_list_push(job->arena, &files, kg_path_join(job->arena, kg_path_here(job->arena), *file));
	kg_list_push(job->arena, &files, NULL);
	/* A variable that nobody has set is an empty text. */
	bool has_context = about->context && *about->context;
	error = kg_kubeconfig_read(job->arena, files.items, has_context ? about->context : NULL, ret_config);
	if (error || ret_config->server)
		return error;
	if (!about->kubeconfig && !has_context &&
	    kg_kubeconfig_of_pod(job->arena, getenv("KUBERNETES_SERVICE_HOST"), getenv("KUBERNETES_SERVICE_PORT"),
		service_account_folder, ret_config))
		return NULL;
	return none_found(job, about, files.items);
}

/* The newest first: one whose files have changed since is left to those who have it. */
static struct kg_api *
api_find(struct kg_job *job, const struct kg_api_room *room, const char *asked)
{
	for (uint32_t i = room->apis.count; i-- > 0;) {
		struct kg_api *api = room->apis.items[i];

		if (strcmp(api->asked, asked) == 0)
			return strcmp(api->stamp, stamp_of(job->arena, api->config.files)) == 0 ? api : NULL;
	}
	return NULL;
}

struct kg_next
kg_api_open(struct kg_job *job, const struct kg_api_about *about, struct kg_api **ret_api, kg_step *then)
{
	const char *asked =
	    kg_format(job->arena, "%s\n%s", about->kubeconfig ? about->kubeconfig : "", about->context ? about->context : "");
	struct kg_api_room *room = *job->clients;
	struct kg_error *error;

	if (!room)
		*job->clients = room = kg_new(job->arena, struct kg_api_room);
	*ret_api = api_find(job, room, asked);
	if (*ret_api)
		return kg_go(then);

	struct kg_api *api = kg_new(job->arena, struct kg_api);
	error = config_read(job, about, &api->config);
	if (error)
		return kg_failed(error);
	api->asked = asked;
	api->arena = job->arena;
	api->stamp = stamp_of(job->arena, api->config.files);
	api->server = host_of(job->arena, api->config.server);
	if (api->config.key_pem)
		kg_hide(job, api->config.key_pem);
	if (api->config.password)
		kg_hide(job, api->config.password);
	if (api->config.token)
		kg_hide(job, api->config.token);
	kg_list_push(job->arena, &room->apis, api);
	*ret_api = api;
	return kg_go(then);
}

const char *
kg_api_server(const struct kg_api *api)
{
	return api->server;
}

bool
kg_api_is_same(const struct kg_api *api, const struct kg_api *other)
{
	const struct kg_kubeconfig *a = &api->config, *b = &other->config;

	return strcmp(a->server, b->server) == 0 && kg_text_equal(a->ca_pem, b->ca_pem) &&
	    kg_text_equal(a->tls_name, b->tls_name) && kg_text_equal(a->proxy, b->proxy);
}

const char *
kg_api_context(const struct kg_api *api)
{
	return api->config.context;
}

const char *
kg_api_namespace(const struct kg_api *api)
{
	return api->config.namespace_ ? api->config.namespace_ : "default";
}
