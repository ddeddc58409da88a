#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "engine/run/sink.h"

static constexpr int64_t ms = 1'000'000;

struct fixture {
	struct kg_arena *arena;
	struct kg_sinks *sinks;
	struct kg_sinks_options options;
	struct kg_reporter reporter;
	char folder[32];
	const char *said_path, *events_path, *trace_path;
	int64_t now_ns;
};

static int
set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	strcpy(fixture->folder, "/tmp/kgraph-sink-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	fixture->arena = kg_arena_make();
	fixture->said_path = kg_format(fixture->arena, "%s/said", fixture->folder);
	fixture->events_path = kg_format(fixture->arena, "%s/events", fixture->folder);
	fixture->trace_path = kg_format(fixture->arena, "%s/trace", fixture->folder);
	fixture->options.fd = open(fixture->said_path, O_WRONLY | O_CREAT, 0600);
	fixture->options.here = "/srv/app";
	fixture->now_ns = 1000 * ms;
	*state = fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	close(fixture->options.fd);
	assert_null(kg_file_remove(fixture->arena, fixture->folder));
	kg_arena_free(fixture->arena);
	free(fixture);
	return 0;
}

static void
begin(struct fixture *fixture, int64_t count)
{
	assert_null(kg_sinks_make(fixture->arena, &fixture->options, &fixture->sinks));
	fixture->reporter = kg_sinks_reporter(fixture->sinks);
	fixture->reporter.report(fixture->reporter.context,
	    &(struct kg_event){ .type = KG_EVENT_RUN_STARTED, .text = "stack", .count = count, .at_ns = fixture->now_ns });
}

static void
tell(struct fixture *fixture, enum kg_event_type type, const char *name, struct kg_event event)
{
	event.type = type;
	event.name = name;
	event.kind = name ? "command" : NULL;
	event.at_ns = fixture->now_ns += 10 * ms;
	fixture->reporter.report(fixture->reporter.context, &event);
}

static void
end(struct fixture *fixture, const char *outcome, struct kg_summary summary)
{
	tell(fixture, KG_EVENT_RUN_ENDED, NULL, (struct kg_event){ .text = outcome, .summary = &summary, .duration_ns = 4 * ms });
	kg_sinks_close(fixture->sinks);
}

static const char *
content(struct fixture *fixture, const char *path)
{
	const char *bytes;
	size_t size;

	assert_null(kg_file_read(fixture->arena, path, &bytes, &size));
	return bytes;
}

static void
start(struct fixture *fixture, const char *name, const char *why)
{
	tell(fixture, KG_EVENT_NODE_STALE, name, (struct kg_event){ .text = why });
	tell(fixture, KG_EVENT_NODE_STARTED, name, (struct kg_event){ .count = 1 });
}

static void
a_run_that_did_nothing_says_one_line(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture, 9);
	for (int i = 0; i < 9; i++)
		tell(fixture, KG_EVENT_NODE_UNCHANGED, "same", (struct kg_event){ 0 });
	end(fixture, "up", (struct kg_summary){ .chosen = 9, .unchanged = 9 });
	assert_string_equal(content(fixture, fixture->said_path), "stack is up: 9 nodes unchanged (4.0 ms)\n");
}

static void
plain_lines_say_what_runs_and_how_it_ended(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.name_columns = 6;
	begin(fixture, 3);
	start(fixture, "schema", "0002.sql is new");
	tell(fixture, KG_EVENT_NODE_TOLD, "schema", (struct kg_event){ .text = "0002.sql" });
	tell(fixture, KG_EVENT_NODE_RETRIED, "schema", (struct kg_event){ .text = "it fell", .duration_ns = 2000 * ms });
	tell(fixture, KG_EVENT_NODE_STARTED, "schema", (struct kg_event){ .count = 2 });
	tell(fixture, KG_EVENT_NODE_DONE, "schema", (struct kg_event){ .text = "same", .duration_ns = 1200 * ms });
	tell(fixture, KG_EVENT_NODE_STALE, "tool", (struct kg_event){ .text = "main.c has changed" });
	tell(fixture, KG_EVENT_NODE_RESTORED, "tool", (struct kg_event){ .duration_ns = 12 * ms });
	tell(fixture, KG_EVENT_NODE_WAITING, "schema", (struct kg_event){ 0 });
	tell(fixture, KG_EVENT_WARNING, NULL, (struct kg_event){ .text = "the clock\033[2J went back" });
	tell(fixture, KG_EVENT_NODE_READY, "schema", (struct kg_event){ .duration_ns = 300 * ms });
	end(fixture, "up", (struct kg_summary){ .chosen = 3, .made = 1, .restored = 1, .unchanged = 1 });
	assert_string_equal(content(fixture, fixture->said_path),
	    "running   schema  0002.sql is new\n"
	    "retrying  schema  in 2.0 s  it fell\n"
	    "running   schema  try 2  0002.sql is new\n"
	    "done      schema    1.2 s  it came out the same\n"
	    "restored  tool      12 ms  main.c has changed\n"
	    "warning: the clock?[2J went back\n"
	    "ready     schema   300 ms\n"
	    "stack is up: 1 made, 1 restored, 1 unchanged (4.0 ms)\n");
}

static void
verbose_lines_leave_nothing_out(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.verbose = true;
	begin(fixture, 2);
	tell(fixture, KG_EVENT_NODE_UNCHANGED, "a", (struct kg_event){ 0 });
	start(fixture, "b", "it has never run here");
	tell(fixture, KG_EVENT_NODE_TOLD, "b", (struct kg_event){ .text = "compiles" });
	tell(fixture, KG_EVENT_NODE_DONE, "b", (struct kg_event){ .duration_ns = 5 * ms });
	tell(fixture, KG_EVENT_BARRIER_ENTERED, NULL, (struct kg_event){ .count = 1 });
	tell(fixture, KG_EVENT_NODE_WAITING, "b", (struct kg_event){ 0 });
	end(fixture, "up", (struct kg_summary){ .chosen = 2, .made = 1, .unchanged = 1 });
	assert_string_equal(content(fixture, fixture->said_path),
	    "stack: 2 nodes\n"
	    "unchanged a\n"
	    "stale     b  it has never run here\n"
	    "running   b  it has never run here\n"
	    "says      b  compiles\n"
	    "done      b   5.0 ms\n"
	    "all has run; 1 node is watched until ready\n"
	    "waiting   b\n"
	    "stack is up: 1 made, 1 unchanged (4.0 ms)\n");
}

static struct kg_error *
failure(struct fixture *fixture)
{
	struct kg_error *error = kg_error_make(fixture->arena, KG_ECHILD, "cc ended with status 1");

	error->detail = "main.c:3: error\nmake: stopped";
	return kg_error_advise(fixture->arena, error, "look at the log");
}

static void
failures_are_told_whole_at_the_end(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture, 4);
	start(fixture, "binary", "main.c has changed");
	tell(fixture, KG_EVENT_NODE_FAILED, "binary",
	    (struct kg_event){ .error = failure(fixture), .text = "/srv/app/.kgraph/runs/1/binary.log" });
	tell(fixture, KG_EVENT_NODE_BLOCKED, "service", (struct kg_event){ .text = "binary" });
	end(fixture, "failed", (struct kg_summary){ .chosen = 4, .failed = 1, .blocked = 1, .unchanged = 2 });
	assert_string_equal(content(fixture, fixture->said_path),
	    "running   binary  main.c has changed\n"
	    "failed    binary  cc ended with status 1\n"
	    "\n"
	    "binary failed: cc ended with status 1\n"
	    "    main.c:3: error\n"
	    "    make: stopped\n"
	    "  look at the log\n"
	    "  log: .kgraph/runs/1/binary.log\n"
	    "\n"
	    "blocked   service  needs binary\n"
	    "\n"
	    "stack is not up: 1 failed, 1 blocked, 2 unchanged (4.0 ms)\n");
}

static void
what_failed_alike_is_told_once(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture, 7);
	for (int i = 0; i < 6; i++)
		tell(fixture, KG_EVENT_NODE_FAILED, kg_format(fixture->arena, "n%d", i),
		    (struct kg_event){ .error = kg_error_make(fixture->arena, KG_EINPUT, "there is no program `cc`") });
	tell(fixture, KG_EVENT_NODE_FAILED, "other", (struct kg_event){ .error = failure(fixture) });
	end(fixture, "failed", (struct kg_summary){ .chosen = 7, .failed = 7 });
	assert_non_null(strstr(content(fixture, fixture->said_path),
	    "\n\nn0, n1 and 4 more failed: there is no program `cc`\n"
	    "\nother failed: cc ended with status 1\n"));
}

static void
many_blocked_nodes_are_counted(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture, 100);
	for (int i = 0; i < 99; i++)
		tell(fixture, KG_EVENT_NODE_BLOCKED, kg_format(fixture->arena, "n%d", i), (struct kg_event){ .text = "root" });
	end(fixture, "failed", (struct kg_summary){ .chosen = 100, .failed = 1, .blocked = 99 });
	assert_non_null(strstr(content(fixture, fixture->said_path), "blocked   n19  needs root\n          79 more\n\n"));
}

static void
show_error(void *context, struct kg_text *text, const char *subject, const struct kg_error *error)
{
	kg_text_format(text, "<%s|%s|%s>\n", (const char *)context, subject, error->message);
}

static void
quiet_says_failures_alone_in_the_words_of_the_caller(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.quiet = true;
	fixture->options.show_error = show_error;
	static char caller[] = "caller";

	fixture->options.context = caller;
	begin(fixture, 2);
	start(fixture, "a", "");
	tell(fixture, KG_EVENT_NODE_DONE, "a", (struct kg_event){ 0 });
	start(fixture, "b", "");
	tell(fixture, KG_EVENT_NODE_FAILED, "b", (struct kg_event){ .error = failure(fixture) });
	end(fixture, "failed", (struct kg_summary){ .chosen = 2, .failed = 1, .made = 1 });
	assert_string_equal(content(fixture, fixture->said_path),
	    "\n<caller|b failed|cc ended with status 1>\n\nstack is not up: 1 failed, 1 made (4.0 ms)\n");
}

static void
quiet_says_nothing_when_all_is_well(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.quiet = true;
	begin(fixture, 1);
	end(fixture, "up", (struct kg_summary){ .chosen = 1, .unchanged = 1 });
	assert_string_equal(content(fixture, fixture->said_path), "");
}

static void
a_plan_says_what_would_run_and_why(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture, 3);
	tell(fixture, KG_EVENT_NODE_STALE, "b", (struct kg_event){ .text = "main.c has changed" });
	end(fixture, "planned", (struct kg_summary){ .chosen = 3, .made = 1, .unchanged = 2 });
	assert_string_equal(
	    content(fixture, fixture->said_path), "would run b  main.c has changed\nstack: 1 would run, 2 unchanged (4.0 ms)\n");
}

static void
events_are_lines_of_json(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.events_file = fixture->events_path;
	begin(fixture, 2);
	tell(fixture, KG_EVENT_NODE_STALE, "a \"b\"", (struct kg_event){ .text = "line\nbreak" });
	tell(fixture, KG_EVENT_NODE_FAILED, "c", (struct kg_event){ .error = failure(fixture) });
	end(fixture, "failed", (struct kg_summary){ .chosen = 2, .failed = 1 });

	static const char *const expected[] = {
		"\"at_ns\":0,\"event\":\"run_started\",\"text\":\"stack\",\"count\":2}",
		"\"at_ns\":10000000,\"event\":\"node_stale\",\"node\":\"a "
		"\\\"b\\\"\",\"kind\":\"command\",\"text\":\"line\\nbreak\"}",
		"\"at_ns\":20000000,\"event\":\"node_failed\",\"node\":\"c\",\"kind\":\"command\",\"error\":{\"code\":\"child\","
		"\"message\":\"cc ended with status 1\",\"advice\":\"look at the log\",\"detail\":\"main.c:3: error\\nmake: "
		"stopped\"}}",
		"\"at_ns\":30000000,\"event\":\"run_ended\",\"text\":\"failed\",\"duration_ns\":4000000,\"summary\":{\"chosen\":2,"
		"\"unchanged\":0,\"made\":0,\"restored\":0,\"fetched\":0,\"published\":0,\"failed\":1,\"blocked\":0,\"cancelled\":"
		"0,\"ready\":0}}",
	};
	const char *line = content(fixture, fixture->events_path);
	for (size_t i = 0; i < 4; i++) {
		size_t length = strcspn(line, "\n"), prefix = strlen("{\"time\":\"2026-11-21T06:17:20.123Z\",");

		assert_true(kg_text_starts(line, "{\"time\":\"2"));
		assert_string_equal(kg_copy_bytes(fixture->arena, line + prefix, length - prefix), expected[i]);
		line += length + 1;
	}
	assert_string_equal(line, "");
}

static void
the_trace_has_a_lane_for_each_place(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.trace_file = fixture->trace_path;
	begin(fixture, 3);
	start(fixture, "a", "new");
	start(fixture, "b", "new");
	tell(fixture, KG_EVENT_NODE_DONE, "a", (struct kg_event){ 0 });
	start(fixture, "c", "new");
	tell(fixture, KG_EVENT_NODE_WAITING, "a", (struct kg_event){ 0 });
	tell(fixture, KG_EVENT_NODE_READY, "a", (struct kg_event){ 0 });
	end(fixture, "interrupted", (struct kg_summary){ .chosen = 3 });

	const char *trace = content(fixture, fixture->trace_path);
	assert_true(kg_text_starts(trace, "[{\"ph\":\"M\""));
	assert_true(kg_text_ends(trace, "}}\n]\n"));
	/* c takes the place that a has left. */
	assert_non_null(strstr(trace,
	    "{\"ph\":\"X\",\"pid\":1,\"tid\":1,\"name\":\"a\",\"ts\":20000.000,\"dur\":30000.000,\"cat\":\"command\",\"args\":{"
	    "\"result\":\"node_done\",\"why\":\"new\"}}"));
	assert_non_null(strstr(trace, "{\"ph\":\"X\",\"pid\":1,\"tid\":2,\"name\":\"b\",\"ts\":40000.000,\"dur\":60000.000"));
	assert_non_null(strstr(trace, "{\"ph\":\"X\",\"pid\":1,\"tid\":1,\"name\":\"c\",\"ts\":70000.000,\"dur\":30000.000"));
	assert_non_null(
	    strstr(trace, "{\"ph\":\"b\",\"pid\":1,\"tid\":0,\"name\":\"a\",\"ts\":80000.000,\"cat\":\"ready\",\"id\":0}"));
	assert_non_null(
	    strstr(trace, "{\"ph\":\"e\",\"pid\":1,\"tid\":0,\"name\":\"a\",\"ts\":90000.000,\"cat\":\"ready\",\"id\":0}"));
}

static void
a_file_that_cannot_be_written_is_told(void **state)
{
	struct fixture *fixture = *state;
	struct kg_sinks *sinks;

	fixture->options.events_file = "/no/such/folder/events";
	struct kg_error *error = kg_sinks_make(fixture->arena, &fixture->options, &sinks);
	assert_string_equal(error->message, "cannot write /no/such/folder/events: No such file or directory");
	fixture->options.events_file = "/dev/full";
	begin(fixture, 1);
	end(fixture, "up", (struct kg_summary){ .chosen = 1, .made = 1 });
	assert_string_equal(content(fixture, fixture->said_path),
	    "stack is up: 1 made (4.0 ms)\nwarning: cannot write /dev/full: No space left on device\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_run_that_did_nothing_says_one_line),
		TEST(plain_lines_say_what_runs_and_how_it_ended),
		TEST(verbose_lines_leave_nothing_out),
		TEST(failures_are_told_whole_at_the_end),
		TEST(many_blocked_nodes_are_counted),
		TEST(what_failed_alike_is_told_once),
		TEST(quiet_says_failures_alone_in_the_words_of_the_caller),
		TEST(quiet_says_nothing_when_all_is_well),
		TEST(a_plan_says_what_would_run_and_why),
		TEST(events_are_lines_of_json),
		TEST(the_trace_has_a_lane_for_each_place),
		TEST(a_file_that_cannot_be_written_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
