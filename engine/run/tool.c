#include "engine/run/tool.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "engine/run/program.h"
#include "engine/run/state.h"

struct kg_tools {
	pthread_mutex_t lock;
	struct kg_arena *arena; /* its own: workers add to it */
	struct kg_map index;    /* what was asked for → index into list */
	KG_LIST(struct kg_tool) list;
};

struct kg_tools *
kg_tools_make(struct kg_arena *arena)
{
	struct kg_tools *tools = kg_new(arena, struct kg_tools);

	pthread_mutex_init(&tools->lock, NULL);
	tools->arena = kg_arena_make();
	tools->index.arena = tools->arena;
	return tools;
}

void
kg_tools_free(struct kg_tools *tools)
{
	if (!tools)
		return;
	kg_arena_free(tools->arena);
	pthread_mutex_destroy(&tools->lock);
}

/* All that the answer hangs on: the folder only where something in the question is relative to it. */
static const char *
question_of(struct kg_arena *arena, const char *const *search, const char *name, const char *folder)
{
	struct kg_text question = { .arena = arena };
	bool is_path = strchr(name, '/') != NULL;

	kg_text_format(&question, "%s\n", is_path ? kg_path_join(arena, folder, name) : name);
	if (is_path || !search)
		return kg_text_end(&question);
	kg_text_format(&question, "%s\n", folder);
	for (; *search; search++)
		kg_text_format(&question, "%s\n", *search);
	return kg_text_end(&question);
}

static struct kg_error *
tool_look(struct kg_run *run, struct kg_arena *arena, const char *const *search, const char *name, const char *folder,
    struct kg_tool *ret_tool)
{
	const char *path = kg_program_find(arena, search, name, folder);
	char *real = path ? realpath(path, NULL) : NULL;
	struct kg_file_state state = { 0 };
	struct kg_error *error = NULL;

	*ret_tool = (struct kg_tool){ 0 };
	if (!real)
		return NULL;
	ret_tool->path = kg_copy(arena, real);
	free(real);
	error = kg_stat_cache_look(run->stat_cache, arena, ret_tool->path, &state);
	ret_tool->digest = state.digest;
	return error;
}

static void
tool_keep(struct kg_tools *tools, const char *question, const struct kg_tool *tool)
{
	pthread_mutex_lock(&tools->lock);
	if (!kg_map_get(&tools->index, question, NULL)) {
		kg_map_put(&tools->index, kg_copy(tools->arena, question), tools->list.count);
		kg_list_push(tools->arena, &tools->list, (struct kg_tool){ kg_copy(tools->arena, tool->path), tool->digest });
	}
	pthread_mutex_unlock(&tools->lock);
}

static bool
tool_known(struct kg_tools *tools, const char *question, struct kg_tool *ret_tool)
{
	uint32_t index;

	pthread_mutex_lock(&tools->lock);
	bool known = kg_map_get(&tools->index, question, &index);
	if (known)
		*ret_tool = tools->list.items[index];
	pthread_mutex_unlock(&tools->lock);
	return known;
}

struct kg_error *
kg_tool_find(struct kg_run *run, struct kg_arena *arena, const char *const *search, const char *name, const char *folder,
    struct kg_tool *ret_tool)
{
	const char *question = question_of(arena, search, name, folder);

	if (tool_known(run->tools, question, ret_tool))
		return NULL;
	struct kg_error *error = tool_look(run, arena, search, name, folder, ret_tool);
	bool is_outside = ret_tool->path && kg_path_inside(run->folders.graph, ret_tool->path) == ret_tool->path;
	if (!error && is_outside)
		tool_keep(run->tools, question, ret_tool);
	return error;
}
