/*
 * `ready_when`: what a user says about when an object is ready, in the words of `kubectl wait --for`.
 *
 *     const struct kg_ready_when *when;
 *     error = kg_ready_when_parse(arena, "condition=Ready", &when);
 *     struct kg_status status = kg_ready_when_status(arena, when, object);
 *
 *     condition=NAME[=STATUS]            a condition of status.conditions; STATUS is True unless given. Case does not matter. A
 *                                        condition that was observed for an older generation does not count
 *     jsonpath={PATH}                    something is there
 *     jsonpath={PATH}=VALUE              it is VALUE: text, number, true, false; quotes around it are optional
 *     jsonpath={PATH}!=VALUE, <, <=, >, >=    and so on; numbers compare as numbers, quantities (500m, 2Gi) as what they amount to
 *
 * "jsonpath=" may be left out. kubectl refuses a path that finds several values; here each of them has to fit.
 */
#pragma once

#include "engine/base/error.h"
#include "targets/kubernetes/status/status.h"

struct kg_ready_when;

/* KG_EINPUT; the error's place has the text as its line_text, and a column. */
[[nodiscard]] struct kg_error *kg_ready_when_parse(struct kg_arena *arena, const char *text, const struct kg_ready_when **ret_when);

/* CURRENT, IN_PROGRESS with what it is now, or TERMINATING; generation and observedGeneration count as in kg_status_strict. */
struct kg_status kg_ready_when_status(struct kg_arena *arena, const struct kg_ready_when *when, const cJSON *object);
