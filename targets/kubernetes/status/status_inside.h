/*
 * What the files of status/ share: how a status is made, and kstatus's rules by kind.
 *
 *     return kg_status_waiting("LessReady", kg_format(arena, "Ready: %" PRId64 "/%" PRId64, ready, wanted));
 */
#pragma once

#include <stdint.h>

#include <cjson/cJSON.h>

#include "targets/kubernetes/status/status.h"

struct kg_arena;

struct kg_status kg_status_current(const char *message);
struct kg_status kg_status_waiting(const char *reason, const char *message);
struct kg_status kg_status_failed(const char *reason, const char *message);
struct kg_status kg_status_unknown(const char *message);

/* A rule for one kind; kstatus's read nothing but the object. */
typedef struct kg_status kg_status_rule(struct kg_arena *arena, const cJSON *object, int64_t now_s);

kg_status_rule kg_kstatus_deployment, kg_kstatus_stateful_set, kg_kstatus_daemon_set, kg_kstatus_replica_set, kg_kstatus_pod;
