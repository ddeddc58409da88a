/* Gathering what is known of nodes: after a run, after one that failed, and without the secrets. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/mask.h"
#include "engine/base/text.h"
#include "tests/unit/run/bench.h"

struct thing_spec {
	const char *says, *breaks;
};

static const struct kg_field thing_fields[] = {
	KG_FIELD(thing_spec, says, KG_TEXT, 0, "what it prints"),
	KG_FIELD(thing_spec, breaks, KG_TEXT, 0, "`run` or `gather`"),
	{ 0 },
};

static uint32_t gathering, gathering_most;

static struct kg_next
printed(struct kg_job *job)
{
	const struct thing_spec *spec = job->spec;

	kg_output(job, "said", "yes");
	return kg_text_equal(spec->breaks, "run") ? kg_failed(kg_child_error(job)) : kg_done(job);
}

static struct kg_next
print(struct kg_job *job, const char *text, kg_step *then)
{
	const char **argv = kg_new_array(job->arena, const char *, 4);
	struct kg_child *child = kg_new(job->arena, struct kg_child);

	argv[0] = "sh";
	argv[1] = "-c";
	argv[2] = kg_format(job->arena, "echo \"%s\"; echo aside >&2", text);
	child->argv = argv;
	return kg_wait_child(job, child, then);
}

static struct kg_next
run(struct kg_job *job)
{
	const struct thing_spec *spec = job->spec;

	return print(job, spec->says ? spec->says : "", printed);
}

static struct kg_next
gathered(struct kg_job *job)
{
	const struct thing_spec *spec = job->spec;
	const char *path = kg_format(job->arena, "%s/thing.txt", job->gather);
	const char *said = kg_job_remembered(job, "said");

	gathering--;
	if (kg_text_equal(spec->breaks, "gather"))
		return kg_failed(kg_error_make(job->arena, KG_EFAILED, "it does not answer"));
	struct kg_error *error = kg_file_write(job->arena, path, said ? said : "no", said ? 3 : 2, 0600);
	return error ? kg_failed(error) : kg_done(job);
}

static struct kg_next
gather(struct kg_job *job)
{
	const struct thing_spec *spec = job->spec;

	if (++gathering > gathering_most)
		gathering_most = gathering;
	return print(job, spec->says ? spec->says : "", gathered);
}

static const struct kg_kind thing = {
	.facts = {
		.name = "thing",
		.version = 1,
		.summary = "prints",
		.fields = thing_fields,
		.outputs = (const char *const[]){ "said", NULL },
		.spec_size = sizeof(struct thing_spec),
	},
	.run = run,
	.gather = gather,
};

static const struct kg_kind *const kinds[] = { &thing, &bench_kind_step, NULL };

static int
make(void **state)
{
	struct bench *bench = bench_make();

	bench->kinds = kinds;
	gathering = gathering_most = 0;
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

/* "message; …" of what could not be had. */
static const char *
collect(struct bench *bench, const char *const *names, uint32_t expected)
{
	struct kg_errors problems = { .arena = bench->arena };
	struct kg_text text = { .arena = bench->arena };
	struct kg_run *run;
	uint32_t count;

	assert_null(bench_open(bench, (struct kg_run_options){ .reading = true }, &run));
	assert_null(kg_run_gather(run, bench_path(bench, "out"), names, &problems, &count));
	kg_run_close(run);
	assert_int_equal(count, expected);
	assert_int_equal(gathering, 0);
	for (const struct kg_error *error = problems.first; error; error = error->next)
		kg_text_format(&text, "%s; ", kg_error_text(bench->arena, error));
	return kg_text_end(&text);
}

static void
assert_has(struct bench *bench, const char *file, const char *text)
{
	const char *content = bench_read(bench, file);

	if (!content)
		fail_msg("there is no %s", file);
	if (!strstr(content, text))
		fail_msg("%s has no %s:\n%s", file, text, content);
}

static void
settings_outputs_logs_and_what_the_kind_knows_are_written(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"thing\"\nsays = \"hello\"\n[node.b]\nkind = \"step\"\nneeds = [\"a\"]\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	assert_string_equal(collect(bench, NULL, 2), "");
	assert_has(bench, "out/a/node.json", "\"kind\": \"thing\"");
	assert_has(bench, "out/a/node.json", "\"state\": \"made\"");
	assert_has(bench, "out/a/node.json", "\"said\": \"yes\"");
	assert_has(bench, "out/a/node.json", "\"says\": \"hello\"");
	assert_has(bench, "out/b/node.json", "\"needs\": [\"a\"]");
	assert_has(bench, "out/a/gathered.log", "hello\naside\n");
	assert_has(bench, "out/a/thing.txt", "yes");
	system(kg_format(bench->arena, "cat %s/out/a/runs/*.log >%s/runs", bench->folder, bench->folder));
	assert_has(bench, "runs", "hello\naside\n");
}

static void
a_node_whose_run_failed_is_collected_as_well(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"thing\"\nsays = \"hello\"\nbreaks = \"run\"\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_FAILED);
	assert_string_equal(collect(bench, NULL, 1), "");
	assert_has(bench, "out/a/node.json", "\"state\": \"unfinished\"");
	assert_has(bench, "out/a/thing.txt", "no");
}

static void
what_could_not_be_had_is_told_and_stops_nothing(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"thing\"\nbreaks = \"gather\"\n[node.b]\nkind = \"thing\"\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	assert_string_equal(collect(bench, NULL, 2), "not all of a could be collected: it does not answer; ");
	assert_has(bench, "out/b/thing.txt", "yes");
}

static void
secrets_are_left_out(void **state)
{
	struct bench *bench = *state;
	static const char *const files[] = { "out/a/node.json", "out/a/gathered.log", NULL };

	bench_graph(bench,
	    "[secrets]\npw = { env = \"THING_SECRET\" }\n"
	    "[node.a]\nkind = \"thing\"\nsays = \"${secrets.pw} $MINE\"\nenv = { MINE = \"mine-alone\", OPEN = \"seen\" }\nsecret "
	    "= [\"MINE\"]\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	assert_string_equal(collect(bench, NULL, 1), "");
	for (const char *const *file = files; *file; file++) {
		assert_null(strstr(bench_read(bench, *file), "hidden-from-all"));
		assert_null(strstr(bench_read(bench, *file), "mine-alone"));
	}
	assert_has(bench, "out/a/node.json", "\"MINE\": \"***\"");
	assert_has(bench, "out/a/node.json", "\"OPEN\": \"seen\"");
	assert_has(bench, "out/a/gathered.log", "*** ***\n");
}

static void
names_choose_and_what_has_left_the_graph_counts(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"thing\"\n[node.b]\nkind = \"thing\"\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	bench_graph(bench, "[node.c]\nkind = \"thing\"\n");
	collect(bench, (const char *const[]){ "b", NULL }, 1);
	assert_non_null(bench_read(bench, "out/b/node.json"));
	assert_null(bench_read(bench, "out/a/node.json"));
}

static void
only_a_few_are_asked_at_once(void **state)
{
	struct bench *bench = *state;
	struct kg_text graph = { .arena = bench->arena };

	for (int i = 0; i < 30; i++)
		kg_text_format(&graph, "[node.a%d]\nkind = \"thing\"\n", i);
	bench_graph(bench, kg_text_end(&graph));
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	assert_string_equal(collect(bench, NULL, 30), "");
	assert_int_equal(gathering_most, 8);
}

int
main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, make, drop)
	const struct CMUnitTest tests[] = {
		STORY(settings_outputs_logs_and_what_the_kind_knows_are_written),
		STORY(a_node_whose_run_failed_is_collected_as_well),
		STORY(what_could_not_be_had_is_told_and_stops_nothing),
		STORY(secrets_are_left_out),
		STORY(names_choose_and_what_has_left_the_graph_counts),
		STORY(only_a_few_are_asked_at_once),
	};

	return cmocka_run_group_tests_name("gather", tests, NULL, NULL);
}
