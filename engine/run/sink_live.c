#include "engine/run/sink_inside.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/width.h"

/*
 * The view is a few lines at the bottom: one for each node that something is going on with, and a summary. The cursor stays at
 * the end of the last one, so that the screen does not scroll for it. Only lines that have changed are written again; what is
 * printed for good goes above, and then all are.
 *
 * No line is wider than the screen less one column: a full line would wrap on some terminals and not on others.
 */
struct drawing {
	struct kg_text *lines[KG_LIVE_LINES_MOST];
	uint32_t count;
	struct kg_arena *arena;
	const struct kg_style *style;
	uint32_t columns; /* that may be used */
	uint32_t name_columns;
	int64_t now_ns;
};

static constexpr uint32_t narrowest_columns = 20;

static struct kg_text *
line_new(struct drawing *drawing)
{
	struct kg_text *line = kg_new(drawing->arena, struct kg_text);

	line->arena = drawing->arena;
	drawing->lines[drawing->count++] = line;
	return line;
}

/* "7 s", "2:05", "1:02:05"; whole seconds alone, so that the view is still for the eye; nothing in the first. */
static const char *
elapsed(struct kg_arena *arena, int64_t ns)
{
	long long s = ns / 1'000'000'000;

	if (s < 1)
		return "";
	if (s < 60)
		return kg_format(arena, "%lld s", s);
	if (s < 3600)
		return kg_format(arena, "%lld:%02lld", s / 60, s % 60);
	return kg_format(arena, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
}

static const char *
verb_of(const struct kg_scene *scene, const struct kg_scene_node *node)
{
	switch (node->state) {
	case KG_SCENE_LOOKED: return scene->is_down ? "stopping" : "checking";
	case KG_SCENE_PAUSED: return "retrying";
	case KG_SCENE_WAITING: return "waiting";
	case KG_SCENE_RUNNING:
	case KG_SCENE_STALE:
	case KG_SCENE_SETTLED: break;
	}
	return "running";
}

static void
node_draw(struct drawing *drawing, const struct kg_scene *scene, const struct kg_scene_node *node)
{
	const struct kg_style *style = drawing->style;
	struct kg_arena *arena = drawing->arena;
	struct kg_text *line = line_new(drawing);
	uint32_t used = kg_sink_verb_columns + 1 + drawing->name_columns;
	const char *colour = node->state == KG_SCENE_WAITING ? style->yellow : style->bold;
	const char *name = kg_width_cut(arena, kg_width_plain(arena, node->name), drawing->name_columns);
	const char *rest = *node->told ? node->told : node->reason ? node->reason : "";

	kg_sink_line_begin(line, style, colour, verb_of(scene, node), name, drawing->name_columns);
	if (drawing->columns < used + kg_sink_time_columns + 2)
		return;
	kg_text_format(line, "%*s", (int)kg_sink_time_columns, elapsed(arena, drawing->now_ns - node->since_ns));
	used += kg_sink_time_columns + 2;
	if (drawing->columns <= used || !*rest)
		return;
	rest = kg_width_cut(arena, kg_width_plain(arena, kg_copy_bytes(arena, rest, strcspn(rest, "\n"))), drawing->columns - used);
	kg_text_format(line, "  %s%s%s", style->dim, rest, style->end);
}

static void
list_draw(struct drawing *drawing, const struct kg_scene *scene, const struct kg_scene_list *list, uint32_t most)
{
	for (const struct kg_scene_node *node = list->first; node && drawing->count < most; node = node->after)
		node_draw(drawing, scene, node);
}

static void
summary_draw(struct drawing *drawing, const struct kg_scene *scene)
{
	const struct kg_style *style = drawing->style;
	struct kg_text text = { .arena = drawing->arena };

	if (scene->is_down)
		kg_text_format(&text, "%lld down", (long long)scene->finished);
	else
		kg_text_format(&text, "%lld of %lld done", (long long)scene->finished, (long long)scene->chosen);
	if (scene->running.count > 0)
		kg_text_format(&text, ", %u %s", scene->running.count, scene->is_down ? "stopping" : "running");
	if (scene->waiting.count > 0)
		kg_text_format(&text, ", %u waited for", scene->waiting.count);
	if (scene->publishing > 0)
		kg_text_format(&text, ", %lld to the shared cache", (long long)scene->publishing);
	const char *time = elapsed(drawing->arena, drawing->now_ns - scene->started_ns);
	const char *failed = scene->failed > 0 ? kg_format(drawing->arena, ", %lld failed", (long long)scene->failed) : "";
	const char *tail = *time ? kg_format(drawing->arena, "  %s", time) : "";
	const char *whole = kg_format(drawing->arena, "%s%s%s", kg_text_end(&text), failed, tail);
	struct kg_text *line = line_new(drawing);

	if (kg_width(whole) > drawing->columns) {
		kg_text_add(line, kg_width_cut(drawing->arena, whole, drawing->columns));
		return;
	}
	kg_text_add(line, kg_text_end(&text));
	if (*failed)
		kg_text_format(line, "%s%s%s", style->red, failed, style->end);
	if (*tail)
		kg_text_format(line, "%s%s%s", style->dim, tail, style->end);
}

static void
scene_draw(struct drawing *drawing, const struct kg_scene *scene, struct kg_live_screen screen)
{
	uint32_t active = scene->running.count + scene->waiting.count;
	uint32_t most = screen.rows > 2 ? screen.rows - 2 : 0;

	if (!*scene->asked || scene->has_ended || screen.columns < narrowest_columns)
		return;
	drawing->columns = screen.columns - 1;
	drawing->name_columns = kg_sink_name_width(scene);
	if (drawing->name_columns > drawing->columns * 2 / 5)
		drawing->name_columns = drawing->columns * 2 / 5;
	if (most > KG_LIVE_LINES_MOST - 1)
		most = KG_LIVE_LINES_MOST - 1;
	if (active > most && most > 0)
		most--;
	list_draw(drawing, scene, &scene->running, most);
	list_draw(drawing, scene, &scene->waiting, most);
	uint32_t left = active - drawing->count;
	if (left > 0 && screen.rows > 2)
		kg_text_format(line_new(drawing), "%*sand %u more", (int)kg_sink_verb_columns + 1, "", left);
	summary_draw(drawing, scene);
}

/* Rows between the first line of what is drawn and the cursor; lines that were drawn on a wider screen have been wrapped. */
static uint32_t
rows_above(const struct kg_live_view *view, uint32_t columns)
{
	uint32_t rows = 0;

	for (uint32_t i = 0; i < view->count; i++)
		rows += view->widths[i] > columns && columns > 0 ? (view->widths[i] + columns - 1) / columns : 1;
	return rows > 0 ? rows - 1 : 0;
}

static void
cursor_up(struct kg_text *out, uint32_t rows)
{
	kg_text_add(out, "\r");
	if (rows > 0)
		kg_text_format(out, "\033[%uA", rows);
}

/* Columns of a line with colours in it. */
static uint32_t
styled_width(struct kg_arena *arena, const char *line)
{
	struct kg_text plain = { .arena = arena };

	while (*line) {
		if (strncmp(line, "\033[", 2) == 0) {
			line += strcspn(line, "m");
			line += *line == 'm';
			continue;
		}
		size_t length = strcspn(line, "\033");
		kg_text_add_bytes(&plain, line, length);
		line += length;
	}
	return kg_width(kg_text_end(&plain));
}

static void
line_keep(struct kg_live_view *view, uint32_t at, struct kg_arena *arena, const char *line)
{
	free(view->lines[at]);
	view->lines[at] = strdup(line);
	if (!view->lines[at])
		kg_out_of_memory();
	view->widths[at] = styled_width(arena, line);
}

static bool
is_shown(const struct kg_live_view *view, uint32_t at, const char *line)
{
	return at < view->count && strcmp(view->lines[at], line) == 0;
}

static bool
is_all_shown(const struct kg_live_view *view, const struct drawing *drawing)
{
	for (uint32_t i = 0; i < drawing->count; i++) {
		if (!is_shown(view, i, kg_text_end(drawing->lines[i])))
			return false;
	}
	return view->count == drawing->count;
}

void
kg_live_draw(struct kg_text *out, struct kg_live_view *view, const struct kg_scene *scene, const struct kg_style *style,
    struct kg_live_screen screen, const char *added, bool is_last)
{
	struct drawing drawing = { .arena = out->arena, .style = style, .now_ns = screen.now_ns };
	bool is_fresh = *added || is_last || screen.columns != view->columns;

	if (!is_last)
		scene_draw(&drawing, scene, screen);
	if (!is_fresh && is_all_shown(view, &drawing))
		return;
	if (view->count > 0)
		cursor_up(out, rows_above(view, screen.columns));
	if (is_fresh) {
		if (view->count > 0)
			kg_text_add(out, "\033[J");
		kg_text_add(out, added);
		view->count = 0;
	}
	for (uint32_t i = 0; i < drawing.count; i++) {
		const char *line = kg_text_end(drawing.lines[i]);

		if (i > 0)
			kg_text_add(out, "\r\n");
		if (is_shown(view, i, line))
			continue;
		kg_text_format(out, "%s\033[K", line);
		line_keep(view, i, out->arena, line);
	}
	/* The cursor may stand at the start of the last line, when that has not changed: what is below is cleared all the same. */
	if (drawing.count < view->count)
		kg_text_add(out, drawing.count > 0 ? "\r\n\033[J\033[A" : "\033[J");
	view->count = drawing.count;
	view->columns = screen.columns;
}

void
kg_live_free(struct kg_live_view *view)
{
	for (uint32_t i = 0; i < KG_LIVE_LINES_MOST; i++)
		free(view->lines[i]);
}
