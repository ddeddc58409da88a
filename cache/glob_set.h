/*
 * Several patterns matched at once, name by name, down through folders: what a walk keeps for each folder is a list of states.
 *
 *     struct kg_globs globs = { .arena = arena };
 *     const char *wrong = kg_globs_add(&globs, "src/" "**" "/x.c", &glob);
 *     kg_globs_step(&globs, &from, "src", true, &step);
 *
 * A state is a place in one of the patterns. From a folder's states and the name of what is in it, a step gives the states of that.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct kg_arena;

enum kg_glob_part_type : uint8_t {
	KG_GLOB_LITERAL, /* one name, text without backslashes */
	KG_GLOB_NAME,    /* a pattern for one name */
	KG_GLOB_FOLDERS, /* any number of folders; a name, a literal or another end follows */
	KG_GLOB_END,
};

struct kg_glob_part {
	const char *text;
	uint32_t size;
	enum kg_glob_part_type type;
	bool is_folder;  /* END: a slash ended the pattern; what it means is all below the folders that it meets */
	bool is_literal; /* END: the pattern has no wildcard, so that a folder stands for all below it */
};

/* A pattern: its parts stand side by side from first to an END. */
struct kg_glob {
	uint32_t first, count; /* count without the END */
	bool is_absolute;
};

struct kg_globs {
	struct kg_arena *arena;
	struct kg_glob_part *items;
	uint32_t count, room;
	uint32_t *stamps; /* of each part: the step that has last taken it up */
	uint32_t stamp, stamp_room;
};

/* Indexes of parts. */
struct kg_glob_states {
	uint32_t *items;
	uint32_t count, room;
	bool is_all; /* everything below is met, whatever it is called */
};

/* Adds a pattern without braces. What is wrong with it, or NULL. */
const char *kg_globs_add(struct kg_globs *globs, const char *pattern, struct kg_glob *ret_glob);
/* Adds a part to the states, with those that may follow without a name between. */
void kg_globs_start(struct kg_globs *globs, struct kg_arena *arena, uint32_t part, struct kg_glob_states *states);
/*
 * The states of what is called name in a folder with the states from; they are added to *ret_states (of the arena), which is empty before. True
 * when it is a file and one of the patterns means it.
 */
bool kg_globs_step(struct kg_globs *globs, struct kg_arena *arena, const struct kg_glob_states *from, const char *name,
    uint32_t name_size, bool is_folder, struct kg_glob_states *ret_states);

struct kg_texts {
	const char **items;
	uint32_t count, room;
};
/* The patterns that a pattern with braces stands for. What is wrong with it, or NULL. */
const char *kg_glob_braces(struct kg_arena *arena, const char *pattern, struct kg_texts *texts);
