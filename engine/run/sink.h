/*
 * What a run says, in the forms in which it is wanted: to people on a terminal or in a log, as JSON lines, as a trace.
 *
 *     struct kg_sinks *sinks;
 *     error = kg_sinks_make(arena, &(struct kg_sinks_options){ .fd = STDERR_FILENO, .style = style }, &sinks);
 *     run_options.reporter = kg_sinks_reporter(sinks);
 *     ...
 *     kg_sinks_close(sinks);
 *
 * Each sink has a thread that writes, so that a slow terminal or a full pipe stops nobody: what is told is put into words at
 * once and handed over. A live view shows what is true when it is drawn, and skips what nobody could have seen. Text that must
 * not be lost waits, up to a limit; beyond it whole lines are left out, and their number is told.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/run/event.h"

struct kg_arena;
struct kg_style;
struct kg_text;

struct kg_sinks_options {
	int fd;                       /* where people read; stays the caller's */
	const struct kg_style *style; /* for that fd; NULL: no colours */
	bool no_live;                 /* plain lines on a terminal as well */
	bool verbose;                 /* every event has a line, also what is unchanged and what is waited for */
	bool quiet;                   /* failures and warnings alone */
	uint32_t name_columns;        /* of the widest name that will come; 0: not known, and lines are aligned as names come */
	const char *here;             /* absolute folder: logs below it are named relative to it; NULL: as they are */
	const char *events_file;      /* JSON lines, one for each event (docs/events.md); "-": standard output; NULL: none */
	const char *trace_file;       /* for chrome://tracing and ui.perfetto.dev; NULL: none */
	const char *summary_file;     /* Markdown, added to what the file holds; "-": standard output; NULL: none */
	/*
	 * Adds an error in all its lines, `subject` ("schema failed") before its message. NULL: message, advice and detail, plainly.
	 * Called in the thread that reports.
	 */
	void (*show_error)(void *context, struct kg_text *text, const char *subject, const struct kg_error *error);
	void *context;
};

struct kg_sinks;

/* KG_ESYSTEM when a file cannot be opened. */
[[nodiscard]] struct kg_error *kg_sinks_make(
    struct kg_arena *arena, const struct kg_sinks_options *options, struct kg_sinks **ret_sinks);
/* May be asked for any number of times; all reports come from one thread. */
struct kg_reporter kg_sinks_reporter(struct kg_sinks *sinks);
/*
 * Waits until all is written, and clears the live view. A file that could not be written whole is told on fd. Call it before
 * anything else prints, and before `kgraph run` hands the terminal over.
 */
void kg_sinks_close(struct kg_sinks *sinks);
