/*
 * The graph while it is being read: everything that the files say, with variables put in, before it is known whether it fits
 * together.
 *
 * The reader (read, vars, profile, include, template) fills a draft; sealing (order, references, seal) checks that names mean
 * something and makes the flat, sorted arrays of graph/graph.h of it. Both add all they find wrong to draft->errors and go on.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/error.h"
#include "engine/base/list.h"
#include "engine/base/map.h"
#include "engine/base/text.h"
#include "engine/base/value.h"
#include "graph/graph.h"

/* One node that a profile other than the chosen one would bring, for "only the profile `kind` has it". */
struct kg_draft_elsewhere {
	const char *node, *profile;
};

/* One node that the chosen profile takes away (`remove = true`), for needs and references that still name it. */
struct kg_draft_removed {
	const char *node;
	struct kg_place place; /* of its header in the profile */
};

struct kg_draft_need {
	uint32_t node;    /* index into draft nodes: who needs */
	const char *name; /* full name (prefixes put in) of what is needed */
	enum kg_edge_until until;
	struct kg_place place; /* of the text in `needs` */
};

struct kg_draft_node {
	const char *name, *folder;
	uint32_t kind;     /* index into facts; UINT32_MAX: unknown, already told */
	uint32_t settings; /* index into values: a table sorted by key, without kind, needs, extends */
	struct kg_place place;
};

struct kg_draft_target {
	const char *name;
	KG_LIST(const char *) nodes; /* full names of nodes or of other targets */
	KG_LIST(struct kg_place) places;
	struct kg_place place;
};

struct kg_draft_export {
	const char *name;
	uint32_t value; /* index into values */
	struct kg_place place;
};

struct kg_draft {
	struct kg_arena *arena;
	struct kg_errors *errors;
	const struct kg_facts_set *facts;

	KG_LIST(struct kg_value) values;   /* item 0 is an empty table */
	KG_LIST(struct kg_key_place) keys; /* one for each value */
	struct kg_text texts;              /* offset 0 is the empty text */
	struct kg_map text_offsets;        /* of keys and paths, which come again and again */

	KG_LIST(struct kg_draft_node) nodes; /* in the order of the files */
	struct kg_map node_names;            /* full name → index into nodes */
	KG_LIST(struct kg_draft_need) needs;
	KG_LIST(struct kg_draft_target) targets;
	KG_LIST(struct kg_draft_export) exports;
	KG_LIST(struct kg_secret) secrets; /* names as texts offsets, full */
	KG_LIST(struct kg_port) ports;
	KG_LIST(struct kg_pool) pools;
	KG_LIST(struct kg_draft_elsewhere) elsewhere;
	KG_LIST(struct kg_draft_removed) removed;
	const char *name, *instance, *folder;
	const char *cache_remote; /* NULL: none */
	int64_t cache_timeout_ms; /* 0: not said */
	bool cache_push;
	const char *default_target;    /* NULL: none */
	const char *profile;           /* "": none */
	struct kg_place default_place; /* of [graph] default */
	/* A file could not be read, so that nodes, ports and so on may be missing through no fault of who names them. */
	bool is_incomplete;
	const char *(*line_of)(const struct kg_draft *draft, const char *file, uint32_t line); /* for kg_draft_line; NULL: none */
	struct kg_reader *reader; /* the files as they were read; NULL in a draft made by hand and after kg_draft_forget */
};

/* Adds a text to the block and gives its offset; equal texts may share one. */
uint32_t kg_draft_text(struct kg_draft *draft, const char *text);
uint32_t kg_draft_text_bytes(struct kg_draft *draft, const char *text, size_t size);
/* The same for a text that comes again and again, such as a key: it stands in the block once. */
uint32_t kg_draft_text_shared(struct kg_draft *draft, const char *text);
/* Adds count values that stand side by side, without type yet, and gives the first one's index. */
uint32_t kg_draft_values_add(struct kg_draft *draft, uint32_t count);
/* The values as they are now, for the functions of engine/base/field.h. */
struct kg_values kg_draft_values(const struct kg_draft *draft);
/* The line of a file that was read, for a caret; NULL when it is not at hand. */
const char *kg_draft_line(const struct kg_draft *draft, const char *file, uint32_t line);

/* graph/read: root file → draft, of which arena, errors and facts are set. ret_origin may be NULL. */
void kg_draft_read(struct kg_draft *draft, const struct kg_graph_source *source, struct kg_graph_origin *ret_origin);
/*
 * Makes the errors fit to be told: fills place.line_text and, where it is 0, place.length; drops what is said twice of one
 * place; sorts by file, in the order of reading, and line. Whoever adds an error need not do any of this.
 */
void kg_draft_tidy_errors(struct kg_draft *draft);
/* Frees the files. To be called after the last of the functions above. */
void kg_draft_forget(struct kg_draft *draft);
/*
 * graph/seal: draft → sealed graph; NULL when draft->errors has any. Checks settings by their field tables, needs, references,
 * outputs, targets, cycles.
 */
const struct kg_graph *kg_draft_seal(struct kg_draft *draft);
