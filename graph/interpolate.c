#include <stdio.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/field.h"
#include "engine/base/text.h"
#include "graph/reader.h"

/*
 * ${vars.x}, ${env.X}, ${graph.…}, ${profile}, ${export.X} and ${dir.file} are put in while a graph is read. ${node.X.KEY}, ${secrets.X},
 * ${port.X} and the other ${dir.…} are known later: they stay in the text, under their full names. `$${` stays as it is, and becomes `${`
 * when a spec is filled (kg_resolve_text); so what is put in must have its own `${` escaped.
 */

/* A text made of variables that are made of variables can grow beyond all bounds. */
static constexpr size_t text_largest_bytes = 1 << 20;

/* One ${…} in a text of the file. */
struct site {
	struct kg_reader *reader;
	const struct kg_scope *scope;
	const struct kg_toml *text;
	size_t offset, length; /* from $ to } */
	const char *name;      /* what stands between the braces */
};

static struct kg_place
site_place(const struct site *site)
{
	return kg_reader_text_place(site->reader, site->scope, site->text, site->offset, site->length);
}

struct kg_scalar
kg_reader_literal(struct kg_reader *reader, const char *text)
{
	struct kg_text escaped = { .arena = reader->arena };
	const char *plain = text;

	for (const char *at = text; (at = strstr(at, "${")); at += 2) {
		kg_text_add_bytes(&escaped, plain, (size_t)(at - plain));
		kg_text_add(&escaped, "$");
		plain = at;
	}
	if (escaped.size > 0) {
		kg_text_add(&escaped, plain);
		text = kg_text_end(&escaped);
	}
	return (struct kg_scalar){ .type = KG_VALUE_TEXT, .text = text, .size = (uint32_t)strlen(text) };
}

struct kg_scalar
kg_reader_as_text(struct kg_reader *reader, struct kg_scalar scalar)
{
	const char *text;

	switch (scalar.type) {
	case KG_VALUE_INTEGER: text = kg_format(reader->arena, "%lld", (long long)scalar.integer); break;
	case KG_VALUE_REAL: text = kg_format(reader->arena, "%.17g", scalar.real); break;
	case KG_VALUE_FLAG: text = scalar.integer ? "true" : "false"; break;
	default: return scalar;
	}
	return (struct kg_scalar){ .type = KG_VALUE_TEXT, .text = text, .size = (uint32_t)strlen(text) };
}

/* In all that follows, name is what stands behind the first dot, and NONE means wrong and told. */
static struct kg_scalar
vars_read(const struct site *site, const char *name)
{
	struct kg_reader *reader = site->reader;

	if (reader->stage == KG_STAGE_PROFILE) {
		struct kg_error *error = kg_reader_complain(reader, site_place(site), "the profile cannot be made of variables");
		(void)kg_error_advise(
		    reader->draft->errors->arena, error, "variables depend on the profile; ${env.NAME} can be used");
		return (struct kg_scalar){ 0 };
	}
	const struct kg_scalar *value = kg_reader_variable(reader, site->scope, name, site_place(site));
	if (value)
		return *value;
	struct kg_error *error = kg_reader_complain(reader, site_place(site), "there is no variable `%s`", name);
	const char *const *known = kg_reader_variables(reader, site->scope);
	if (*known)
		kg_reader_suggest(reader, error, name, known);
	else
		(void)kg_error_advise(reader->draft->errors->arena, error, "say it in [vars] of %s", site->scope->file->path);
	return (struct kg_scalar){ 0 };
}

/* NAME or NAME:-default; as in a shell, the default stands for an empty value as well. */
static struct kg_scalar
env_read(const struct site *site, const char *name)
{
	struct kg_reader *reader = site->reader;
	const char *fallback = strstr(name, ":-");
	const char *variable = fallback ? kg_copy_bytes(reader->arena, name, (size_t)(fallback - name)) : name;
	const char *value = kg_reader_environment(reader, variable);

	if (fallback && (!value || *value == '\0'))
		value = fallback + 2;
	if (value)
		return kg_reader_literal(reader, value);
	struct kg_error *error = kg_reader_complain(reader, site_place(site), "the environment variable `%s` is not set", variable);
	(void)kg_error_advise(reader->draft->errors->arena, error, "set it, or give it a default: ${env.%s:-…}", variable);
	return (struct kg_scalar){ 0 };
}

static struct kg_scalar
graph_read(const struct site *site, const char *name)
{
	static const char *const known[] = { "name", "instance", NULL };
	struct kg_reader *reader = site->reader;
	bool is_name = strcmp(name, "name") == 0;

	if (!is_name && strcmp(name, "instance") != 0) {
		struct kg_error *error = kg_reader_complain(reader, site_place(site), "there is no `${graph.%s}`", name);
		kg_reader_suggest(reader, error, name, known);
		return (struct kg_scalar){ 0 };
	}
	const char *value = is_name ? kg_reader_graph_name(reader) : kg_reader_graph_instance(reader);
	if (value)
		return kg_reader_literal(reader, value);
	(void)kg_reader_complain(reader, site_place(site), "`%s` in [graph] is made of itself", name);
	return (struct kg_scalar){ 0 };
}

static struct kg_scalar
export_read(const struct site *site, const char *name)
{
	struct kg_reader *reader = site->reader;
	const char *full = kg_reader_full_name(reader, site->scope, name);

	if (reader->stage != KG_STAGE_SECTIONS) {
		(void)kg_reader_complain(
		    reader, site_place(site), "exports are not known yet while it is found out which files there are");
		return (struct kg_scalar){ 0 };
	}
	const struct kg_scalar *value = kg_reader_export(reader, full, site_place(site));
	if (value)
		return *value;
	if (reader->draft->is_incomplete)
		return (struct kg_scalar){ 0 };

	const char **known = kg_new_array(reader->arena, const char *, (size_t)reader->exports.count + 1);
	size_t count = 0, prefix = strlen(site->scope->prefix);
	for (uint32_t i = 0; i < reader->exports.count; i++)
		if (kg_text_starts(reader->exports.items[i].name, site->scope->prefix))
			known[count++] = reader->exports.items[i].name + prefix;
	struct kg_error *error = kg_reader_complain(reader, site_place(site), "there is no export `%s`", name);
	kg_reader_suggest(reader, error, name, known);
	return (struct kg_scalar){ 0 };
}

/* What stays, under its full name. */
static struct kg_scalar
open_keep(const struct site *site, const char *kind, const char *name, uint8_t flags)
{
	const char *text = kg_format(site->reader->arena, "${%s.%s%s}", kind, site->scope->prefix, name);

	return (struct kg_scalar){ .type = KG_VALUE_TEXT, .flags = flags, .text = text, .size = (uint32_t)strlen(text) };
}

static struct kg_scalar
node_read(const struct site *site, const char *name)
{
	if (strchr(name, '.'))
		return open_keep(site, "node", name, KG_VALUE_OPEN);
	struct kg_error *error =
	    kg_reader_complain(site->reader, site_place(site), "`${node.%s}` does not say which output is meant", name);
	(void)kg_error_advise(site->reader->draft->errors->arena, error, "write ${node.%s.OUTPUT}", name);
	return (struct kg_scalar){ 0 };
}

static struct kg_scalar
secrets_read(const struct site *site, const char *name)
{
	return open_keep(site, "secrets", name, KG_VALUE_OPEN | KG_VALUE_SECRET);
}

static struct kg_scalar
port_read(const struct site *site, const char *name)
{
	return open_keep(site, "port", name, KG_VALUE_OPEN);
}

static struct kg_scalar
dir_read(const struct site *site, const char *name)
{
	static const char *const known[] = { "data", "file", "graph", "state", NULL };
	const char *const *folder = known;

	if (strcmp(name, "file") == 0)
		return kg_reader_literal(site->reader, site->scope->file->folder);
	while (*folder && strcmp(*folder, name) != 0)
		folder++;
	if (*folder) {
		const char *text = kg_format(site->reader->arena, "${dir.%s}", name);
		return (struct kg_scalar){
			.type = KG_VALUE_TEXT, .flags = KG_VALUE_OPEN, .text = text, .size = (uint32_t)strlen(text)
		};
	}
	struct kg_error *error = kg_reader_complain(site->reader, site_place(site), "there is no folder `${dir.%s}`", name);
	kg_reader_suggest(site->reader, error, name, known);
	return (struct kg_scalar){ 0 };
}

static const struct {
	const char *kind;
	struct kg_scalar (*read)(const struct site *site, const char *name);
} references[] = {
	{ "vars", vars_read },
	{ "env", env_read },
	{ "graph", graph_read },
	{ "export", export_read },
	{ "node", node_read },
	{ "secrets", secrets_read },
	{ "port", port_read },
	{ "dir", dir_read },
};

static struct kg_scalar
unknown_tell(const struct site *site, const char *kind)
{
	static const char *const kinds[] = { "vars", "env", "graph", "export", "node", "secrets", "port", "dir", "profile", NULL };
	struct kg_reader *reader = site->reader;
	struct kg_arena *arena = reader->draft->errors->arena;
	struct kg_error *error =
	    kg_reader_complain(reader, site_place(site), "`${%s}` refers to nothing that is known", site->name);
	const char *nearest = kg_text_nearest(kind, kinds), *rest = strchr(site->name, '.');

	for (uint32_t i = 0; !rest && i < site->scope->variable_count; i++)
		if (strcmp(site->scope->variables[i].name, site->name) == 0) {
			(void)kg_error_advise(arena, error, "did you mean `${vars.%s}`?", site->name);
			return (struct kg_scalar){ 0 };
		}
	if (nearest && (rest || strcmp(nearest, "profile") == 0))
		(void)kg_error_advise(arena, error, "did you mean `${%s%s}`?", nearest, rest ? rest : "");
	else
		(void)kg_error_advise(arena, error,
		    "there are ${vars.…}, ${env.…}, ${node.X.OUTPUT}, ${port.…}, ${secrets.…}, ${export.…}, ${dir.…}, "
		    "${graph.…} and ${profile}; write $${ for a plain ${");
	return (struct kg_scalar){ 0 };
}

static bool
is_name(const char *kind, const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.";
	size_t length = strspn(name, letters);

	if (length == 0 || name[0] == '.' || name[length - 1] == '.')
		return false;
	return name[length] == '\0' || (strcmp(kind, "env") == 0 && strncmp(name + length, ":-", 2) == 0);
}

static struct kg_scalar
site_read(const struct site *site)
{
	const char *dot = strchr(site->name, '.');
	const char *kind = dot ? kg_copy_bytes(site->reader->arena, site->name, (size_t)(dot - site->name)) : site->name;

	if (strcmp(site->name, "profile") == 0) {
		const char *profile = site->reader->draft->profile;
		return kg_reader_literal(site->reader, profile && *profile ? profile : "default");
	}
	for (size_t i = 0; dot && i < sizeof(references) / sizeof(*references); i++) {
		if (strcmp(references[i].kind, kind) != 0)
			continue;
		if (is_name(kind, dot + 1))
			return references[i].read(site, dot + 1);
		(void)kg_reader_complain(site->reader, site_place(site), "`${%s}` holds no name that there could be", site->name);
		return (struct kg_scalar){ 0 };
	}
	return unknown_tell(site, kind);
}

/* The byte behind the closing brace; 0 when there is none, and that is told. Looks no further than the next brace. */
static size_t
site_end(struct site *site, const char *text)
{
	const char *start = text + site->offset + 2, *end = start + strcspn(start, "}\n");
	const char *inner = memmem(start, (size_t)(end - start), "${", 2);
	struct kg_error *error;

	if (*end == '}' && !inner)
		return (size_t)(end - text) + 1;
	site->length = 2;
	error = kg_reader_complain(
	    site->reader, site_place(site), *end == '}' ? "a ${…} within a ${…}" : "this ${ is not closed by a }");
	(void)kg_error_advise(site->reader->draft->errors->arena, error,
	    *end == '}' ? "give the inner one a variable of its own in [vars]" : "write $${ for a plain ${");
	return 0;
}

/*
 * Two pieces side by side can look like what neither of them is: "$" and "{" like a reference, which one more $ prevents; "$" and "${…}" like
 * an escape, which nothing can prevent. False for that, and it is told.
 */
static bool
piece_add(const struct site *site, struct kg_text *text, const char *piece, size_t size)
{
	bool after_dollar = text->size > 0 && size > 0 && text->bytes[text->size - 1] == '$';

	if (after_dollar && size >= 2 && piece[0] == '$' && piece[1] == '{') {
		struct kg_error *error =
		    kg_reader_complain(site->reader, site_place(site), "a $ stands right before what is known later");
		(void)kg_error_advise(
		    site->reader->draft->errors->arena, error, "it would read as $${, a plain ${; put something between");
		return false;
	}
	if (after_dollar && piece[0] == '{')
		kg_text_add(text, "$");
	kg_text_add_bytes(text, piece, size);
	return true;
}

static bool
part_add(const struct site *site, struct kg_text *text, struct kg_scalar part)
{
	part = kg_reader_as_text(site->reader, part);
	if (part.type == KG_VALUE_NONE)
		return false;
	if (text->size + part.size <= text_largest_bytes)
		return piece_add(site, text, part.text, part.size);
	(void)kg_reader_complain(site->reader, site_place(site), "with this put in, the text is larger than a megabyte");
	return false;
}

/* Goes on behind a wrong reference, for the sake of others that are wrong as well. */
static struct kg_scalar
text_read(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *said)
{
	struct kg_scalar whole = { .type = KG_VALUE_TEXT, .text = said->text, .size = said->count };
	struct site site = { .reader = reader, .scope = scope, .text = said };
	struct kg_text text = { .arena = reader->arena };
	const char *plain = said->text;
	bool is_sound = true;

	for (const char *at = said->text; (at = strchr(at, '$'));) {
		if (at[1] != '{') {
			at += at[1] == '$' && at[2] == '{' ? 3 : 1;
			continue;
		}
		site.offset = (size_t)(at - said->text);
		size_t end = site_end(&site, said->text);
		if (end == 0)
			return (struct kg_scalar){ 0 };
		site.length = end - site.offset;
		site.name = kg_copy_bytes(reader->arena, at + 2, site.length - 3);
		struct kg_scalar part = site_read(&site);
		if (site.length == said->count)
			return part;
		whole.flags |= part.flags;
		is_sound &= piece_add(&site, &text, plain, (size_t)(at - plain)) && part_add(&site, &text, part);
		plain = at = said->text + end;
	}
	if (!is_sound)
		return (struct kg_scalar){ 0 };
	if (plain != said->text) {
		(void)piece_add(&site, &text, plain, strlen(plain));
		whole.text = kg_text_end(&text);
		whole.size = (uint32_t)text.size;
	}
	return whole;
}

struct kg_scalar
kg_reader_scalar(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *said)
{
	switch (said->type) {
	case KG_VALUE_TEXT: return text_read(reader, scope, said);
	case KG_VALUE_INTEGER:
	case KG_VALUE_FLAG: return (struct kg_scalar){ .type = said->type, .integer = said->integer };
	case KG_VALUE_REAL: return (struct kg_scalar){ .type = said->type, .real = said->real };
	default:
		(void)kg_reader_complain(reader, kg_reader_place(scope, said),
		    "a text, a number, or true or false is wanted here, not %s",
		    said->type == KG_VALUE_NONE ? "a date or time" : kg_value_type_tell(said->type));
		return (struct kg_scalar){ 0 };
	}
}

const char *
kg_reader_closed_or_empty(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *said, const char *subject)
{
	struct kg_scalar scalar;

	if (!kg_reader_check_type(reader, scope, said, KG_VALUE_TEXT, subject))
		return NULL;
	scalar = kg_reader_as_text(reader, kg_reader_scalar(reader, scope, said));
	if (scalar.type == KG_VALUE_NONE)
		return NULL;
	if (scalar.flags & KG_VALUE_OPEN) {
		struct kg_error *error = kg_reader_complain(reader, kg_reader_place(scope, said),
		    "%s holds what is only known while the graph runs: %s", subject, scalar.text);
		(void)kg_error_advise(
		    reader->draft->errors->arena, error, "it may hold ${vars.…}, ${env.…}, ${graph.…} and ${profile}");
		return NULL;
	}
	return kg_resolve_text(reader->arena, NULL, scalar.text);
}

const char *
kg_reader_closed_text(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *said, const char *subject)
{
	const char *text = kg_reader_closed_or_empty(reader, scope, said, subject);

	if (!text || *text != '\0')
		return text;
	(void)kg_reader_complain(reader, kg_reader_place(scope, said), "%s is empty", subject);
	return NULL;
}
