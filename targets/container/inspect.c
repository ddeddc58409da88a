#include "targets/container/inspect.h"

#include <string.h>
#include <strings.h>
#include <signal.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "engine/containers/listing_json.h"

struct kg_next
kg_inspect_ask(struct kg_job *job, const struct kg_engine *engine, const char *name, kg_step *then)
{
	struct kg_arguments arguments = { .arena = job->arena };

	kg_arguments_add(&arguments, "container", "inspect", name, NULL);
	return kg_engine_ask(job, engine, kg_arguments_end(&arguments), then);
}

bool
kg_inspect_is_ours(const struct kg_job *job, const struct kg_pair *labels)
{
	return kg_text_equal(kg_label(labels, KG_LABEL_GRAPH), kg_engine_owner(job)) &&
	    kg_text_equal(kg_label(labels, KG_LABEL_NODE), job->name);
}

const char *
kg_exit_tell(struct kg_arena *arena, int32_t exit_code, bool is_oom_killed)
{
	if (is_oom_killed)
		return kg_format(arena, "it was killed, since its memory ran out (exit status %d)", (int)exit_code);
	if (exit_code == 137)
		return "it was killed (exit status 137: signal 9), perhaps because memory ran out";
	if (exit_code > 128 && exit_code < 128 + NSIG && sigabbrev_np(exit_code - 128))
		return kg_format(arena, "it was ended by signal %d (%s)", (int)exit_code - 128, sigabbrev_np(exit_code - 128));
	if (exit_code < 0)
		return "it has ended";
	return kg_format(arena, "it ended with exit status %d", (int)exit_code);
}

struct reading {
	struct kg_job *job;
	struct kg_inspected *into;
	uint32_t count;
};

static const cJSON *
member(const cJSON *item, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(item, key);
}

/* {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "18080"}], "81/tcp": null} */
static void
ports_read(struct kg_arena *arena, const cJSON *ports, struct kg_inspected *into)
{
	struct kg_text text = { .arena = arena };
	const cJSON *port, *binding;

	cJSON_ArrayForEach(port, ports)
	{
		cJSON_ArrayForEach(binding, port)
		{
			const char *ip = kg_listing_text(arena, binding, "HostIp"),
				   *host = kg_listing_text(arena, binding, "HostPort");

			if (!*host)
				continue;
			ip = *ip ? ip : "0.0.0.0";
			kg_text_format(&text, "%s%s:%s->%s", text.size > 0 ? ", " : "", ip, host, port->string);
			if (!*into->port) {
				into->port = host;
				into->address = kg_format(arena, strchr(ip, ':') ? "[%s]:%s" : "%s:%s",
				    strcmp(ip, "0.0.0.0") == 0 ? "127.0.0.1" : ip, host);
			}
		}
	}
	into->ports = kg_text_end(&text);
}

static const char *
ip_read(struct kg_arena *arena, const cJSON *settings)
{
	const cJSON *network;
	const char *ip = kg_listing_text(arena, settings, "IPAddress");

	if (*ip)
		return ip;
	cJSON_ArrayForEach(network, member(settings, "Networks"))
	{
		ip = kg_listing_text(arena, network, "IPAddress");
		if (*ip)
			return ip;
	}
	return "";
}

static void
health_read(struct kg_arena *arena, const cJSON *state, struct kg_inspected *into)
{
	/* podman 3 says Healthcheck. */
	const cJSON *health = member(state, "Health") ? member(state, "Health") : member(state, "Healthcheck");
	const cJSON *log = member(health, "Log");
	int count = cJSON_IsArray(log) ? cJSON_GetArraySize(log) : 0;

	into->health = kg_listing_text(arena, health, "Status");
	into->health_words = count > 0 ? kg_listing_text(arena, cJSON_GetArrayItem(log, count - 1), "Output") : "";
}

static void
container_take(void *context, const cJSON *item)
{
	struct reading *reading = context;
	struct kg_arena *arena = reading->job->arena;
	struct kg_inspected *into = reading->into;
	const cJSON *state = member(item, "State"), *config = member(item, "Config");
	const char *finished = kg_listing_text(arena, state, "FinishedAt");

	if (reading->count++ > 0)
		return;
	*into = (struct kg_inspected){
		.is_there = true,
		.id = kg_listing_text(arena, item, "Id"),
		.image_id = kg_listing_id(kg_listing_text(arena, item, "Image")),
		.image = kg_listing_text(arena, config, "Image"),
		.labels = kg_listing_map(arena, config, "Labels"),
		.is_running = cJSON_IsTrue(member(state, "Running")),
		.is_paused = cJSON_IsTrue(member(state, "Paused")),
		.is_oom_killed = cJSON_IsTrue(member(state, "OOMKilled")),
		.status = kg_listing_text(arena, state, "Status"),
		.exit_code = (int32_t)kg_listing_number(state, "ExitCode", -1),
		.error = kg_listing_text(arena, state, "Error"),
		.finished_at = kg_text_starts(finished, "0001-") ? "" : finished,
		.port = "",
		.address = "",
	};
	health_read(arena, state, into);
	into->ip = ip_read(arena, member(item, "NetworkSettings"));
	ports_read(arena, member(member(item, "NetworkSettings"), "Ports"), into);
}

struct kg_error *
kg_inspect_read(struct kg_job *job, const struct kg_engine *engine, struct kg_inspected *ret)
{
	const char *words = job->child.last_lines;
	struct reading reading = { .job = job, .into = ret };

	*ret = (struct kg_inspected){ 0 };
	/* "Error: No such container: x", "Error: inspecting object: no such container x" */
	if (job->child.status != 0 && strcasestr(words, "no such container"))
		return NULL;
	if (job->child.status != 0)
		return kg_engine_error(job, engine, "look at the container");
	return kg_listing_each(job->arena, job->child.output, container_take, &reading);
}
