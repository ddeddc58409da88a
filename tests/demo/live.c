/*
 * Shows what the sinks make of a run, without running anything: for looking at the live view.
 *
 *     zig build bench && zig-out/demo/live [fail|wide|unchanged] [SPEED]
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/base/style.h"
#include "engine/run/sink.h"

struct demo {
	struct kg_reporter reporter;
	struct kg_arena *arena;
	struct kg_summary summary;
	int64_t speed;
};

static void
tell(struct demo *demo, enum kg_event_type type, const char *name, struct kg_event event)
{
	event.type = type;
	event.name = name;
	event.kind = "command";
	event.at_ns = kg_clock_now_ns();
	demo->reporter.report(demo->reporter.context, &event);
}

static void
pause_ms(const struct demo *demo, int64_t ms)
{
	usleep((useconds_t)(ms * 1000 / demo->speed));
}

static void
start(struct demo *demo, const char *name, const char *why)
{
	tell(demo, KG_EVENT_NODE_STALE, name, (struct kg_event){ .text = why });
	tell(demo, KG_EVENT_NODE_STARTED, name, (struct kg_event){ .count = 1 });
	pause_ms(demo, 150);
}

static void
done(struct demo *demo, const char *name, int64_t ms, const char *text)
{
	demo->summary.made++;
	tell(demo, KG_EVENT_NODE_DONE, name, (struct kg_event){ .duration_ns = ms * 1000000, .text = text });
	pause_ms(demo, 300);
}

static void
up(struct demo *demo, bool fails)
{
	tell(demo, KG_EVENT_RUN_STARTED, NULL, (struct kg_event){ .text = "datastorage-stack", .count = 9 });
	tell(demo, KG_EVENT_NODE_UNCHANGED, "config", (struct kg_event){ 0 });
	start(demo, "postgresql-data", "it has never run here");
	start(demo, "redis", "it was killed by signal 9 at 2026-11-21T06:17:20.123Z");
	start(demo, "datastorage-binary",
	    "src/audit/event_store.c, src/audit/event_store.h and src/http/a-file-with-quite-a-long-name-in-schéma.c have changed");
	pause_ms(demo, 1500);
	done(demo, "redis", 1650, NULL);
	tell(demo, KG_EVENT_NODE_WAITING, "redis", (struct kg_event){ 0 });
	tell(demo, KG_EVENT_NODE_TOLD, "redis", (struct kg_event){ .text = "redis 127.0.0.1:26379: connection refused" });
	done(demo, "postgresql-data", 2100, NULL);
	start(demo, "postgresql", "it has never run here");
	done(demo, "postgresql", 120, NULL);
	tell(demo, KG_EVENT_NODE_WAITING, "postgresql", (struct kg_event){ 0 });
	for (int i = 0; i < 12; i++) {
		tell(demo, KG_EVENT_NODE_TOLD, "postgresql",
		    (struct kg_event){ .text = kg_format(demo->arena,
					   "postgresql postgresql://slm_user:***@127.0.0.1:25432/action_history: the database "
					   "system is starting up (%d)",
					   i) });
		pause_ms(demo, 100);
	}
	tell(demo, KG_EVENT_NODE_READY, "redis", (struct kg_event){ .duration_ns = 1200000000 });
	tell(demo, KG_EVENT_NODE_READY, "postgresql", (struct kg_event){ .duration_ns = 1300000000 });
	start(demo, "schema", "the migration 0017_retention.sql is new");
	pause_ms(demo, 800);
	if (fails) {
		struct kg_error *error = kg_error_make(demo->arena, KG_EFAILED, "relation \"audit_event\" does not exist");

		error->detail = "applied 0008_notification_audit.sql\napplied 0009_action_history.sql";
		error = kg_error_wrap(demo->arena, error, "cannot apply 0010_workflow_catalogue.sql");
		demo->summary.failed++;
		tell(demo, KG_EVENT_NODE_FAILED, "schema",
		    (struct kg_event){ .error = error, .text = "/srv/kgraph/.kgraph/default/runs/7/schema.log" });
		tell(demo, KG_EVENT_NODE_BLOCKED, "datastorage", (struct kg_event){ .text = "schema" });
		demo->summary.blocked++;
	} else {
		done(demo, "schema", 950, NULL);
	}
	pause_ms(demo, 2000);
	done(demo, "datastorage-binary", 9200, "same");
}

static void
wide(struct demo *demo)
{
	enum { nodes = 60 };

	tell(demo, KG_EVENT_RUN_STARTED, NULL, (struct kg_event){ .text = "everything", .count = nodes });
	for (int i = 0; i < nodes; i++)
		start(demo, kg_format(demo->arena, "node-%d", i), "it has never run here");
	for (int i = 0; i < nodes; i++)
		done(demo, kg_format(demo->arena, "node-%d", i * 7 % nodes), 4000, NULL);
}

/* What telling costs: a run of a large graph in which nothing is to be done. */
static void
unchanged(struct demo *demo)
{
	enum { nodes = 100000 };

	tell(demo, KG_EVENT_RUN_STARTED, NULL, (struct kg_event){ .text = "everything", .count = nodes });
	for (int i = 0; i < nodes; i++)
		tell(demo, KG_EVENT_NODE_UNCHANGED, "node", (struct kg_event){ 0 });
	demo->summary.chosen = nodes;
	demo->summary.unchanged = nodes - 1;
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	struct demo demo = { .arena = kg_arena_make(), .speed = argc > 2 ? atoi(argv[2]) : 1 };
	struct kg_sinks *sinks;
	int64_t started_ns = kg_clock_now_ns();
	const struct kg_sinks_options options = {
		.fd = STDERR_FILENO,
		.style = kg_style_choose(STDERR_FILENO, KG_COLOUR_AUTO),
		.here = "/srv/kgraph",
		.name_columns = strlen("datastorage-binary"),
		.events_file = getenv("DEMO_EVENTS"),
		.trace_file = getenv("DEMO_TRACE"),
	};

	if (kg_sinks_make(demo.arena, &options, &sinks) != NULL)
		return 1;
	demo.reporter = kg_sinks_reporter(sinks);
	if (strcmp(what, "wide") == 0)
		wide(&demo);
	else if (strcmp(what, "unchanged") == 0)
		unchanged(&demo);
	else
		up(&demo, strcmp(what, "fail") == 0);
	demo.summary.unchanged++;
	tell(&demo, KG_EVENT_RUN_ENDED, NULL,
	    (struct kg_event){ .text = demo.summary.failed ? "failed" : "up",
		.summary = &demo.summary,
		.duration_ns = kg_clock_now_ns() - started_ns });
	kg_sinks_close(sinks);
	kg_arena_free(demo.arena);
	return 0;
}
