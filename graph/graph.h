/*
 * The sealed graph: what the files say, with variables, profile and includes put in; flat arrays, const from then on.
 *
 *     struct kg_graph_source source = { .file = "kgraph.toml", .profile = "local", .sets = sets, .facts = &facts, .environment
 * = getenv_like };
 *     const struct kg_graph *graph;
 *     kg_graph_read(arena, &source, &errors, &graph);        graph is NULL when errors.count > 0
 *
 * Nodes stand in an order in which every node comes after all that it needs, so one pass over the array is a pass in order.
 * Node, edge and
 * value indices are uint32_t. All texts are offsets into values.texts (kg_graph_text).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/facts.h"
#include "engine/base/value.h"

struct kg_arena;
struct kg_error;
struct kg_errors;

#define KG_NO_NODE UINT32_MAX
/* Where [cache] does not say `timeout`. */
#define KG_CACHE_TIMEOUT_MS 10000

/* How far the other node must have got. */
enum kg_edge_until : uint8_t { KG_UNTIL_DONE, KG_UNTIL_READY };

struct kg_edge {
	uint32_t node; /* the one that is needed */
	enum kg_edge_until until;
	bool is_output; /* it comes from ${node.X.KEY}; otherwise from `needs` */
};

/* One ${…} that a node's settings hold and that is known only at run time. Each different one once a node. */
enum kg_reference_type : uint8_t { KG_REFERENCE_OUTPUT, KG_REFERENCE_SECRET, KG_REFERENCE_PORT, KG_REFERENCE_DIR };
struct kg_reference {
	uint32_t name; /* text: what stands between ${ and }, with prefixes of includes put in: "node.ds.schema.version" */
	enum kg_reference_type type;
	uint32_t index; /* OUTPUT: node; SECRET: into secrets; PORT: into ports; DIR: 0 */
	uint32_t key;   /* text: OUTPUT: the output's key; DIR: "state", "data", "graph" */
};

struct kg_node {
	uint32_t name;                   /* text, with the prefixes of includes: "pg.postgresql" */
	uint32_t folder;                 /* text: absolute folder of the file that says the node: where its relative paths start */
	uint32_t kind;                   /* index into kg_facts_set.kinds */
	uint32_t settings;               /* index into values: a table of all settings but kind, needs and extends */
	uint32_t first_edge, edge_count; /* what it needs, into edges; each node once, READY winning over DONE */
	uint32_t first_user, user_count; /* who needs it, into users */
	uint32_t first_reference, reference_count;
	uint32_t file, line; /* text, number: where its header stands */
	uint16_t column;
};

struct kg_target {
	uint32_t name;                   /* text */
	uint32_t first_node, node_count; /* into target_nodes */
	uint32_t file, line;
};

/*
 * Exported variables, for `kgraph env` and `kgraph run`. Sorted by name; those of includes are called PREFIX.NAME and are
 * exported under NAME only by the root file's say.
 */
struct kg_export {
	uint32_t name, value; /* text, index into values (a text, maybe open) */
	uint32_t first_reference, reference_count;
};

struct kg_secret {
	uint32_t name;        /* text, as in ${secrets.NAME} */
	uint32_t environment; /* text: variable that holds it; 0: none */
	uint32_t file;        /* text: absolute path of a file whose first line it is; 0: none */
	uint32_t fallback;    /* text: `default`, for values that are no secret at home; 0: none */
	bool has_fallback;
};

struct kg_port {
	uint32_t name;   /* text, as in ${port.NAME} */
	uint16_t prefer; /* 0: any */
};

struct kg_pool {
	uint32_t name;        /* text */
	uint32_t width;       /* nodes at once; 0: no limit by number */
	int64_t memory_bytes; /* sum of what its running nodes take; 0: no limit by memory */
};

struct kg_graph {
	struct kg_values values;
	const struct kg_node *nodes;
	const struct kg_edge *edges;
	const uint32_t *users;
	const struct kg_reference *references;
	const struct kg_target *targets;
	const uint32_t *target_nodes;
	const struct kg_export *exports;
	const struct kg_secret *secrets;
	const struct kg_port *ports;
	const struct kg_pool *pools;
	const uint32_t *name_slots; /* a hash table for kg_graph_find: node indices, KG_NO_NODE where free */
	uint32_t node_count, edge_count, user_count, reference_count, target_count, target_node_count;
	uint32_t export_count, secret_count, port_count, pool_count, name_slot_count;
	uint32_t name;            /* text: [graph] name; the folder's name when absent */
	uint32_t instance;        /* text: [graph] instance: nodes, ports and data are remembered for each; "default" when absent */
	uint32_t default_target;  /* text: [graph] default; 0: none, and then every node is meant */
	uint32_t folder;          /* text: absolute folder of the root file */
	uint32_t profile;         /* text: the profile it was read with */
	uint32_t cache_remote;    /* text: "oci://HOST/PATH", found well by kg_oci_url_read; 0: no shared cache */
	bool cache_push;          /* what is made goes there too */
	int64_t cache_timeout_ms; /* how long an exchange with it may stand still */
};

/* The text at an offset, such as node->name. */
const char *kg_graph_text(const struct kg_graph *graph, uint32_t offset);
/* By bisection or hash; KG_NO_NODE when there is none. */
uint32_t kg_graph_find(const struct kg_graph *graph, const char *name);

/* What a graph is read from. All texts are the caller's. */
struct kg_graph_source {
	const char *file;        /* path of the root file */
	const char *profile;     /* NULL: [graph] profile of the file, or none */
	const char *const *sets; /* "name=value", ended by NULL; NULL: none */
	const struct kg_facts_set *facts;
	const char *(*environment)(void *context, const char *name); /* for ${env.NAME} and KGRAPH_VAR_name; NULL when unset */
	void *context;
};

/*
 * What the graph was made from, so that a snapshot can tell whether it is stale: files by content, variables asked for,
 * profile, settings.
 */
struct kg_graph_origin {
	struct kg_origin_file {
		const char *path;
		int64_t size, mtime_ns, ctime_ns;
		uint64_t inode, device;
	} *files;
	uint32_t file_count;
	struct kg_origin_variable {
		const char *name, *value; /* environment; value NULL: was unset */
	} *variables;
	uint32_t variable_count;
	int64_t begun_ns; /* kg_clock_wall_ns, before the first file was looked at; 0: not known */
};

/*
 * Reads, checks and seals. All errors of all files are added to errors; *ret_graph is NULL when there is any. ret_origin may be
 * NULL.
 */
void kg_graph_read(struct kg_arena *arena, const struct kg_graph_source *source, struct kg_errors *errors,
    const struct kg_graph **ret_graph, struct kg_graph_origin *ret_origin);

/*
 * What is chosen by name: targets, nodes, or "pg." for all that the include called pg brings; no names: the default target, or every node. ret_chosen has a byte a node: 1 when
 * it or what needs it was asked for.
 * KG_EINPUT for a name that is neither, with the nearest one.
 */
[[nodiscard]] struct kg_error *kg_graph_select(
    struct kg_arena *arena, const struct kg_graph *graph, const char *const *names, uint8_t **ret_chosen);

/*
 * The snapshot: the graph as one file that is mapped, not parsed. Reading gives NULL for a missing, damaged, stale or foreign
 * one (another version of kgraph, another
 * set of kinds, other files, variables, profile or sets): the caller reads the files then. Writing passes over a graph with a file so
 * new that a further change of it might not show, and removes nothing then: the next run reads the files again. Mode 0600.
 */
[[nodiscard]] struct kg_error *kg_snapshot_write(struct kg_arena *arena, const char *path, const struct kg_graph *graph,
    const struct kg_graph_origin *origin, const struct kg_graph_source *source);
/* The mapping lives until the process ends. The texts and arrays of the graph lie in it. */
const struct kg_graph *kg_snapshot_map(struct kg_arena *arena, const char *path, const struct kg_graph_source *source);

/*
 * `kgraph graph`: the chosen part (NULL: all) as dot, mermaid or JSON; the same graph gives the same bytes. Arrows go the way of time, from what
 * comes first to what needs it, dashed when it must be ready; JSON is {name, targets: [{name, nodes}], nodes: [{name, kind,
 * needs: [{node, until: done or ready, uses_output}]}]}.
 */
enum kg_export_form { KG_EXPORT_DOT, KG_EXPORT_MERMAID, KG_EXPORT_JSON };
const char *kg_graph_draw(struct kg_arena *arena, const struct kg_graph *graph, const struct kg_facts_set *facts,
    const uint8_t *chosen, enum kg_export_form form);

/* Names for completion and for "did you mean": ended by NULL. */
const char *const *kg_graph_names(struct kg_arena *arena, const struct kg_graph *graph, bool with_targets, bool with_nodes);
