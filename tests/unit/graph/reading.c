#include "tests/unit/graph/reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "engine/base/assert.h"

struct spec {
	const char *const *command;
	const struct kg_pair *env;
	const char *path;
	int64_t timeout_ms;
};

static const struct kg_field command_fields[] = {
	KG_FIELD(spec, command, KG_TEXTS, KG_REQUIRED | KG_NO_SECRET, "what is run"),
	{ 0 },
};
static const struct kg_field file_fields[] = {
	KG_FIELD(spec, path, KG_PATH, KG_REQUIRED, "where it is written"),
	{ 0 },
};
static const struct kg_field common_fields[] = {
	KG_FIELD(spec, env, KG_MAP, 0, "its environment"),
	KG_FIELD_AS("timeout", spec, timeout_ms, KG_DURATION, 0, "how long it may take"),
	{ 0 },
};
static const char *const path_output[] = { "path", NULL };
static const char *const pid_output[] = { "pid", NULL };
static const struct kg_facts command_facts = {
	.name = "command", .fields = command_fields, .outputs = path_output, .spec_size = sizeof(struct spec)
};
static const struct kg_facts process_facts = {
	.name = "process", .fields = command_fields, .outputs = pid_output, .spec_size = sizeof(struct spec)
};
static const struct kg_facts file_facts = {
	.name = "file", .fields = file_fields, .outputs = path_output, .spec_size = sizeof(struct spec)
};
static const struct kg_facts *const kinds[] = { &command_facts, &process_facts, &file_facts };

const struct kg_facts_set reading_facts = { .kinds = kinds, .count = 3, .common = common_fields };

int
reading_setup(void **state)
{
	struct kg_arena *arena = kg_arena_make();
	struct reading *reading = kg_new(arena, struct reading);
	char *folder = kg_copy(arena, "/tmp/kgraph-read-XXXXXX");

	kg_assert(mkdtemp(folder) && chdir(folder) == 0);
	reading->arena = arena;
	reading->folder = kg_path_here(arena);
	reading->errors.arena = arena;
	*state = reading;
	return 0;
}

int
reading_teardown(void **state)
{
	struct reading *reading = *state;

	kg_draft_forget(&reading->draft);
	kg_assert(chdir("/") == 0);
	kg_assert(!kg_file_remove(reading->arena, reading->folder));
	kg_arena_free(reading->arena);
	return 0;
}

void
reading_file(struct reading *reading, const char *path, const char *text)
{
	const char *absolute = kg_path_join(reading->arena, reading->folder, path);

	kg_assert(!kg_file_make_folder(reading->arena, kg_path_folder(reading->arena, absolute), 0700));
	kg_assert(!kg_file_write(reading->arena, absolute, text, strlen(text), 0600));
}

static const char *
environment_get(void *context, const char *name)
{
	const struct reading *reading = context;
	size_t length = strlen(name);

	for (const char *const *one = reading->environment; *one; one++)
		if (strncmp(*one, name, length) == 0 && (*one)[length] == '=')
			return *one + length + 1;
	return NULL;
}

static struct kg_graph_source
source_of(struct reading *reading)
{
	return (struct kg_graph_source){
		.file = "kgraph.toml",
		.profile = reading->profile,
		.sets = reading->sets,
		.facts = &reading_facts,
		.environment = environment_get,
		.context = reading,
	};
}

static void
reading_read(struct reading *reading)
{
	struct kg_graph_source source = source_of(reading);

	kg_draft_forget(&reading->draft);
	reading->errors = (struct kg_errors){ .arena = reading->arena };
	reading->draft = (struct kg_draft){ .arena = reading->arena, .errors = &reading->errors, .facts = &reading_facts };
	kg_draft_read(&reading->draft, &source, &reading->origin);
	kg_draft_tidy_errors(&reading->draft);
}

static void
error_tell(struct kg_text *out, const struct kg_error *error)
{
	const struct kg_place *place = &error->place;

	if (place->file && place->line > 0)
		kg_text_format(out, "%s:%u:%u: ", place->file, place->line, place->column);
	kg_text_format(out, "%s\n", kg_error_text(out->arena, error));
	if (place->line_text) {
		kg_text_format(out, "    %s\n    ", place->line_text);
		for (uint32_t i = 1; i < place->column; i++)
			kg_text_add(out, " ");
		for (uint32_t i = 0; i < (place->length ? place->length : 1); i++)
			kg_text_add(out, "^");
		kg_text_add(out, "\n");
	}
	if (error->detail)
		kg_text_format(out, "%s\n", error->detail);
	if (error->advice)
		kg_text_format(out, "  %s\n", error->advice);
}

static const char *
errors_tell(struct reading *reading)
{
	struct kg_text out = { .arena = reading->arena };

	for (const struct kg_error *error = reading->errors.first; error; error = error->next)
		error_tell(&out, error);
	return kg_text_end(&out);
}

static void
value_tell(struct kg_text *out, const struct kg_values *values, const struct kg_value *value)
{
	bool is_list = value->type == KG_VALUE_LIST;

	switch (value->type) {
	case KG_VALUE_TEXT:
		kg_text_format(out, "\"%s\"%s%s", kg_value_text(values, value), value->flags & KG_VALUE_OPEN ? "?" : "",
		    value->flags & KG_VALUE_SECRET ? "!" : "");
		return;
	case KG_VALUE_INTEGER: kg_text_format(out, "%lld", (long long)value->integer); return;
	case KG_VALUE_REAL: kg_text_format(out, "%g", value->real); return;
	case KG_VALUE_FLAG: kg_text_add(out, value->integer ? "true" : "false"); return;
	default: break;
	}
	kg_text_add(out, is_list ? "[" : "{");
	for (uint32_t i = 0; i < value->count; i++) {
		const struct kg_value *item = &values->items[value->start + i];

		kg_text_add(out, i > 0 ? " " : "");
		if (!is_list)
			kg_text_format(out, "%s=", kg_value_key(values, item));
		value_tell(out, values, item);
	}
	kg_text_add(out, is_list ? "]" : "}");
	kg_text_add(out, value->flags & KG_VALUE_OPEN ? "?" : "");
	kg_text_add(out, value->flags & KG_VALUE_SECRET ? "!" : "");
}

static void
nodes_tell(struct kg_text *out, const struct kg_draft *draft, const struct kg_values *values)
{
	for (uint32_t i = 0; i < draft->nodes.count; i++) {
		const struct kg_draft_node *node = &draft->nodes.items[i];
		const char *join = " needs ";

		kg_text_format(out, "%s %s", node->name, draft->facts->kinds[node->kind]->name);
		for (uint32_t need = 0; need < draft->needs.count; need++) {
			const struct kg_draft_need *one = &draft->needs.items[need];

			if (one->node != i)
				continue;
			kg_text_format(out, "%s%s%s", join, one->name, one->until == KG_UNTIL_READY ? ":ready" : "");
			join = ", ";
		}
		kg_text_add(out, " ");
		value_tell(out, values, &values->items[node->settings]);
		kg_text_add(out, "\n");
	}
}

static void
rest_tell(struct kg_text *out, const struct kg_draft *draft, const struct kg_values *values, const char *folder)
{
	for (uint32_t i = 0; i < draft->targets.count; i++) {
		const struct kg_draft_target *target = &draft->targets.items[i];

		kg_text_format(out, "target %s = %s\n", target->name,
		    kg_text_enumerate(out->arena, target->nodes.items, target->nodes.count, ", "));
	}
	for (uint32_t i = 0; i < draft->exports.count; i++) {
		kg_text_format(out, "export %s = ", draft->exports.items[i].name);
		value_tell(out, values, &values->items[draft->exports.items[i].value]);
		kg_text_add(out, "\n");
	}
	for (uint32_t i = 0; i < draft->ports.count; i++)
		kg_text_format(out, "port %s = %u\n", values->texts + draft->ports.items[i].name, draft->ports.items[i].prefer);
	for (uint32_t i = 0; i < draft->secrets.count; i++) {
		const struct kg_secret *secret = &draft->secrets.items[i];

		kg_text_format(out, "secret %s env=%s file=%s default=%s\n", values->texts + secret->name,
		    values->texts + secret->environment, kg_path_inside(folder, values->texts + secret->file),
		    secret->has_fallback ? values->texts + secret->fallback : "none");
	}
	for (uint32_t i = 0; i < draft->pools.count; i++)
		kg_text_format(out, "pool %s = %u, %lld bytes\n", values->texts + draft->pools.items[i].name,
		    draft->pools.items[i].width, (long long)draft->pools.items[i].memory_bytes);
	if (draft->cache_remote)
		kg_text_format(out, "cache %s, push %d, %lld ms\n", draft->cache_remote, draft->cache_push,
		    (long long)draft->cache_timeout_ms);
}

const char *
reading_told(struct reading *reading)
{
	struct kg_text out = { .arena = reading->arena };

	reading_read(reading);
	if (reading->errors.count > 0)
		return errors_tell(reading);
	struct kg_values values = kg_draft_values(&reading->draft);
	nodes_tell(&out, &reading->draft, &values);
	rest_tell(&out, &reading->draft, &values, reading->folder);
	return kg_text_end(&out);
}

const char *
reading_sealed(struct reading *reading)
{
	struct kg_graph_source source = source_of(reading);
	const struct kg_graph *graph;

	reading->errors = (struct kg_errors){ .arena = reading->arena };
	kg_graph_read(reading->arena, &source, &reading->errors, &graph, NULL);
	kg_assert((graph != NULL) == (reading->errors.count == 0));
	if (!graph)
		return errors_tell(reading);
	return kg_format(reading->arena, "%u nodes, %u edges, %u targets, %u exports\n", graph->node_count, graph->edge_count,
	    graph->target_count, graph->export_count);
}
