/* What `check` and `up` ask a cluster before anything is written: how much, and what they make of the answers. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "targets/kubernetes/kubernetes.h"
#include "tests/unit/kubernetes/fake_api.h"
#include "tests/unit/run/bench.h"

static const struct kg_field command_fields[] = { { 0 } };

static struct kg_next
command_run(struct kg_job *job)
{
	return kg_done(job);
}

/* Stands for the real one, of which only the name counts here. */
static const struct kg_kind command = {
	.facts = { .name = "command", .version = 1, .summary = "does anything", .fields = command_fields, .spec_size = 1 },
	.run = command_run,
};
static struct kg_next
cluster_run(struct kg_job *job)
{
	kg_output(job, "kubeconfig", getenv("KUBECONFIG"));
	return kg_done(job);
}

/* Stands for one that is made by the run: where it is, is not known before. */
static const struct kg_kind cluster = {
	.facts = {
		.name = "kind-cluster",
		.version = 1,
		.summary = "makes a cluster",
		.fields = command_fields,
		.outputs = (const char *const[]){ "kubeconfig", NULL },
		.spec_size = 1,
	},
	.run = cluster_run,
};
static const struct kg_kind *const kinds[] = { &kg_kind_kubernetes, &command, &cluster, &bench_kind_step, NULL };

struct world {
	struct bench *bench;
	struct fake_api *fake;
};

static bool is_forbidden, has_operators;
static int64_t cluster_age_s;
static const char *right; /* "ACCOUNT RESOURCE" that is allowed; NULL: none */

static struct fake_reply
status(int code, const char *reason, const char *message)
{
	static char body[300];

	snprintf(body, sizeof(body),
	    "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"reason\":\"%s\",\"message\":\"%s\",\"code\":%d}",
	    reason, message, code);
	return (struct fake_reply){ .status = code, .body = body };
}

static struct fake_reply
born(void)
{
	static char body[100];
	time_t then = time(NULL) - cluster_age_s;

	strftime(body, sizeof(body), "{\"metadata\":{\"name\":\"kube-system\",\"creationTimestamp\":\"%Y-%m-%dT%H:%M:%SZ\"}}",
	    gmtime(&then));
	return (struct fake_reply){ .status = 200, .body = body };
}

static struct fake_reply
reviewed(const struct fake_request *request)
{
	char account[100] = "", resource[100] = "";
	const char *user = strstr(request->body, "\"user\":\""), *of = strstr(request->body, "\"resource\":\"");

	if (!user || !of || !right)
		return (struct fake_reply){ .status = 201, .body = "{\"status\":{\"allowed\":false}}" };
	sscanf(right, "%99s %99s", account, resource);
	bool is_allowed = strncmp(user + strlen("\"user\":\""), account, strlen(account)) == 0 &&
	    strncmp(of + strlen("\"resource\":\""), resource, strlen(resource)) == 0;
	return (struct fake_reply){ .status = 201,
		.body = is_allowed ? "{\"status\":{\"allowed\":true}}" : "{\"status\":{\"allowed\":false}}" };
}

/* The namespace shop has the Secret `password` with the key `word` and the ConfigMap `settings`; lab has a ConfigMap `gone`. */
static struct fake_reply
answer(void *, const struct fake_request *request)
{
	static const char *const known[][2] = {
		{ "/api/v1/namespaces/shop/secrets/password",
		    "{\"metadata\":{\"name\":\"password\"},\"data\":{\"word\":\"eA==\"}}" },
		{ "/api/v1/namespaces/shop/configmaps/settings", "{\"metadata\":{\"name\":\"settings\"}}" },
		{ "/apis/rbac.authorization.k8s.io/v1/clusterroles/maker",
		    "{\"metadata\":{\"name\":\"maker\"},\"rules\":[{\"verbs\":[\"create\"],\"resources\":[\"configmaps\"]}]}" },
		{ "/apis/rbac.authorization.k8s.io/v1/clusterroles/reader",
		    "{\"metadata\":{\"name\":\"reader\"},\"rules\":[{\"verbs\":[\"get\"],\"resources\":[\"configmaps\"]}]}" },
		{ "/api/v1/namespaces/shop", "{\"metadata\":{\"name\":\"shop\"}}" },
		{ "/api/v1/namespaces/lab", "{\"metadata\":{\"name\":\"lab\"}}" },
		{ "/api/v1/namespaces/shop/configmaps?limit=500", "{\"items\":[{\"metadata\":{\"name\":\"settings\"}}]}" },
		{ "/api/v1/configmaps?fieldSelector=metadata.name%3Dgone&limit=500",
		    "{\"items\":[{\"metadata\":{\"name\":\"gone\",\"namespace\":\"lab\"}}]}" },
		{ "/api/v1/services",
		    "{\"items\":[{\"metadata\":{\"name\":\"web\",\"namespace\":\"lab\"},\"spec\":{\"ports\":[{\"nodePort\":30001}]}"
		    "},"
		    "{\"metadata\":{\"name\":\"old\",\"namespace\":\"lab\",\"deletionTimestamp\":\"x\"},\"spec\":{\"ports\":[{"
		    "\"nodePort\":30002}]}}]}" },
	};

	if (is_forbidden)
		return status(403, "Forbidden", "you may not");
	if (strcmp(request->path, "/api/v1/namespaces/kube-system") == 0)
		return born();
	if (strcmp(request->path, "/apis/authorization.k8s.io/v1/subjectaccessreviews") == 0)
		return reviewed(request);
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(known[i][0], request->path) == 0)
			return (struct fake_reply){ .status = 200, .body = known[i][1] };
	if (strcmp(request->path, "/api") == 0)
		return (struct fake_reply){ .status = 200,
			.body = "{\"kind\":\"APIGroupDiscoveryList\",\"items\":[{\"metadata\":{},\"versions\":[{\"version\":\"v1\","
				"\"resources\":["
				"{\"resource\":\"pods\",\"responseKind\":{\"kind\":\"Pod\"},\"scope\":\"Namespaced\"}]}]}]}" };
	if (strcmp(request->path, "/apis") == 0 && strstr(request->head, "APIGroupDiscoveryList"))
		return (struct fake_reply){ .status = 200, .body = "{\"kind\":\"APIGroupDiscoveryList\",\"items\":[]}" };
	if (strcmp(request->path, "/apis") == 0)
		return (struct fake_reply){ .status = 200,
			.body = has_operators ? "{\"groups\":[{\"name\":\"apps\"},{\"name\":\"kyverno.io\"}]}"
					      : "{\"groups\":[{\"name\":\"apps\"},{\"name\":\"storage.k8s.io\"}]}" };
	if (strchr(request->path, '?'))
		return (struct fake_reply){ .status = 200, .body = "{\"items\":[]}" };
	return status(404, "NotFound", "not found");
}

static int
make(void **state)
{
	static struct world world;
	struct bench *bench = bench_make();

	is_forbidden = has_operators = false;
	cluster_age_s = 86400;
	right = NULL;
	world = (struct world){ bench, fake_api_start(answer, NULL) };
	bench->kinds = kinds;
	setenv("HOME", bench_path(bench, "home"), 1);
	unsetenv("XDG_CACHE_HOME");
	setenv("KUBECONFIG", bench_path(bench, "config"), 1);
	bench_file(bench, "config",
	    kg_format(bench->arena,
		"apiVersion: v1\nkind: Config\ncurrent-context: here\ncontexts:\n- name: here\n  context: {cluster: c, user: u, "
		"namespace: "
		"shop}\nclusters:\n- name: c\n  cluster: {server: 'http://127.0.0.1:%u'}\nusers:\n- name: u\n  user: {token: x}\n",
		fake_api_port(world.fake)));
	*state = &world;
	return 0;
}

static int
drop(void **state)
{
	struct world *world = *state;

	fake_api_free(world->fake);
	bench_free(world->bench);
	return 0;
}

static void
list(struct kg_text *out, const char *level, const struct kg_errors *errors)
{
	for (const struct kg_error *error = errors->first; error; error = error->next)
		kg_text_format(out, "%s %u: %s%s%s\n", level, error->place.line, error->message, error->advice ? " -> " : "",
		    error->advice ? error->advice : "");
}

/* What `check` says of a pod with the volumes; more is behind it in the manifest, settings and nodes in the graph. */
static const char *
checked(struct world *world, const char *volumes, const char *more, const char *nodes)
{
	struct bench *bench = world->bench;
	struct kg_errors errors = { .arena = bench->arena }, warnings = { .arena = bench->arena };
	struct kg_text out = { .arena = bench->arena };
	struct kg_run *run;

	bench_file(bench, "pod.yaml",
	    kg_format(bench->arena,
		"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  restartPolicy: Never\n  containers: []\n  volumes: "
		"[%s]\n%s",
		volumes, more));
	bench_graph(bench, kg_format(bench->arena, "[node.web]\nkind = \"kubernetes\"\nfiles = [\"pod.yaml\"]\n%s", nodes));
	assert_null(bench_open(bench, (struct kg_run_options){ .reading = true }, &run));
	kg_run_review(run, &errors, &warnings);
	kg_run_close(run);
	list(&out, "error", &errors);
	list(&out, "warning", &warnings);
	return kg_text_end(&out);
}

static void
what_names_nothing_asks_nothing(void **state)
{
	struct world *world = *state;

	assert_string_equal(checked(world, "{name: a, emptyDir: {}}, {name: b, secret: {secretName: s, optional: true}}", "",
				"namespace = \"default\"\n"),
	    "");
	assert_string_equal(fake_api_requests(world->fake), "");
}

/* Without a namespace of its own, it is the kubeconfig's. */
static void
what_the_cluster_has_costs_one_request_each(void **state)
{
	struct world *world = *state;

	assert_string_equal(checked(world,
				"{name: a, configMap: {name: settings}}, {name: b, configMap: {name: settings}}, {name: c, secret: "
				"{secretName: password, items: [{key: word, path: p}]}}",
				"", ""),
	    "");
	const char *requests = fake_api_requests(world->fake);
	assert_int_equal(strlen(requests),
	    strlen("GET /api/v1/namespaces/shop\nGET /api/v1/namespaces/shop/configmaps/settings\nGET "
		   "/api/v1/namespaces/shop/secrets/password\n"));
	assert_non_null(strstr(requests, "GET /api/v1/namespaces/shop/configmaps/settings\n"));
	assert_non_null(strstr(requests, "GET /api/v1/namespaces/shop/secrets/password\n"));
}

static void
what_it_lacks_is_told_with_what_was_meant(void **state)
{
	struct world *world = *state;

	assert_string_equal(checked(world, "{name: a, configMap: {name: setings}}", "", ""),
	    "error 7: volume names ConfigMap shop/setings, which neither the graph nor the cluster has -> did you mean "
	    "`settings`?\n");
	assert_string_equal(checked(world, "{name: a, configMap: {name: gone}}", "", ""),
	    "error 7: volume names ConfigMap shop/gone, which neither the graph nor the cluster has -> the namespace `lab` has one "
	    "of that name\n");
	assert_string_equal(checked(world, "{name: a, secret: {secretName: password, items: [{key: wrod, path: p}]}}", "", ""),
	    "error 7: Secret shop/password in the cluster has no key `wrod` -> did you mean `word`?\n");
}

static void
a_node_port_has_one_holder(void **state)
{
	static const char service[] =
	    "---\n{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 1, nodePort: %d}]}}\n";
	struct world *world = *state;

	assert_string_equal(checked(world, "", kg_format(world->bench->arena, service, 30001), ""),
	    "error 9: the NodePort 30001 is of the Service lab/web in the cluster already -> give one of them another nodePort\n");
	assert_string_equal(checked(world, "", kg_format(world->bench->arena, service, 30002), ""), "");
	assert_string_equal(checked(world, "", kg_format(world->bench->arena, service, 30003), ""), "");
}

/* In a namespace that is still to be made, an operator may make what is missing as soon as it is. */
static void
operators_may_fill_what_is_made(void **state)
{
	static const char namespace_[] = "---\n{apiVersion: v1, kind: Namespace, metadata: {name: fresh}}\n";
	struct world *world = *state;

	assert_string_equal(checked(world, "{name: a, configMap: {name: ca}}", namespace_, "namespace = \"fresh\"\n"),
	    "error 7: volume names ConfigMap fresh/ca, which neither the graph nor the cluster has\n");
	has_operators = true;
	assert_string_equal(checked(world, "{name: a, configMap: {name: ca}}", namespace_, "namespace = \"fresh\"\n"),
	    "warning 7: volume names ConfigMap fresh/ca, which neither the graph nor the cluster has\n");
	assert_string_equal(checked(world, "{name: a, configMap: {name: ca}}", "", ""),
	    "error 7: volume names ConfigMap shop/ca, which neither the graph nor the cluster has\n");
}

/* As k3d's does, whose StorageClass comes a moment after its cluster. */
static void
a_cluster_that_is_just_made_may_still_bring_its_classes(void **state)
{
	static const char claim[] =
	    "---\n{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c}, spec: {storageClassName: local-path}}\n";
	static const char sentence[] =
	    "storageClassName names StorageClass local-path, which neither the graph nor the cluster has\n";
	struct world *world = *state;

	assert_string_equal(checked(world, "", claim, ""), kg_format(world->bench->arena, "error 9: %s", sentence));
	cluster_age_s = 5;
	assert_string_equal(checked(world, "", claim, ""), kg_format(world->bench->arena, "warning 9: %s", sentence));
	/* A ConfigMap is nothing that clusters come with. */
	assert_string_equal(checked(world, "{name: a, configMap: {name: ca}}", "", ""),
	    "error 7: volume names ConfigMap shop/ca, which neither the graph nor the cluster has\n");
}

/* By a binding that only the cluster knows. */
static void
pods_may_make_what_the_cluster_lets_their_account(void **state)
{
	static const char volume[] = "{name: a, configMap: {name: ca}}",
			  sentence[] = "volume names ConfigMap shop/ca, which neither the graph nor the cluster has\n";
	struct world *world = *state;

	right = "system:serviceaccount:shop:default secrets";
	assert_string_equal(checked(world, volume, "", ""), kg_format(world->bench->arena, "error 7: %s", sentence));
	right = "system:serviceaccount:shop:default configmaps";
	assert_string_equal(checked(world, volume, "", ""), kg_format(world->bench->arena, "warning 7: %s", sentence));
}

static void
pods_may_make_what_a_role_of_the_cluster_lets_them(void **state)
{
	static const char binding[] =
	    "---\n{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: b}, roleRef: {kind: "
	    "ClusterRole, name: %s}, subjects: [{kind: ServiceAccount, name: default}]}\n",
			  volume[] = "{name: a, configMap: {name: ca}}",
			  sentence[] = "volume names ConfigMap shop/ca, which neither the graph nor the cluster has\n";
	struct world *world = *state;
	struct kg_arena *arena = world->bench->arena;

	assert_string_equal(
	    checked(world, volume, kg_format(arena, binding, "reader"), ""), kg_format(arena, "error 7: %s", sentence));
	assert_string_equal(
	    checked(world, volume, kg_format(arena, binding, "maker"), ""), kg_format(arena, "warning 7: %s", sentence));
}

static void
commands_of_the_graph_may_make_it(void **state)
{
	struct world *world = *state;

	assert_string_equal(checked(world, "{name: a, configMap: {name: ca}}", "", "[node.beside]\nkind = \"command\"\n"),
	    "warning 7: volume names ConfigMap shop/ca, which neither the graph nor the cluster has\n");
	assert_string_equal(checked(world, "{name: a, configMap: {name: ca}}", "", "[node.beside]\nkind = \"step\"\n"),
	    "error 7: volume names ConfigMap shop/ca, which neither the graph nor the cluster has\n");
}

static void
who_may_not_look_is_told_what_is_known_without(void **state)
{
	struct world *world = *state;

	is_forbidden = true;
	assert_string_equal(checked(world, "{name: a, configMap: {name: ca}}", "", ""),
	    "warning 7: volume names ConfigMap shop/ca, which no node of the graph has -> it has to be in the cluster by then\n");
}

static void
a_cluster_that_is_away_is_noted_where_it_matters(void **state)
{
	struct world *world = *state;

	fake_api_stop(world->fake);
	const char *told = checked(world, "{name: a, configMap: {name: ca}}", "", "");
	assert_non_null(strstr(told, "warning 1: cannot ask the cluster what it has: "));
	assert_non_null(strstr(told, "warning 7: volume names ConfigMap shop/ca, which no node of the graph has"));
	assert_string_equal(checked(world, "", "", "namespace = \"default\"\n"), "");
	fake_api_start_again(world->fake);
}

/* What `up` warns of, and how it ends. Nothing may have been written by then. */
static void
assert_refused(struct world *world, const char *warned, const char *failed)
{
	struct bench *bench = world->bench;
	struct kg_errors reviewed = { .arena = bench->arena };
	struct kg_text out = { .arena = bench->arena };

	bench->reviewed = &reviewed;
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_FAILED);
	list(&out, "warning", &reviewed);
	assert_string_equal(kg_text_end(&out), warned);
	if (!strstr(bench->errors, failed))
		fail_msg("%s", bench->errors);
	assert_null(strstr(fake_api_requests(world->fake), "PATCH"));
}

/* It is asked again when the node has its turn, and then before the first write. */
static void
a_run_asks_again_what_a_command_may_have_made(void **state)
{
	struct world *world = *state;

	(void)checked(world, "{name: a, configMap: {name: ca}}", "", "needs = [\"before\"]\n[node.before]\nkind = \"command\"\n");
	assert_refused(world, "warning 7: volume names ConfigMap shop/ca, which neither the graph nor the cluster has\n",
	    "volume names ConfigMap shop/ca, which neither the graph nor the cluster has");
}

static void
a_cluster_of_this_very_run_is_asked_when_it_is_there(void **state)
{
	static const char nodes[] = "kubeconfig = \"${node.cluster.kubeconfig}\"\n[node.cluster]\nkind = \"kind-cluster\"\n";
	struct world *world = *state;

	assert_string_equal(checked(world, "{name: a, configMap: {name: ca}}", "", nodes),
	    "warning 7: volume names ConfigMap default/ca, which no node of the graph has -> it has to be in the cluster by "
	    "then\n");
	assert_string_equal(fake_api_requests(world->fake), "");
	assert_refused(world,
	    "warning 7: volume names ConfigMap default/ca, which no node of the graph has -> it has to be in the cluster by then\n",
	    "which neither the graph nor the cluster has");
	/* From then on it is known where it is. */
	assert_string_equal(checked(world, "{name: a, configMap: {name: ca}}", "", nodes),
	    "error 7: volume names ConfigMap shop/ca, which neither the graph nor the cluster has\n");
}

static const char printing[] = "[node.web]\nkind = \"kubernetes\"\nrender = [\"cat\", \"pod.yaml\"]\ninputs = [\"pod.yaml\"]\n";

/* What it prints, with a volume that is a ConfigMap; more is behind it in the graph. Why `up` fails. */
static const char *
brought_up(struct world *world, const char *config, const char *more)
{
	struct bench *bench = world->bench;
	struct kg_errors reviewed = { .arena = bench->arena };

	bench_file(bench, "pod.yaml",
	    kg_format(bench->arena,
		"# Source: web/pod.yaml\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  restartPolicy: Never\n  "
		"containers: []\n  volumes: [{name: a, configMap: {name: %s}}]\n",
		config));
	bench_graph(bench, kg_format(bench->arena, "%s%s", printing, more));
	bench->reviewed = &reviewed;
	bool is_up = bench_up(bench, (struct kg_run_options){ 0 }) == KG_RUN_UP;
	assert_null(reviewed.first);
	return is_up ? "" : bench->errors;
}

static void
what_a_command_prints_is_reviewed_before_it_is_applied(void **state)
{
	struct world *world = *state;
	const char *told = brought_up(world, "setings", "");

	if (!strstr(told,
		"volume names ConfigMap shop/setings, which neither the graph nor the cluster has (rendered from web/pod.yaml)"))
		fail_msg("%s", told);
	assert_null(strstr(fake_api_requests(world->fake), "PATCH"));
	assert_null(strstr(brought_up(world, "settings", ""), "volume names"));
}

/* A node whose objects are in files is known before it has its turn. */
static void
a_node_port_that_is_printed_is_nobody_elses(void **state)
{
	static const char service[] =
	    "{apiVersion: v1, kind: Service, metadata: {name: %s}, spec: {ports: [{port: 1, nodePort: 30003}]}}\n";
	struct world *world = *state;
	struct bench *bench = world->bench;
	struct kg_errors reviewed = { .arena = bench->arena };

	bench->reviewed = &reviewed;
	bench_file(bench, "file.yaml", kg_format(bench->arena, service, "first"));
	bench_file(bench, "pod.yaml", kg_format(bench->arena, service, "second"));
	bench_graph(bench,
	    kg_format(
		bench->arena, "%s[node.file]\nkind = \"kubernetes\"\nneeds = [\"web\"]\nfiles = [\"file.yaml\"]\n", printing));
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_FAILED);
	if (!strstr(bench->errors, "the NodePort 30003 is of Service first already"))
		fail_msg("%s", bench->errors);
}

/* It may be what the other one brings, and that cannot be known before it has its turn. */
static void
while_another_has_not_printed_nothing_is_missed(void **state)
{
	struct world *world = *state;
	static const char later[] = "[node.later]\nkind = \"kubernetes\"\nneeds = [\"web\"]\nrender = [\"true\"]\n";
	const char *told = brought_up(world, "anything", later);

	if (strstr(told, "volume names"))
		fail_msg("%s", told);
}

static void
what_was_printed_is_known_to_check_while_it_holds(void **state)
{
	struct world *world = *state;
	struct bench *bench = world->bench;
	struct kg_text told[2] = { { .arena = bench->arena }, { .arena = bench->arena } };

	(void)brought_up(world, "setings", "");
	for (size_t i = 0; i < 2; i++) {
		struct kg_errors errors = { .arena = bench->arena }, warnings = { .arena = bench->arena };
		struct kg_run *run;

		assert_null(bench_open(bench, (struct kg_run_options){ .reading = true }, &run));
		kg_run_review(run, &errors, &warnings);
		kg_run_close(run);
		list(&told[i], "error", &errors);
		list(&told[i], "warning", &warnings);
		bench_file(bench, "pod.yaml", "{}\n");
	}
	assert_string_equal(kg_text_end(&told[0]),
	    "error 9: volume names ConfigMap shop/setings, which neither the graph nor the cluster has (rendered from "
	    "web/pod.yaml) "
	    "-> did you mean `settings`?\n");
	assert_string_equal(
	    kg_text_end(&told[1]), "warning 0: what `render` of 1 node prints is reviewed at `kgraph up`, before it is applied\n");
}

static void
two_ways_to_a_cluster_are_one(void **state)
{
	struct world *world = *state;
	struct bench *bench = world->bench;

	bench_file(bench, "also",
	    kg_format(bench->arena,
		"apiVersion: v1\nkind: Config\ncurrent-context: also\ncontexts:\n- name: also\n  context: {cluster: x, user: me}\n"
		"clusters:\n- name: x\n  cluster: {server: 'http://127.0.0.1:%u'}\nusers:\n- name: me\n  user: {token: z}\n",
		fake_api_port(world->fake)));
	bench_file(bench, "config.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: brought}}\n");
	assert_string_equal(checked(world, "{name: a, configMap: {name: brought}}", "",
				"[node.also]\nkind = \"kubernetes\"\nkubeconfig = \"also\"\nnamespace = \"shop\"\nfiles = "
				"[\"config.yaml\"]\n"),
	    "");
}

int
main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, make, drop)
	const struct CMUnitTest tests[] = {
		STORY(what_names_nothing_asks_nothing),
		STORY(what_the_cluster_has_costs_one_request_each),
		STORY(what_it_lacks_is_told_with_what_was_meant),
		STORY(a_node_port_has_one_holder),
		STORY(operators_may_fill_what_is_made),
		STORY(a_cluster_that_is_just_made_may_still_bring_its_classes),
		STORY(pods_may_make_what_the_cluster_lets_their_account),
		STORY(pods_may_make_what_a_role_of_the_cluster_lets_them),
		STORY(commands_of_the_graph_may_make_it),
		STORY(who_may_not_look_is_told_what_is_known_without),
		STORY(a_cluster_that_is_away_is_noted_where_it_matters),
		STORY(a_run_asks_again_what_a_command_may_have_made),
		STORY(a_cluster_of_this_very_run_is_asked_when_it_is_there),
		STORY(what_a_command_prints_is_reviewed_before_it_is_applied),
		STORY(a_node_port_that_is_printed_is_nobody_elses),
		STORY(while_another_has_not_printed_nothing_is_missed),
		STORY(what_was_printed_is_known_to_check_while_it_holds),
		STORY(two_ways_to_a_cluster_are_one),
	};

	return cmocka_run_group_tests_name("kubernetes_world", tests, NULL, NULL);
}
