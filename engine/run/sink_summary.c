/*
 * The run as a page of Markdown, for systems that show one with a job: what was made and why, what was found and where, what that spared, what failed
 * with the last lines that it printed. Such pages have limits (GitHub's is 1 MiB), so long lists are cut, with what takes longest first.
 */

#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/base/width.h"
#include "engine/run/sink_inside.h"

static constexpr uint32_t rows_most = 100, failures_most = 20, warnings_most = 20, blocked_most = 50;
static constexpr size_t detail_most_bytes = 16 * 1024, cell_most_bytes = 300;

/* Text in a table's cell, or in a line: nothing of it is taken for Markdown or HTML. */
static void
plain_add(struct kg_text *text, const char *plain)
{
	const char *clean = kg_width_plain(text->arena, plain);
	size_t count = 0;

	for (const char *at = clean; *at && count < cell_most_bytes; at++, count++) {
		if (strchr("\\`*_[]|~#", *at))
			kg_text_format(text, "\\%c", *at);
		else if (*at == '<')
			kg_text_add(text, "&lt;");
		else if (*at == '&')
			kg_text_add(text, "&amp;");
		else
			kg_text_add_bytes(text, at, 1);
	}
	if (count == cell_most_bytes)
		kg_text_add(text, "…");
}

static const char *
first_line(struct kg_arena *arena, const char *text)
{
	return kg_copy_bytes(arena, text, strcspn(text, "\n"));
}

/* With a fence that nothing within it can end. */
static void
block_add(struct kg_text *text, const char *lines)
{
	size_t size = strlen(lines), fence = 3;
	const char *cut = size > detail_most_bytes ? lines + size - detail_most_bytes : lines;

	for (const char *at = strchr(cut, '`'); at; at = strchr(at, '`')) {
		size_t run = strspn(at, "`");

		if (run >= fence)
			fence = run + 1;
		at += run;
	}
	kg_text_format(text, "\n%.*s\n", (int)fence, "````````````````````````````````");
	for (const char *line = cut; *line;) {
		size_t length = strcspn(line, "\n");

		kg_text_format(text, "%s\n", kg_width_plain(text->arena, kg_copy_bytes(text->arena, line, length)));
		line += length + (line[length] == '\n');
	}
	kg_text_format(text, "%.*s\n", (int)fence, "````````````````````````````````");
}

static void
failure_take(struct kg_sink_summary *summary, const struct kg_event *event)
{
	struct kg_text *text = &summary->failures;

	if (summary->failure_count++ >= failures_most || !event->error)
		return;
	kg_text_format(text, "\n**`%s`** failed: ", event->name ? kg_width_plain(text->arena, event->name) : "the run");
	plain_add(text, kg_error_text(text->arena, event->error));
	kg_text_add(text, "\n");
	for (const struct kg_error *error = event->error; error; error = error->cause) {
		if (error->advice) {
			kg_text_add(text, "\n");
			plain_add(text, first_line(text->arena, error->advice));
			kg_text_add(text, "\n");
		}
		/* A run of backticks beyond the longest fence would end it; nobody prints that, but then it is left out. */
		if (error->detail && *error->detail && !strstr(error->detail, "````````````````````````````````"))
			block_add(text, error->detail);
	}
}

static void
row_take(struct kg_sink_summary *summary, const struct kg_scene *scene, const struct kg_event *event)
{
	const struct kg_scene_node *node = kg_scene_find(scene, event);
	bool is_found = event->type == KG_EVENT_NODE_RESTORED;
	const char *more = event->text ? event->text : "";
	struct kg_sink_summary_row row = {
		.name = kg_copy(summary->arena, event->name ? event->name : ""),
		.kind = kg_copy(summary->arena, event->kind ? event->kind : ""),
		.took_ns = event->duration_ns,
		.spared_ns = event->spared_ns,
	};

	if (is_found)
		row.what = kg_format(summary->arena, "found %s", *more ? more : "on this machine");
	else
		row.what = kg_format(summary->arena, "made: %s%s", node && node->reason ? node->reason : "",
		    kg_text_equal(more, "same") ? "; it came out the same" : "");
	if (kg_text_starts(row.what, "found from "))
		row.what = kg_copy(summary->arena, row.what + strlen("found "));
	kg_list_push(summary->arena, &summary->rows, row);
}

static void
listed_add(struct kg_text *list, uint32_t *count, uint32_t most, const char *line)
{
	if ((*count)++ < most) {
		kg_text_add(list, "- ");
		plain_add(list, line);
		kg_text_add(list, "\n");
	}
}

void
kg_sink_summary_take(struct kg_sink_summary *summary, const struct kg_scene *scene, const struct kg_event *event)
{
	switch (event->type) {
	case KG_EVENT_NODE_UNCHANGED: summary->unchanged_ns += event->spared_ns; break;
	case KG_EVENT_NODE_DONE:
	case KG_EVENT_NODE_RESTORED: row_take(summary, scene, event); break;
	case KG_EVENT_NODE_FAILED: failure_take(summary, event); break;
	case KG_EVENT_NODE_BLOCKED:
		listed_add(&summary->blocked, &summary->blocked_count, blocked_most,
		    kg_format(summary->arena, "%s needs %s", event->name, event->text ? event->text : "what failed"));
		break;
	case KG_EVENT_WARNING:
		listed_add(&summary->warnings, &summary->warning_count, warnings_most, event->text ? event->text : "");
		break;
	default: break;
	}
}

static int
row_order(const void *left, const void *right)
{
	const struct kg_sink_summary_row *a = left, *b = right;
	int64_t most_a = a->took_ns > a->spared_ns ? a->took_ns : a->spared_ns;
	int64_t most_b = b->took_ns > b->spared_ns ? b->took_ns : b->spared_ns;

	if (most_a != most_b)
		return most_a > most_b ? -1 : 1;
	return strcmp(a->name, b->name);
}

static void
rows_tell(struct kg_text *text, struct kg_sink_summary *summary)
{
	uint32_t count = summary->rows.count, shown = count < rows_most ? count : rows_most;

	if (count == 0)
		return;
	qsort(summary->rows.items, count, sizeof(*summary->rows.items), row_order);
	kg_text_add(text, "\n| node | kind | what happened | took | spared |\n|---|---|---|--:|--:|\n");
	for (uint32_t i = 0; i < shown; i++) {
		const struct kg_sink_summary_row *row = &summary->rows.items[i];

		kg_text_add(text, "| ");
		plain_add(text, row->name);
		kg_text_format(text, " | %s | ", row->kind);
		plain_add(text, row->what);
		kg_text_format(text, " | %s | %s |\n", kg_duration_tell(text->arena, row->took_ns),
		    row->spared_ns > 0 ? kg_duration_tell(text->arena, row->spared_ns) : "");
	}
	if (shown < count)
		kg_text_format(text, "\nand %u more that took less\n", count - shown);
}

static void
list_tell(struct kg_text *text, const char *heading, const struct kg_text *list, uint32_t count, uint32_t most)
{
	if (count == 0)
		return;
	kg_text_format(text, "\n%s\n\n", heading);
	kg_text_add_bytes(text, list->bytes, list->size);
	if (count > most)
		kg_text_format(text, "- and %u more\n", count - most);
}

void
kg_sink_summary_tell(
    struct kg_text *text, struct kg_sink_summary *summary, const struct kg_scene *scene, const struct kg_event *event)
{
	static const struct kg_summary nothing = { 0 };
	const struct kg_summary *counts = event->summary ? event->summary : &nothing;
	int64_t spared_ns = event->spared_ns + summary->unchanged_ns;

	kg_text_add(text, "### ");
	plain_add(text, kg_sink_outcome(text->arena, scene->asked, event->text ? event->text : "failed"));
	kg_text_format(
	    text, "\n\n%s in %s", kg_sink_counts(text->arena, counts, "made"), kg_duration_tell(text->arena, event->duration_ns));
	if (spared_ns > 0)
		kg_text_format(text, "; making what was there already takes %s, one after the other",
		    kg_duration_tell(text->arena, spared_ns));
	if (counts->published > 0)
		kg_text_format(text, "; %u handed on to the shared cache", counts->published);
	kg_text_add(text, "\n");
	kg_text_add_bytes(text, summary->failures.bytes, summary->failures.size);
	if (summary->failure_count > failures_most)
		kg_text_format(text, "\nand %u more failures\n", summary->failure_count - failures_most);
	list_tell(text, "Not begun, since what they need has failed:", &summary->blocked, summary->blocked_count, blocked_most);
	rows_tell(text, summary);
	list_tell(text, "Warnings:", &summary->warnings, summary->warning_count, warnings_most);
	kg_text_add(text, "\n");
}
