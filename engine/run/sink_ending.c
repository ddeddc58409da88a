#include "engine/run/sink_inside.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/base/path.h"
#include "engine/base/width.h"

/* Behind one failure there may be the whole graph. */
static constexpr uint32_t blocked_most = 20;
/* As many nodes are named that failed alike. */
static constexpr uint32_t alike_most = 4;

/* For those who give no function of their own. */
static void
error_plain(struct kg_text *text, const char *subject, const struct kg_error *error)
{
	kg_text_format(text, "%s: %s\n", subject, kg_error_text(text->arena, error));
	for (; error; error = error->cause) {
		for (const char *line = error->detail; line && *line;) {
			size_t length = strcspn(line, "\n");

			kg_text_format(text, "    %s\n", kg_width_plain(text->arena, kg_copy_bytes(text->arena, line, length)));
			line += length + (line[length] == '\n');
		}
		if (error->advice)
			kg_text_format(text, "  %s\n", error->advice);
	}
}

static void
error_tell(struct kg_text *text, const struct kg_sink_look *look, const char *subject, const struct kg_error *error)
{
	const struct kg_sinks_options *options = look->options;

	if (options->show_error)
		options->show_error(options->context, text, subject, error);
	else
		error_plain(text, subject, error);
}

static void
failure_take(struct kg_sink_ending *ending, const struct kg_sink_look *look, const struct kg_event *event)
{
	struct kg_text words = { .arena = ending->arena };
	const char *name = event->name ? kg_copy(ending->arena, event->name) : "the run";
	uint32_t index = ending->failures.count;

	error_tell(&words, look, "", event->error);
	const char *key = kg_text_end(&words);
	if (!kg_map_get(&ending->failures_by_text, key, &index)) {
		struct kg_sink_failure failure = {
			.error = kg_error_copy_all(ending->arena, event->error),
			.log = event->text && *event->text ? kg_copy(ending->arena, event->text) : NULL,
		};

		kg_list_push(ending->arena, &ending->failures, failure);
		kg_map_put(&ending->failures_by_text, key, index);
	}
	kg_list_push(ending->arena, &ending->failures.items[index].names, name);
}

void
kg_sink_ending_take(struct kg_sink_ending *ending, const struct kg_sink_look *look, const struct kg_event *event)
{
	if (event->type == KG_EVENT_NODE_BLOCKED) {
		struct kg_sink_blocked one = { kg_copy(ending->arena, event->name), kg_copy(ending->arena, event->text) };

		kg_list_push(ending->arena, &ending->blocked, one);
	}
	if (event->type == KG_EVENT_NODE_FAILED && event->error)
		failure_take(ending, look, event);
}

/* "a, b and 14 more failed" */
static const char *
failed_tell(struct kg_arena *arena, const struct kg_sink_look *look, const struct kg_sink_failure *failure)
{
	uint32_t count = failure->names.count;
	const char *const *names = failure->names.items;

	if (count > alike_most && !look->options->verbose)
		return kg_format(arena, "%s, %s and %u more failed", names[0], names[1], count - 2);
	return kg_format(arena, "%s failed", kg_text_enumerate(arena, names, count, " and "));
}

static void
failures_tell(struct kg_text *text, const struct kg_sink_ending *ending, const struct kg_sink_look *look)
{
	const char *here = look->options->here;

	for (uint32_t i = 0; i < ending->failures.count; i++) {
		const struct kg_sink_failure *failure = &ending->failures.items[i];

		kg_text_add(text, "\n");
		error_tell(text, look, failed_tell(text->arena, look, failure), failure->error);
		if (failure->log)
			kg_text_format(text, "  %slog:%s %s\n", look->style->dim, look->style->end,
			    here ? kg_path_inside(here, failure->log) : failure->log);
	}
}

static void
blocked_tell(
    struct kg_text *text, const struct kg_sink_ending *ending, const struct kg_sink_look *look, const struct kg_scene *scene)
{
	const struct kg_style *style = look->style;
	uint32_t shown = ending->blocked.count;

	if (shown == 0)
		return;
	kg_text_add(text, "\n");
	if (shown > blocked_most && !look->options->verbose)
		shown = blocked_most;
	for (uint32_t i = 0; i < shown; i++) {
		const struct kg_sink_blocked *one = &ending->blocked.items[i];

		kg_sink_line_begin(text, style, style->yellow, "blocked", one->name, kg_sink_name_width(scene));
		kg_text_format(text, "  needs %s\n", one->behind ? one->behind : "what failed");
	}
	if (shown < ending->blocked.count)
		kg_text_format(text, "%*s%u more\n", (int)kg_sink_verb_columns + 1, "", ending->blocked.count - shown);
}

const char *
kg_sink_counts(struct kg_arena *arena, const struct kg_summary *summary, const char *made)
{
	const struct {
		uint32_t count;
		const char *what;
	} rows[] = {
		{ summary->failed, "failed" },
		{ summary->blocked, "blocked" },
		{ summary->cancelled, "cancelled" },
		{ summary->made, made },
		{ summary->restored - summary->fetched, "restored" },
		{ summary->fetched, "from the shared cache" },
		{ summary->unchanged, "unchanged" },
	};
	struct kg_text text = { .arena = arena };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].count > 0)
			kg_text_format(&text, "%s%u %s", text.size > 0 ? ", " : "", rows[i].count, rows[i].what);
	}
	return text.size > 0 ? kg_text_end(&text) : "nothing to do";
}

static const char *
nodes_tell(struct kg_arena *arena, uint32_t count)
{
	return kg_format(arena, "%u %s", count, count == 1 ? "node" : "nodes");
}

static const char *
down_tell(struct kg_arena *arena, bool is_well, const struct kg_summary *summary)
{
	if (!is_well)
		return kg_format(arena, "not all is down: %s", kg_sink_counts(arena, summary, "taken down"));
	if (summary->made == 0)
		return "nothing to take down";
	return kg_format(arena, "%s taken down", nodes_tell(arena, summary->made));
}

const char *
kg_sink_outcome(struct kg_arena *arena, const char *asked, const char *outcome)
{
	if (kg_text_equal(outcome, "planned"))
		return asked;
	if (kg_text_equal(outcome, "up"))
		return kg_format(arena, "%s is up", asked);
	if (kg_text_equal(outcome, "not_ready"))
		return kg_format(arena, "%s is not ready", asked);
	if (kg_text_equal(outcome, "interrupted"))
		return kg_format(arena, "%s was interrupted", asked);
	return kg_format(arena, "%s is not up", asked);
}

/* "datastorage-stack is up: 9 nodes unchanged" */
static const char *
outcome_tell(struct kg_arena *arena, const char *asked, const char *outcome, const struct kg_summary *summary)
{
	bool is_idle = summary->unchanged > 0 && summary->unchanged == summary->chosen;
	const char *counts = is_idle ? kg_format(arena, "%s unchanged", nodes_tell(arena, summary->unchanged))
				     : kg_sink_counts(arena, summary, kg_text_equal(outcome, "planned") ? "would run" : "made");

	return kg_format(arena, "%s: %s", kg_sink_outcome(arena, asked, outcome), counts);
}

/* The reasons, which a plan is asked for. */
static void
plan_tell(struct kg_text *text, const struct kg_sink_look *look, const struct kg_scene *scene)
{
	for (uint32_t i = 0; i < scene->nodes.count; i++) {
		const struct kg_scene_node *node = scene->nodes.items[i];

		if (node->state != KG_SCENE_STALE)
			continue;
		kg_sink_line_begin(text, look->style, look->style->bold, "would run", node->name, kg_sink_name_width(scene));
		kg_text_format(text, "  %s\n", kg_width_plain(text->arena, node->reason));
	}
}

void
kg_sink_ending_tell(struct kg_text *text, const struct kg_sink_ending *ending, const struct kg_sink_look *look,
    const struct kg_scene *scene, const struct kg_event *event)
{
	static const struct kg_summary nothing = { 0 };
	const struct kg_style *style = look->style;
	const struct kg_summary *summary = event->summary ? event->summary : &nothing;
	const char *outcome = event->text ? event->text : "failed";
	bool is_planned = kg_text_equal(outcome, "planned");
	bool is_well = is_planned || kg_text_equal(outcome, "up") || kg_text_equal(outcome, "down");

	if (is_planned)
		plan_tell(text, look, scene);
	failures_tell(text, ending, look);
	blocked_tell(text, ending, look, scene);
	if (is_well && look->options->quiet)
		return;
	if (ending->failures.count > 0 || ending->blocked.count > 0)
		kg_text_add(text, "\n");
	const char *sentence =
	    scene->is_down ? down_tell(text->arena, is_well, summary) : outcome_tell(text->arena, scene->asked, outcome, summary);
	kg_text_format(text, "%s%s%s (%s)\n", is_well ? style->green : style->red, kg_width_plain(text->arena, sentence),
	    style->end, kg_duration_tell(text->arena, event->duration_ns));
}
