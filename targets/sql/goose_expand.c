#include "targets/sql/goose_expand.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"

/* A text within braces may hold variables whose texts hold variables. Nobody writes more than three; a file made to harm might. */
constexpr uint32_t deepest = 32;

struct expansion {
	struct kg_arena *arena;
	const char *const *environment;
	struct kg_goose_slice line;
	size_t at;
	uint32_t depth;
};

static struct kg_error *expand_until(struct expansion *expansion, char stop, struct kg_text *text);

static int
peek(const struct expansion *expansion)
{
	return expansion->at < expansion->line.size ? (unsigned char)expansion->line.bytes[expansion->at] : -1;
}

static bool
stands(const struct expansion *expansion, const char *here)
{
	return kg_goose_starts(
	    (struct kg_goose_slice){ expansion->line.bytes + expansion->at, expansion->line.size - expansion->at }, here);
}

static const char *
variable(const struct expansion *expansion, const char *name)
{
	size_t length = strlen(name);

	for (const char *const *each = expansion->environment; *each; each++)
		if (strncmp(*each, name, length) == 0 && (*each)[length] == '=')
			return *each + length + 1;
	return NULL;
}

static struct kg_error *
read_name(struct expansion *expansion, const char **ret_name)
{
	size_t start = expansion->at;

	if (peek(expansion) < 0 || !isascii(peek(expansion)) || !isalpha(peek(expansion)))
		return kg_error_advise(expansion->arena,
		    kg_error_make(expansion->arena, KG_EINPUT, "the name of a variable must start with a letter"),
		    "write \\$ for a dollar sign that is none, or put `-- +goose ENVSUB OFF` before this line");
	while (peek(expansion) >= 0 && isascii(peek(expansion)) && (isalnum(peek(expansion)) || peek(expansion) == '_'))
		expansion->at++;
	if (peek(expansion) >= 0x80)
		return kg_error_make(
		    expansion->arena, KG_EINPUT, "the name of a variable may hold ASCII letters, digits and `_` only");
	*ret_name = kg_copy_bytes(expansion->arena, expansion->line.bytes + start, expansion->at - start);
	return NULL;
}

/* A whole number up to, but without, one of the stops. */
static struct kg_error *
read_number(struct expansion *expansion, const char *stops, long *ret_number)
{
	size_t start = expansion->at;

	while (peek(expansion) >= 0 && !strchr(stops, peek(expansion)))
		expansion->at++;
	struct kg_goose_slice digits =
	    kg_goose_trim((struct kg_goose_slice){ expansion->line.bytes + start, expansion->at - start });
	const char *text = kg_copy_bytes(expansion->arena, digits.bytes, digits.size);
	char *end;

	errno = 0;
	*ret_number = strtol(text, &end, 10);
	if (digits.size == 0 || *end != '\0' || errno != 0 || isspace((unsigned char)text[0]))
		return kg_error_make(expansion->arena, KG_EINPUT, "`%s` is not a number", text);
	return NULL;
}

/* ${VAR:offset} and ${VAR:offset:length} count bytes; negative ones count from the end. */
static struct kg_error *
expand_part(struct expansion *expansion, const char *value, struct kg_text *text)
{
	long size = (long)strlen(value), from, length;
	long to = size;

	struct kg_error *error = read_number(expansion, ":}", &from);
	if (error)
		return error;
	if (from < 0)
		from = from < -size ? 0 : from + size;
	if (from > size)
		from = size;
	if (peek(expansion) == ':') {
		expansion->at++;
		error = read_number(expansion, "}", &length);
		if (error)
			return error;
		if (length < 0)
			to = length < -size ? 0 : size + length;
		else
			to = length > size - from ? size : from + length;
	}
	if (text && to > from)
		kg_text_add_bytes(text, value + from, (size_t)(to - from));
	return NULL;
}

/* After `?`: the message is read in any case, and is the error when the variable is not set. */
static struct kg_error *
expand_required(struct expansion *expansion, const char *name, const char *value, struct kg_text *text)
{
	struct kg_text message = { .arena = expansion->arena };
	bool is_missing = text && !value;

	struct kg_error *error = expand_until(expansion, '}', is_missing ? &message : NULL);
	if (error)
		return error;
	if (is_missing)
		return kg_error_advise(expansion->arena,
		    kg_error_make(
			expansion->arena, KG_EINPUT, "$%s: %s", name, message.size > 0 ? kg_text_end(&message) : "not set"),
		    "give it in the node's `env`, or hand it on with `pass_env`");
	if (text)
		kg_text_add(text, value);
	return NULL;
}

/*
 * What follows the name within braces. text is NULL where the result is not wanted: it is read, and errors are told all the
 * same.
 */
static struct kg_error *
expand_operator(struct expansion *expansion, const char *name, struct kg_text *text)
{
	const char *value = variable(expansion, name);
	bool takes_text;

	if (stands(expansion, ":-")) {
		expansion->at += 2;
		takes_text = !value || value[0] == '\0';
	} else if (stands(expansion, "-")) {
		expansion->at++;
		takes_text = !value;
	} else if (stands(expansion, "?")) {
		expansion->at++;
		return expand_required(expansion, name, value, text);
	} else if (stands(expansion, ":")) {
		expansion->at++;
		return expand_part(expansion, value ? value : "", text);
	} else if (stands(expansion, "}")) {
		takes_text = false;
		if (!value)
			value = "";
	} else {
		return kg_error_make(expansion->arena, KG_EINPUT, "`${%s` must go on with }, :-, -, ? or :", name);
	}
	if (text && !takes_text)
		kg_text_add(text, value);
	return stands(expansion, "}") ? NULL : expand_until(expansion, '}', takes_text ? text : NULL);
}

/* At a dollar sign that starts a variable. */
static struct kg_error *
expand_variable(struct expansion *expansion, struct kg_text *text)
{
	const char *name;

	expansion->at++;
	if (peek(expansion) != '{') {
		struct kg_error *error = read_name(expansion, &name);
		if (error)
			return error;
		if (text && variable(expansion, name))
			kg_text_add(text, variable(expansion, name));
		return NULL;
	}
	expansion->at++;
	if (++expansion->depth > deepest)
		return kg_error_make(expansion->arena, KG_EINPUT, "variables within variables, more than %u deep", deepest);
	struct kg_error *error = read_name(expansion, &name);
	if (!error)
		error = expand_operator(expansion, name, text);
	if (error)
		return error;
	if (peek(expansion) != '}')
		return kg_error_make(expansion->arena, KG_EINPUT, "`${%s` is not closed by `}`", name);
	expansion->at++;
	expansion->depth--;
	return NULL;
}

/* Up to the end of the line, or to stop, which is left standing. */
static struct kg_error *
expand_until(struct expansion *expansion, char stop, struct kg_text *text)
{
	while (peek(expansion) >= 0 && (stop == '\0' || peek(expansion) != stop)) {
		const char *here = expansion->line.bytes + expansion->at;
		size_t read = 1, written = 1;

		if (stands(expansion, "\\\\") || stands(expansion, "$(")) {
			read = written = 2;
		} else if (stands(expansion, "\\$") || stands(expansion, "$$")) {
			here++;
			read = 2;
		} else if (here[0] == '$' && expansion->at + 1 < expansion->line.size) {
			struct kg_error *error = expand_variable(expansion, text);
			if (error)
				return error;
			continue;
		}
		if (text)
			kg_text_add_bytes(text, here, written);
		expansion->at += read;
	}
	return NULL;
}

struct kg_error *
kg_goose_expand(
    struct kg_arena *arena, const char *const *environment, struct kg_goose_slice line, struct kg_text *text, size_t *ret_at)
{
	struct expansion expansion = { .arena = arena, .environment = environment, .line = line };

	struct kg_error *error = expand_until(&expansion, '\0', text);
	*ret_at = expansion.at;
	return error;
}
