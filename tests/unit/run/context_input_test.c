#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/path.h"
#include "engine/target.h"
#include "tests/unit/run/bench.h"

/* A node that is made of a context, as an image is, and tells the digest of its inputs. */
struct built_spec {
	const char *context, *file, *says;
};

static const struct kg_field built_fields[] = {
	KG_FIELD(built_spec, context, KG_PATH, KG_REQUIRED, "the folder"),
	KG_FIELD(built_spec, file, KG_PATH, 0, "counts whether it is left out or not"),
	KG_FIELD(built_spec, says, KG_TEXT, 0, "any text"),
	{ 0 },
};

static void
built_inputs(struct kg_inputs *inputs, const void *given, const struct kg_common *)
{
	const struct built_spec *spec = given;
	static const char *ignore_files[3], *always[2];
	static char paths[2][4096];

	strcpy(paths[0], spec->context);
	strcpy(paths[1], spec->context);
	ignore_files[0] = strcat(paths[0], "/.containerignore");
	ignore_files[1] = strcat(paths[1], "/.dockerignore");
	always[0] = spec->file;
	kg_inputs_add_context(inputs, spec->context, ignore_files, always);
}

static struct kg_next
built_run(struct kg_job *job)
{
	assert_int_equal(strlen(job->inputs), 32);
	kg_output(job, "inputs", job->inputs);
	return kg_done(job);
}

static const char *looked_inputs;

static struct kg_next
built_look(struct kg_job *job)
{
	assert_string_equal(job->inputs, kg_job_remembered(job, "inputs"));
	looked_inputs = job->inputs;
	return kg_done(job);
}

static const struct kg_kind kind_built = {
	.facts = {
		.name = "built",
		.version = 1,
		.summary = "is made of a context",
		.fields = built_fields,
		.outputs = (const char *const[]){ "inputs", NULL },
		.spec_size = sizeof(struct built_spec),
	},
	.inputs = built_inputs,
	.look = built_look,
	.run = built_run,
};

static struct bench *
built_bench(void)
{
	static const struct kg_kind *const kinds[] = { &kind_built, NULL };
	struct bench *bench = bench_make();

	bench->kinds = kinds;
	bench_graph(bench, "[node.a]\nkind = \"built\"\ncontext = \"app\"\nfile = \"app/Containerfile\"\n");
	bench_file(bench, "app/Containerfile", "FROM scratch\nCOPY . /\n");
	bench_file(bench, "app/src/x.c", "x");
	bench_file(bench, "app/notes.md", "notes");
	bench_file(bench, "app/.dockerignore", "*\n!src\n");
	return bench;
}

static void
assert_up(struct bench *bench, const char *reasons)
{
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	assert_string_equal(bench->reasons, reasons);
}

static void
what_the_builder_takes_counts_and_nothing_else(void **)
{
	struct bench *bench = built_bench();

	assert_up(bench, "a: it has never run here; ");
	assert_up(bench, "");
	bench_file(bench, "app/notes.md", "other notes");
	bench_file(bench, "app/.dockerignore", "# the same\n*\n!src\n");
	assert_up(bench, "");
	bench_file(bench, "app/src/x.c", "y");
	assert_up(bench, "a: app/src/x.c changed; ");
	assert_int_equal(mkdir(bench_path(bench, "app/src/empty"), 0755), 0);
	assert_up(bench, "a: app/src/empty/ is new; ");
	/* Left out, and nevertheless read by the builder. */
	bench_file(bench, "app/Containerfile", "FROM scratch\nCOPY src /\n");
	assert_up(bench, "a: app/Containerfile changed; ");
	bench_file(bench, "app/.containerignore", "Containerfile\n.*ignore\nsrc/empty\n");
	assert_up(bench, "a: app/notes.md is new, 1 more change; ");
	bench_free(bench);
}

static void
a_malformed_ignore_file_is_told_with_its_place(void **)
{
	struct bench *bench = built_bench();

	bench_file(bench, "app/.dockerignore", "*\n!\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_FAILED);
	assert_string_equal(bench->errors, "a: the pattern is malformed: nothing stands behind `!`; ");
	bench_free(bench);
}

static void
a_missing_containerfile_is_told(void **)
{
	struct bench *bench = built_bench();

	bench_graph(bench, "[node.a]\nkind = \"built\"\ncontext = \"app\"\nfile = \"app/Dockerfile\"\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_FAILED);
	assert_string_equal(bench->errors, "a: app/Dockerfile is not there; ");
	bench_free(bench);
}

static void
alike_inputs_have_the_same_digest_whatever_else_differs(void **)
{
	struct bench *one = built_bench(), *two = built_bench();

	bench_graph(two, "[node.b]\nkind = \"built\"\ncontext = \"app\"\nfile = \"app/Containerfile\"\nsays = \"other\"\n");
	assert_up(one, "a: it has never run here; ");
	assert_up(two, "b: it has never run here; ");
	assert_up(one, "");
	const char *first = kg_copy(one->arena, looked_inputs);
	assert_up(two, "");
	assert_string_equal(first, looked_inputs);
	/* In another folder of the graph as well. */
	bench_graph(two, "[node.b]\nkind = \"built\"\ncontext = \"other/app\"\nfile = \"other/app/Containerfile\"\n");
	bench_file(two, "other/app/Containerfile", "FROM scratch\nCOPY . /\n");
	bench_file(two, "other/app/src/x.c", "x");
	bench_file(two, "other/app/.containerignore", "Containerfile\n.*ignore\n");
	assert_int_equal(bench_up(two, (struct kg_run_options){ 0 }), KG_RUN_UP);
	assert_up(two, "");
	assert_string_equal(first, looked_inputs);
	bench_file(two, "other/app/src/x.c", "y");
	assert_int_equal(bench_up(two, (struct kg_run_options){ 0 }), KG_RUN_UP);
	assert_up(two, "");
	assert_string_not_equal(first, looked_inputs);
	bench_free(one);
	bench_free(two);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_builder_takes_counts_and_nothing_else),
		cmocka_unit_test(a_malformed_ignore_file_is_told_with_its_place),
		cmocka_unit_test(a_missing_containerfile_is_told),
		cmocka_unit_test(alike_inputs_have_the_same_digest_whatever_else_differs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
