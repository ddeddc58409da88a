/* Streams in the real engine: what many nodes follow, how long it lives, and what is left of it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/job.h"
#include "tests/unit/run/bench.h"

static struct {
	uint32_t started, left, running, most;
} seen;

/* What all who follow see. */
struct beats {
	struct kg_topic *topic;
	uint32_t count, begun;
	const struct kg_error *error;
};

struct follower_spec {
	const char *key;
	int64_t beats, parts;
	bool breaks, twice;
};

static const struct kg_field follower_fields[] = {
	KG_FIELD(follower_spec, key, KG_TEXT, KG_REQUIRED, "what it follows"),
	KG_FIELD(follower_spec, beats, KG_INTEGER, 0, "how many beats it waits for"),
	KG_FIELD(follower_spec, parts, KG_INTEGER, 0, "as many parts follow"),
	KG_FIELD(follower_spec, breaks, KG_FLAG, 0, "the stream breaks when it has beaten three times"),
	KG_FIELD(follower_spec, twice, KG_FLAG, 0, "it subscribes again at each beat"),
	{ 0 },
};

static void
left(struct kg_job *job)
{
	(void)job;
	seen.left++;
	seen.running--;
}

static struct kg_next
beat(struct kg_job *job)
{
	const struct follower_spec *spec = job->spec;
	struct beats *beats = job->survey;

	beats->count++;
	kg_topic_signal(beats->topic);
	if (spec->breaks && beats->count == 3) {
		beats->error = kg_error_make(job->arena, KG_ENETWORK, "the line is dead");
		return kg_failed(kg_error_copy(job->arena, beats->error));
	}
	return kg_wait_timer(job, 1, beat);
}

static struct kg_next
stream_begin(struct kg_job *job)
{
	struct beats *beats = job->survey;

	if (!beats->topic)
		beats->topic = kg_topic_make(job);
	job->release = left;
	beats->begun++;
	seen.started++;
	if (++seen.running > seen.most)
		seen.most = seen.running;
	return kg_wait_timer(job, 1, beat);
}

static struct beats *
beats_of(struct kg_job *job)
{
	const struct follower_spec *spec = job->spec;
	const struct kg_question question = { .key = spec->key, .ask = stream_begin, .size = sizeof(struct beats) };

	return kg_subscribe(job, &question);
}

static struct kg_next
follow(struct kg_job *job)
{
	const struct follower_spec *spec = job->spec;
	struct beats *beats = job->answer;

	if (spec->twice)
		assert_ptr_equal(beats_of(job), beats);
	if (beats->error || beats->count >= spec->beats)
		return kg_done(job);
	if (!beats->topic)
		return kg_wait_timer(job, 1, follow);
	return kg_wait_topic(job, beats->topic, 0, follow);
}

static struct kg_next
subscribe(struct kg_job *job)
{
	job->answer = beats_of(job);
	assert_non_null(job->answer);
	return kg_go(follow);
}

static struct kg_next
run(struct kg_job *job)
{
	const struct follower_spec *spec = job->spec;
	struct kg_job_parts *parts = kg_new(job->arena, struct kg_job_parts);

	if (spec->parts == 0)
		return kg_go(subscribe);
	*parts = (struct kg_job_parts){ .count = (uint32_t)spec->parts, .first = subscribe };
	return kg_wait_parts(job, parts, kg_done);
}

static const struct kg_kind follower = {
	.facts = {
		.name = "follower",
		.version = 1,
		.summary = "follows what others follow as well",
		.fields = follower_fields,
		.spec_size = sizeof(struct follower_spec),
	},
	.run = run,
};

static const struct kg_kind *const kinds[] = { &follower, &bench_kind_step, NULL };

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
all_follow_one_stream_which_ends_behind_the_last(void **state)
{
	assert_int_equal(up(*state,
			     "[node.a]\nkind = \"follower\"\nkey = \"x\"\nbeats = 3\n"
			     "[node.b]\nkind = \"follower\"\nkey = \"x\"\nbeats = 9\ntwice = true\n"
			     "[node.c]\nkind = \"follower\"\nkey = \"x\"\nbeats = 6\n"),
	    KG_RUN_UP);
	assert_int_equal(seen.started, 1);
	assert_int_equal(seen.left, 1);
}

static void
each_key_is_a_stream_of_its_own(void **state)
{
	assert_int_equal(up(*state,
			     "[node.a]\nkind = \"follower\"\nkey = \"x\"\nbeats = 9\n"
			     "[node.b]\nkind = \"follower\"\nkey = \"y\"\nbeats = 9\n"),
	    KG_RUN_UP);
	assert_int_equal(seen.started, 2);
	assert_int_equal(seen.most, 2);
}

/* The beats of before are remembered. */
static void
who_comes_later_makes_it_run_again_with_the_same_memory(void **state)
{
	assert_int_equal(up(*state,
			     "[node.a]\nkind = \"follower\"\nkey = \"x\"\nbeats = 3\n"
			     "[node.pause]\nkind = \"step\"\nneeds = [\"a\"]\nsleep = \"20ms\"\n"
			     "[node.b]\nkind = \"follower\"\nkey = \"x\"\nbeats = 4\nneeds = [\"pause\"]\n"),
	    KG_RUN_UP);
	assert_int_equal(seen.started, 2);
	assert_int_equal(seen.most, 1);
	assert_int_equal(seen.left, 2);
}

static void
one_that_breaks_leaves_its_error_and_does_not_fail_who_follows(void **state)
{
	assert_int_equal(up(*state,
			     "[node.a]\nkind = \"follower\"\nkey = \"x\"\nbeats = 9\nbreaks = true\n"
			     "[node.b]\nkind = \"follower\"\nkey = \"x\"\nbeats = 9\nbreaks = true\n"),
	    KG_RUN_UP);
	assert_int_equal(seen.started, 1);
}

static void
parts_follow_as_well(void **state)
{
	assert_int_equal(up(*state, "[node.a]\nkind = \"follower\"\nkey = \"x\"\nbeats = 3\nparts = 100\n"), KG_RUN_UP);
	assert_int_equal(seen.started, 1);
	assert_int_equal(seen.left, 1);
}

static void
a_time_limit_of_who_follows_ends_the_stream(void **state)
{
	assert_int_equal(
	    up(*state, "[node.a]\nkind = \"follower\"\nkey = \"x\"\nbeats = 1000000\ntimeout = \"20ms\"\n"), KG_RUN_FAILED);
	assert_int_equal(seen.started, 1);
	assert_int_equal(seen.left, 1);
}

static void
an_interrupted_run_ends_it(void **state)
{
	struct bench *bench = *state;

	bench->signal_at = "done b";
	bench->signal = 2;
	assert_int_equal(up(bench,
			     "[node.a]\nkind = \"follower\"\nkey = \"x\"\nbeats = 1000000\n"
			     "[node.b]\nkind = \"follower\"\nkey = \"x\"\nbeats = 3\n"),
	    KG_RUN_INTERRUPTED);
	assert_int_equal(seen.started, 1);
	assert_int_equal(seen.left, 1);
}

int
main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, make, drop)
	const struct CMUnitTest tests[] = {
		STORY(all_follow_one_stream_which_ends_behind_the_last),
		STORY(each_key_is_a_stream_of_its_own),
		STORY(who_comes_later_makes_it_run_again_with_the_same_memory),
		STORY(one_that_breaks_leaves_its_error_and_does_not_fail_who_follows),
		STORY(parts_follow_as_well),
		STORY(a_time_limit_of_who_follows_ends_the_stream),
		STORY(an_interrupted_run_ends_it),
	};

	return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
