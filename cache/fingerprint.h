/*
 * What a node is made of, in parts, so that a change can be named and not only noticed.
 *
 *     struct kg_parts parts = { .arena = arena };
 *     kg_parts_add(&parts, KG_PART_SETTING, "command", digest);
 *     kg_parts_add(&parts, KG_PART_FILE, "service/main.c", digest);
 *     struct kg_digest fingerprint = kg_parts_seal(&parts);
 *     struct kg_changes changes = kg_parts_compare(arena, &old, &parts);
 *     const char *why = kg_changes_tell(arena, &changes);     "service/main.c changed"
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cache/digest.h"

struct kg_arena;

enum kg_part_type : uint8_t {
	KG_PART_KIND,        /* name: the kind's name; digest of its version */
	KG_PART_SETTING,     /* name of a setting */
	KG_PART_FILE,        /* path, relative to the graph's folder when inside it */
	KG_PART_TOOL,        /* name of a program, digest of resolved path and content; its note is the path */
	KG_PART_OUTPUT,      /* NODE.KEY of another node */
	KG_PART_ENVIRONMENT, /* name of a variable handed on from kgraph's own environment */
	KG_PART_SECRET, /* name of a secret; kg_parts_add cuts the digest to 16 bits: it cannot be guessed back from the ledger */
	KG_PART_PLACE,  /* a port or a folder: port.NAME, dir.NAME */
};

struct kg_part {
	enum kg_part_type type;
	const char *name;
	const char *note;        /* for people only and not in the fingerprint: where a program was found; NULL: nothing to add */
	struct kg_digest digest; /* none: the file or the program is missing, the variable is not set */
};

struct kg_parts {
	struct kg_arena *arena;
	struct kg_part *items;
	uint32_t count, room;
	bool is_sealed; /* sorted by type, name and digest, doubles removed */
};

/* Names and notes are not copied. */
void kg_parts_add(struct kg_parts *parts, enum kg_part_type type, const char *name, struct kg_digest digest);
void kg_parts_add_noted(
    struct kg_parts *parts, enum kg_part_type type, const char *name, const char *note, struct kg_digest digest);
/* Sorts, and gives the digest of all. The order in which parts were added does not matter. */
struct kg_digest kg_parts_seal(struct kg_parts *parts);

struct kg_change {
	const struct kg_part *before, *after; /* NULL: was not there, is not there any more */
};
struct kg_changes {
	struct kg_change *items;
	uint32_t count, room;
};
/* What is different between two sealed lists, in the order of types. Linear. The changes point into both. */
struct kg_changes kg_parts_compare(struct kg_arena *arena, const struct kg_parts *before, const struct kg_parts *after);
/* One change as a sentence without its full stop: "service/new.c is new". */
const char *kg_change_tell(struct kg_arena *arena, struct kg_change change);
/* All of them in one line: the first, and how many more: "setting `command` changed, 3 more changes". */
const char *kg_changes_tell(struct kg_arena *arena, const struct kg_changes *changes);
