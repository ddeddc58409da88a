/* The settings of the kind `certificate`, and what follows from them alone. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/field.h"
#include "targets/certificate/issue.h"

struct certificate_ca {
	const char *cert, *key, *root;
};

struct certificate_spec {
	const char *out, *common_name, *user;
	const char *const *sans, *const *organizations, *const *usages;
	const struct certificate_ca *ca;
	int64_t algorithm; /* enum kg_key_algorithm */
	int64_t validity_ms, renew_before_ms;
	const char *cert_name, *key_name, *ca_name;
	int64_t mode, key_mode;
};

struct kg_arena;
struct kg_error;

extern const struct kg_field kg_certificate_fields[];

/* kg_facts.check */
struct kg_error *kg_certificate_check(struct kg_arena *arena, const void *given);

bool kg_certificate_has_usage(const struct certificate_spec *spec, const char *usage);
/* The names that it is for: what a server's certificate is checked against is never the common name alone. */
const char *const *kg_certificate_sans(struct kg_arena *arena, const struct certificate_spec *spec);
/* How long before its end it is made anew. */
int64_t kg_certificate_renew_s(const struct certificate_spec *spec);

const char *kg_certificate_cert_path(struct kg_arena *arena, const struct certificate_spec *spec);
const char *kg_certificate_key_path(struct kg_arena *arena, const struct certificate_spec *spec);
const char *kg_certificate_ca_path(struct kg_arena *arena, const struct certificate_spec *spec);
