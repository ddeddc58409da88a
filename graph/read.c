#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/path.h"
#include "graph/reader.h"

static struct kg_reader *
reader_make(struct kg_draft *draft, const struct kg_graph_source *source)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_reader *reader = kg_new(arena, struct kg_reader);

	*reader = (struct kg_reader){ .draft = draft, .arena = arena, .source = source, .here = kg_path_here(arena) };
	reader->file_names.arena = reader->prefixes.arena = reader->set_names.arena = arena;
	reader->variable_names.arena = reader->export_names.arena = reader->kinds.arena = arena;
	reader->origin_names.arena = arena;
	for (uint32_t i = 0; i < draft->facts->count; i++)
		kg_map_put(&reader->kinds, draft->facts->kinds[i]->name, i);
	draft->reader = reader;
	draft->line_of = kg_reader_line_of;
	return reader;
}

/* The root file and all that is included. The list of scopes grows while it is gone through. */
static void
files_find(struct kg_reader *reader, struct kg_reader_file *root_file)
{
	struct kg_scope *root = kg_new(reader->arena, struct kg_scope);

	*root = (struct kg_scope){ .file = root_file, .prefix = "" };
	kg_list_push(reader->arena, &reader->scopes, root);
	reader->stage = KG_STAGE_PROFILE;
	kg_reader_profile_choose(reader, root);
	reader->stage = KG_STAGE_INCLUDES;
	for (uint32_t i = 0; i < reader->scopes.count; i++) {
		struct kg_scope *scope = reader->scopes.items[i];

		kg_reader_profile_open(reader, scope);
		kg_reader_vars_open(reader, scope);
		kg_reader_include(reader, scope);
	}
	reader->stage = KG_STAGE_SECTIONS;
	kg_reader_profile_check(reader, root);
	kg_reader_sets_check(reader);
}

static void
sections_read(struct kg_reader *reader)
{
	for (uint32_t i = 0; i < reader->scopes.count; i++)
		kg_reader_exports_open(reader, reader->scopes.items[i]);
	kg_reader_graph(reader, reader->scopes.items[0]);
	for (uint32_t i = 0; i < reader->scopes.count; i++) {
		struct kg_scope *scope = reader->scopes.items[i];

		kg_reader_ports(reader, scope);
		kg_reader_secrets(reader, scope);
		kg_reader_pools(reader, scope);
		kg_reader_cache(reader, scope);
		kg_reader_targets(reader, scope);
		kg_reader_templates_open(reader, scope);
		kg_reader_nodes(reader, scope);
	}
	kg_reader_exports(reader);
}

void
kg_draft_read(struct kg_draft *draft, const struct kg_graph_source *source, struct kg_graph_origin *ret_origin)
{
	int64_t begun_ns = kg_clock_wall_ns();
	struct kg_reader *reader = reader_make(draft, source);

	(void)kg_draft_values_add(draft, 0);
	draft->name = draft->instance = draft->profile = draft->folder = "";
	kg_reader_sets(reader);
	struct kg_reader_file *root = kg_reader_open(reader, NULL, NULL, source->file);
	if (root->root) {
		files_find(reader, root);
		sections_read(reader);
	}
	if (ret_origin)
		*ret_origin = (struct kg_graph_origin){
			.files = reader->origin_files.items,
			.file_count = reader->origin_files.count,
			.variables = reader->origin_variables.items,
			.variable_count = reader->origin_variables.count,
			.begun_ns = begun_ns,
		};
}

void
kg_draft_forget(struct kg_draft *draft)
{
	if (draft->reader)
		kg_arena_free(draft->reader->arena);
	draft->reader = NULL;
}
