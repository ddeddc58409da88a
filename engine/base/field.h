/*
 * A kind's settings as one table of facts: the reader checks by it, a kind's spec is filled by it, the fingerprint hashes by it, and
 * docs/kinds.md, `kgraph help KIND` and completion print it.
 *
 *     static const struct kg_field file_fields[] = {
 *         KG_FIELD(file_spec, path, KG_PATH, KG_REQUIRED, "where it is written"),
 *         KG_FIELD(file_spec, mode, KG_MODE, 0, "its permissions", .fallback = "0644"),
 *         { 0 },
 *     };
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "engine/base/error.h"
#include "engine/base/value.h"

struct kg_arena;

/* In brackets: what the spec's member is. Absent settings leave it zero, or give it the fallback. */
enum kg_field_type {
	KG_TEXT,  /* const char * */
	KG_TEXTS, /* const char *const *, ended by NULL; a single text stands for a list of one */
	KG_PATH, /* const char *, absolute: relative ones start at the folder of the graph file that says them; "" is as if it were absent */
	KG_PATHS,    /* const char *const *, the same */
	KG_DURATION, /* int64_t, milliseconds: "30s" */
	KG_SIZE,     /* int64_t, bytes: "512M", "1.5GiB"; a plain number is bytes */
	KG_INTEGER,  /* int64_t */
	KG_PORT,     /* int64_t, 1 to 65535; a text of digits is taken too, since ${port.x} yields one */
	KG_FLAG,     /* bool */
	KG_MODE,     /* int64_t, permissions: "0644" */
	KG_CHOICE,   /* int64_t, index into .choices */
	KG_MAP,      /* const struct kg_pair *, sorted by name, ended by a NULL name; numbers and flags become texts */
	KG_RECORD,   /* const struct X *, filled by .fields; NULL when absent */
	KG_RECORDS,  /* const struct X *const *, ended by NULL; a plain text stands for a record with its first field set */
	KG_JSON, /* const char *: a table of any content as compact JSON; NULL when absent. Its keys are sorted, as in the fingerprint */
	KG_JSONS, /* const char *const *, ended by NULL: one a table; a single table stands for a list of one */
};

enum kg_field_flags {
	KG_REQUIRED = 1,
	KG_INPUT = 2, /* names files whose content counts in the fingerprint; may hold globs; a folder counts with all below it */
	KG_NO_SECRET = 4,    /* may not hold ${secrets.…}: others would see it, as in an argument list */
	KG_NOT_HASHED = 8,   /* changes nothing about what is made: the node does not run again when it changes */
	KG_OUTPUT_KEYS = 16, /* a list of records whose `as` texts are further output keys of the node */
};

struct kg_pair {
	const char *name, *value;
};

struct kg_field {
	const char *name; /* NULL ends the table */
	enum kg_field_type type;
	uint32_t flags;
	size_t offset;                 /* of the member in the spec */
	const char *meaning;           /* for the user: one line, no full stop */
	const char *fallback;          /* as a user would write it; NULL: none */
	const struct kg_field *fields; /* RECORD and RECORDS: what is inside */
	size_t size;                   /* RECORD and RECORDS: bytes of one */
	const char *const *choices;    /* CHOICE: the words, ended by NULL */
};

#define KG_FIELD(spec, member, type_, flags_, meaning_, ...) \
	KG_FIELD_AS(#member, spec, member, type_, flags_, meaning_, __VA_ARGS__)
/* For a member that is not called as the setting is: KG_FIELD_AS("timeout", probe_spec, timeout_ms, KG_DURATION, 0, "…") */
#define KG_FIELD_AS(name_, spec, member, type_, flags_, meaning_, ...) \
	{ .name = (name_),                                             \
		.type = (type_),                                       \
		.flags = (flags_),                                     \
		.offset = offsetof(struct spec, member),               \
		.meaning = (meaning_),                                 \
		__VA_ARGS__ }

/* "text", "list of paths", "duration", … for the documents. */
const char *kg_field_type_tell(enum kg_field_type type);

/*
 * Gives the value of ${name}, such as node.schema.version or secrets.db_password, while a spec is filled. NULL: unknown yet, and the text keeps
 * the reference as it stands.
 */
struct kg_resolver {
	void *context;
	const char *(*resolve)(void *context, const char *name);
};

/* The text with its references replaced; the text itself when it holds none. "$${" stands for "${". */
const char *kg_resolve_text(struct kg_arena *arena, const struct kg_resolver *resolver, const char *text);
/* Calls found for each ${name} in the text, in order; "$${" is none. Text need not end with a zero byte at length. */
void kg_references_each(
    const char *text, size_t length, void (*found)(void *context, const char *name, size_t length, size_t at), void *context);

/*
 * Says all that is wrong with the settings of one table: unknown keys (with the nearest known one), wrong types, bad durations, what is
 * required and missing. Texts that are still open are not looked into. tables are the field tables that together make up what is allowed, ended by NULL.
 * place is where the node itself stands, for what is missing.
 */
void kg_fields_check(struct kg_errors *errors, const struct kg_field *const *tables, const struct kg_values *values,
    const struct kg_value *settings, const struct kg_value *place);

/*
 * Fills *spec (zeroed, in the arena's care) from settings. Keys that are not in fields are passed over: another table has them. folder: where
 * relative paths start. The settings have been checked; what references brought in is checked here. KG_EINPUT with the setting's place.
 * Without a resolver texts keep their references, and numbers that hold one stay zero.
 */
[[nodiscard]] struct kg_error *kg_spec_fill(struct kg_arena *arena, const struct kg_field *fields, const struct kg_values *values,
    const struct kg_value *settings, const char *folder, const struct kg_resolver *resolver, void *spec);

/*
 * The value as compact JSON, as KG_JSON has it: texts with their references replaced, numbers and flags as they are, a number with a point as the
 * shortest text that means it. resolver NULL: references stay.
 */
const char *kg_value_json(
    struct kg_arena *arena, const struct kg_values *values, const struct kg_value *value, const struct kg_resolver *resolver);

/* The place of a value, for an error; line_text is left NULL. */
struct kg_place kg_value_place(const struct kg_values *values, const struct kg_value *value);
/* The place of its name in the table around it, or of the value where that is not known. */
struct kg_place kg_value_key_place(const struct kg_values *values, const struct kg_value *value);

/* "512M" → bytes; units K M G T with or without iB or B, powers of 1024. False when it is not one. */
bool kg_size_read(const char *text, int64_t *ret_bytes);
