/*
 * The conditions of an object's status, read the way all of Kubernetes writes them.
 *
 *     struct kg_condition ready;
 *     if (kg_condition_find(object, "Ready", &ready) && strcmp(ready.status, "True") == 0) ...
 *
 * Texts belong to the object; what is absent is "".
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

struct kg_condition {
	const char *type, *status, *reason, *message;
	int64_t observed_generation; /* -1: it does not say */
};

/* Any element of status.conditions. */
struct kg_condition kg_condition_read(const cJSON *element);
/* The first of that type. False, and an empty condition, when there is none. */
bool kg_condition_find(const cJSON *object, const char *type, struct kg_condition *ret_condition);
/* Whether the first of that type has that status. */
bool kg_condition_is(const cJSON *object, const char *type, const char *status);
