#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/field.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "graph/reader.h"

/* [graph] name or instance: the root's, evaluated when first asked for. NULL while that is going on: it is made of itself. */
static const char *
graph_text(struct kg_reader *reader, const char *key, enum kg_reader_state *state, const char **kept, const char *fallback)
{
	const struct kg_scope *root = reader->scopes.items[0];
	const struct kg_toml *said = kg_toml_member(kg_toml_member(root->file->root, "graph"), key);

	if (*state != KG_READER_NEW)
		return *state == KG_READER_DONE ? *kept : NULL;
	*state = KG_READER_BUSY;
	const char *text =
	    said ? kg_reader_closed_text(reader, root, said, kg_format(reader->arena, "`%s` in [graph]", key)) : NULL;
	*kept = kg_copy(reader->draft->arena, text ? text : fallback);
	*state = KG_READER_DONE;
	return *kept;
}

const char *
kg_reader_graph_name(struct kg_reader *reader)
{
	const char *folder = kg_path_name(reader->scopes.items[0]->file->folder);

	return graph_text(reader, "name", &reader->name_state, &reader->draft->name, *folder ? folder : "graph");
}

const char *
kg_reader_graph_instance(struct kg_reader *reader)
{
	return graph_text(reader, "instance", &reader->instance_state, &reader->draft->instance, "default");
}

/* Folders and databases are named after it. */
static void
instance_check(struct kg_reader *reader, const struct kg_scope *root, const struct kg_toml *said)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
	const char *instance = kg_reader_graph_instance(reader);

	if (!said || (instance[0] != '-' && instance[strspn(instance, letters)] == '\0'))
		return;
	struct kg_error *error =
	    kg_reader_complain(reader, kg_reader_place(root, said), "`%s` cannot be the name of an instance", instance);
	(void)kg_error_advise(reader->draft->errors->arena, error, "names are letters, digits, _ and -, and do not start with -");
}

void
kg_reader_graph(struct kg_reader *reader, const struct kg_scope *root)
{
	static const char *const known[] = { "name", "instance", "default", "profile", NULL };
	struct kg_draft *draft = reader->draft;
	const struct kg_toml *graph = kg_toml_member(root->file->root, "graph"), *said;

	draft->folder = root->file->folder;
	(void)kg_reader_graph_name(reader);
	instance_check(reader, root, kg_toml_member(graph, "instance"));
	if (!graph || graph->type != KG_VALUE_TABLE)
		return;
	kg_reader_check_keys(reader, root, graph, known, "in [graph]");
	if (!(said = kg_toml_member(graph, "default")))
		return;
	draft->default_target = kg_copy(draft->arena, kg_reader_closed_text(reader, root, said, "`default` in [graph]"));
	draft->default_place = kg_reader_place(root, said);
}

/* A whole number, also one that a variable brings as a text. False when it is wrong, and told. */
static bool
integer_read(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *said, const char *subject,
    const char *wanted, int64_t highest, int64_t *ret)
{
	struct kg_scalar scalar = kg_reader_scalar(reader, scope, said);
	bool is_closed = scalar.type == KG_VALUE_TEXT && !(scalar.flags & KG_VALUE_OPEN);

	if (is_closed && scalar.size > 0 && scalar.size < 10 && strspn(scalar.text, "0123456789") == scalar.size)
		scalar = (struct kg_scalar){ .type = KG_VALUE_INTEGER, .integer = strtoll(scalar.text, NULL, 10) };
	if (scalar.type == KG_VALUE_NONE)
		return false;
	*ret = scalar.integer;
	if (scalar.type == KG_VALUE_INTEGER && scalar.integer >= 0 && scalar.integer <= highest)
		return true;
	(void)kg_reader_complain(reader, kg_reader_place(scope, said), "%s must be %s", subject, wanted);
	return false;
}

static void
port_read(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *said)
{
	static const char *const known[] = { "prefer", NULL };
	struct kg_draft *draft = reader->draft;
	const char *full = kg_reader_full_name(reader, scope, said->key);
	const struct kg_toml *prefer = said;
	int64_t number = 0;

	if (!kg_reader_check_name(reader, scope, said, "port") ||
	    !kg_reader_is_new(reader, &reader->port_names, scope, said, "port", full))
		return;
	if (said->type == KG_VALUE_TABLE) {
		kg_reader_check_keys(reader, scope, said, known, "in a port");
		prefer = kg_toml_member(said, "prefer");
	}
	if (prefer)
		(void)integer_read(reader, scope, prefer, kg_format(reader->arena, "the port `%s`", said->key),
		    "a number from 1 to 65535, or 0 for any", 65535, &number);
	kg_list_push(draft->arena, &draft->ports,
	    (struct kg_port){
		.name = kg_draft_text(draft, full), .prefer = (uint16_t)(number >= 0 && number <= 65535 ? number : 0) });
}

void
kg_reader_ports(struct kg_reader *reader, const struct kg_scope *scope)
{
	const struct kg_toml *ports = kg_reader_section(reader, scope, "ports");

	for (uint32_t i = 0; ports && i < ports->count; i++)
		port_read(reader, scope, &ports->items[i]);
}

static void
secret_read(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *said)
{
	static const char *const known[] = { "env", "file", "default", NULL };
	struct kg_draft *draft = reader->draft;
	const char *full = kg_reader_full_name(reader, scope, said->key), *text;
	const struct kg_toml *env = kg_toml_member(said, "env"), *file = kg_toml_member(said, "file");
	const struct kg_toml *fallback = kg_toml_member(said, "default");

	if (!kg_reader_check_name(reader, scope, said, "secret") ||
	    !kg_reader_is_new(reader, &reader->secret_names, scope, said, "secret", full))
		return;
	struct kg_secret secret = { .name = kg_draft_text(draft, full), .has_fallback = fallback != NULL };
	if (said->type != KG_VALUE_TABLE || (!env && !file && !fallback)) {
		struct kg_error *error = kg_reader_complain(
		    reader, kg_reader_place(scope, said), "it is not said where the secret `%s` comes from", said->key);
		(void)kg_error_advise(
		    draft->errors->arena, error, "write { env = \"NAME\" }, { file = \"path\" } or { default = \"…\" }");
	} else {
		kg_reader_check_keys(reader, scope, said, known, "in a secret");
	}
	if (env && (text = kg_reader_closed_text(reader, scope, env, "`env` of a secret")))
		secret.environment = kg_draft_text(draft, text);
	if (file && (text = kg_reader_closed_text(reader, scope, file, "`file` of a secret")))
		secret.file = kg_draft_text(draft, kg_path_join(reader->arena, scope->file->folder, text));
	if (fallback && fallback->type == KG_VALUE_TEXT && fallback->count > 0 &&
	    (text = kg_reader_closed_text(reader, scope, fallback, "`default` of a secret")))
		secret.fallback = kg_draft_text(draft, text);
	else if (fallback)
		(void)kg_reader_check_type(reader, scope, fallback, KG_VALUE_TEXT, "`default` of a secret");
	kg_list_push(draft->arena, &draft->secrets, secret);
}

void
kg_reader_secrets(struct kg_reader *reader, const struct kg_scope *scope)
{
	const struct kg_toml *secrets = kg_reader_section(reader, scope, "secrets");

	for (uint32_t i = 0; secrets && i < secrets->count; i++)
		secret_read(reader, scope, &secrets->items[i]);
}

static void
pool_memory_read(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *said, struct kg_pool *pool)
{
	struct kg_scalar scalar = kg_reader_as_text(reader, kg_reader_scalar(reader, scope, said));

	if (scalar.type == KG_VALUE_NONE || (kg_size_read(scalar.text, &pool->memory_bytes) && pool->memory_bytes > 0))
		return;
	(void)kg_reader_complain(reader, kg_reader_place(scope, said), "`memory` of a pool must be a size, such as \"8G\"");
}

static void
pool_read(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *said)
{
	static const char *const known[] = { "width", "memory", NULL };
	struct kg_draft *draft = reader->draft;
	const struct kg_toml *width = said, *memory = NULL;
	struct kg_pool pool = { 0 };
	int64_t number = 0;

	if (!kg_reader_check_name(reader, scope, said, "pool"))
		return;
	if (said->type == KG_VALUE_TABLE) {
		kg_reader_check_keys(reader, scope, said, known, "in a pool");
		width = kg_toml_member(said, "width");
		memory = kg_toml_member(said, "memory");
		if (!width && !memory)
			(void)kg_reader_complain(
			    reader, kg_reader_place(scope, said), "the pool `%s` has neither `width` nor `memory`", said->key);
	}
	if (width &&
	    integer_read(reader, scope, width, kg_format(reader->arena, "the width of the pool `%s`", said->key),
		"a number above 0", INT32_MAX, &number) &&
	    number == 0)
		(void)kg_reader_complain(
		    reader, kg_reader_place(scope, width), "nothing could ever run in the pool `%s`", said->key);
	if (memory)
		pool_memory_read(reader, scope, memory, &pool);

	/* Pools are the machine's and have no prefix. The scopes come from the root outwards, and what the outer one says counts. */
	reader->pool_names.arena = reader->arena;
	if (kg_map_get(&reader->pool_names, said->key, NULL))
		return;
	kg_map_put(&reader->pool_names, said->key, 0);
	pool.name = kg_draft_text(draft, said->key);
	pool.width = (uint32_t)number;
	kg_list_push(draft->arena, &draft->pools, pool);
}

void
kg_reader_pools(struct kg_reader *reader, const struct kg_scope *scope)
{
	const struct kg_toml *pools = kg_reader_section(reader, scope, "pools");

	for (uint32_t i = 0; pools && i < pools->count; i++)
		pool_read(reader, scope, &pools->items[i]);
}

static void
target_read(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *said)
{
	struct kg_draft *draft = reader->draft;
	struct kg_draft_target target = { .name = kg_reader_full_name(reader, scope, said->key),
		.place = kg_reader_key_place(scope, said) };
	bool is_list = said->type == KG_VALUE_LIST;

	if (!kg_reader_check_name(reader, scope, said, "target") ||
	    !kg_reader_is_new(reader, &reader->target_names, scope, said, "target", target.name))
		return;
	if (!is_list && said->type != KG_VALUE_TEXT) {
		(void)kg_reader_check_type(
		    reader, scope, said, KG_VALUE_LIST, kg_format(reader->arena, "the target `%s`", said->key));
		return;
	}
	for (uint32_t i = 0; i < (is_list ? said->count : 1); i++) {
		const struct kg_toml *item = is_list ? &said->items[i] : said;
		const char *name = kg_reader_closed_text(reader, scope, item, "what a target names");

		if (!name)
			continue;
		kg_list_push(draft->arena, &target.nodes, kg_reader_full_name(reader, scope, name));
		kg_list_push(draft->arena, &target.places, kg_reader_place(scope, item));
	}
	kg_list_push(draft->arena, &draft->targets, target);
}

void
kg_reader_targets(struct kg_reader *reader, const struct kg_scope *scope)
{
	const struct kg_toml *targets = kg_reader_section(reader, scope, "target");

	for (uint32_t i = 0; targets && i < targets->count; i++)
		target_read(reader, scope, &targets->items[i]);
}
