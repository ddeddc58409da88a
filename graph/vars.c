#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "graph/reader.h"

/*
 * A variable's value is the first there is of: --set, the environment, what the include passes, the profile's section, the file's own.
 * The last two give it its type, and a text from outside is read as that type. It is found when the variable is first used, so one that
 * nobody uses need not have a value, and the order in which variables are said does not matter.
 */

/* Variables made of variables go down one level of these functions each. */
static constexpr uint32_t variables_deepest = 64;
static const struct kg_scalar wrong;

void
kg_reader_sets(struct kg_reader *reader)
{
	struct kg_errors *errors = reader->draft->errors;

	for (const char *const *set = reader->source->sets; set && *set; set++) {
		const char *equals = strchr(*set, '=');

		if (!equals || equals == *set) {
			struct kg_error *error = kg_error_make(
			    errors->arena, KG_EINPUT, "`--set %s` does not say which variable gets which value", *set);
			kg_errors_add(errors, kg_error_advise(errors->arena, error, "write --set NAME=VALUE"));
			continue;
		}
		const char *name = kg_copy_bytes(reader->arena, *set, (size_t)(equals - *set));
		kg_map_put(&reader->set_names, name, reader->sets.count);
		kg_list_push(reader->arena, &reader->sets, (struct kg_reader_set){ .name = name, .value = equals + 1 });
	}
}

void
kg_reader_sets_check(struct kg_reader *reader)
{
	struct kg_errors *errors = reader->draft->errors;

	if (reader->draft->is_incomplete)
		return;
	kg_list_push(reader->arena, &reader->variable_list, NULL);
	for (uint32_t i = 0; i < reader->sets.count; i++) {
		const struct kg_reader_set *set = &reader->sets.items[i];

		if (kg_map_get(&reader->variable_names, set->name, NULL))
			continue;
		struct kg_error *error =
		    kg_error_make(errors->arena, KG_EINPUT, "`--set %s=…`: no file has a variable `%s`", set->name, set->name);
		kg_errors_add(errors, error);
		kg_reader_suggest(reader, error, set->name, reader->variable_list.items);
	}
}

/* { default = …, required = true, meaning = "…" } */
static void
declaration_read(struct kg_reader *reader, struct kg_scope *scope, const struct kg_toml *said, struct kg_variable *variable)
{
	static const char *const known[] = { "default", "meaning", "required", NULL };
	const struct kg_toml *meaning = kg_toml_member(said, "meaning"), *required = kg_toml_member(said, "required");

	kg_reader_check_keys(reader, scope, said, known, "in a variable");
	variable->said = kg_toml_member(said, "default");
	if (meaning && kg_reader_check_type(reader, scope, meaning, KG_VALUE_TEXT, "`meaning` of a variable"))
		variable->meaning = meaning->text;
	if (required && kg_reader_check_type(reader, scope, required, KG_VALUE_FLAG, "`required` of a variable") &&
	    required->integer && variable->said) {
		(void)kg_reader_complain(reader, kg_reader_key_place(scope, required), "a required variable has no `default`");
	}
}

static void
variable_declare(struct kg_reader *reader, struct kg_scope *scope, const struct kg_toml *said)
{
	struct kg_variable *variable = &scope->variables[scope->variable_count];
	const struct kg_toml *passed = scope->include ? kg_toml_member(kg_toml_member(scope->include, "vars"), said->key) : NULL;

	if (!kg_reader_check_name(reader, scope, said, "variable"))
		return;
	*variable = (struct kg_variable){ .name = said->key, .said = said, .passed = passed };
	scope->variable_count++;
	if (said->type == KG_VALUE_TABLE)
		declaration_read(reader, scope, said, variable);
	const struct kg_toml *value = variable->said;
	if (value && (value->type == KG_VALUE_NONE || value->type == KG_VALUE_LIST || value->type == KG_VALUE_TABLE)) {
		struct kg_error *error = kg_reader_complain(
		    reader, kg_reader_place(scope, value), "variable `%s` must be a text, a number, or true or false", said->key);
		if (value->type == KG_VALUE_NONE)
			(void)kg_error_advise(
			    reader->draft->errors->arena, error, "write a date or time as a text: \"%s\"", value->text);
		variable->value = (struct kg_scalar){ 0 };
		variable->state = KG_READER_DONE;
	}

	const char *full = kg_reader_full_name(reader, scope, said->key);
	if (kg_map_put(&reader->variable_names, full, 0))
		kg_list_push(reader->arena, &reader->variable_list, full);
}

static void
passed_check(struct kg_reader *reader, struct kg_scope *scope, const struct kg_toml *declared)
{
	const struct kg_toml *passed = scope->include ? kg_toml_member(scope->include, "vars") : NULL;

	if (!passed || !kg_reader_check_type(reader, scope->parent, passed, KG_VALUE_TABLE, "`vars` of an include"))
		return;
	for (uint32_t i = 0; i < passed->count; i++) {
		const struct kg_toml *one = &passed->items[i];

		if (declared && kg_toml_member(declared, one->key))
			continue;
		struct kg_error *error = kg_reader_complain(
		    reader, kg_reader_key_place(scope->parent, one), "%s has no variable `%s`", scope->file->path, one->key);
		kg_reader_suggest(reader, error, one->key, kg_reader_keys(reader, declared));
	}
}

void
kg_reader_vars_open(struct kg_reader *reader, struct kg_scope *scope)
{
	const struct kg_toml *declared = kg_reader_section(reader, scope, "vars");

	passed_check(reader, scope, declared);
	if (!declared)
		return;
	scope->variables = kg_new_array(reader->arena, struct kg_variable, declared->count);
	for (uint32_t i = 0; i < declared->count; i++)
		variable_declare(reader, scope, &declared->items[i]);
}

const char *const *
kg_reader_variables(struct kg_reader *reader, const struct kg_scope *scope)
{
	const char **names = kg_new_array(reader->arena, const char *, (size_t)scope->variable_count + 1);

	for (uint32_t i = 0; i < scope->variable_count; i++)
		names[i] = scope->variables[i].name;
	return names;
}

static struct kg_variable *
variable_find(const struct kg_scope *scope, const char *name)
{
	uint32_t low = 0, high = scope->variable_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = strcmp(scope->variables[middle].name, name);

		if (order == 0)
			return &scope->variables[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* KGRAPH_VAR_pg_http_port for the variable http-port of the include pg: a shell's names have no dots and dashes. */
static const char *
environment_name(struct kg_reader *reader, const struct kg_scope *scope, const char *name)
{
	char *full = kg_format(reader->arena, "KGRAPH_VAR_%s%s", scope->prefix, name);

	for (char *at = full; *(at += strcspn(at, ".-"));)
		*at = '_';
	return full;
}

/* The scalar as one of the type; false when it is not one. */
static bool
scalar_as(struct kg_reader *reader, struct kg_scalar *scalar, enum kg_value_type type)
{
	char *end;

	if (scalar->type == type || (scalar->flags & KG_VALUE_OPEN))
		return true;
	if (type == KG_VALUE_TEXT) {
		*scalar = kg_reader_as_text(reader, *scalar);
		return true;
	}
	if (scalar->type == KG_VALUE_INTEGER && type == KG_VALUE_REAL) {
		*scalar = (struct kg_scalar){ .type = type, .real = (double)scalar->integer };
		return true;
	}
	if (scalar->type != KG_VALUE_TEXT || scalar->size == 0 || strchr(" \t\n\v\f\r", *scalar->text))
		return false;

	const char *text = scalar->text;
	struct kg_scalar read = { .type = type };
	bool is_read;
	errno = 0;
	if (type == KG_VALUE_FLAG) {
		read.integer = strcmp(text, "true") == 0;
		is_read = read.integer || strcmp(text, "false") == 0;
	} else if (type == KG_VALUE_INTEGER) {
		read.integer = strtoll(text, &end, 10);
		is_read = *end == '\0' && errno == 0;
	} else {
		read.real = strtod(text, &end);
		is_read = *end == '\0' && errno == 0;
	}
	if (!is_read)
		return false;
	*scalar = read;
	return true;
}

/* Where a value came from: what an error about it names. */
struct origin {
	struct kg_scalar value;
	const char *told;      /* "`--set pg.port=x`: "; "" when there is a place */
	struct kg_place place; /* of what an include passes */
};

static bool
given_find(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_variable *variable, struct origin *ret)
{
	const char *full = kg_reader_full_name(reader, scope, variable->name);
	const char *environment = environment_name(reader, scope, variable->name), *value;
	uint32_t index;

	if (kg_map_get(&reader->set_names, full, &index)) {
		value = reader->sets.items[index].value;
		*ret = (struct origin){ kg_reader_literal(reader, value), kg_format(reader->arena, "`--set %s=%s`: ", full, value),
			{ 0 } };
		return true;
	}
	if ((value = kg_reader_environment(reader, environment))) {
		*ret = (struct origin){ kg_reader_literal(reader, value), kg_format(reader->arena, "`%s=%s`: ", environment, value),
			{ 0 } };
		return true;
	}
	if (!variable->passed)
		return false;
	*ret = (struct origin){
		kg_reader_scalar(reader, scope->parent, variable->passed),
		"",
		kg_reader_place(scope->parent, variable->passed),
	};
	return true;
}

static void
unset_tell(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_variable *variable, struct kg_place used)
{
	struct kg_arena *arena = reader->draft->errors->arena;
	const char *meaning = variable->meaning ? kg_format(arena, " (%s)", variable->meaning) : "";
	const char *pass = scope->parent
	    ? kg_format(arena, ", or in `vars` of the include at %s:%u", scope->parent->file->path, scope->include->line)
	    : "";
	struct kg_error *error = kg_reader_complain(reader, used, "variable `%s`%s is not set", variable->name, meaning);

	(void)kg_error_advise(arena, error, "set it with --set %s=… or the environment variable %s%s",
	    kg_reader_full_name(reader, scope, variable->name), environment_name(reader, scope, variable->name), pass);
}

static struct kg_scalar
variable_evaluate(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_variable *variable, struct kg_place used)
{
	struct kg_errors *errors = reader->draft->errors;
	const struct kg_toml *said = variable->said;
	struct origin given;

	if (!given_find(reader, scope, variable, &given)) {
		if (said)
			return kg_reader_scalar(reader, scope, said);
		unset_tell(reader, scope, variable, used);
		return (struct kg_scalar){ 0 };
	}
	if (given.value.type == KG_VALUE_NONE || !said || scalar_as(reader, &given.value, said->type))
		return given.value;
	struct kg_error *error = kg_error_at(errors->arena, KG_EINPUT, given.place, "%svariable `%s` must be %s", given.told,
	    variable->name, said->type == KG_VALUE_INTEGER ? "a whole number" : kg_value_type_tell(said->type));
	kg_errors_add(errors, kg_error_advise(errors->arena, error, "as it is at %s:%u", scope->file->path, said->line));
	return (struct kg_scalar){ 0 };
}

const struct kg_scalar *
kg_reader_variable(struct kg_reader *reader, const struct kg_scope *scope, const char *name, struct kg_place used)
{
	struct kg_variable *variable = variable_find(scope, name);

	if (!variable || variable->state == KG_READER_DONE)
		return variable ? &variable->value : NULL;
	if (variable->state == KG_READER_BUSY || reader->depth >= variables_deepest) {
		(void)kg_reader_complain(reader, used,
		    variable->state == KG_READER_BUSY ? "variable `%s` is made of itself"
						      : "variable `%s` is made of too many others",
		    name);
		return &wrong;
	}
	variable->state = KG_READER_BUSY;
	reader->depth++;
	variable->value = variable_evaluate(reader, scope, variable, used);
	reader->depth--;
	variable->state = KG_READER_DONE;
	return &variable->value;
}
