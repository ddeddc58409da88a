/* The kind in the real engine: what a user sees of a process over several runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "engine/run/run.h"
#include "graph/graph.h"
#include "engine/daemon/daemon.h"
#include "targets/process/process.h"

struct checkout {
	struct kg_arena *arena;
	char folder[64];
	struct kg_text told; /* "node_ready web\n" and so on, of the last run */
	const struct kg_error *error;
};

static int
setup(void **state)
{
	struct kg_arena *arena = kg_arena_make();
	struct checkout *checkout = kg_new(arena, struct checkout);

	checkout->arena = arena;
	snprintf(checkout->folder, sizeof(checkout->folder), "/tmp/kgraph-engine-test.XXXXXX");
	assert_non_null(mkdtemp(checkout->folder));
	*state = checkout;
	return 0;
}

static void
on_event(void *context, const struct kg_event *event)
{
	struct checkout *checkout = context;

	if (!event->name)
		return;
	kg_text_format(&checkout->told, "%s %s%s%s\n", kg_event_key(event->type), event->name, event->text ? ": " : "",
	    event->text ? event->text : "");
	if (event->error)
		checkout->error = kg_error_copy(checkout->arena, event->error);
}

static const char *
no_environment(void *context, const char *name)
{
	(void)context;
	(void)name;
	return NULL;
}

static const struct kg_kind *const the_kinds[] = { &kg_kind_process, NULL };

static struct kg_run *
run_open(struct checkout *checkout, const char *text)
{
	static const struct kg_facts *const facts[] = { &kg_kind_process.facts };
	const struct kg_facts_set set = { .kinds = facts, .count = 1, .common = kg_common_fields };
	const char *file = kg_path_join(checkout->arena, checkout->folder, "kgraph.toml");
	struct kg_errors errors = { .arena = checkout->arena };
	struct kg_run_options options = {
		.asked = "all",
		.kinds = the_kinds,
		.folder = kg_path_join(checkout->arena, checkout->folder, ".kgraph/default"),
		.reporter = { on_event, checkout },
		.jobs = 4,
	};
	struct kg_run *run;
	uint8_t *chosen;

	assert_null(kg_file_write(checkout->arena, file, text, strlen(text), 0600));
	kg_graph_read(checkout->arena, &(struct kg_graph_source){ .file = file, .facts = &set, .environment = no_environment },
	    &errors, &options.graph, NULL);
	if (errors.count > 0)
		print_message("%s\n", kg_error_text(checkout->arena, errors.first));
	assert_non_null(options.graph);
	assert_null(kg_graph_select(checkout->arena, options.graph, NULL, &chosen));
	options.chosen = chosen;
	checkout->told = (struct kg_text){ .arena = checkout->arena };
	checkout->error = NULL;
	assert_null(kg_run_open(checkout->arena, &options, &run));
	return run;
}

static enum kg_run_outcome
up(struct checkout *checkout, const char *text)
{
	struct kg_run *run = run_open(checkout, text);
	enum kg_run_outcome outcome = kg_run_up(run);

	kg_run_close(run);
	return outcome;
}

static enum kg_run_outcome
down(struct checkout *checkout)
{
	struct kg_run *run = run_open(checkout, "");
	enum kg_run_outcome outcome = kg_run_down(run, NULL, true);

	kg_run_close(run);
	return outcome;
}

static const char *
told(struct checkout *checkout)
{
	return kg_text_end(&checkout->told);
}

static struct kg_daemon
daemon_of(struct checkout *checkout, const char *node)
{
	const char *keep = kg_format(checkout->arena, "%s/.kgraph/default/nodes/%s", checkout->folder, node);
	struct kg_daemon daemon;

	if (!kg_daemon_read(checkout->arena, keep, &daemon))
		daemon.main.pid = 0;
	return daemon;
}

static int
teardown(void **state)
{
	struct checkout *checkout = *state;

	assert_int_equal(down(checkout), KG_RUN_UP);
	assert_null(kg_file_remove(checkout->arena, checkout->folder));
	kg_arena_free(checkout->arena);
	return 0;
}

static const char web[] = "[node.web]\nkind = \"process\"\ncommand = [\"sh\", \"-c\", \"echo ready; exec sleep 100\"]\n"
			  "ready = { log = \"^ready$\", timeout = \"20s\" }\n";

static void
a_second_run_finds_the_process_and_leaves_it_alone(void **state)
{
	struct checkout *checkout = *state;

	assert_int_equal(up(checkout, web), KG_RUN_UP);
	struct kg_daemon first = daemon_of(checkout, "web");
	assert_true(kg_daemon_lives(&first));
	assert_non_null(strstr(told(checkout), "node_ready web\n"));

	assert_int_equal(up(checkout, web), KG_RUN_UP);
	assert_int_equal(daemon_of(checkout, "web").main.pid, first.main.pid);
	assert_non_null(strstr(told(checkout), "node_unchanged web\n"));
	assert_non_null(strstr(told(checkout), "node_ready web\n"));
}

static void
a_killed_process_is_started_again_with_the_reason(void **state)
{
	struct checkout *checkout = *state;

	assert_int_equal(up(checkout, web), KG_RUN_UP);
	struct kg_daemon first = daemon_of(checkout, "web");
	assert_int_equal(kill(first.main.pid, SIGKILL), 0);
	while (kg_daemon_is_held(&first))
		usleep(10000);
	assert_int_equal(up(checkout, web), KG_RUN_UP);
	assert_non_null(strstr(told(checkout), "node_stale web: it was ended by signal 9 (Killed) at 20"));
	struct kg_daemon second = daemon_of(checkout, "web");
	assert_true(kg_daemon_lives(&second));
}

static void
a_changed_setting_replaces_the_process(void **state)
{
	struct checkout *checkout = *state;

	assert_int_equal(up(checkout, web), KG_RUN_UP);
	struct kg_daemon first = daemon_of(checkout, "web");
	assert_int_equal(up(checkout, kg_format(checkout->arena, "%senv = { LEVEL = \"debug\" }\n", web)), KG_RUN_UP);
	assert_false(kg_process_alive(&first.main));
	struct kg_daemon second = daemon_of(checkout, "web");
	assert_true(kg_daemon_lives(&second));
}

static void
another_rule_for_ready_or_stop_restarts_nothing(void **state)
{
	struct checkout *checkout = *state;

	assert_int_equal(up(checkout, web), KG_RUN_UP);
	struct kg_daemon first = daemon_of(checkout, "web");
	assert_int_equal(up(checkout,
			     "[node.web]\nkind = \"process\"\ncommand = [\"sh\", \"-c\", \"echo ready; exec sleep 100\"]\n"
			     "ready = { exec = [\"true\"] }\nstop = { signal = \"INT\", after = \"3s\" }\nlog_limit = \"1M\"\n"),
	    KG_RUN_UP);
	assert_int_equal(daemon_of(checkout, "web").main.pid, first.main.pid);
}

static void
a_process_that_ends_while_it_is_waited_for_fails_the_run_with_its_words(void **state)
{
	struct checkout *checkout = *state;

	assert_int_equal(up(checkout,
			     "[node.web]\nkind = \"process\"\ncommand = [\"sh\", \"-c\", \"echo no tables; sleep 0.1; exit 3\"]\n"
			     "ready = { tcp = \"127.0.0.1:1\", timeout = \"30s\" }\n"),
	    KG_RUN_FAILED);
	assert_non_null(checkout->error);
	assert_non_null(strstr(kg_error_text(checkout->arena, checkout->error), "it ended with exit status 3"));
}

static void
a_process_that_exits_at_once_is_not_ready_even_without_a_rule(void **state)
{
	struct checkout *checkout = *state;

	assert_int_not_equal(up(checkout, "[node.web]\nkind = \"process\"\ncommand = [\"sh\", \"-c\", \"exit 3\"]\n"), KG_RUN_UP);
}

static void
down_stops_it_and_takes_its_files_away(void **state)
{
	struct checkout *checkout = *state;

	assert_int_equal(up(checkout, web), KG_RUN_UP);
	struct kg_daemon daemon = daemon_of(checkout, "web");
	assert_int_equal(down(checkout), KG_RUN_UP);
	assert_false(kg_process_alive(&daemon.main));
	assert_false(kg_process_alive(&daemon.holder));
	assert_int_equal(daemon_of(checkout, "web").main.pid, 0);
}

static void
a_real_redis_is_waited_for_until_it_answers(void **state)
{
	struct checkout *checkout = *state;

	if (access("/usr/bin/redis-server", X_OK) != 0) {
		print_message("redis-server is not installed\n");
		skip();
	}
	assert_int_equal(
	    up(checkout,
		"[ports]\nredis = {}\n[node.redis]\nkind = \"process\"\n"
		"command = [\"redis-server\", \"--port\", \"${port.redis}\", \"--bind\", \"127.0.0.1\", \"--save\", \"\","
		" \"--requirepass\", \"open sesame\"]\n"
		"ready = { redis = \"redis://:open%20sesame@127.0.0.1:${port.redis}\" }\n"),
	    KG_RUN_UP);
	assert_non_null(strstr(told(checkout), "node_ready redis\n"));
	assert_null(strstr(told(checkout), "sesame"));
}

static void
another_process_may_name_its_port(void **state)
{
	struct checkout *checkout = *state;

	if (access("/usr/bin/redis-server", X_OK) != 0) {
		print_message("redis-server is not installed\n");
		skip();
	}
	assert_int_equal(
	    up(checkout,
		"[ports]\nredis = {}\n[node.redis]\nkind = \"process\"\n"
		"command = [\"redis-server\", \"--port\", \"${port.redis}\", \"--bind\", \"127.0.0.1\", \"--save\", \"\"]\n"
		"ready = { redis = \"127.0.0.1:${port.redis}\" }\n"
		"[node.user]\nkind = \"process\"\nneeds = [\"redis:ready\"]\n"
		"command = [\"sleep\", \"600\"]\nenv = { REDIS_PORT = \"${port.redis}\" }\n"),
	    KG_RUN_UP);
}

#define engine_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		engine_test(a_second_run_finds_the_process_and_leaves_it_alone),
		engine_test(a_killed_process_is_started_again_with_the_reason),
		engine_test(a_changed_setting_replaces_the_process),
		engine_test(another_rule_for_ready_or_stop_restarts_nothing),
		engine_test(a_process_that_ends_while_it_is_waited_for_fails_the_run_with_its_words),
		engine_test(a_process_that_exits_at_once_is_not_ready_even_without_a_rule),
		engine_test(down_stops_it_and_takes_its_files_away),
		engine_test(a_real_redis_is_waited_for_until_it_answers),
		engine_test(another_process_may_name_its_port),
	};

	return cmocka_run_group_tests_name("engine", tests, nullptr, nullptr);
}
