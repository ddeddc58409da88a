/*
 * The command line as data: one table of options and one of commands, by which it is read, and from which the help, the man page and the
 * completions are made.
 *
 *     struct kg_invocation asked;
 *     error = kg_invocation_read(arena, kg_commands, argv + 1, &asked);
 *     return asked.command->run(...);
 *
 * Options may stand before or after the command, as `--jobs 4`, `--jobs=4`, `-j 4`, `-j4`; flags of one letter may be joined (`-vq`). After `--` nothing is
 * an option: for `run` what follows is the program, for all others it is names.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/error.h"

struct kg_arena;
struct kg_cli;

/* What the command line says; absent options are zero or NULL. */
struct kg_options {
	const char *folder, *file, *profile;
	const char *const *sets; /* "name=value", ended by NULL; never NULL */
	int64_t jobs;
	int64_t timeout_ms;
	int64_t lock_wait_ms; /* -1: for ever */
	bool fail_fast, no_wait, no_store;
	bool push, no_push;
	const char *events, *trace, *summary;
	int64_t colour; /* enum kg_colour */
	bool verbose, quiet, help, version;
	bool purge, json, follow;
	int64_t lines;        /* -1: not given */
	int64_t size_bytes;   /* -1: not given */
	int64_t images_bytes; /* -1: not given */
	const char *format;
};

/* Which commands an option belongs to: each command has a set of these. */
enum kg_option_group {
	KG_OPTION_ANY = 1,
	KG_OPTION_GRAPH = 2,   /* reads the graph */
	KG_OPTION_WORK = 4,    /* brings up */
	KG_OPTION_LOCK = 8,    /* takes the lock */
	KG_OPTION_EVENTS = 16, /* tells a run */
	KG_OPTION_DOWN = 32,
	KG_OPTION_STATUS = 64,
	KG_OPTION_LOGS = 128,
	KG_OPTION_DRAW = 256,
	KG_OPTION_ENV = 512,
	KG_OPTION_GC = 1024,
};

enum kg_option_type {
	KG_OPTION_FLAG,     /* bool */
	KG_OPTION_TEXT,     /* const char * */
	KG_OPTION_TEXTS,    /* const char *const *: may be given often */
	KG_OPTION_COUNT,    /* int64_t */
	KG_OPTION_DURATION, /* int64_t, milliseconds */
	KG_OPTION_PATIENCE, /* the same, and without a value -1: its value is only ever given with = */
	KG_OPTION_SIZE,     /* int64_t, bytes */
	KG_OPTION_WORD,     /* const char *, one of choices */
	KG_OPTION_CHOICE,   /* int64_t, index into choices */
};

/* What a value or an argument names, for completion. */
enum kg_naming {
	KG_NAMES_NOTHING,
	KG_NAMES_FILE,
	KG_NAMES_FOLDER,
	KG_NAMES_CHOSEN, /* targets and nodes */
	KG_NAMES_NODE,
	KG_NAMES_SHELL,
	KG_NAMES_TOPIC, /* commands and kinds */
};

struct kg_option {
	const char *name; /* NULL ends the table */
	char letter;      /* 0: none */
	enum kg_option_type type;
	const char *value;   /* what help calls its value: "DIR"; NULL for a flag */
	const char *meaning; /* one line, no full stop */
	uint32_t groups;     /* enum kg_option_group */
	size_t offset;       /* in struct kg_options */
	const char *const *choices;
	enum kg_naming naming;
};

struct kg_command {
	const char *name;      /* NULL ends the table */
	const char *arguments; /* "[NAME...]"; "" for none */
	const char *summary;   /* one line, no full stop */
	const char *
	    text; /* paragraphs for `help COMMAND` and the man page, with an empty line between; lines that start with spaces stay as they are */
	uint32_t groups;       /* of options; KG_OPTION_ANY goes without saying */
	uint32_t fewest, most; /* arguments */
	enum kg_naming naming; /* of the arguments */
	enum kg_naming first;  /* of the first one, where it names something else; KG_NAMES_NOTHING: it does not */
	bool takes_program;    /* after -- */
	bool is_hidden;
	bool is_raw; /* takes its arguments as they are: nothing is an option */
	int (*run)(struct kg_cli *cli);
};

struct kg_invocation {
	const struct kg_command *command; /* NULL: none was named */
	struct kg_options options;
	const char *const *arguments; /* ended by NULL */
	uint32_t argument_count;
	const char *const *program; /* what stands after --, ended by NULL; NULL when there is none */
};

extern const struct kg_option kg_option_table[];

/* KG_EINPUT: unknown or misplaced options and commands, bad values, too few or too many arguments; the advice says what was likely meant. */
[[nodiscard]] struct kg_error *kg_invocation_read(
    struct kg_arena *arena, const struct kg_command *commands, const char *const *words, struct kg_invocation *ret_invocation);

const struct kg_command *kg_command_find(const struct kg_command *commands, const char *name);
bool kg_option_belongs(const struct kg_option *option, const struct kg_command *command);
/* By the name without its dashes, or by letter when name is NULL. Of several those of the command come first; command may be NULL. */
const struct kg_option *kg_option_find(const struct kg_command *command, const char *name, size_t length, char letter);
/* "-j, --jobs N" */
const char *kg_option_tell(struct kg_arena *arena, const struct kg_option *option);
