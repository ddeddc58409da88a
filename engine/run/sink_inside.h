/*
 * What the files of the sinks share: how each form puts an event into text. All of them are pure, and called after the scene has
 * taken the event.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/list.h"
#include "engine/base/map.h"
#include "engine/base/style.h"
#include "engine/base/text.h"
#include "engine/run/scene.h"
#include "engine/run/sink.h"

/* How people are told. */
struct kg_sink_look {
	const struct kg_style *style;
	const struct kg_sinks_options *options;
	bool is_live;     /* a view shows what is going on; lines are only for what is over */
	uint32_t columns; /* of the screen when it is live; 0: none */
};

/* Columns of the word that begins a line, of a duration, and the most that a name is padded to. */
static constexpr uint32_t kg_sink_verb_columns = 9, kg_sink_time_columns = 7, kg_sink_name_columns = 32;

/* sink_line.c: adds the lines that the event has while the run goes on; often none. */
void kg_sink_line(
    struct kg_text *text, const struct kg_sink_look *look, const struct kg_scene *scene, const struct kg_event *event);
/* "done      schema  ", with the name padded to `columns`. */
void kg_sink_line_begin(
    struct kg_text *text, const struct kg_style *style, const char *colour, const char *verb, const char *name, uint32_t columns);
/* Columns that names take on a line. */
uint32_t kg_sink_name_width(const struct kg_scene *scene);

/* sink_ending.c: what is told when the run is over. */
struct kg_sink_blocked {
	const char *name, *behind;
};

/* Of nodes that failed alike, such as for one missing program. */
struct kg_sink_failure {
	KG_LIST(const char *) names;
	const struct kg_error *error;
	const char *log; /* of the first; NULL: none */
};

struct kg_sink_ending {
	struct kg_arena *arena;
	KG_LIST(struct kg_sink_failure) failures;
	struct kg_map failures_by_text; /* the error in all its lines → its failure */
	KG_LIST(struct kg_sink_blocked) blocked;
};

/* Remembers what went wrong. */
void kg_sink_ending_take(struct kg_sink_ending *ending, const struct kg_sink_look *look, const struct kg_event *event);
/* For RUN_ENDED: the failures, what was blocked, and the one line that says how it ended. */
void kg_sink_ending_tell(struct kg_text *text, const struct kg_sink_ending *ending, const struct kg_sink_look *look,
    const struct kg_scene *scene, const struct kg_event *event);

/* "5 made, 4 unchanged", what is zero left out. made: the word for those of `made`. */
const char *kg_sink_counts(struct kg_arena *arena, const struct kg_summary *summary, const char *made);
/* "datastorage-stack is up", by RUN_ENDED's text. */
const char *kg_sink_outcome(struct kg_arena *arena, const char *asked, const char *outcome);

/* sink_summary.c: the run as a page of Markdown. */
struct kg_sink_summary_row {
	const char *name, *kind, *what;
	int64_t took_ns, spared_ns;
};

struct kg_sink_summary {
	struct kg_arena *arena;
	KG_LIST(struct kg_sink_summary_row) rows; /* what was made or found */
	struct kg_text failures, blocked, warnings;
	uint32_t failure_count, blocked_count, warning_count;
	int64_t unchanged_ns; /* that making what is unchanged takes, as far as that is known */
};

void kg_sink_summary_take(struct kg_sink_summary *summary, const struct kg_scene *scene, const struct kg_event *event);
/* For RUN_ENDED: the page. */
void kg_sink_summary_tell(
    struct kg_text *text, struct kg_sink_summary *summary, const struct kg_scene *scene, const struct kg_event *event);

/* sink_live.c: what is drawn below what was printed, line by line, as it stands on the screen now. */
enum { KG_LIVE_LINES_MOST = 200 };

struct kg_live_view {
	char *lines[KG_LIVE_LINES_MOST]; /* malloc'ed */
	uint32_t widths[KG_LIVE_LINES_MOST];
	uint32_t count;   /* 0: nothing is drawn, and the cursor stands at the start of a line */
	uint32_t columns; /* of the screen when it was drawn */
};

struct kg_live_screen {
	int64_t now_ns;
	uint32_t columns, rows;
};

/* Adds to out what changes the screen to `added` printed and the scene of now below it. is_last: nothing below it any more. */
void kg_live_draw(struct kg_text *out, struct kg_live_view *view, const struct kg_scene *scene, const struct kg_style *style,
    struct kg_live_screen screen, const char *added, bool is_last);
void kg_live_free(struct kg_live_view *view);

/* sink_json.c: one line. from_ns: of the first event. */
void kg_sink_json(struct kg_text *text, const struct kg_event *event, int64_t from_ns, int64_t wall_ns);
void kg_sink_json_left_out(struct kg_text *text, uint64_t count);

/* sink_trace.c: Chrome's trace events, in an array that is closed at RUN_ENDED. */
struct kg_trace_slot {
	int64_t since_ns; /* of its run; 0: does not run */
	uint32_t lane;
	bool is_waiting;
};

struct kg_trace {
	struct kg_arena *arena;
	KG_LIST(struct kg_trace_slot) slots; /* beside the scene's nodes */
	KG_LIST(uint64_t) busy;              /* a bit a lane */
	uint32_t lanes_named;
	int64_t from_ns; /* of the first event */
};

void kg_sink_trace(struct kg_text *text, struct kg_trace *trace, const struct kg_scene *scene, const struct kg_event *event);
