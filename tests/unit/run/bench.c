#include "tests/unit/run/bench.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/file.h"
#include "engine/base/list.h"
#include "engine/base/path.h"
#include "engine/base/text.h"

static const struct kg_kind *const bench_kinds[] = { &bench_kind_step, &bench_kind_surveyed, NULL };

struct bench *
bench_make(void)
{
	struct kg_arena *arena = kg_arena_make();
	struct bench *bench = kg_new(arena, struct bench);
	char folder[] = "/tmp/kgraph-run-test.XXXXXX";

	if (!mkdtemp(folder))
		abort();
	bench->arena = arena;
	bench->folder = kg_copy(arena, folder);
	bench->kinds = bench_kinds;
	bench_begin();
	return bench;
}

static void
must(struct kg_error *error)
{
	if (!error)
		return;
	fprintf(stderr, "%s\n", error->message);
	abort();
}

void
bench_file(struct bench *bench, const char *name, const char *text)
{
	must(kg_file_make_folder(bench->arena, kg_path_folder(bench->arena, bench_path(bench, name)), 0755));
	must(kg_file_write(bench->arena, bench_path(bench, name), text, strlen(text), 0644));
}

void
bench_graph(struct bench *bench, const char *text)
{
	bench_file(bench, "kgraph.toml", text);
}

struct telling {
	struct bench *bench;
	struct kg_text told, reasons, errors, warnings, says;
};

static void
report(void *context, const struct kg_event *event)
{
	struct telling *telling = context;
	const char *word = kg_event_key(event->type);

	if (event->type == KG_EVENT_NODE_STALE)
		kg_text_format(&telling->reasons, "%s: %s; ", event->name, event->text);
	if (event->type == KG_EVENT_NODE_TOLD)
		kg_text_format(&telling->says, "%s: %s; ", event->name, event->text);
	if (event->type == KG_EVENT_NODE_FAILED)
		kg_text_format(&telling->errors, "%s: %s; ", event->name, kg_error_text(telling->bench->arena, event->error));
	if (event->type == KG_EVENT_WARNING)
		kg_text_format(&telling->warnings, "%s; ", event->text);
	if (event->type == KG_EVENT_RUN_ENDED)
		telling->bench->summary = *event->summary;
	if (!kg_text_starts(word, "node_") || event->type == KG_EVENT_NODE_STALE || event->type == KG_EVENT_NODE_TOLD)
		return;
	const char *told = kg_format(telling->bench->arena, "%s %s", word + strlen("node_"), event->name);
	kg_text_format(&telling->told, "%s; ", told);
	if (telling->bench->signal_at && strcmp(told, telling->bench->signal_at) == 0)
		raise(telling->bench->signal);
}

static const char *
environment(void *context, const char *name)
{
	(void)context;
	return getenv(name);
}

const struct kg_graph *
bench_read_graph(struct bench *bench)
{
	KG_LIST(const struct kg_facts *) facts = { 0 };
	struct kg_errors errors = { .arena = bench->arena };
	struct kg_graph_source source = {
		.file = kg_format(bench->arena, "%s/kgraph.toml", bench->folder),
		.environment = environment,
	};
	const struct kg_graph *graph = NULL;

	for (const struct kg_kind *const *kind = bench->kinds; *kind; kind++)
		kg_list_push(bench->arena, &facts, &(*kind)->facts);
	source.facts = &(struct kg_facts_set){
		.kinds = facts.items,
		.count = facts.count,
		.common = kg_common_fields,
		.common_size = sizeof(struct kg_common),
		.check_common = kg_common_check,
	};
	kg_graph_read(bench->arena, &source, &errors, &graph, NULL);
	for (struct kg_error *error = errors.first; error; error = error->next)
		fprintf(stderr, "%s\n", error->message);
	if (!graph)
		abort();
	return graph;
}

static struct kg_error *
run_open(struct bench *bench, struct kg_run_options *options, struct telling *telling, struct kg_run **ret_run)
{
	*telling = (struct telling){
		.bench = bench,
		.told.arena = bench->arena,
		.reasons.arena = bench->arena,
		.errors.arena = bench->arena,
		.warnings.arena = bench->arena,
		.says.arena = bench->arena,
	};
	options->graph = bench_read_graph(bench);
	options->kinds = bench->kinds;
	options->folder = kg_format(bench->arena, "%s/.kgraph/default", bench->folder);
	options->reporter = (struct kg_reporter){ report, telling };
	options->asked = "test";
	if (bench->has_store)
		options->store_folder = kg_format(bench->arena, "%s/store", bench->folder);
	uint8_t *chosen;
	must(kg_graph_select(bench->arena, options->graph, NULL, &chosen));
	options->chosen = bench->down_names ? NULL : chosen;
	return kg_run_open(bench->arena, options, ret_run);
}

struct kg_error *
bench_open(struct bench *bench, struct kg_run_options options, struct kg_run **ret_run)
{
	return run_open(bench, &options, kg_new(bench->arena, struct telling), ret_run);
}

static void
run_close(struct bench *bench, struct kg_run *run, struct telling *telling)
{
	kg_run_close(run);
	bench->told = kg_text_end(&telling->told);
	bench->reasons = kg_text_end(&telling->reasons);
	bench->errors = kg_text_end(&telling->errors);
	bench->warnings = kg_text_end(&telling->warnings);
	bench->says = kg_text_end(&telling->says);
}

enum kg_run_outcome
bench_up(struct bench *bench, struct kg_run_options options)
{
	struct telling telling;
	struct kg_run *run;

	must(run_open(bench, &options, &telling, &run));
	if (bench->reviewed)
		kg_run_review(run, bench->reviewed, bench->reviewed);
	enum kg_run_outcome outcome = kg_run_up(run);

	run_close(bench, run, &telling);
	return outcome;
}

enum kg_run_outcome
bench_down(struct bench *bench, bool purge)
{
	struct kg_run_options options = { 0 };
	struct telling telling;
	struct kg_run *run;

	must(run_open(bench, &options, &telling, &run));
	enum kg_run_outcome outcome = kg_run_down(run, bench->down_names, purge);

	run_close(bench, run, &telling);
	return outcome;
}

void
bench_copy(struct bench *from, struct bench *to)
{
	if (system(kg_format(from->arena, "cp -a %s/. %s/", from->folder, to->folder)) != 0)
		abort();
}

const char *
bench_path(struct bench *bench, const char *name)
{
	return kg_format(bench->arena, "%s/%s", bench->folder, name);
}

const char *
bench_read(struct bench *bench, const char *name)
{
	const char *bytes;
	size_t size;

	return kg_file_read(bench->arena, bench_path(bench, name), &bytes, &size) ? NULL : bytes;
}

void
bench_free(struct bench *bench)
{
	must(kg_file_remove(bench->arena, bench->folder));
	kg_arena_free(bench->arena);
}
