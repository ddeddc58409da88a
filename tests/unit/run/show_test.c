/* What kinds print by steps, for `kgraph logs`: line by line, without secrets, for as long as somebody reads. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "tests/unit/run/bench.h"

struct thing_spec {
	const char *says, *breaks;
};

static const struct kg_field thing_fields[] = {
	KG_FIELD(thing_spec, says, KG_TEXT, 0, "what it prints"),
	KG_FIELD(thing_spec, breaks, KG_TEXT, 0, "`run`, `show` or `absent`"),
	{ 0 },
};

static kg_step say;

static struct kg_next
run(struct kg_job *job)
{
	const struct thing_spec *spec = job->spec;

	return kg_text_equal(spec->breaks, "run") ? kg_failed(kg_error_make(job->arena, KG_EFAILED, "no")) : kg_done(job);
}

/* As a log that is followed: a stream that prints until it is left. */
static struct kg_next
say(struct kg_job *job)
{
	kg_print(job, "streamed");
	return kg_wait_timer(job, 1, say);
}

static struct kg_next
show(struct kg_job *job)
{
	const struct thing_spec *spec = job->spec;

	if (kg_text_equal(spec->breaks, "absent"))
		return kg_absent(job, "it has no voice");
	if (kg_text_equal(spec->breaks, "show"))
		return kg_failed(kg_error_make(job->arena, KG_ENETWORK, "it does not answer"));
	kg_print(job, spec->says ? spec->says : "nothing");
	kg_print(job, kg_format(job->arena, "%d lines", (int)job->show->lines));
	kg_tell(job, "more is not known");
	if (!job->show->follow)
		return kg_done(job);
	kg_subscribe(job, &(struct kg_question){ .key = "voice", .ask = say });
	return kg_wait_timer(job, 60'000, kg_done);
}

static const struct kg_kind thing = {
	.facts = {
		.name = "thing",
		.version = 1,
		.summary = "prints",
		.fields = thing_fields,
		.outputs = (const char *const[]){ NULL },
		.spec_size = sizeof(struct thing_spec),
	},
	.run = run,
	.show = show,
};

static const struct kg_kind *const kinds[] = { &thing, &bench_kind_step, NULL };

struct reader {
	struct kg_text text;
	uint32_t streamed, wanted; /* lines of the stream; how many the reader stays for */
};

static void
line_take(void *context, const char *line)
{
	struct reader *reader = context;

	if (strcmp(line, "streamed") == 0)
		reader->streamed++;
	else
		kg_text_format(&reader->text, "%s; ", line);
}

static bool
reader_stays(void *context)
{
	const struct reader *reader = context;

	return reader->wanted == 0 || reader->streamed < reader->wanted;
}

static struct kg_error *
show_node(struct bench *bench, struct reader *reader, const char *name, struct kg_show wanted, const char **ret_none)
{
	const struct kg_show_to to = { line_take, reader_stays, reader };
	struct kg_run *run;

	reader->text = (struct kg_text){ .arena = bench->arena };
	assert_null(bench_open(bench, (struct kg_run_options){ .reading = true }, &run));
	struct kg_error *error = kg_run_show(run, name, &wanted, &to, ret_none);
	error = error ? kg_error_copy(bench->arena, error) : NULL;
	*ret_none = kg_copy(bench->arena, *ret_none);
	kg_run_close(run);
	return error;
}

static int
make(void **state)
{
	struct bench *bench = bench_make();

	bench->kinds = kinds;
	setenv("THING_SECRET", "hidden-from-all", 1);
	*state = bench;
	return 0;
}

static int
drop(void **state)
{
	bench_free(*state);
	return 0;
}

static void
lines_come_without_secrets(void **state)
{
	struct bench *bench = *state;
	struct reader reader = { 0 };
	const char *none;

	bench_graph(
	    bench, "[secrets]\npw = { env = \"THING_SECRET\" }\n[node.a]\nkind = \"thing\"\nsays = \"I say ${secrets.pw}\"\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	assert_null(show_node(bench, &reader, "a", (struct kg_show){ .lines = 3 }, &none));
	assert_null(none);
	assert_string_equal(kg_text_end(&reader.text), "I say ***; 3 lines; ");
}

static void
a_node_whose_run_failed_is_shown_as_well(void **state)
{
	struct bench *bench = *state;
	struct reader reader = { 0 };
	const char *none;

	bench_graph(bench, "[node.a]\nkind = \"thing\"\nbreaks = \"run\"\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_FAILED);
	assert_null(show_node(bench, &reader, "a", (struct kg_show){ .lines = -1 }, &none));
	assert_string_equal(kg_text_end(&reader.text), "nothing; -1 lines; ");
}

static void
who_does_not_read_any_more_ends_it_with_all_that_it_follows(void **state)
{
	struct bench *bench = *state;
	struct reader reader = { .wanted = 3 };
	const char *none;

	bench_graph(bench, "[node.a]\nkind = \"thing\"\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	assert_null(show_node(bench, &reader, "a", (struct kg_show){ .follow = true, .lines = -1 }, &none));
	assert_true(reader.streamed >= 3);
}

static void
why_there_is_nothing_is_said(void **state)
{
	struct bench *bench = *state;
	struct reader reader = { 0 };
	const char *none;

	bench_graph(bench,
	    "[node.a]\nkind = \"thing\"\nbreaks = \"absent\"\n[node.b]\nkind = \"thing\"\nbreaks = \"show\"\n[node.c]\nkind = "
	    "\"step\"\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	assert_null(show_node(bench, &reader, "a", (struct kg_show){ 0 }, &none));
	assert_string_equal(none, "it has no voice");
	struct kg_error *error = show_node(bench, &reader, "b", (struct kg_show){ 0 }, &none);
	assert_string_equal(kg_error_text(bench->arena, error), "it does not answer");
	assert_null(none);
	assert_null(show_node(bench, &reader, "c", (struct kg_show){ 0 }, &none));
	assert_string_equal(none, "");
	assert_null(show_node(bench, &reader, "nobody", (struct kg_show){ 0 }, &none));
	assert_string_equal(none, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lines_come_without_secrets, make, drop),
		cmocka_unit_test_setup_teardown(a_node_whose_run_failed_is_shown_as_well, make, drop),
		cmocka_unit_test_setup_teardown(who_does_not_read_any_more_ends_it_with_all_that_it_follows, make, drop),
		cmocka_unit_test_setup_teardown(why_there_is_nothing_is_said, make, drop),
	};

	return cmocka_run_group_tests_name("show", tests, NULL, NULL);
}
