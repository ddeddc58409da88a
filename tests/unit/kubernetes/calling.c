#include "tests/unit/kubernetes/calling.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/file.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "tests/unit/run/bench.h"

static struct bench *the_bench;
static struct calling *the_calling;
static kg_step *the_first;
static uint32_t runs;

struct calling_spec {
	const char *says;
};

static const struct kg_field calling_fields[] = {
	KG_FIELD(calling_spec, says, KG_TEXT, 0, "any text"),
	{ 0 },
};

static struct kg_next
begin(struct kg_job *)
{
	return kg_go(the_first);
}

static const struct kg_kind kind = {
	.facts = {
		.name = "calling",
		.version = 1,
		.summary = "asks an API server",
		.fields = calling_fields,
		.spec_size = sizeof(struct calling_spec),
	},
	.state_size = sizeof(struct call),
	.run = begin,
};
static const struct kg_kind *const kinds[] = { &kind, NULL };

struct calling *
calling_make(fake_answer *answer)
{
	static const char *const foreign[] = { "XDG_CACHE_HOME", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT" };

	the_bench = bench_make();
	the_bench->kinds = kinds;
	the_calling = kg_new(the_bench->arena, struct calling);
	the_calling->arena = the_bench->arena;
	the_calling->folder = the_bench->folder;
	the_calling->seen = kg_new(the_bench->arena, struct kg_text);
	the_calling->seen->arena = the_bench->arena;
	the_calling->fake = fake_api_start(answer, the_calling);
	setenv("HOME", bench_path(the_bench, "home"), 1);
	setenv("KUBECONFIG", bench_path(the_bench, "config"), 1);
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		unsetenv(foreign[i]);
	calling_config(the_calling, "    token: secret-of-the-test\n");
	return the_calling;
}

void
calling_config(struct calling *calling, const char *user)
{
	static const char form[] = "apiVersion: v1\nkind: Config\ncurrent-context: here\n"
				   "contexts:\n- name: here\n  context: {cluster: c, user: u, namespace: shop}\n"
				   "clusters:\n- name: c\n  cluster:\n    server: http://127.0.0.1:%u\n"
				   "users:\n- name: u\n  user:\n%s";

	calling_file(calling, "config", kg_format(calling->arena, form, fake_api_port(calling->fake), user), 0600);
}

enum kg_run_outcome
calling_run(struct calling *calling, kg_step *first, int nodes)
{
	struct kg_text graph = { .arena = calling->arena };
	enum kg_run_outcome outcome;

	the_first = first;
	runs++;
	for (int i = 0; i < nodes; i++)
		kg_text_format(&graph, "[node.n%d]\nkind = \"calling\"\nsays = \"%u\"\n", i, runs);
	bench_graph(the_bench, kg_text_end(&graph));
	outcome = bench_up(the_bench, (struct kg_run_options){ 0 });
	calling->errors = the_bench->errors;
	return outcome;
}

void
calling_note(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	kg_text_add(the_calling->seen, kg_format_list(the_calling->arena, format, list));
	kg_text_add(the_calling->seen, "\n");
	va_end(list);
}

const char *
calling_noted(struct calling *calling)
{
	const char *noted = kg_text_end(calling->seen);

	*calling->seen = (struct kg_text){ .arena = calling->arena };
	return noted;
}

void
calling_file(struct calling *calling, const char *name, const char *text, int mode)
{
	bench_file(the_bench, name, text);
	kg_assert(chmod(bench_path(the_bench, name), (mode_t)mode) == 0);
	(void)calling;
}

const char *
calling_read(struct calling *calling, const char *name)
{
	(void)calling;
	return bench_read(the_bench, name);
}

void
calling_free(struct calling *calling)
{
	fake_api_free(calling->fake);
	bench_free(the_bench);
}
