#include "engine/run/scene.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/base/width.h"

struct kg_scene *
kg_scene_make(struct kg_arena *arena)
{
	struct kg_scene *scene = kg_new(arena, struct kg_scene);

	scene->arena = arena;
	scene->index.arena = arena;
	scene->asked = "";
	return scene;
}

void
kg_scene_free(struct kg_scene *scene)
{
	for (uint32_t i = 0; i < scene->nodes.count; i++)
		free(scene->nodes.items[i]->told);
	scene->nodes.count = 0;
}

struct kg_scene_node *
kg_scene_find(const struct kg_scene *scene, const struct kg_event *event)
{
	uint32_t at;

	return event->name && kg_map_get(&scene->index, event->name, &at) ? scene->nodes.items[at] : NULL;
}

static struct kg_scene_node *
node_of(struct kg_scene *scene, const struct kg_event *event)
{
	struct kg_scene_node *node = kg_scene_find(scene, event);

	if (node || !event->name)
		return node;
	node = kg_new(scene->arena, struct kg_scene_node);
	node->name = kg_copy(scene->arena, event->name);
	node->kind = kg_copy(scene->arena, event->kind ? event->kind : "");
	node->state = KG_SCENE_SETTLED;
	node->number = scene->nodes.count;
	kg_map_put(&scene->index, node->name, scene->nodes.count);
	kg_list_push(scene->arena, &scene->nodes, node);
	uint32_t columns = kg_width(node->name);
	if (columns > scene->name_columns)
		scene->name_columns = columns;
	return node;
}

static struct kg_scene_list *
list_of(struct kg_scene *scene, enum kg_scene_state state)
{
	switch (state) {
	case KG_SCENE_LOOKED:
	case KG_SCENE_RUNNING:
	case KG_SCENE_PAUSED: return &scene->running;
	case KG_SCENE_WAITING: return &scene->waiting;
	case KG_SCENE_STALE:
	case KG_SCENE_SETTLED: break;
	}
	return NULL;
}

static void
list_remove(struct kg_scene_list *list, struct kg_scene_node *node)
{
	*(node->before ? &node->before->after : &list->first) = node->after;
	*(node->after ? &node->after->before : &list->last) = node->before;
	node->before = node->after = NULL;
	list->count--;
}

static void
list_add(struct kg_scene_list *list, struct kg_scene_node *node)
{
	node->before = list->last;
	*(list->last ? &list->last->after : &list->first) = node;
	list->last = node;
	list->count++;
}

static void
told_set(struct kg_scene_node *node, const char *text)
{
	size_t size = strlen(text) + 1;

	if (size > node->told_room) {
		node->told = realloc(node->told, size * 2);
		if (!node->told)
			kg_out_of_memory();
		node->told_room = size * 2;
	}
	memcpy(node->told, text, size);
}

static void
state_set(struct kg_scene *scene, const struct kg_event *event, enum kg_scene_state state)
{
	struct kg_scene_node *node = node_of(scene, event);

	if (!node)
		return;
	struct kg_scene_list *old = list_of(scene, node->state), *new = list_of(scene, state);
	if (old != new) {
		if (old)
			list_remove(old, node);
		if (new)
			list_add(new, node);
	}
	node->state = state;
	node->since_ns = event->at_ns;
	told_set(node, "");
}

static void
settled(struct kg_scene *scene, const struct kg_event *event)
{
	/* What is unchanged is not heard of again: in a large graph that is nearly all. */
	if (event->type == KG_EVENT_NODE_UNCHANGED && !kg_scene_find(scene, event))
		return;
	state_set(scene, event, KG_SCENE_SETTLED);
}

static void
told(struct kg_scene *scene, const struct kg_event *event)
{
	struct kg_scene_node *node = node_of(scene, event);

	if (!node)
		return;
	if (!list_of(scene, node->state))
		state_set(scene, event, KG_SCENE_LOOKED);
	told_set(node, event->text ? event->text : "");
}

static void
reason_set(struct kg_scene *scene, const struct kg_event *event)
{
	struct kg_scene_node *node = node_of(scene, event);

	if (!node)
		return;
	state_set(scene, event, KG_SCENE_STALE);
	node->reason = kg_copy(scene->arena, event->text ? event->text : "");
}

static void
started(struct kg_scene *scene, const struct kg_event *event)
{
	state_set(scene, event, KG_SCENE_RUNNING);
	struct kg_scene_node *node = kg_scene_find(scene, event);
	if (node)
		node->tries = event->count;
}

/* A node that did not become ready was counted when it was done. */
static void
failed(struct kg_scene *scene, const struct kg_event *event)
{
	const struct kg_scene_node *node = kg_scene_find(scene, event);

	scene->failed++;
	scene->finished += !node || node->state != KG_SCENE_WAITING;
	settled(scene, event);
}

static void
run_started(struct kg_scene *scene, const struct kg_event *event)
{
	scene->asked = kg_copy(scene->arena, event->text ? event->text : "");
	scene->is_down = kg_text_equal(scene->asked, "down");
	scene->started_ns = event->at_ns;
	scene->chosen = event->count;
}

void
kg_scene_take(struct kg_scene *scene, const struct kg_event *event)
{
	switch (event->type) {
	case KG_EVENT_RUN_STARTED: run_started(scene, event); break;
	case KG_EVENT_RUN_ENDED: scene->has_ended = true; break;
	case KG_EVENT_NODE_STALE: reason_set(scene, event); break;
	case KG_EVENT_NODE_STARTED: started(scene, event); break;
	case KG_EVENT_NODE_RETRIED: state_set(scene, event, KG_SCENE_PAUSED); break;
	case KG_EVENT_NODE_TOLD: told(scene, event); break;
	case KG_EVENT_NODE_WAITING: state_set(scene, event, KG_SCENE_WAITING); break;
	case KG_EVENT_NODE_FAILED: failed(scene, event); break;
	case KG_EVENT_NODE_UNCHANGED:
	case KG_EVENT_NODE_RESTORED:
	case KG_EVENT_NODE_DONE:
	case KG_EVENT_NODE_UNDONE:
	case KG_EVENT_NODE_BLOCKED:
		scene->finished++;
		settled(scene, event);
		break;
	case KG_EVENT_NODE_READY:
	case KG_EVENT_NODE_ENDED_EARLY: settled(scene, event); break;
	case KG_EVENT_PUBLISHING: scene->publishing = event->count; break;
	case KG_EVENT_NODE_PUBLISHED:
	case KG_EVENT_NODE_KEPT:
	case KG_EVENT_BARRIER_ENTERED:
	case KG_EVENT_WARNING: break;
	}
}
