/*
 * Progress as lines for a log: one for what begins, one for what ends.
 *
 *     struct kg_report_plain plain = { .stream = stdout, .style = style, .arena = arena };
 *     kg_report_plain(&plain, &event);
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct kg_arena;
struct kg_event;
struct kg_style;

struct kg_report_plain {
	FILE *stream;
	const struct kg_style *style;
	struct kg_arena *scratch; /* emptied with every event */
	bool verbose;             /* what is unchanged, and what is waited for, as well */
	bool is_plan;
};

void kg_report_plain(struct kg_report_plain *plain, const struct kg_event *event);
