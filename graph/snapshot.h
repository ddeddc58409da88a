/*
 * How the snapshot lies on disk: a head, then the arrays of the sealed graph as they are in memory, each at a multiple of eight. Inside
 * graph/; what others call is in graph/graph.h.
 *
 *     head | values | texts | nodes | … | what it was made from
 *
 * It is a cache of this program for this machine: nothing is converted, and another build of kgraph does not read it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "graph/graph.h"

/* Every array of the file; the order is that on disk. */
enum kg_snapshot_part {
	KG_SNAPSHOT_VALUES,
	KG_SNAPSHOT_TEXTS,
	KG_SNAPSHOT_NODES,
	KG_SNAPSHOT_EDGES,
	KG_SNAPSHOT_USERS,
	KG_SNAPSHOT_REFERENCES,
	KG_SNAPSHOT_TARGETS,
	KG_SNAPSHOT_TARGET_NODES,
	KG_SNAPSHOT_EXPORTS,
	KG_SNAPSHOT_SECRETS,
	KG_SNAPSHOT_PORTS,
	KG_SNAPSHOT_POOLS,
	KG_SNAPSHOT_NAME_SLOTS,
	KG_SNAPSHOT_FILES,        /* struct kg_snapshot_file */
	KG_SNAPSHOT_VARIABLES,    /* uint32_t: offsets of names in ORIGIN_TEXTS */
	KG_SNAPSHOT_ORIGIN_TEXTS, /* bytes */
	KG_SNAPSHOT_PARTS,
};

struct kg_snapshot_hash {
	uint64_t low, high;
};

struct kg_snapshot_head {
	char magic[8];
	struct kg_snapshot_hash checksum; /* of all that comes after it, up to the end of the file */
	struct kg_snapshot_hash build;    /* of the program and of the tables of its kinds */
	struct kg_snapshot_hash question; /* of what was asked for: file, folder, profile, sets */
	/* Of the values of all variables together: a hash of one alone could be tried out, and the values may be secret. */
	struct kg_snapshot_hash environment;
	uint64_t size; /* of the file */
	struct {
		uint64_t offset;
		uint64_t count; /* items, not bytes */
	} parts[KG_SNAPSHOT_PARTS];
	uint32_t name, instance, default_target, folder, profile, cache_remote; /* of the graph */
	uint32_t cache_push;
	uint32_t zero;
	int64_t cache_timeout_ms;
};

struct kg_snapshot_file {
	int64_t size, mtime_ns, ctime_ns;
	uint64_t inode, device;
	uint32_t path; /* offset in ORIGIN_TEXTS */
	uint32_t zero;
};

/* The arrays of a file, as they lie in it. */
struct kg_snapshot {
	const struct kg_snapshot_head *head;
	const void *parts[KG_SNAPSHOT_PARTS];
	uint32_t counts[KG_SNAPSHOT_PARTS];
};

/* What is behind the magic and the checksum in a head. */
static constexpr size_t kg_snapshot_checked_from = offsetof(struct kg_snapshot_head, build);

/* graph/snapshot.c: the checksum that a file of these bytes must have; kg_snapshot_head.size of them. For tests, and the fuzz target. */
struct kg_snapshot_hash kg_snapshot_checksum(const void *bytes, size_t size);
/* The graph of a file in memory, aligned to 8; false when it is not one of ours or damaged. Whether it is stale is not looked at. */
[[nodiscard]] bool kg_snapshot_read(
    const void *bytes, size_t size, const struct kg_facts_set *facts, struct kg_snapshot *ret_snapshot, struct kg_graph *ret_graph);
/*
 * graph/snapshot_check.c: whether every index and offset in the graph leads somewhere. The checksum says that the file is as it was
 * written; this says that what was written can be followed without a fault, whoever wrote it.
 */
[[nodiscard]] bool kg_snapshot_sound(const struct kg_snapshot *snapshot, const struct kg_graph *graph, uint32_t kind_count);
