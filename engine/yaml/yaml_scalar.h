/*
 * What a scalar of YAML means: a text, a number, a boolean or nothing, as go-yaml decides for Kubernetes.
 *
 *     struct kg_yaml_scalar scalar;
 *     const char *wrong = kg_yaml_scalar_read(arena, "0x1f", 4, NULL, true, &scalar);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct kg_arena;

struct kg_yaml_scalar {
	int type; /* cJSON_NULL, cJSON_True, cJSON_False, cJSON_Number, cJSON_String */
	double number;
	const char *text; /* of a text, ended by a zero byte */
	bool is_merge;    /* a plain << */
};

/*
 * tag is NULL, "!", or whole: "tag:yaml.org,2002:str". NULL when well, else what is wrong with it: "cannot be an integer".
 */
const char *kg_yaml_scalar_read(
    struct kg_arena *arena, const char *bytes, size_t size, const char *tag, bool is_plain, struct kg_yaml_scalar *ret_scalar);

/* The shortest decimal that reads as the same number; whole ones without exponent up to 2^53. */
const char *kg_yaml_number_tell(struct kg_arena *arena, double number);
