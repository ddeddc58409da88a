/* Topics in the real engine: nodes that listen, and one that signals. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/error.h"
#include "engine/job.h"
#include "tests/unit/run/bench.h"

/* Of all nodes of one test. */
static struct {
	struct kg_topic *topic;
	uint32_t looked, listening, heard, limits, signals, ended_early;
} seen;

static struct kg_topic *
topic_of(struct kg_job *job)
{
	if (!seen.topic)
		seen.topic = kg_topic_make(job);
	return seen.topic;
}

struct listener_spec {
	int64_t limit_ms;
	bool busy;
};

static const struct kg_field listener_fields[] = {
	KG_FIELD_AS("limit", listener_spec, limit_ms, KG_DURATION, 0, "how long it waits for a signal"),
	KG_FIELD(listener_spec, busy, KG_FLAG, 0, "it does something else until a signal has been given"),
	{ 0 },
};

static struct kg_next
heard(struct kg_job *job)
{
	if (job->timed_out)
		seen.limits++;
	else
		seen.heard++;
	return kg_done(job);
}

static struct kg_next
listen(struct kg_job *job)
{
	const struct listener_spec *spec = job->spec;

	seen.listening++;
	return kg_wait_topic(job, topic_of(job), spec->limit_ms, heard);
}

static struct kg_next
busy(struct kg_job *job)
{
	return seen.signals == 0 ? kg_wait_timer(job, 1, busy) : listen(job);
}

/* Who has not looked yet goes on at once: what the topic told before is new to it. */
static struct kg_next
look_first(struct kg_job *job)
{
	const struct listener_spec *spec = job->spec;

	seen.looked++;
	return kg_wait_topic(job, topic_of(job), 0, spec->busy ? busy : listen);
}

static void
ended_early(struct kg_job *job)
{
	(void)job;
	seen.ended_early++;
}

static const struct kg_kind listener = {
	.facts = {
		.name = "listener",
		.version = 1,
		.summary = "waits for a signal",
		.fields = listener_fields,
		.spec_size = sizeof(struct listener_spec),
	},
	.run = look_first,
	.close = ended_early,
};

struct teller_spec {
	int64_t looked, listeners, ended;
};

static const struct kg_field teller_fields[] = {
	KG_FIELD(teller_spec, looked, KG_INTEGER, 0, "how many must have looked before it signals"),
	KG_FIELD(teller_spec, listeners, KG_INTEGER, 0, "how many must be listening before it signals"),
	KG_FIELD(teller_spec, ended, KG_INTEGER, 0, "how many must have been ended before it signals"),
	{ 0 },
};

static struct kg_next
tell(struct kg_job *job)
{
	const struct teller_spec *spec = job->spec;

	if (seen.looked < spec->looked || seen.listening < spec->listeners || seen.ended_early < spec->ended)
		return kg_wait_timer(job, 1, tell);
	kg_topic_signal(topic_of(job));
	seen.signals++;
	return kg_done(job);
}

static const struct kg_kind teller = {
	.facts = {
		.name = "teller",
		.version = 1,
		.summary = "gives a signal",
		.fields = teller_fields,
		.spec_size = sizeof(struct teller_spec),
	},
	.run = tell,
};

static const struct kg_kind *const kinds[] = { &listener, &teller, NULL };

static int
make(void **state)
{
	struct bench *bench = bench_make();

	bench->kinds = kinds;
	memset(&seen, 0, sizeof(seen));
	*state = bench;
	return 0;
}

static int
drop(void **state)
{
	bench_free(*state);
	return 0;
}

static enum kg_run_outcome
up(struct bench *bench, const char *graph)
{
	bench_graph(bench, graph);
	return bench_up(bench, (struct kg_run_options){ .timeout_ms = 60000 });
}

static void
one_signal_reaches_all_who_wait(void **state)
{
	assert_int_equal(up(*state,
			     "[node.a]\nkind = \"listener\"\n[node.b]\nkind = \"listener\"\n[node.c]\nkind = \"listener\"\n"
			     "[node.t]\nkind = \"teller\"\nlisteners = 3\n"),
	    KG_RUN_UP);
	assert_int_equal(seen.heard, 3);
	assert_int_equal(seen.signals, 1);
}

static void
a_signal_while_nobody_waits_is_kept(void **state)
{
	assert_int_equal(up(*state,
			     "[node.a]\nkind = \"listener\"\nbusy = true\n[node.b]\nkind = \"listener\"\nbusy = true\n"
			     "[node.t]\nkind = \"teller\"\nlooked = 2\n"),
	    KG_RUN_UP);
	assert_int_equal(seen.heard, 2);
	assert_int_equal(seen.limits, 0);
}

static void
who_hears_nothing_goes_on_at_the_limit(void **state)
{
	assert_int_equal(up(*state,
			     "[node.a]\nkind = \"listener\"\nlimit = \"5ms\"\n"
			     "[node.b]\nkind = \"listener\"\nlimit = \"5ms\"\n"),
	    KG_RUN_UP);
	assert_int_equal(seen.limits, 2);
	assert_int_equal(seen.heard, 0);
}

static void
a_signal_comes_before_a_limit_that_is_far_away(void **state)
{
	assert_int_equal(up(*state,
			     "[node.a]\nkind = \"listener\"\nlimit = \"10m\"\n[node.b]\nkind = \"listener\"\n"
			     "[node.t]\nkind = \"teller\"\nlisteners = 2\n"),
	    KG_RUN_UP);
	assert_int_equal(seen.heard, 2);
	assert_int_equal(seen.limits, 0);
}

/* In the middle of the list, at its end and at its start. */
static void
who_is_ended_keeps_no_seat(void **state)
{
	assert_int_equal(up(*state,
			     "[node.a]\nkind = \"listener\"\n[node.b]\nkind = \"listener\"\ntimeout = \"5ms\"\n"
			     "[node.c]\nkind = \"listener\"\n[node.d]\nkind = \"listener\"\ntimeout = \"6ms\"\n"
			     "[node.e]\nkind = \"listener\"\ntimeout = \"7ms\"\n"
			     "[node.t]\nkind = \"teller\"\nlisteners = 5\nended = 3\n"),
	    KG_RUN_FAILED);
	assert_int_equal(((struct bench *)*state)->summary.failed, 3);
	assert_int_equal(((struct bench *)*state)->summary.made, 3);
	assert_int_equal(seen.heard, 2);
}

int
main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, make, drop)
	const struct CMUnitTest tests[] = {
		STORY(one_signal_reaches_all_who_wait),
		STORY(a_signal_while_nobody_waits_is_kept),
		STORY(who_hears_nothing_goes_on_at_the_limit),
		STORY(a_signal_comes_before_a_limit_that_is_far_away),
		STORY(who_is_ended_keeps_no_seat),
	};

	return cmocka_run_group_tests_name("topic", tests, NULL, NULL);
}
