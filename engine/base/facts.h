/*
 * What is known of a kind without running it: enough to read, check and document the settings of its nodes.
 *
 *     const struct kg_facts *facts = kg_facts_find(set, "process");
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "engine/base/field.h"

struct kg_facts {
	const char *name;
	uint32_t version;              /* raised when the same settings would now be done differently: all its nodes run again */
	const char *summary;           /* one line for the user */
	const struct kg_field *fields; /* the kind's own settings; ends with a nameless one */
	const char *const *outputs;    /* the keys that the kind always gives, ended by NULL; NULL: none */
	size_t spec_size;
	/* What one table cannot check: settings that exclude each other. Pure; references stand unresolved in the spec. NULL: nothing. */
	struct kg_error *(*check)(struct kg_arena *arena, const void *spec);
};

/* All kinds that a graph may use, and the settings that every kind takes. */
struct kg_facts_set {
	const struct kg_facts *const *kinds;
	uint32_t count;
	const struct kg_field *common; /* the settings that every kind takes */
	size_t common_size;            /* bytes of the struct that they fill */
	/* What the table of the common settings cannot check; as kg_facts.check. NULL: nothing. */
	struct kg_error *(*check_common)(struct kg_arena *arena, const void *common);
};
