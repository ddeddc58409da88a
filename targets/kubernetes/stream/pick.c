#include "targets/kubernetes/stream/pick.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/list.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/json.h"

const char *const kg_pick_kinds[] = { "service", "pod", "deployment", "statefulset", "daemonset", "replicaset", NULL };

static const char *
encode(struct kg_arena *arena, const char *text)
{
	struct kg_text encoded = { .arena = arena };

	for (; *text; text++)
		kg_text_format(
		    &encoded, isalnum((unsigned char)*text) || strchr("-._~", *text) ? "%c" : "%%%02X", (unsigned char)*text);
	return kg_text_end(&encoded);
}

static bool
is_service(const struct kg_pick_about *about)
{
	return strcmp(about->kind, "service") == 0;
}

static bool
is_pod(const struct kg_pick_about *about)
{
	return strcmp(about->kind, "pod") == 0;
}

const char *
kg_pick_path(struct kg_arena *arena, const struct kg_pick_about *about)
{
	const char *root = is_service(about) || is_pod(about) ? "/api/v1" : "/apis/apps/v1";

	return kg_format(
	    arena, "%s/namespaces/%s/%ss/%s", root, encode(arena, about->namespace_), about->kind, encode(arena, about->name));
}

static void
requirement_add(struct kg_text *text, const char *requirement)
{
	kg_text_format(text, "%s%s", text->size > 0 ? "," : "", requirement);
}

/* A selector of the API as the one text that a list takes. */
static const char *
selector_text(struct kg_arena *arena, const cJSON *selector)
{
	struct kg_text text = { .arena = arena };
	const cJSON *label, *expression, *value;

	cJSON_ArrayForEach(label, kg_json_at(selector, "matchLabels"))
	{
		requirement_add(&text, kg_format(arena, "%s=%s", label->string, cJSON_IsString(label) ? label->valuestring : ""));
	}
	cJSON_ArrayForEach(expression, kg_json_at(selector, "matchExpressions"))
	{
		const char *key = kg_json_text(expression, "key"), *operator= kg_json_text(expression, "operator");
		struct kg_text values = { .arena = arena };

		cJSON_ArrayForEach(value, kg_json_at(expression, "values"))
		{
			kg_text_format(
			    &values, "%s%s", values.size > 0 ? "," : "", cJSON_IsString(value) ? value->valuestring : "");
		}
		if (!key || !operator)
			continue;
		if (strcmp(operator, "In") == 0)
			requirement_add(&text, kg_format(arena, "%s in (%s)", key, kg_text_end(&values)));
		else if (strcmp(operator, "NotIn") == 0)
			requirement_add(&text, kg_format(arena, "%s notin (%s)", key, kg_text_end(&values)));
		else
			requirement_add(&text, kg_format(arena, "%s%s", strcmp(operator, "Exists") == 0 ? "" : "!", key));
	}
	return kg_text_end(&text);
}

const char *
kg_pick_second_path(struct kg_arena *arena, const struct kg_pick_about *about, const cJSON *first)
{
	const char *namespace_ = encode(arena, about->namespace_);

	if (is_pod(about))
		return NULL;
	if (is_service(about))
		return kg_format(arena, "/apis/discovery.k8s.io/v1/namespaces/%s/endpointslices?labelSelector=%s", namespace_,
		    encode(arena, kg_format(arena, "kubernetes.io/service-name=%s", about->name)));
	return kg_format(arena, "/api/v1/namespaces/%s/pods?labelSelector=%s", namespace_,
	    encode(arena, selector_text(arena, kg_json_at(first, "spec.selector"))));
}

/* 0: it is no number. */
static uint16_t
port_number(const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);

	return *end == '\0' && end != text && number > 0 && number <= UINT16_MAX ? (uint16_t)number : 0;
}

static uint16_t
number_of(const cJSON *value)
{
	return cJSON_IsNumber(value) && value->valuedouble >= 1 && value->valuedouble <= UINT16_MAX ? (uint16_t)value->valuedouble
												    : 0;
}

static struct kg_error *
no_port(struct kg_arena *arena, const struct kg_pick_about *about)
{
	return kg_error_make(arena, KG_EINPUT, "%s %s has no port %s", about->kind, about->name, about->port);
}

/* The port of a Service that is meant, or NULL. */
static const cJSON *
service_port(const cJSON *service, const char *wanted)
{
	const cJSON *port;

	cJSON_ArrayForEach(port, kg_json_at(service, "spec.ports"))
	{
		if (kg_text_equal(kg_json_text(port, "name"), wanted) || number_of(kg_json_at(port, "port")) == port_number(wanted))
			return port;
	}
	return NULL;
}

/* The number that the port of that name has in a slice; 0: it has none of that name. */
static uint16_t
slice_port(const cJSON *slice, const char *name)
{
	const cJSON *port;

	cJSON_ArrayForEach(port, kg_json_at(slice, "ports"))
	{
		const char *its_name = kg_json_text(port, "name");

		if (strcmp(its_name ? its_name : "", name) == 0)
			return number_of(kg_json_at(port, "port"));
	}
	return 0;
}

struct picks {
	KG_LIST(struct kg_pick) list;
	bool others; /* there are addresses that are of no pod */
};

static void
endpoints_add(struct kg_arena *arena, struct picks *picks, const cJSON *slice, const char *port_name)
{
	uint16_t number = slice_port(slice, port_name);
	const cJSON *endpoint;

	cJSON_ArrayForEach(endpoint, kg_json_at(slice, "endpoints"))
	{
		const char *pod = kg_json_text(endpoint, "targetRef.name");
		bool is_of_pod = kg_text_equal(kg_json_text(endpoint, "targetRef.kind"), "Pod");

		picks->others |= !is_of_pod;
		if (number > 0 && pod && is_of_pod && !cJSON_IsFalse(kg_json_at(endpoint, "conditions.ready")))
			kg_list_push(arena, &picks->list, (struct kg_pick){ pod, number });
	}
}

static struct kg_error *
service_pick(
    struct kg_arena *arena, const struct kg_pick_about *about, const cJSON *service, const cJSON *slices, struct picks *picks)
{
	const cJSON *port = service_port(service, about->port), *slice;
	const char *name = kg_json_text(port, "name");

	if (!port)
		return no_port(arena, about);
	cJSON_ArrayForEach(slice, kg_json_at(slices, "items"))
	{
		endpoints_add(arena, picks, slice, name ? name : "");
	}
	if (picks->list.count == 0 && picks->others)
		return kg_error_make(
		    arena, KG_EINPUT, "service %s leads to addresses outside of the cluster, and not to pods", about->name);
	return NULL;
}

static bool
pod_is_ready(const cJSON *pod)
{
	const cJSON *condition;

	if (kg_json_at(pod, "metadata.deletionTimestamp"))
		return false;
	cJSON_ArrayForEach(condition, kg_json_at(pod, "status.conditions"))
	{
		if (kg_text_equal(kg_json_text(condition, "type"), "Ready"))
			return kg_text_equal(kg_json_text(condition, "status"), "True");
	}
	return false;
}

/* Of a pod a port need not be declared; a name has to be. */
static uint16_t
pod_port(const cJSON *pod, const char *wanted)
{
	uint16_t number = port_number(wanted);
	const cJSON *container, *port;

	cJSON_ArrayForEach(container, kg_json_at(pod, "spec.containers"))
	{
		cJSON_ArrayForEach(port, kg_json_at(container, "ports"))
		{
			if (number == 0 && kg_text_equal(kg_json_text(port, "name"), wanted))
				number = number_of(kg_json_at(port, "containerPort"));
		}
	}
	return number;
}

static struct kg_error *
pod_add(struct kg_arena *arena, const struct kg_pick_about *about, const cJSON *pod, struct picks *picks)
{
	const char *name = kg_json_text(pod, "metadata.name");
	uint16_t port = about->port ? pod_port(pod, about->port) : 0;

	if (!name || !pod_is_ready(pod))
		return NULL;
	if (about->port && port == 0)
		return no_port(arena, about);
	kg_list_push(arena, &picks->list, (struct kg_pick){ name, port });
	return NULL;
}

struct kg_error *
kg_pick(struct kg_arena *arena, const struct kg_pick_about *about, const cJSON *first, const cJSON *second, const char *liked,
    struct kg_pick *ret_pick)
{
	struct kg_error *error = NULL;
	struct picks picks = { 0 };
	const cJSON *pod;

	if (is_service(about))
		error = service_pick(arena, about, first, second, &picks);
	else if (is_pod(about))
		error = pod_add(arena, about, first, &picks);
	else
		cJSON_ArrayForEach(pod, kg_json_at(second, "items"))
		{
			error = error ? error : pod_add(arena, about, pod, &picks);
		}
	if (error)
		return error;
	if (picks.list.count == 0)
		return is_pod(about) ? kg_error_make(arena, KG_EBUSY, "pod %s is not ready", about->name)
				     : kg_error_make(arena, KG_EBUSY, "%s %s has no pod that is ready", about->kind, about->name);
	*ret_pick = picks.list.items[0];
	for (uint32_t i = 0; i < picks.list.count; i++)
		if (kg_text_equal(picks.list.items[i].pod, liked))
			*ret_pick = picks.list.items[i];
	return NULL;
}
