/*
 * Any bytes as a graph file: read, and sealed when the reader is content. Finds crashes, undefined behaviour, and work without bound.
 *
 * A zero byte in the input starts a second file, which the first can include as "i.toml".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/error.h"
#include "graph/graph.h"

struct command_spec {
	const char *const *command;
	int64_t timeout_ms;
};

static const struct kg_field command_fields[] = {
	KG_FIELD(command_spec, command, KG_TEXTS, KG_REQUIRED, "what is run"),
	KG_FIELD_AS("timeout", command_spec, timeout_ms, KG_DURATION, 0, "how long it may take"),
	{ 0 },
};
static const struct kg_field no_fields[] = { { 0 } };
static const char *const outputs[] = { "path", NULL };
static const struct kg_facts command_facts = {
	.name = "command",
	.fields = command_fields,
	.outputs = outputs,
	.spec_size = sizeof(struct command_spec),
};
static const struct kg_facts *const kinds[] = { &command_facts };
static const struct kg_facts_set facts = { .kinds = kinds, .count = 1, .common = no_fields };

static char folder[] = "/tmp/kgraph-fuzz-XXXXXX", root_file[64], included_file[64];

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
file_write(const char *path, const uint8_t *bytes, size_t size)
{
	FILE *file = fopen(path, "w");

	kg_assert(file && fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
}

static void
folder_remove(void)
{
	(void)unlink(root_file);
	(void)unlink(included_file);
	(void)rmdir(folder);
}

static void
folder_make(void)
{
	if (*root_file)
		return;
	kg_assert(mkdtemp(folder));
	(void)snprintf(root_file, sizeof(root_file), "%s/kgraph.toml", folder);
	(void)snprintf(included_file, sizeof(included_file), "%s/i.toml", folder);
	(void)atexit(folder_remove);
}

static const char *
environment(void *context, const char *name)
{
	(void)context;
	return strcmp(name, "E") == 0 ? "a${b}$" : NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	folder_make();

	const uint8_t *zero = memchr(bytes, 0, size);
	size_t first = zero ? (size_t)(zero - bytes) : size;
	struct kg_arena *arena = kg_arena_make();
	struct kg_errors errors = { .arena = arena };
	struct kg_graph_origin origin;
	const struct kg_graph *graph;
	const struct kg_graph_source source = {
		.file = root_file,
		.profile = size % 3 == 0 ? "p" : NULL,
		.sets = (const char *const[]){ "x=1", NULL },
		.facts = &facts,
		.environment = environment,
	};

	file_write(root_file, bytes, first);
	file_write(included_file, bytes + first + (zero != NULL), size - first - (zero != NULL));
	kg_graph_read(arena, &source, &errors, &graph, &origin);
	kg_assert((graph == NULL) == (errors.count > 0));
	for (const struct kg_error *error = errors.first; error; error = error->next)
		kg_assert(error->message && (error->place.line == 0 || error->place.file));
	kg_arena_free(arena);
	return 0;
}
