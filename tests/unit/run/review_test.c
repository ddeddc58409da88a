/* Reviews: what a kind says of its nodes before anything starts, and when it is asked. */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "engine/review.h"
#include "tests/unit/run/bench.h"

/* "a after b; …" of the last review, and how many there were. */
static struct {
	uint32_t reviews;
	struct kg_text told;
	const char *left; /* to the last node that ran */
} seen;

struct letter_spec {
	const char *file, *to;
	int64_t pages;
};

/* What a review asks, and what it is told: the name of the node with whose settings it asks. */
static struct {
	const char *said;
	struct kg_error *error;
	int signal; /* that an endless one gets while it is asked; 0: none */
} answer;

static struct kg_next
letter_answer(struct kg_job *job)
{
	const char **ret_said = job->survey;

	*ret_said =
	    ((const struct letter_spec *)job->spec)->pages == 0 ? kg_copy(seen.told.arena, strrchr(job->keep, '/') + 1) : NULL;
	return strcmp(job->name, "deaf") == 0 ? kg_wait_timer(job, 60000, kg_done) : kg_done(job);
}

/* Only what ends the run ends it. */
static struct kg_next
endless_answer(struct kg_job *job)
{
	if (answer.signal)
		raise(answer.signal);
	return kg_wait_timer(job, 3600000, kg_done);
}

static const struct kg_field letter_fields[] = {
	KG_FIELD(letter_spec, file, KG_PATH, KG_INPUT, "a file"),
	KG_FIELD(letter_spec, to, KG_TEXT, 0, "whom it is for"),
	KG_FIELD(letter_spec, pages, KG_INTEGER, 0, "how many pages it has"),
	{ 0 },
};

static struct kg_place
place_of(const struct kg_review_node *node, const char *setting)
{
	const struct kg_value *value = kg_value_member(node->values, node->settings, setting);

	return value ? kg_value_place(node->values, value) : node->place;
}

static void
letter_review(struct kg_review *review)
{
	uint32_t count;
	const struct kg_review_node *steps = kg_review_nodes_of(review, "step", &count);

	const char *first = review->nodes[0].name;
	bool is_endless = strcmp(first, "endless") == 0;
	bool asks = is_endless || strcmp(first, "asker") == 0 || strcmp(first, "deaf") == 0;

	if (asks && review->round == 0) {
		review->memory = &answer;
		kg_review_ask(review, &review->nodes[0],
		    (struct kg_inquiry){ .ask = is_endless ? endless_answer : letter_answer,
			.memory = &answer.said,
			.limit_ms = is_endless ? 3600000 : 20,
			.ret_error = &answer.error });
		return;
	}
	assert_ptr_equal(review->memory, asks ? &answer : NULL);
	for (uint32_t i = 0; i < review->count; i++)
		kg_review_leave(review, &review->nodes[i], kg_format(review->keep, "for %s", review->nodes[i].name));
	seen.reviews++;
	seen.told = (struct kg_text){ .arena = seen.told.arena };
	for (uint32_t i = 0; i < review->count; i++) {
		const struct kg_review_node *node = &review->nodes[i];
		const struct letter_spec *spec = node->spec;

		assert_string_equal(node->kind, "letter");
		assert_non_null(node->common);
		kg_text_format(&seen.told, "%s(%s, %lld)", node->name, spec->to ? spec->to : "", (long long)spec->pages);
		for (uint32_t step = 0; step < count; step++)
			if (kg_review_needs(review, node, &steps[step]))
				kg_text_format(&seen.told, " %s", steps[step].name);
		kg_text_add(&seen.told, "; ");
		if (spec->pages > 9)
			(void)kg_error_advise(
			    review->arena, kg_review_warn(review, place_of(node, "pages"), "%s is long", node->name), "say less");
		if (spec->to && strcmp(spec->to, "nobody") == 0)
			(void)kg_review_error(review, place_of(node, "to"), "%s is for nobody", node->name);
	}
}

static struct kg_next
letter_run(struct kg_job *job)
{
	if (job->reviewed)
		seen.left = kg_copy(seen.told.arena, job->reviewed);
	return kg_done(job);
}

static const struct kg_kind letter = {
	.facts = {
		.name = "letter",
		.version = 1,
		.summary = "is reviewed",
		.fields = letter_fields,
		.spec_size = sizeof(struct letter_spec),
	},
	.run = letter_run,
	.review = letter_review,
};

static const struct kg_kind *const kinds[] = { &letter, &bench_kind_step, NULL };

static int
make(void **state)
{
	struct bench *bench = bench_make();

	bench->kinds = kinds;
	memset(&seen, 0, sizeof(seen));
	seen.told.arena = bench->arena;
	*state = bench;
	return 0;
}

static int
drop(void **state)
{
	bench_free(*state);
	return 0;
}

/* "line:column message; …" */
static const char *
list(struct bench *bench, const struct kg_errors *errors)
{
	struct kg_text text = { .arena = bench->arena };

	for (const struct kg_error *error = errors->first; error; error = error->next)
		kg_text_format(&text, "%u:%u %s%s%s; ", error->place.line, error->place.column, error->message,
		    error->advice ? ", " : "", error->advice ? error->advice : "");
	return kg_text_end(&text);
}

static void
assert_reviewed(struct bench *bench, const char *told, const char *errors, const char *warnings)
{
	struct kg_errors found = { .arena = bench->arena }, noticed = { .arena = bench->arena };
	struct kg_run *run;

	seen.reviews = 0;
	assert_null(bench_open(bench, (struct kg_run_options){ 0 }, &run));
	kg_run_review(run, &found, &noticed);
	kg_run_close(run);
	assert_int_equal(seen.reviews, told ? 1 : 0);
	if (told)
		assert_string_equal(kg_text_end(&seen.told), told);
	assert_string_equal(list(bench, &found), errors);
	assert_string_equal(list(bench, &noticed), warnings);
}

static void
errors_and_warnings_are_told_with_their_places(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"letter\"\nto = \"nobody\"\npages = 12\n[node.b]\nkind = \"letter\"\nto = \"b\"\n");
	assert_reviewed(bench, "a(nobody, 12); b(b, 0); ", "3:6 a is for nobody; ", "4:9 a is long, say less; ");
}

static void
what_is_known_later_stays_open(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench,
	    "[ports]\nx = 0\n[node.a]\nkind = \"letter\"\nto = \"${node.b.value} and ${dir.state}\"\npages = \"${port.x}\"\n"
	    "[node.b]\nkind = \"step\"\ngives = \"v\"\n");
	assert_reviewed(bench, "a(${node.b.value} and ${dir.state}, 0) b; ", "", "");
}

static void
what_is_needed_is_found_through_others(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench,
	    "[node.a]\nkind = \"letter\"\nneeds = [\"y\"]\n[node.y]\nkind = \"step\"\nneeds = [\"x\"]\n[node.x]\nkind = \"step\"\n"
	    "[node.z]\nkind = \"step\"\nneeds = [\"a\"]\n");
	assert_reviewed(bench, "a(, 0) x y; ", "", "");
}

static void
a_graph_without_such_nodes_asks_nobody(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"step\"\n");
	assert_reviewed(bench, NULL, "", "");
}

static void
what_has_not_changed_is_not_reviewed_again(void **state)
{
	struct bench *bench = *state;
	const char *graph = "[node.a]\nkind = \"letter\"\nfile = \"f\"\npages = 10\n[node.b]\nkind = \"letter\"\n";

	bench_file(bench, "f", "one");
	bench_graph(bench, graph);
	assert_reviewed(bench, "a(, 10); b(, 0); ", "", "4:9 a is long, say less; ");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	assert_reviewed(bench, NULL, "", "");
	bench_file(bench, "f", "two, and more");
	assert_reviewed(bench, "a(, 10); b(, 0); ", "", "4:9 a is long, say less; ");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	bench_graph(bench, kg_format(bench->arena, "%sto = \"nobody\"\n", graph));
	assert_reviewed(bench, "a(, 10); b(nobody, 0); ", "7:6 b is for nobody; ", "4:9 a is long, say less; ");
}

/* `kgraph check`: all nodes, whatever was brought up. */
static void
a_graph_is_reviewed_without_a_run(void **state)
{
	struct bench *bench = *state;
	struct kg_errors errors = { .arena = bench->arena }, warnings = { .arena = bench->arena };

	bench_graph(bench, "[node.a]\nkind = \"letter\"\nto = \"nobody\"\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	kg_graph_review(bench_read_graph(bench), kinds, &errors, &warnings);
	assert_string_equal(list(bench, &errors), "3:6 a is for nobody; ");
	assert_int_equal(warnings.count, 0);
}

static void
what_it_asks_is_answered_before_it_says_anything(void **state)
{
	struct bench *bench = *state;

	answer.said = NULL;
	bench_graph(bench, "[node.asker]\nkind = \"letter\"\nto = \"nobody\"\n");
	assert_reviewed(bench, "asker(nobody, 0); ", "3:6 asker is for nobody; ", "");
	assert_string_equal(answer.said, "asker");
	assert_null(answer.error);
}

static void
who_does_not_answer_is_not_waited_for(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.deaf]\nkind = \"letter\"\n");
	assert_reviewed(bench, "deaf(, 0); ", "", "");
	assert_int_equal(answer.error->code, KG_ETIME);
}

static void
what_it_leaves_to_a_node_its_run_finds(void **state)
{
	struct bench *bench = *state;
	struct kg_errors errors = { .arena = bench->arena }, warnings = { .arena = bench->arena };
	struct kg_run *run;

	bench_graph(bench, "[node.a]\nkind = \"letter\"\n");
	assert_null(bench_open(bench, (struct kg_run_options){ 0 }, &run));
	kg_run_review(run, &errors, &warnings);
	assert_int_equal(kg_run_up(run), KG_RUN_UP);
	kg_run_close(run);
	assert_string_equal(seen.left, "for a");
}

/* Whoever is asked has an hour: only the signal ends it. Then nothing is said, nothing runs, and the run tells its end. */
static void
an_interrupt_while_it_asks_ends_the_run(void **state)
{
	struct bench *bench = *state;
	struct kg_errors said = { .arena = bench->arena };

	answer.signal = SIGINT;
	bench->reviewed = &said;
	bench_graph(bench,
	    "[node.endless]\nkind = \"letter\"\nto = \"nobody\"\npages = 10\n[node.a]\nkind = \"step\"\nneeds = [\"endless\"]\n"
	    "[node.b]\nkind = \"step\"\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_INTERRUPTED);
	assert_int_equal(said.count, 0);
	assert_int_equal(answer.error->code, KG_ECANCELLED);
	assert_string_equal(bench->told, "");
	assert_non_null(strstr(bench->warnings, "interrupted"));
	assert_int_equal(bench->summary.chosen, 3);
	assert_int_equal(bench->summary.cancelled, 3);
	assert_int_equal(bench->summary.failed, 0);
}

static void
the_time_limit_of_a_run_counts_while_it_asks(void **state)
{
	struct bench *bench = *state;
	struct kg_errors said = { .arena = bench->arena };

	answer.signal = 0;
	bench->reviewed = &said;
	bench_graph(bench, "[node.endless]\nkind = \"letter\"\nto = \"nobody\"\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ .timeout_ms = 1 }), KG_RUN_NOT_READY);
	assert_int_equal(said.count, 0);
	assert_int_equal(bench->summary.cancelled, 1);
}

/* `kgraph check` asks as well, and changes nothing. */
static void
who_only_wants_to_know_may_ask(void **state)
{
	struct bench *bench = *state;
	struct kg_errors errors = { .arena = bench->arena }, warnings = { .arena = bench->arena };
	struct kg_run *run;

	answer.said = NULL;
	bench_graph(bench, "[node.asker]\nkind = \"letter\"\nto = \"nobody\"\n");
	assert_null(bench_open(bench, (struct kg_run_options){ .reading = true }, &run));
	kg_run_review(run, &errors, &warnings);
	kg_run_close(run);
	assert_string_equal(answer.said, "asker");
	assert_int_equal(errors.count, 1);
	assert_null(bench_read(bench, ".kgraph/default/data.mdb"));
}

int
main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, make, drop)
	const struct CMUnitTest tests[] = {
		STORY(errors_and_warnings_are_told_with_their_places),
		STORY(what_is_known_later_stays_open),
		STORY(what_is_needed_is_found_through_others),
		STORY(a_graph_without_such_nodes_asks_nobody),
		STORY(what_has_not_changed_is_not_reviewed_again),
		STORY(a_graph_is_reviewed_without_a_run),
		STORY(what_it_asks_is_answered_before_it_says_anything),
		STORY(who_does_not_answer_is_not_waited_for),
		STORY(what_it_leaves_to_a_node_its_run_finds),
		STORY(an_interrupt_while_it_asks_ends_the_run),
		STORY(the_time_limit_of_a_run_counts_while_it_asks),
		STORY(who_only_wants_to_know_may_ask),
	};

	return cmocka_run_group_tests_name("review", tests, NULL, NULL);
}
