/*
 * What the files of status/ share: how a status is made, and kstatus's rules by kind.
 *
 *     return kg_status_waiting("LessReady", kg_format(arena, "Ready: %" PRId64 "/%" PRId64, ready, wanted));
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "targets/kubernetes/status/status.h"

struct kg_arena;
struct kg_surroundings;

struct kg_status kg_status_current(const char *message);
struct kg_status kg_status_waiting(const char *reason, const char *message);
struct kg_status kg_status_failed(const char *reason, const char *message);
struct kg_status kg_status_unknown(const char *message);
struct kg_status kg_status_terminating(const char *message);

/* A rule for one kind; kstatus's read nothing but the object. */
typedef struct kg_status kg_status_rule(struct kg_arena *arena, const cJSON *object, int64_t now_s);

kg_status_rule kg_kstatus_deployment, kg_kstatus_stateful_set, kg_kstatus_daemon_set, kg_kstatus_replica_set, kg_kstatus_pod;

/* What a stricter rule may look at. */
struct kg_strict {
	struct kg_arena *arena;
	const cJSON *object;
	const struct kg_surroundings *around; /* may be NULL */
	int64_t now_s;
	const char *namespace_, *name; /* the object's; never NULL */
};

typedef struct kg_status kg_strict_rule(const struct kg_strict *strict);

kg_strict_rule kg_strict_deployment, kg_strict_stateful_set, kg_strict_daemon_set, kg_strict_replica_set, kg_strict_job,
    kg_strict_pod;
kg_strict_rule kg_strict_service, kg_strict_claim, kg_strict_volume, kg_strict_api_service, kg_strict_webhooks, kg_strict_namespace;
kg_strict_rule kg_strict_custom;

/* Of a workload that is current: waits until its pods have run for long enough to be believed. */
struct kg_status kg_strict_settled(const struct kg_strict *strict, struct kg_status current);

/* Whether one of a Service's EndpointSlices has a ready address. service is the object itself, where it is known, or NULL. */
bool kg_service_has_endpoint(const struct kg_surroundings *around, const char *namespace_, const char *name, const cJSON *service);
