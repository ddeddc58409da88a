/*
 * Where objects name others: one table for patches, which make references follow, and for the review, which looks whether there is such an object.
 *
 *     kg_reference_each(object, on_reference, context);
 */
#pragma once

#include <stdbool.h>

#include <cjson/cJSON.h>

struct kg_object;

struct kg_reference {
	const char *kind; /* of what is named, one of Kubernetes' own */
	const char *name;
	const char *
	    namespace_; /* as it is said: its own, or else that of the object; NULL when neither says one, or the kind lives in none */
	cJSON *value;       /* the name's, a text */
	cJSON *owner;       /* the mapping that it is in */
	bool has_namespace; /* owner may say a namespace */
	bool is_optional;   /* the pod starts without it */
	const char *what;   /* "env", "volume", "imagePullSecrets", "serviceAccountName", "roleRef" … */
};
typedef void(kg_reference_found)(void *context, const struct kg_object *object, const struct kg_reference *reference);

void kg_reference_each(const struct kg_object *object, kg_reference_found *found, void *context);
