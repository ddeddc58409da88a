/*
 * The lines of a container's log, each once, though the log is asked for again where it broke off.
 *
 *     struct kg_log_lines lines = { .line.arena = arena, .has_times = true, .say = say, .context = context };
 *     kg_log_lines_take(&lines, bytes, size);             as they come
 *     const char *since = kg_log_lines_resume(&lines);    it broke off: asked for again from there
 *     kg_log_lines_end(&lines);
 *
 * A server that is asked for what came since a time tells the whole second again. So the times that it puts before lines are what tells them apart, and of
 * several lines of the very same time as many are left out as were said.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/text.h"

struct kg_log_lines {
	struct kg_text line; /* that has not ended yet; its arena is the caller's */
	bool has_times;      /* "2026-11-21T16:58:00.123456789Z " before each, which is not said */
	void (*say)(void *context, const char *line);
	void *context;

	/* Their own. */
	char last[sizeof("2026-11-21T16:58:00.123456789+00:00")]; /* the time of what was said last; "": of none yet */
	uint32_t last_count;                                      /* lines of that very time that were said */
	uint32_t known;                                           /* so many of them are still to come again */
	bool is_resumed;                                          /* what comes may have been said already */
	bool is_rest, is_left_out; /* of a line too long to be kept whole: its beginning has come, and was said or not */
};

void kg_log_lines_take(struct kg_log_lines *lines, const char *bytes, size_t size);
/* The time to ask from, valid until more comes; NULL: nothing was said yet. A line that was cut off comes again as a whole. */
const char *kg_log_lines_resume(struct kg_log_lines *lines);
/* Says what has come of a line that does not end. */
void kg_log_lines_end(struct kg_log_lines *lines);
