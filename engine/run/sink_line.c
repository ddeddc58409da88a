#include "engine/run/sink_inside.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/base/width.h"

uint32_t
kg_sink_name_width(const struct kg_scene *scene)
{
	return scene->name_columns < kg_sink_name_columns ? scene->name_columns : kg_sink_name_columns;
}

static void
pad(struct kg_text *text, uint32_t width, uint32_t columns)
{
	for (; width < columns; width++)
		kg_text_add(text, " ");
}

void
kg_sink_line_begin(
    struct kg_text *text, const struct kg_style *style, const char *colour, const char *verb, const char *name, uint32_t columns)
{
	kg_text_format(text, "%s%s%s", colour, verb, *colour ? style->end : "");
	pad(text, kg_width(verb), kg_sink_verb_columns + 1);
	name = kg_width_plain(text->arena, name);
	kg_text_add(text, name);
	pad(text, kg_width(name), columns);
}

/* What is being told of, for the functions below. */
struct telling {
	struct kg_text *text;
	const struct kg_sink_look *look;
	const struct kg_scene *scene;
	const struct kg_event *event;
	const struct kg_scene_node *node; /* NULL: never heard of */
};

/* On a screen what is said by the way, such as a reason, takes no second line. */
static const char *
rest_cut(const struct telling *it, const char *first, const char *rest)
{
	uint32_t used = kg_sink_verb_columns + 1 + kg_sink_name_width(it->scene) + 2;

	if (first && *first)
		used += kg_width(first) + 2;
	if (it->look->columns == 0)
		return rest;
	return it->look->columns > used + 1 ? kg_width_cut(it->text->arena, rest, it->look->columns - used - 1) : "";
}

/* "done      schema    1.2 s  the file 0009.sql is new"; parts that are NULL or empty are left out. */
static void
line(const struct telling *it, const char *colour, const char *verb, const char *first, const char *second)
{
	const struct kg_style *style = it->look->style;
	struct kg_text *text = it->text;
	bool has_first = first && *first, has_second = second && *second;
	const char *name = it->event->name ? it->event->name : "";

	kg_sink_line_begin(text, style, colour, verb, name, has_first || has_second ? kg_sink_name_width(it->scene) : 0);
	if (has_first)
		kg_text_format(text, "  %s", kg_width_plain(text->arena, first));
	if (has_second)
		kg_text_format(text, "  %s%s%s", style->dim, rest_cut(it, first, kg_width_plain(text->arena, second)), style->end);
	kg_text_add(text, "\n");
}

static const char *
first_line(struct kg_arena *arena, const char *text)
{
	return kg_copy_bytes(arena, text, strcspn(text, "\n"));
}

static const char *
duration(const struct telling *it)
{
	return kg_format(
	    it->text->arena, "%*s", (int)kg_sink_time_columns, kg_duration_tell(it->text->arena, it->event->duration_ns));
}

static const char *
reason(const struct telling *it)
{
	return it->node && it->node->reason ? it->node->reason : "";
}

static void
started_tell(const struct telling *it)
{
	struct kg_arena *arena = it->text->arena;

	if (it->look->is_live)
		return;
	line(it, it->look->style->bold, "running",
	    it->event->count > 1 ? kg_format(arena, "try %lld", (long long)it->event->count) : "", reason(it));
}

/* In a live view the reason was to be seen only as long as it ran. */
static void
done_tell(const struct telling *it, const char *verb)
{
	const char *text = it->event->text ? it->event->text : "";
	const char *more = it->look->is_live || it->event->type == KG_EVENT_NODE_RESTORED ? reason(it) : "";

	if (it->event->type == KG_EVENT_NODE_RESTORED && *text)
		more = text;
	else if (kg_text_equal(text, "same"))
		more = *more ? kg_format(it->text->arena, "%s; it came out the same", more) : "it came out the same";
	line(it, it->look->style->green, verb, duration(it), more);
}

static void
failed_tell(const struct telling *it)
{
	struct kg_arena *arena = it->text->arena;

	const char *words = it->event->error ? first_line(arena, kg_error_text(arena, it->event->error)) : "";

	/* The end of the run has all of it. */
	line(it, it->look->style->red, "failed", rest_cut(it, NULL, kg_width_plain(arena, words)), "");
}

static void
run_started_tell(const struct telling *it)
{
	long long count = it->event->count;

	kg_text_format(
	    it->text, "%s: %lld %s\n", kg_width_plain(it->text->arena, it->scene->asked), count, count == 1 ? "node" : "nodes");
}

static void
warning_tell(const struct telling *it)
{
	const struct kg_style *style = it->look->style;
	const char *text = it->event->text ? it->event->text : "";

	kg_text_format(it->text, "%swarning:%s %s\n", style->yellow, style->end, kg_width_plain(it->text->arena, text));
}

static void
barrier_tell(const struct telling *it)
{
	long long count = it->event->count;

	kg_text_format(it->text, "all has run; %lld %s watched until ready\n", count, count == 1 ? "node is" : "nodes are");
}

/* Events that only those see who want to see all. */
static void
detail_tell(const struct telling *it)
{
	const struct kg_style *style = it->look->style;
	const char *text = it->event->text;

	switch (it->event->type) {
	case KG_EVENT_RUN_STARTED: run_started_tell(it); break;
	case KG_EVENT_NODE_UNCHANGED: line(it, style->dim, "unchanged", "", ""); break;
	case KG_EVENT_NODE_STALE: line(it, style->dim, "stale", "", text); break;
	case KG_EVENT_NODE_TOLD: line(it, style->dim, "says", text, ""); break;
	case KG_EVENT_NODE_PUBLISHED: line(it, style->dim, "published", duration(it), text); break;
	case KG_EVENT_NODE_WAITING: line(it, style->yellow, "waiting", "", ""); break;
	case KG_EVENT_NODE_BLOCKED:
		line(it, style->yellow, "blocked", kg_format(it->text->arena, "needs %s", text ? text : ""), "");
		break;
	case KG_EVENT_BARRIER_ENTERED: barrier_tell(it); break;
	default: break;
	}
}

void
kg_sink_line(struct kg_text *text, const struct kg_sink_look *look, const struct kg_scene *scene, const struct kg_event *event)
{
	const struct telling it = { text, look, scene, event, kg_scene_find(scene, event) };

	if (event->type == KG_EVENT_WARNING)
		warning_tell(&it);
	if (look->options->quiet)
		return;
	switch (event->type) {
	case KG_EVENT_NODE_STARTED: started_tell(&it); break;
	case KG_EVENT_NODE_RETRIED:
		line(&it, look->style->yellow, "retrying",
		    kg_format(text->arena, "in %s", kg_duration_tell(text->arena, event->duration_ns)),
		    first_line(text->arena, event->text ? event->text : ""));
		break;
	case KG_EVENT_NODE_RESTORED: done_tell(&it, "restored"); break;
	case KG_EVENT_NODE_DONE: done_tell(&it, "done"); break;
	case KG_EVENT_NODE_READY:
		/* That what was up already still is goes without saying: a run that does nothing prints one line. */
		if (*reason(&it) || look->options->verbose)
			line(&it, look->style->green, "ready", duration(&it), "");
		break;
	case KG_EVENT_NODE_FAILED: failed_tell(&it); break;
	case KG_EVENT_NODE_ENDED_EARLY:
		if (it.node && it.node->tries > 0)
			line(&it, look->style->yellow, "ended", "", "");
		break;
	case KG_EVENT_NODE_UNDONE: line(&it, look->style->green, "down", duration(&it), ""); break;
	case KG_EVENT_NODE_KEPT: line(&it, look->style->yellow, "kept", event->text, ""); break;
	default:
		if (look->options->verbose)
			detail_tell(&it);
		break;
	}
}
