/* What goes on beside a job's steps: a program that it follows, pieces of a child's output, an answer that others wait for as well. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "tests/unit/run/bench.h"

struct teller_spec {
	const char *follows;
};

struct teller_state {
	struct kg_text collected;
	uint32_t tries;
};

static const struct kg_field teller_fields[] = {
	KG_FIELD(teller_spec, follows, KG_TEXT, KG_REQUIRED, "a shell's command that is followed while it is waited for"),
	{ 0 },
};

static void
collect(void *context, const char *bytes, size_t size)
{
	kg_text_add_bytes(context, bytes, size);
}

static struct kg_next
told(struct kg_job *job)
{
	const struct teller_state *state = job->state;

	kg_output(job, "collected", kg_copy_bytes(job->arena, state->collected.bytes, state->collected.size));
	return kg_done(job);
}

static struct kg_next
run(struct kg_job *job)
{
	static const char *const argv[] = { "sh", "-c", "echo one; sleep 0.05; echo two; echo aside >&2", NULL };
	struct teller_state *state = job->state;
	struct kg_child *child = kg_new(job->arena, struct kg_child);

	state->collected.arena = job->arena;
	child->argv = argv;
	child->collect = collect;
	child->context = &state->collected;
	return kg_wait_child(job, child, told);
}

static struct kg_next
heard(struct kg_job *job)
{
	struct teller_state *state = job->state;

	if (++state->tries > 2000)
		return kg_failed(kg_error_make(job->arena, KG_EFAILED, "nothing was heard"));
	return strstr(kg_follow_last_lines(job), "heard") ? kg_done(job) : kg_wait_timer(job, 5, heard);
}

static struct kg_next
ready(struct kg_job *job)
{
	const struct teller_spec *spec = job->spec;
	struct kg_child *child = kg_new(job->arena, struct kg_child);
	const char **argv = kg_new_array(job->arena, const char *, 4);

	argv[0] = "sh";
	argv[1] = "-c";
	argv[2] = spec->follows;
	child->argv = argv;
	kg_follow(job, child);
	kg_follow(job, child);
	return kg_go(heard);
}

static const struct kg_kind kind_teller = {
	.facts = {
		.name = "teller",
		.version = 1,
		.summary = "tells",
		.fields = teller_fields,
		.outputs = (const char *const[]){ "collected", NULL },
		.spec_size = sizeof(struct teller_spec),
	},
	.state_size = sizeof(struct teller_state),
	.run = run,
	.ready = ready,
};

/* bench_kind_surveyed, whose world no node of the kind `step` changes. */
static struct kg_kind kind_unmoved;

static const struct kg_kind *const kinds[] = { &kind_teller, &bench_kind_surveyed, &bench_kind_step, &kind_unmoved, NULL };

static int
make(void **state)
{
	static const char *const steps[] = { "step", NULL };
	struct bench *bench = bench_make();

	kind_unmoved = bench_kind_surveyed;
	kind_unmoved.facts.name = "unmoved";
	kind_unmoved.survey_unmoved_by = steps;
	bench->kinds = kinds;
	*state = bench;
	return 0;
}

static int
drop(void **state)
{
	bench_free(*state);
	return 0;
}

/* The follower would go on for ever, and is gone when the run has ended. */
static void
what_is_followed_reaches_the_log_and_ends_with_the_operation(void **state)
{
	struct bench *bench = *state;

	bench_graph(
	    bench, "[node.a]\nkind = \"teller\"\nfollows = \"echo $$ >pid; echo heard; echo error >&2; exec sleep 1000\"\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	const char *pid = bench_read(bench, "pid");
	assert_non_null(pid);
	assert_int_equal(kill(atoi(pid), 0), -1);
	system(kg_format(bench->arena, "cat %s/.kgraph/*/runs/*/a.log >%s/log", bench->folder, bench->folder));
	assert_non_null(strstr(bench_read(bench, "log"), "heard\n"));
	assert_non_null(strstr(bench_read(bench, "log"), "aside\n"));
	assert_null(strstr(bench_read(bench, "log"), "one\n"));
}

static void
one_that_ends_by_itself_may_be_followed_as_well(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"teller\"\nfollows = \"echo heard\"\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
}

static void
pieces_of_output_are_collected(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench,
	    "[node.a]\nkind = \"teller\"\nfollows = \"echo heard\"\n"
	    "[node.b]\nkind = \"teller\"\nfollows = \"echo 'heard ${node.a.collected}'\"\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
}

/* b and c ask the same with what they need unchanged, and so once; when a was made after it was asked, it is asked again. */
static void
an_answer_from_before_what_it_is_about_is_asked_for_again(void **state)
{
	struct bench *bench = *state;
	static const char graph[] = "[node.a]\nkind = \"step\"\nneeds = [\"b\"]\n%s"
				    "[node.b]\nkind = \"surveyed\"\nworld = \"x\"\n"
				    "[node.c]\nkind = \"surveyed\"\nworld = \"x\"\nneeds = [\"a\"]\n";

	bench_graph(bench, kg_format(bench->arena, graph, ""));
	bench_up(bench, (struct kg_run_options){ 0 });
	assert_int_equal(bench_surveys, 2);
	bench_up(bench, (struct kg_run_options){ 0 });
	assert_int_equal(bench->summary.unchanged, 3);
	assert_int_equal(bench_surveys, 3);
	bench_graph(bench, kg_format(bench->arena, graph, "gives = \"2\"\n"));
	bench_up(bench, (struct kg_run_options){ 0 });
	assert_int_equal(bench->summary.made, 1);
	assert_int_equal(bench_surveys, 5);
}

/* b is asked about from the start of the second run, and a changes nothing of that. */
static void
an_answer_holds_beside_nodes_that_change_nothing_of_it(void **state)
{
	struct bench *bench = *state;
	static const char graph[] = "[node.a]\nkind = \"step\"\ngives = \"%d\"\n"
				    "[node.b]\nkind = \"unmoved\"\nworld = \"x\"\nneeds = [\"a\"]\nuses = [\"${node.a.value}\"]\n";

	for (int i = 0; i < 2; i++) {
		bench_graph(bench, kg_format(bench->arena, graph, i));
		bench_up(bench, (struct kg_run_options){ 0 });
		assert_int_equal(bench->summary.made, 2);
		assert_int_equal(bench_surveys, i + 1);
	}
}

/* b's turn never comes, and yet its survey was asked, beside the run of a. */
static void
what_is_remembered_is_asked_for_from_the_start(void **state)
{
	struct bench *bench = *state;
	static const char graph[] = "[node.a]\nkind = \"step\"\n%s"
				    "[node.b]\nkind = \"surveyed\"\nworld = \"x\"\nneeds = [\"a\"]\n";

	bench_graph(bench, kg_format(bench->arena, graph, "fails = 1\n"));
	bench_up(bench, (struct kg_run_options){ 0 });
	assert_int_equal(bench_surveys, 0);
	bench_graph(bench, kg_format(bench->arena, graph, ""));
	bench_up(bench, (struct kg_run_options){ 0 });
	assert_int_equal(bench_surveys, 1);
	bench_graph(bench, kg_format(bench->arena, graph, "fails = 1\n"));
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_FAILED);
	assert_int_equal(bench_surveys, 2);
}

int
main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, make, drop)
	const struct CMUnitTest tests[] = {
		STORY(what_is_followed_reaches_the_log_and_ends_with_the_operation),
		STORY(one_that_ends_by_itself_may_be_followed_as_well),
		STORY(pieces_of_output_are_collected),
		STORY(an_answer_from_before_what_it_is_about_is_asked_for_again),
		STORY(an_answer_holds_beside_nodes_that_change_nothing_of_it),
		STORY(what_is_remembered_is_asked_for_from_the_start),
	};

	return cmocka_run_group_tests_name("beside", tests, NULL, NULL);
}
