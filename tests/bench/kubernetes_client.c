/*
 * What the client takes for many objects: 200 of them applied at width 32 in the run of one node, applied again, and listed.
 *
 *     zig-out/bench/kubernetes_client KUBECONFIG NAMESPACE FOLDER
 *
 * Leaves the bodies in FOLDER, one a file, so that curl can send the same (tests/bench/kubernetes).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/api.h"
#include "targets/kubernetes/client/json.h"
#include "tests/unit/run/bench.h"

enum { objects = 200, width = 32 };

static const char *the_namespace, *the_folder;
static const char *const kubeconfig_variable = "KUBECONFIG";

struct bench_spec {
	const char *says;
};

static const struct kg_field bench_fields[] = {
	KG_FIELD(bench_spec, says, KG_TEXT, 0, "any text"),
	{ 0 },
};

struct bench_state {
	struct kg_api *api;
	cJSON *bodies[objects];
	uint32_t rounds, lists;
	int64_t began_ns;
	struct kg_api_items items;
};

static const struct {
	const char *api_version, *kind, *rest;
} types[] = {
	{ "v1", "ConfigMap", "\"data\":{\"a\":\"b\"}" },
	{ "v1", "Secret", "\"stringData\":{\"password\":\"not-so-secret\"}" },
	{ "v1", "Service", "\"spec\":{\"selector\":{\"app\":\"x\"},\"ports\":[{\"port\":80}]}" },
	{ "apps/v1", "Deployment",
	    "\"spec\":{\"replicas\":0,\"selector\":{\"matchLabels\":{\"app\":\"x\"}},\"template\":{\"metadata\":{\"labels\":{"
	    "\"app\":\"x\"}},"
	    "\"spec\":{\"containers\":[{\"name\":\"x\",\"image\":\"x\"}]}}}" },
};

static void
took(struct bench_state *state, const char *what)
{
	int64_t now_ns = kg_clock_now_ns();

	printf("%-24s %6.1f ms\n", what, (double)(now_ns - state->began_ns) / 1e6);
	state->began_ns = now_ns;
}

static kg_step opened, discovered, apply_all, object_apply, object_applied, all_applied, list_next, listed;

static struct kg_next
begin(struct kg_job *job)
{
	struct bench_state *state = job->state;

	state->began_ns = kg_clock_now_ns();
	return kg_api_open(job, &(struct kg_api_about){}, &state->api, opened);
}

static struct kg_next
opened(struct kg_job *job)
{
	struct bench_state *state = job->state;

	took(state, "kubeconfig");
	return kg_api_discover(job, state->api, false, discovered);
}

static struct kg_next
discovered(struct kg_job *job)
{
	struct bench_state *state = job->state;

	took(state, "discovery");
	for (int i = 0; i < objects; i++) {
		const char *text = kg_format(job->arena,
		    "{\"apiVersion\":\"%s\",\"kind\":\"%s\",\"metadata\":{\"name\":\"bench-%d\",\"namespace\":\"%s\",\"labels\":{"
		    "\"bench\":\"x\"}},%s}",
		    types[i % 4].api_version, types[i % 4].kind, i, the_namespace, types[i % 4].rest);

		state->bodies[i] = kg_json_read(job->arena, text, strlen(text));
		if (kg_file_write(job->arena, kg_format(job->arena, "%s/%d.json", the_folder, i), text, strlen(text), 0644))
			abort();
	}
	took(state, "bodies");
	return kg_go(apply_all);
}

static struct kg_next
apply_all(struct kg_job *job)
{
	struct kg_job_parts *parts = kg_new(job->arena, struct kg_job_parts);

	*parts = (struct kg_job_parts){ .count = objects, .width = width, .first = object_apply };
	return kg_wait_parts(job, parts, all_applied);
}

static struct kg_next
object_apply(struct kg_job *job)
{
	const struct bench_state *state = job->whole->state;
	const cJSON *object = state->bodies[job->part];
	const struct kg_resource *resource =
	    kg_api_resource(state->api, kg_json_text(object, "apiVersion"), kg_json_text(object, "kind"));

	return kg_api_apply(job, state->api, resource, &(struct kg_api_apply){ .object = object }, object_applied);
}

static struct kg_next
object_applied(struct kg_job *job)
{
	struct kg_error *error = kg_api_error(job, "cannot apply");

	return error ? kg_failed(error) : kg_done(job);
}

static struct kg_next
all_applied(struct kg_job *job)
{
	struct bench_state *state = job->state;

	if (job->parts_error)
		return kg_failed(kg_error_copy(job->arena, job->parts_error));
	took(state, state->rounds == 0 ? "200 applied" : "200 applied again");
	return kg_go(state->rounds++ == 0 ? apply_all : list_next);
}

static struct kg_next
list_next(struct kg_job *job)
{
	struct bench_state *state = job->state;

	if (state->lists == sizeof(types) / sizeof(types[0])) {
		took(state, "4 lists, one after another");
		return kg_done(job);
	}
	const struct kg_resource *resource = kg_api_resource(state->api, types[state->lists].api_version, types[state->lists].kind);
	state->lists++;
	return kg_api_list(job, state->api, resource, the_namespace, "bench=x", &state->items, listed);
}

static struct kg_next
listed(struct kg_job *job)
{
	struct bench_state *state = job->state;

	if (state->items.error)
		return kg_failed(state->items.error);
	if (state->items.count != objects / 4)
		return kg_failed(kg_error_make(job->arena, KG_EFAILED, "%u objects are listed", state->items.count));
	return kg_go(list_next);
}

static const struct kg_kind kind = {
	.facts = {
		.name = "bench",
		.version = 1,
		.summary = "measures",
		.fields = bench_fields,
		.spec_size = sizeof(struct bench_spec),
	},
	.state_size = sizeof(struct bench_state),
	.run = begin,
};
static const struct kg_kind *const kinds[] = { &kind, NULL };

int
main(int count, char **arguments)
{
	struct bench *bench;
	enum kg_run_outcome outcome;

	if (count != 4) {
		fprintf(stderr, "kubernetes_client KUBECONFIG NAMESPACE FOLDER\n");
		return 2;
	}
	setenv(kubeconfig_variable, arguments[1], 1);
	the_namespace = arguments[2];
	the_folder = arguments[3];
	bench = bench_make();
	bench->kinds = kinds;
	bench_graph(bench, "[node.all]\nkind = \"bench\"\n");
	outcome = bench_up(bench, (struct kg_run_options){ 0 });
	fputs(bench->errors, stderr);
	bench_free(bench);
	return outcome == KG_RUN_UP ? 0 : 1;
}
