/*
 * What the files that read a graph (read, include, vars, profile, template, interpolate, node, section) share while they work.
 * Inside graph/ only.
 *
 * A *file* is what stands on disk and is parsed once. A *scope* is one use of a file: the root, or an include with its prefix and
 * variables; all that a file says is read once for each of its scopes. First all files are found (include), then each section of each
 * scope goes into the draft. Variables and exports are evaluated when they are first asked for.
 *
 * All add what they find wrong to the draft's errors and go on.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/error.h"
#include "engine/base/list.h"
#include "engine/base/map.h"
#include "graph/draft.h"
#include "graph/toml.h"

struct kg_reader_file {
	const char *path; /* as a user would type it: from the current folder, when it is inside */
	const char *absolute, *folder;
	const char *bytes;
	size_t size;
	const struct kg_toml *root;  /* NULL: it could not be read or is not TOML, and that is told */
	const uint32_t *line_starts; /* NULL until a line is asked for */
	uint32_t line_count;
	uint32_t path_text; /* offset in the draft */
};

/* How far something that is evaluated when it is asked for has got: what is asked for again while busy depends on itself. */
enum kg_reader_state : uint8_t { KG_READER_NEW, KG_READER_BUSY, KG_READER_DONE };

/* A value that is not made of others. */
struct kg_scalar {
	enum kg_value_type type; /* NONE: wrong, and told */
	uint8_t flags;           /* enum kg_value_flags */
	uint32_t size;           /* TEXT: bytes */
	union {
		int64_t integer; /* and FLAG */
		double real;
		const char *text; /* `$${` stands for `${`, what is still open is ${name} with prefixes put in */
	};
};

struct kg_variable {
	const char *name;
	const struct kg_toml *said;   /* its value in the file; NULL: it has none */
	const struct kg_toml *passed; /* by the include that made the scope; NULL: it passes none */
	const char *meaning;          /* NULL: not said */
	struct kg_scalar value;
	enum kg_reader_state state;
};

struct kg_template {
	const struct kg_toml *table; /* with all that it extends put in, once state is DONE */
	enum kg_reader_state state;
};

struct kg_scope {
	struct kg_scope *parent; /* NULL: the root */
	struct kg_reader_file *file;
	const char *prefix;            /* "", "pg.", "ds.pg." */
	const struct kg_toml *include; /* what made it, in the parent's file */
	const struct kg_toml *profile; /* the chosen profile's section in this file, or NULL */
	struct kg_variable *variables; /* sorted by name */
	uint32_t variable_count;
	struct kg_template *templates; /* beside the members of the file's [template] */
};

struct kg_reader_export {
	const char *name; /* with prefix */
	struct kg_scope *scope;
	const struct kg_toml *said;
	struct kg_scalar value;
	enum kg_reader_state state;
};

struct kg_reader_set {
	const char *name, *value;
	bool is_used;
};

/* What may be asked for in a text depends on how far reading has got. */
enum kg_reader_stage : uint8_t {
	KG_STAGE_PROFILE,  /* the profile is being chosen: variables depend on it */
	KG_STAGE_INCLUDES, /* not all files are known: exports are not */
	KG_STAGE_SECTIONS,
};

struct kg_reader {
	struct kg_draft *draft;
	struct kg_arena *arena; /* freed with the reader */
	const struct kg_graph_source *source;
	const char *here; /* the current folder */
	enum kg_reader_stage stage;
	uint32_t depth; /* of variables and exports that are made of others */

	KG_LIST(struct kg_reader_file *) files;
	struct kg_map file_names; /* absolute path → index into files */
	KG_LIST(struct kg_scope *) scopes;
	struct kg_map prefixes; /* → index into scopes */

	KG_LIST(struct kg_reader_set) sets;
	struct kg_map set_names;
	struct kg_map variable_names; /* those of all scopes, with prefix */
	KG_LIST(const char *) variable_list;

	KG_LIST(struct kg_reader_export) exports;
	struct kg_map export_names; /* → index into exports */

	const struct kg_toml *profile_said; /* [graph] profile, when that chose it */
	KG_LIST(const char *) profiles;     /* of all files; those that several have several times */
	bool is_profile_found;

	struct kg_map kinds; /* name → index into facts */
	enum kg_reader_state name_state, instance_state;

	KG_LIST(struct kg_origin_file) origin_files;
	KG_LIST(struct kg_origin_variable) origin_variables;
	struct kg_map origin_names; /* → index into origin_variables */

	KG_LIST(struct kg_place) name_places; /* where names that there may be only once were said: the maps below lead there */
	struct kg_map target_names, port_names, secret_names, node_names;
	struct kg_map pool_names; /* → 0 */
	bool is_cache_said;
};

/* reader: places, names, small questions */
struct kg_place kg_reader_place(const struct kg_scope *scope, const struct kg_toml *said);
struct kg_place kg_reader_key_place(const struct kg_scope *scope, const struct kg_toml *said);
/* The place of length bytes at offset of a TEXT, as they are written: behind escapes and line ends. */
struct kg_place kg_reader_text_place(
    struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *text, size_t offset, size_t length);
/* Adds an error and returns it, for its advice. */
[[gnu::format(printf, 3, 4)]] struct kg_error *kg_reader_complain(
    struct kg_reader *reader, struct kg_place place, const char *format, ...);
/* "did you mean `x`?", or "known are …" when nothing is near. candidates end with NULL. */
void kg_reader_suggest(struct kg_reader *reader, struct kg_error *error, const char *name, const char *const *candidates);
/* The keys of a table, ended by NULL; of none when it is NULL. */
const char *const *kg_reader_keys(struct kg_reader *reader, const struct kg_toml *table);
/* Tells every key of the table that is not in known; what: "in [graph]". */
void kg_reader_check_keys(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *table,
    const char *const *known, const char *what);
/* Tells a key that is no name; true when it is one. noun: "node". */
bool kg_reader_check_name(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *said, const char *noun);
/* Tells when said is not of the type; false then. Also false when said is NULL. subject: "`name` in [graph]" */
bool kg_reader_check_type(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *said,
    enum kg_value_type type, const char *subject);
/* False when there is one of the full name already, and that is told. names: one of the reader's maps. */
bool kg_reader_is_new(struct kg_reader *reader, struct kg_map *names, const struct kg_scope *scope, const struct kg_toml *said,
    const char *noun, const char *full);
const char *kg_reader_full_name(struct kg_reader *reader, const struct kg_scope *scope, const char *name);
/* The environment variable's value, or NULL; remembered as something that the graph depends on. */
const char *kg_reader_environment(struct kg_reader *reader, const char *name);
/* Two tables as one: what over says wins. deep: tables that both have are made one in the same way. Either may be NULL. */
const struct kg_toml *kg_reader_merge(struct kg_reader *reader, const struct kg_toml *over, const struct kg_toml *under, bool deep);
/* A section of the scope's file with the chosen profile's section of that name put over it; NULL when neither has it. */
const struct kg_toml *kg_reader_section(struct kg_reader *reader, const struct kg_scope *scope, const char *name);

/* include: the files, and the scopes that they are used in */
struct kg_reader_file *kg_reader_open(
    struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *said, const char *path);
void kg_reader_include(struct kg_reader *reader, struct kg_scope *scope);

/* lines */
const char *kg_reader_line_of(const struct kg_draft *draft, const char *path, uint32_t line);

/* profile */
void kg_reader_profile_choose(struct kg_reader *reader, struct kg_scope *root);
void kg_reader_profile_open(struct kg_reader *reader, struct kg_scope *scope);
void kg_reader_profile_check(struct kg_reader *reader, const struct kg_scope *root);

/* vars */
void kg_reader_sets(struct kg_reader *reader);
void kg_reader_vars_open(struct kg_reader *reader, struct kg_scope *scope);
void kg_reader_sets_check(struct kg_reader *reader);
/* The value of a variable of the scope; NULL when it has no such variable. Of type NONE when it has no value: told. */
const struct kg_scalar *kg_reader_variable(
    struct kg_reader *reader, const struct kg_scope *scope, const char *name, struct kg_place used);
/* The names of the scope's variables, ended by NULL. */
const char *const *kg_reader_variables(struct kg_reader *reader, const struct kg_scope *scope);

/* interpolate */
struct kg_scalar kg_reader_scalar(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *said);
/* The text that said is, known now, with nothing escaped; NULL when it is wrong, and told. subject: "`name` in [graph]" */
const char *kg_reader_closed_text(
    struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *said, const char *subject);
/* The same where an empty text is one too. */
const char *kg_reader_closed_or_empty(
    struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *said, const char *subject);
/* A literal text as it stands in scalars: "${" becomes "$${". */
struct kg_scalar kg_reader_literal(struct kg_reader *reader, const char *text);
/* The scalar as a text: numbers and flags as they would be written. */
struct kg_scalar kg_reader_as_text(struct kg_reader *reader, struct kg_scalar scalar);

/* export */
void kg_reader_exports_open(struct kg_reader *reader, struct kg_scope *scope);
/* The value of an export by its full name; NULL when there is none. */
const struct kg_scalar *kg_reader_export(struct kg_reader *reader, const char *name, struct kg_place used);
void kg_reader_exports(struct kg_reader *reader);

/* section: all but nodes and exports */
void kg_reader_graph(struct kg_reader *reader, const struct kg_scope *root);
/* [graph] name and instance; NULL while they are being found out: then they are made of themselves. */
const char *kg_reader_graph_name(struct kg_reader *reader);
const char *kg_reader_graph_instance(struct kg_reader *reader);
void kg_reader_ports(struct kg_reader *reader, const struct kg_scope *scope);
void kg_reader_secrets(struct kg_reader *reader, const struct kg_scope *scope);
void kg_reader_pools(struct kg_reader *reader, const struct kg_scope *scope);
void kg_reader_targets(struct kg_reader *reader, const struct kg_scope *scope);

/* section_cache */
void kg_reader_cache(struct kg_reader *reader, const struct kg_scope *scope);

/* template */
void kg_reader_templates_open(struct kg_reader *reader, struct kg_scope *scope);
/* What the settings extend put under them; the settings themselves when they extend nothing. */
const struct kg_toml *kg_reader_extend(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *settings);

/* node */
void kg_reader_nodes(struct kg_reader *reader, const struct kg_scope *scope);
/* The scalar as a value that stands where said does. */
struct kg_value kg_reader_value(
    struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *said, struct kg_scalar scalar);
/* Puts what said is, and all below it, into the value at index, but without the members named in leave_out (NULL: none). */
void kg_reader_convert(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *said, uint32_t index,
    const char *const *leave_out);
