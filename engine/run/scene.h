/*
 * What is true of a run at this moment, as far as its events have told: what a display shows.
 *
 *     kg_scene_take(scene, event);
 *     for (const struct kg_scene_node *node = scene->running.first; node; node = node->after) ...
 *
 * Each event costs the same, however many nodes there are; a node that is unchanged costs no memory. Pure, one thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/list.h"
#include "engine/base/map.h"
#include "engine/run/event.h"

struct kg_arena;

enum kg_scene_state : uint8_t {
	KG_SCENE_STALE,  /* has to run */
	KG_SCENE_LOOKED, /* its kind asks the world, or takes it down */
	KG_SCENE_RUNNING,
	KG_SCENE_PAUSED,  /* between two tries */
	KG_SCENE_WAITING, /* is watched until it is ready */
	KG_SCENE_SETTLED, /* nothing is going on with it now */
};

struct kg_scene_node {
	const char *name, *kind;
	const char *reason; /* why it runs; NULL: not told */
	char *told;         /* what it said last; "": nothing since it began what it does now */
	size_t told_room;
	enum kg_scene_state state;
	int64_t since_ns; /* when it came into this state */
	int64_t number;   /* of the order in which nodes were first heard of */
	int64_t tries;
	struct kg_scene_node *before, *after; /* in the list that it is in */
};

/* In the order in which they came in. */
struct kg_scene_list {
	struct kg_scene_node *first, *last;
	uint32_t count;
};

struct kg_scene {
	struct kg_arena *arena;
	struct kg_map index; /* name → nodes */
	KG_LIST(struct kg_scene_node *) nodes;
	struct kg_scene_list running; /* LOOKED, RUNNING, PAUSED */
	struct kg_scene_list waiting; /* WAITING */
	const char *asked;            /* "" before the run has started */
	int64_t started_ns;
	int64_t chosen, finished, failed;
	int64_t publishing;    /* on their way to the shared cache */
	uint32_t name_columns; /* of the widest name so far */
	bool is_down;          /* things are taken away */
	bool has_ended;
};

struct kg_scene *kg_scene_make(struct kg_arena *arena);
/* The node that the event is about, NULL when it is about none or about one that was never heard of. */
struct kg_scene_node *kg_scene_find(const struct kg_scene *scene, const struct kg_event *event);
void kg_scene_take(struct kg_scene *scene, const struct kg_event *event);
void kg_scene_free(struct kg_scene *scene);
