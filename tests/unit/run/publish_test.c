#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "tests/unit/run/bench.h"

/* What the kind below has done since the test began. */
static struct {
	uint32_t surveys, published, at_once, most_at_once;
	const char *given; /* the output that the last publish saw */
} seen;

struct shared_spec {
	bool reused, fetched, refused, unasked;
	int64_t publish_ms;
};

static const struct kg_field shared_fields[] = {
	KG_FIELD(shared_spec, reused, KG_FLAG, KG_NOT_HASHED, "it is found here"),
	KG_FIELD(shared_spec, fetched, KG_FLAG, KG_NOT_HASHED, "it is found in the shared cache"),
	KG_FIELD(shared_spec, refused, KG_FLAG, KG_NOT_HASHED, "the shared cache does not take it"),
	KG_FIELD(shared_spec, unasked, KG_FLAG, KG_NOT_HASHED, "its survey fails"),
	KG_FIELD_AS("publish", shared_spec, publish_ms, KG_DURATION, KG_NOT_HASHED, "how long that takes"),
	{ 0 },
};

struct shared_state {
	bool is_used;
};

static const char *
survey_key(struct kg_arena *arena, const void *spec)
{
	return kg_copy(arena, ((const struct shared_spec *)spec)->unasked ? "nobody" : "world");
}

static struct kg_next
answered(struct kg_job *job)
{
	const struct shared_spec *spec = job->spec;

	*(bool *)job->survey = true;
	return spec->unasked ? kg_failed(kg_error_make(job->arena, KG_ENETWORK, "nobody answers")) : kg_done(job);
}

static struct kg_next
survey(struct kg_job *job)
{
	seen.surveys++;
	return kg_wait_timer(job, 5, answered);
}

static struct kg_next
run(struct kg_job *job)
{
	const struct shared_spec *spec = job->spec;
	struct shared_state *state = job->state;

	state->is_used = true;
	kg_output(job, "survey", job->survey ? "asked" : "none");
	if (spec->reused)
		kg_reused(job, 0);
	if (spec->fetched)
		kg_fetched(job, 5000000000);
	return kg_done(job);
}

static struct kg_next
published(struct kg_job *job)
{
	const struct shared_spec *spec = job->spec;

	seen.at_once--;
	if (spec->refused)
		return kg_failed(kg_error_make(job->arena, KG_ENETWORK, "it answers 507"));
	seen.published++;
	return kg_done(job);
}

static struct kg_next
publish(struct kg_job *job)
{
	const struct shared_spec *spec = job->spec;
	struct shared_state *state = job->state;

	assert_false(state->is_used);
	assert_non_null(job->remote);
	seen.given = kg_job_remembered(job, "survey");
	if (++seen.at_once > seen.most_at_once)
		seen.most_at_once = seen.at_once;
	return kg_wait_timer(job, spec->publish_ms, published);
}

static const struct kg_kind shared = {
	.facts = {
		.name = "shared",
		.version = 1,
		.summary = "is handed on",
		.fields = shared_fields,
		.outputs = (const char *const[]){ "survey", NULL },
		.spec_size = sizeof(struct shared_spec),
	},
	.state_size = sizeof(struct shared_state),
	.survey_size = sizeof(bool),
	.survey_key = survey_key,
	.survey = survey,
	.run = run,
	.publish = publish,
};

static const struct kg_kind *const kinds[] = { &shared, &bench_kind_step, NULL };
static const struct kg_remote pushed = { .host = "registry.test", .path = "cache", .push = true, .stall_ms = 1000 };
static const struct kg_remote only_read = { .host = "registry.test", .path = "cache", .stall_ms = 1000 };

static int
make(void **state)
{
	struct bench *bench = bench_make();

	bench->kinds = kinds;
	seen.surveys = seen.published = seen.at_once = seen.most_at_once = 0;
	seen.given = NULL;
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
up(struct bench *bench, const struct kg_remote *remote)
{
	return bench_up(bench, (struct kg_run_options){ .remote = remote });
}

static void
what_was_made_is_published(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"shared\"\npublish = \"20ms\"\n");
	assert_int_equal(up(bench, &pushed), KG_RUN_UP);
	assert_int_equal(seen.published, 1);
	assert_string_equal(seen.given, "asked");
	assert_int_equal(up(bench, &pushed), KG_RUN_UP);
	assert_int_equal(seen.published, 1);
}

static void
nothing_is_published_where_the_cache_is_only_read(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"shared\"\n");
	assert_int_equal(up(bench, &only_read), KG_RUN_UP);
	assert_int_equal(seen.published, 0);
}

static void
what_was_found_is_restored_and_not_published(void **state)
{
	struct bench *bench = *state;

	bench_graph(
	    bench, "[node.a]\nkind = \"shared\"\nreused = true\n[node.b]\nkind = \"shared\"\nfetched = true\nneeds = [\"a\"]\n");
	assert_int_equal(up(bench, &pushed), KG_RUN_UP);
	assert_string_equal(bench->told, "started a; restored a; started b; restored b; ");
	assert_int_equal(bench->summary.restored, 2);
	assert_int_equal(bench->summary.made, 0);
	assert_int_equal(seen.published, 0);
}

static void
nothing_waits_for_a_publish(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"shared\"\npublish = \"100ms\"\n[node.b]\nkind = \"shared\"\nneeds = [\"a\"]\n");
	assert_int_equal(up(bench, &pushed), KG_RUN_UP);
	assert_int_equal(seen.published, 2);
	assert_int_equal(seen.most_at_once, 2);
}

static void
four_are_published_at_once(void **state)
{
	struct bench *bench = *state;
	struct kg_text text = { .arena = bench->arena };

	for (int i = 0; i < 20; i++)
		kg_text_format(&text, "[node.n%d]\nkind = \"shared\"\npublish = \"5ms\"\n", i);
	bench_graph(bench, kg_text_end(&text));
	assert_int_equal(up(bench, &pushed), KG_RUN_UP);
	assert_int_equal(seen.published, 20);
	assert_int_equal(seen.most_at_once, 4);
}

static void
a_refusal_is_one_warning_and_the_cache_is_left_aside(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench,
	    "[node.a]\nkind = \"shared\"\nrefused = true\n[node.b]\nkind = \"shared\"\nrefused = true\npublish = \"50ms\"\n"
	    "[node.c]\nkind = \"step\"\nsleep = \"100ms\"\n[node.d]\nkind = \"shared\"\nneeds = [\"c\"]\n");
	assert_int_equal(up(bench, &pushed), KG_RUN_UP);
	assert_string_equal(bench->warnings,
	    "the shared cache registry.test is left aside in this run: a could not be published: it answers 507; ");
	assert_int_equal(seen.published, 0);
}

static void
an_interrupt_ends_what_is_published(void **state)
{
	struct bench *bench = *state;

	bench->signal_at = "done b";
	bench->signal = SIGINT;
	bench_graph(
	    bench, "[node.a]\nkind = \"shared\"\npublish = \"1h\"\n[node.b]\nkind = \"step\"\nsleep = \"20ms\"\nneeds = [\"a\"]\n");
	assert_int_equal(up(bench, &pushed), KG_RUN_INTERRUPTED);
	assert_int_equal(seen.published, 0);
	assert_string_equal(bench->warnings, "interrupted; what runs is being ended (once more: at once); ");
}

static void
the_survey_is_asked_once_before_all_runs(void **state)
{
	struct bench *bench = *state;

	bench_graph(
	    bench, "[node.a]\nkind = \"shared\"\n[node.b]\nkind = \"shared\"\n[node.c]\nkind = \"shared\"\nneeds = [\"a\"]\n");
	assert_int_equal(up(bench, &pushed), KG_RUN_UP);
	assert_int_equal(seen.surveys, 1);
	assert_string_equal(seen.given, "asked");
}

static void
a_node_runs_without_a_survey_that_failed(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"shared\"\nunasked = true\n");
	assert_int_equal(up(bench, &pushed), KG_RUN_UP);
	assert_string_equal(seen.given, "none");
}

static void
an_interrupted_survey_ends_the_run(void **state)
{
	struct bench *bench = *state;

	bench->signal_at = "started b";
	bench->signal = SIGINT;
	bench_graph(bench, "[node.a]\nkind = \"shared\"\n[node.b]\nkind = \"step\"\nsleep = \"1h\"\n");
	assert_int_equal(up(bench, &pushed), KG_RUN_INTERRUPTED);
	assert_int_equal(bench->summary.cancelled, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_made_is_published, make, drop),
		cmocka_unit_test_setup_teardown(nothing_is_published_where_the_cache_is_only_read, make, drop),
		cmocka_unit_test_setup_teardown(what_was_found_is_restored_and_not_published, make, drop),
		cmocka_unit_test_setup_teardown(nothing_waits_for_a_publish, make, drop),
		cmocka_unit_test_setup_teardown(four_are_published_at_once, make, drop),
		cmocka_unit_test_setup_teardown(a_refusal_is_one_warning_and_the_cache_is_left_aside, make, drop),
		cmocka_unit_test_setup_teardown(an_interrupt_ends_what_is_published, make, drop),
		cmocka_unit_test_setup_teardown(the_survey_is_asked_once_before_all_runs, make, drop),
		cmocka_unit_test_setup_teardown(a_node_runs_without_a_survey_that_failed, make, drop),
		cmocka_unit_test_setup_teardown(an_interrupted_survey_ends_the_run, make, drop),
	};

	return cmocka_run_group_tests_name("publish", tests, NULL, NULL);
}
