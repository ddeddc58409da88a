/* Parts of a job in the real engine: many at once, how they fail, and how they end with their whole. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/job.h"
#include "tests/unit/run/bench.h"

static struct {
	uint32_t begun, running, most, ended, released, closed;
	const char *parts_error, *first_error, *last_error;
} seen;

struct split_spec {
	int64_t parts, width, fails, inner;
	const char *does;
	bool stops;
};

static const struct kg_field split_fields[] = {
	KG_FIELD(split_spec, parts, KG_INTEGER, 0, "how many parts"),
	KG_FIELD(split_spec, width, KG_INTEGER, 0, "how many at once"),
	KG_FIELD(split_spec, fails, KG_INTEGER, 0, "the part of this number fails, counted from 1"),
	KG_FIELD(split_spec, inner, KG_INTEGER, 0, "each part has as many parts of its own"),
	KG_FIELD(split_spec, does, KG_TEXT, 0, "what each part does: wait, sleep, print"),
	KG_FIELD(split_spec, stops, KG_FLAG, 0, "no further part begins after a failure"),
	{ 0 },
};

struct part_state {
	uint32_t number, seen;
};

struct split_state {
	struct part_state *parts;
	struct kg_error **errors;
};

static void
released(struct kg_job *job)
{
	(void)job;
	seen.running--;
	seen.released++;
}

static struct kg_next
part_done(struct kg_job *job)
{
	const struct split_spec *spec = job->spec;
	struct part_state *state = job->state;

	assert_int_equal(state->number, job->part);
	state->seen++;
	seen.ended++;
	seen.running--;
	job->release = NULL;
	kg_tell(job, "part %u", job->part);
	if (spec->fails == job->part + 1)
		return kg_failed(kg_error_make(job->arena, KG_EFAILED, "part %u is broken", job->part));
	return kg_done(job);
}

static struct kg_next
printed(struct kg_job *job)
{
	assert_string_equal(job->child.output, kg_format(job->arena, "part %u\n", job->part));
	assert_int_equal(job->child.status, 0);
	return part_done(job);
}

static struct kg_next
print(struct kg_job *job)
{
	const char **argv = kg_new_array(job->arena, const char *, 4);
	struct kg_child *child = kg_new(job->arena, struct kg_child);

	argv[0] = "sh";
	argv[1] = "-c";
	argv[2] = kg_format(job->arena, "echo part %u; echo aside %u >&2", job->part, job->part);
	child->argv = argv;
	child->capture = true;
	return kg_wait_child(job, child, printed);
}

static struct kg_next
sleep_long(struct kg_job *job)
{
	static const char *const argv[] = { "sleep", "1000", NULL };
	struct kg_child *child = kg_new(job->arena, struct kg_child);

	child->argv = argv;
	return kg_wait_child(job, child, part_done);
}

static struct kg_next
inner_part(struct kg_job *job)
{
	assert_non_null(job->whole);
	assert_non_null(job->whole->whole);
	assert_null(job->whole->whole->whole);
	seen.begun++;
	return kg_done(job);
}

static struct kg_next
inner(struct kg_job *job)
{
	const struct split_spec *spec = job->spec;
	struct kg_job_parts *parts = kg_new(job->arena, struct kg_job_parts);

	*parts = (struct kg_job_parts){ .count = (uint32_t)spec->inner, .first = inner_part };
	return kg_wait_parts(job, parts, part_done);
}

static struct kg_next
part(struct kg_job *job)
{
	const struct split_spec *spec = job->spec;
	struct part_state *state = job->state;

	assert_int_equal(state->seen, 0);
	assert_null(job->release);
	state->number = job->part;
	job->release = released;
	seen.begun++;
	if (++seen.running > seen.most)
		seen.most = seen.running;
	if (spec->inner > 0)
		return inner(job);
	if (spec->does && strcmp(spec->does, "wait") == 0)
		return kg_wait_timer(job, 1000000, part_done);
	if (spec->does && strcmp(spec->does, "sleep") == 0)
		return sleep_long(job);
	if (spec->does && strcmp(spec->does, "print") == 0)
		return print(job);
	return kg_wait_timer(job, 0, part_done);
}

static struct kg_next
joined(struct kg_job *job)
{
	const struct split_spec *spec = job->spec;
	struct split_state *state = job->state;

	if (spec->parts == 0)
		return kg_done(job);
	assert_int_equal(seen.running, 0);
	seen.parts_error = job->parts_error ? job->parts_error->message : NULL;
	seen.first_error = state->errors[0] ? state->errors[0]->message : NULL;
	seen.last_error = state->errors[spec->parts - 1] ? state->errors[spec->parts - 1]->message : NULL;
	for (int64_t i = 0; i < spec->parts; i++)
		assert_int_equal(state->parts[i].seen, state->errors[i] && spec->fails != i + 1 ? 0 : 1);
	return kg_done(job);
}

static struct kg_next
split(struct kg_job *job)
{
	const struct split_spec *spec = job->spec;
	struct split_state *state = job->state;
	struct kg_job_parts *parts = kg_new(job->arena, struct kg_job_parts);

	state->parts = kg_new_array(job->arena, struct part_state, (size_t)spec->parts + 1);
	state->errors = kg_new_array(job->arena, struct kg_error *, (size_t)spec->parts + 1);
	*parts = (struct kg_job_parts){
		.count = (uint32_t)spec->parts,
		.width = (uint32_t)spec->width,
		.first = part,
		.states = state->parts,
		.state_size = sizeof(*state->parts),
		.stop_at_failure = spec->stops,
		.ret_errors = state->errors,
	};
	return kg_wait_parts(job, parts, joined);
}

static void
closed(struct kg_job *job)
{
	assert_null(job->whole);
	seen.closed++;
}

static const struct kg_kind splitter = {
	.facts = {
		.name = "splitter",
		.version = 1,
		.summary = "does many things at once",
		.fields = split_fields,
		.spec_size = sizeof(struct split_spec),
	},
	.state_size = sizeof(struct split_state),
	.run = split,
	.close = closed,
};

static const struct kg_kind *const kinds[] = { &splitter, NULL };

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
up(struct bench *bench, const char *settings)
{
	bench_graph(bench, kg_format(bench->arena, "[node.a]\nkind = \"splitter\"\n%s", settings));
	return bench_up(bench, (struct kg_run_options){ .timeout_ms = 60000 });
}

static void
ten_thousand_parts_end_no_more_than_the_width_at_once(void **state)
{
	assert_int_equal(up(*state, "parts = 10000\nwidth = 32\n"), KG_RUN_UP);
	assert_int_equal(seen.ended, 10000);
	assert_int_equal(seen.most, 32);
	assert_null(seen.parts_error);
}

static void
without_a_width_all_run_at_once(void **state)
{
	assert_int_equal(up(*state, "parts = 50\n"), KG_RUN_UP);
	assert_int_equal(seen.most, 50);
}

static void
no_parts_at_all_are_done_at_once(void **state)
{
	assert_int_equal(up(*state, "parts = 0\n"), KG_RUN_UP);
	assert_int_equal(seen.begun, 0);
}

static void
a_part_that_fails_leaves_the_others_alone(void **state)
{
	assert_int_equal(up(*state, "parts = 20\nwidth = 3\nfails = 1\n"), KG_RUN_UP);
	assert_int_equal(seen.ended, 20);
	assert_string_equal(seen.parts_error, "part 0 is broken");
	assert_string_equal(seen.first_error, "part 0 is broken");
	assert_null(seen.last_error);
}

static void
after_a_failure_no_more_begin_where_that_is_asked_for(void **state)
{
	assert_int_equal(up(*state, "parts = 20\nwidth = 1\nfails = 1\nstops = true\n"), KG_RUN_UP);
	assert_int_equal(seen.begun, 1);
	assert_string_equal(seen.parts_error, "part 0 is broken");
	assert_string_equal(seen.last_error, "it was not begun");
}

static void
each_part_has_its_own_child_and_all_have_one_log(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(up(bench, "parts = 9\nwidth = 4\ndoes = \"print\"\n"), KG_RUN_UP);
	assert_int_equal(seen.ended, 9);
	const char *const find =
	    kg_format(bench->arena, "grep -c '^aside [0-8]$' %s/.kgraph/*/runs/*/a.log | grep -qx 9", bench->folder);
	assert_int_equal(system(find), 0);
}

static void
parts_may_have_parts(void **state)
{
	assert_int_equal(up(*state, "parts = 10\nwidth = 3\ninner = 7\n"), KG_RUN_UP);
	assert_int_equal(seen.begun, 80);
}

static void
when_time_is_up_the_parts_are_ended_and_let_go_of_what_they_hold(void **state)
{
	assert_int_equal(up(*state, "parts = 9\nwidth = 4\ndoes = \"wait\"\ntimeout = \"5ms\"\n"), KG_RUN_FAILED);
	assert_int_equal(seen.begun, 4);
	assert_int_equal(seen.released, 4);
	assert_int_equal(seen.closed, 1);
	assert_string_equal(((struct bench *)*state)->errors, "a: it did not end within 5.0 ms; ");
}

static void
children_of_parts_end_when_time_is_up(void **state)
{
	assert_int_equal(up(*state, "parts = 9\nwidth = 4\ndoes = \"sleep\"\ntimeout = \"20ms\"\n"), KG_RUN_FAILED);
	assert_int_equal(seen.begun, 4);
	assert_int_equal(seen.running, 0);
}

static void
an_interrupted_run_ends_the_parts_as_well(void **state)
{
	struct bench *bench = *state;

	bench_graph(
	    bench, "[node.a]\nkind = \"splitter\"\nparts = 3\ndoes = \"sleep\"\n[node.b]\nkind = \"splitter\"\nparts = 0\n");
	bench->signal_at = "done b";
	bench->signal = 2;
	assert_int_equal(bench_up(bench, (struct kg_run_options){ .timeout_ms = 60000 }), KG_RUN_INTERRUPTED);
	assert_int_equal(seen.running, 0);
}

int
main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, make, drop)
	const struct CMUnitTest tests[] = {
		STORY(ten_thousand_parts_end_no_more_than_the_width_at_once),
		STORY(without_a_width_all_run_at_once),
		STORY(no_parts_at_all_are_done_at_once),
		STORY(a_part_that_fails_leaves_the_others_alone),
		STORY(after_a_failure_no_more_begin_where_that_is_asked_for),
		STORY(each_part_has_its_own_child_and_all_have_one_log),
		STORY(parts_may_have_parts),
		STORY(when_time_is_up_the_parts_are_ended_and_let_go_of_what_they_hold),
		STORY(children_of_parts_end_when_time_is_up),
		STORY(an_interrupted_run_ends_the_parts_as_well),
	};

	return cmocka_run_group_tests_name("part", tests, NULL, NULL);
}
