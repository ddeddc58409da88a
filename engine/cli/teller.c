#include "engine/cli/teller.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/list.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "engine/base/width.h"
#include "engine/cli/cli.h"
#include "engine/cli/report_plain.h"
#include "engine/base/style.h"
#include "engine/cli/summary.h"

/* Names of blocked nodes that are told for each failure. */
static constexpr uint32_t blocked_told = 8;

struct failure {
	const char *name, *log;
	struct kg_error *error;
	uint32_t blocked_count;
	const char *blocked[blocked_told];
};

struct kg_teller {
	struct kg_cli *cli;
	FILE *stream;
	const struct kg_style *style;
	struct kg_report_plain plain;
	KG_LIST(struct failure) failures;
	const char *asked, *outcome; /* outcome NULL: the run has not ended */
	struct kg_summary summary;
	int64_t duration_ns;
};

static void
failure_keep(struct kg_teller *teller, const struct kg_event *event)
{
	struct kg_arena *arena = teller->cli->arena;

	kg_list_push(arena, &teller->failures,
	    (struct failure){
		.name = kg_copy(arena, event->name),
		.log = event->text && *event->text ? kg_copy(arena, event->text) : NULL,
		.error = event->error ? kg_error_copy(arena, event->error) : kg_error_make(arena, KG_EFAILED, "it failed"),
	    });
}

static void
blocked_keep(struct kg_teller *teller, const struct kg_event *event)
{
	for (uint32_t i = teller->failures.count; event->text && i > 0; i--) {
		struct failure *failure = &teller->failures.items[i - 1];

		if (strcmp(failure->name, event->text) != 0)
			continue;
		if (failure->blocked_count < blocked_told)
			failure->blocked[failure->blocked_count] = kg_copy(teller->cli->arena, event->name);
		failure->blocked_count++;
		return;
	}
}

static void
report(void *context, const struct kg_event *event)
{
	struct kg_teller *teller = context;

	switch (event->type) {
	case KG_EVENT_RUN_STARTED: teller->asked = kg_copy(teller->cli->arena, event->text); break;
	case KG_EVENT_NODE_FAILED: failure_keep(teller, event); break;
	case KG_EVENT_NODE_BLOCKED: blocked_keep(teller, event); break;
	case KG_EVENT_RUN_ENDED:
		teller->outcome = kg_copy(teller->cli->arena, event->text);
		teller->summary = *event->summary;
		teller->duration_ns = event->duration_ns;
		break;
	default: break;
	}
	if (!teller->cli->asked.options.quiet || event->type == KG_EVENT_WARNING)
		kg_report_plain(&teller->plain, event);
}

struct kg_teller *
kg_teller_make(struct kg_cli *cli, FILE *stream)
{
	struct kg_teller *teller = kg_new(cli->arena, struct kg_teller);

	teller->cli = cli;
	teller->stream = stream;
	teller->style = stream == stderr ? cli->error_style : cli->out_style;
	teller->plain = (struct kg_report_plain){
		.stream = stream,
		.style = teller->style,
		.scratch = kg_arena_make(),
		.verbose = cli->asked.options.verbose,
		.is_plan = strcmp(cli->asked.command->name, "plan") == 0,
	};
	return teller;
}

struct kg_reporter
kg_teller_reporter(struct kg_teller *teller)
{
	return (struct kg_reporter){ report, teller };
}

static void
failure_tell(struct kg_teller *teller, struct kg_text *text, const struct failure *failure)
{
	struct kg_arena *arena = teller->cli->arena;
	struct kg_error_look look = teller->cli->look;
	const struct kg_style *style = look.style;

	look.subject = kg_format(arena, "%s failed", failure->name);
	kg_text_add(text, "\n");
	kg_error_show(text, &look, failure->error);
	if (failure->log)
		kg_text_format(
		    text, "  %s=%s its whole log: %s\n", style->blue, style->end, kg_path_inside(look.here, failure->log));
	if (failure->blocked_count == 0)
		return;
	uint32_t told = failure->blocked_count < blocked_told ? failure->blocked_count : blocked_told;
	kg_text_format(text, "  %s=%s so these did not run: %s", style->blue, style->end,
	    kg_text_enumerate(arena, failure->blocked, told, told < failure->blocked_count ? ", " : " and "));
	if (told < failure->blocked_count)
		kg_text_format(text, " and %u more", failure->blocked_count - told);
	kg_text_add(text, "\n");
}

void
kg_teller_end(struct kg_teller *teller)
{
	struct kg_text text = { .arena = teller->cli->arena };

	fflush(teller->stream);
	for (uint32_t i = 0; i < teller->failures.count; i++)
		failure_tell(teller, &text, &teller->failures.items[i]);
	if (teller->failures.count > 0)
		kg_text_add(&text, "\n");
	fputs(kg_text_end(&text), stderr);
	if (teller->outcome && !teller->cli->asked.options.quiet)
		fprintf(teller->stream, "%s\n",
		    kg_summary_tell(
			teller->cli->arena, teller->style, teller->asked, teller->outcome, &teller->summary, teller->duration_ns));
	fflush(teller->stream);
	kg_arena_free(teller->plain.scratch);
}
