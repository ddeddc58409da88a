/* What engine/target.h's kg_inputs_* and kg_products_* collect; for engine/run alone. */
#pragma once

#include "engine/base/list.h"
#include "engine/target.h"

struct kg_input_set {
	const char *folder;
	const char *const *patterns, *const *ignore;
	bool is_said; /* by the user, under `inputs`: a name without a wildcard that is not there is a mistake */
};

struct kg_input_depfile {
	const char *path, *folder; /* folder NULL: the node's */
};

struct kg_input_context {
	const char *folder;
	const char *const *ignore_files, *const *always;
};

struct kg_inputs {
	struct kg_arena *arena;
	KG_LIST(struct kg_input_set) sets;
	KG_LIST(struct kg_input_context) contexts;
	KG_LIST(const char *) programs;
	KG_LIST(struct kg_input_depfile) depfiles;
};

struct kg_products {
	struct kg_arena *arena;
	KG_LIST(struct kg_product) list;
};

/* A setting that names input files (KG_INPUT): its texts, as the spec has them, are the patterns. */
void kg_inputs_add_setting(struct kg_inputs *inputs, const char *folder, const void *spec, const struct kg_field *field);
