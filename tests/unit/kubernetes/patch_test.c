#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/manifest/field.h"
#include "targets/kubernetes/manifest/manifest.h"

/* All objects, patched, as canonical JSON, one a line; then the errors as "line:column message -> advice". */
static const char *
patched(struct kg_arena *arena, const char *text, struct kg_manifest_patch patch)
{
	struct kg_errors errors = { .arena = arena };
	struct kg_manifest manifest = { 0 };
	struct kg_text out = { .arena = arena };

	kg_manifest_read(arena, &errors, &(struct kg_yaml_source){ "x.yaml", text, strlen(text) }, &manifest);
	assert_null(errors.first);
	kg_manifest_patch(arena, &errors, &manifest, &patch);
	for (uint32_t i = 0; i < manifest.objects.count; i++)
		kg_text_format(&out, "%s\n", kg_object_canonical(arena, manifest.objects.items[i].json));
	for (const struct kg_error *error = errors.first; error; error = error->next)
		kg_text_format(&out, "%u:%u %s%s%s\n", error->place.line, error->place.column, error->message,
		    error->advice ? " -> " : "", error->advice ? error->advice : "");
	return kg_text_end(&out);
}

static void
assert_holds(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("%s\ndoes not hold\n%s", text, part);
}

static void
assert_values(const char *data, const char *expected)
{
	static const struct kg_manifest_pair values[] = { { "PORT", "5432" }, { "HOST", "db" }, { "FLAG", "true" },
		{ "ZERO", "007" }, { "RATIO", "-1.5e3" }, { "YES", "yes" }, { "EMPTY", "" }, { "MANY", "a: b\nc" },
		{ "a.b-c", "x" } };
	struct kg_arena *arena = kg_arena_make();
	const char *text = kg_format(arena, "apiVersion: x.io/v1\nkind: Thing\nmetadata: {name: a}\nspec:\n  k: %s\n", data);
	const char *answer = patched(arena, text, (struct kg_manifest_patch){ .values = values, .value_count = 9 });

	assert_holds(answer, expected);
	kg_arena_free(arena);
}

static void
values_are_put_into_texts(void **)
{
	assert_values("${PORT}", "\"k\":5432}");
	assert_values("\"${PORT}\"", "\"k\":\"5432\"}");
	assert_values("${HOST}:${PORT}", "\"k\":\"db:5432\"}");
	assert_values("${FLAG}", "\"k\":true}");
	assert_values("${ZERO}", "\"k\":\"007\"}"); /* is no number in JSON */
	assert_values("${RATIO}", "\"k\":-1500}");
	assert_values("${YES}", "\"k\":\"yes\"}"); /* a value is data, not YAML */
	assert_values("${EMPTY}", "\"k\":\"\"}");
	assert_values("${MANY}", "\"k\":\"a: b\\nc\"}");
	assert_values("x${a.b-c}x", "\"k\":\"xxx\"}");
	assert_values(
	    "|\n    url=${HOST}\n    p=$${PORT} $HOME ${X:-y} $$ ${", "\"k\":\"url=db\\np=${PORT} $HOME ${X:-y} $$ ${\\n\"}");
	assert_values("$$${HOST}", "\"k\":\"$${HOST}\"}");
}

static void
a_value_stays_a_text_where_there_are_texts_alone(void **)
{
	static const struct kg_manifest_pair values[] = { { "N", "123" }, { "F", "true" }, { "E", "" } };
	struct kg_manifest_patch patch = { .values = values, .value_count = 3 };
	struct kg_arena *arena = kg_arena_make();

	assert_holds(patched(arena, "apiVersion: x.io/v1\nkind: Thing\nmetadata:\n  name: ${N}\n", patch), "{\"name\":\"123\"}");
	assert_holds(patched(arena, "apiVersion: x.io/v1\nkind: Thing\nmetadata:\n  name: ${E}\n", patch),
	    "4:9 with these values, the object has no name, kind or apiVersion");
	assert_holds(
	    patched(arena, "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  labels:\n    a: ${F}\nstringData:\n  p: ${N}\n",
		patch),
	    "\"labels\":{\"a\":\"true\"},\"name\":\"s\"},\"stringData\":{\"p\":\"123\"}}");
	assert_holds(patched(arena,
			 "apiVersion: v1\nkind: Pod\nmetadata:\n  name: s\nspec:\n  priority: ${N}\n  containers:\n  - name: c\n   "
			 " tty: ${F}\n    "
			 "args:\n    - ${N}\n    env:\n    - name: A\n      value: ${N}\n",
			 patch),
	    "\"spec\":{\"containers\":[{\"args\":[\"123\"],\"env\":[{\"name\":\"A\",\"value\":\"123\"}],\"name\":\"c\",\"tty\":"
	    "true}],"
	    "\"priority\":123}");
	kg_arena_free(arena);
}

static void
an_unknown_value_is_told_where_it_stands(void **)
{
	assert_values(
	    "|\n    a\n    b ${PORTS}", "7:7 there is no value for ${PORTS} -> did you mean ${PORT}? $${PORTS} stands for itself");
	assert_values("x ${SOMETHING_ELSE}",
	    "5:8 there is no value for ${SOMETHING_ELSE} -> give it one in `values`, or write "
	    "$${SOMETHING_ELSE} where it stands for itself");

	struct kg_arena *arena = kg_arena_make();
	static const char text[] = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: \"${PORT}\"}\n";
	assert_holds(patched(arena, text, (struct kg_manifest_patch){ 0 }), "\"k\":\"${PORT}\"");
	kg_arena_free(arena);
}

static const char workload[] =
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: old}\nspec:\n"
    "  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n"
    "      serviceAccountName: web\n      initContainers: [{name: i, image: 'localhost:5000/init@sha256:00'}]\n"
    "      containers:\n      - name: c\n        image: web:1\n        envFrom: [{configMapRef: {name: settings}}, {secretRef: "
    "{name: other}}]\n"
    "      volumes: [{name: v, secret: {secretName: password}}]\n";

static void
images_are_replaced_by_name(void **)
{
	static const struct kg_manifest_pair images[] = { { "web", "localhost/web:2" },
		{ "localhost:5000/init", "init@sha256:11" } };
	static const struct kg_manifest_pair wrong[] = { { "webb", "x" } };
	struct kg_arena *arena = kg_arena_make();
	const char *answer = patched(arena, workload, (struct kg_manifest_patch){ .images = images, .image_count = 2 });

	assert_holds(answer, "\"image\":\"localhost/web:2\"");
	assert_holds(answer, "\"image\":\"init@sha256:11\"");
	answer = patched(arena, workload,
	    (struct kg_manifest_patch){
		.place = { .file = "kgraph.toml", .line = 3, .column = 1 }, .images = wrong, .image_count = 1 });
	assert_holds(answer, "3:1 no container has an image `webb` -> did you mean `web`?");
	kg_arena_free(arena);
}

static void
replicas_are_set_by_name(void **)
{
	static const struct kg_manifest_replicas replicas[] = { { "web", 3 } }, wrong[] = { { "wep", 3 } };
	struct kg_arena *arena = kg_arena_make();

	assert_holds(
	    patched(arena, workload, (struct kg_manifest_patch){ .replicas = replicas, .replica_count = 1 }), "\"replicas\":3");
	assert_holds(patched(arena, workload, (struct kg_manifest_patch){ .replicas = wrong, .replica_count = 1 }),
	    "nothing with replicas is called `wep` -> did you mean `web`?");
	kg_arena_free(arena);
}

static void
labels_reach_selectors_only_when_asked(void **)
{
	static const struct kg_manifest_pair labels[] = { { "team", "a" } };
	struct kg_manifest_patch patch = { .labels = labels, .label_count = 1 };
	struct kg_arena *arena = kg_arena_make();
	const char *answer = patched(arena, workload, patch);

	assert_holds(answer, "\"metadata\":{\"labels\":{\"team\":\"a\"},\"name\":\"web\"");
	assert_holds(answer, "\"matchLabels\":{\"app\":\"web\"}");
	assert_holds(answer, "\"template\":{\"metadata\":{\"labels\":{\"app\":\"web\"}}");
	patch.in_selectors = true;
	answer = patched(arena, workload, patch);
	assert_holds(answer, "\"matchLabels\":{\"app\":\"web\",\"team\":\"a\"}");
	assert_holds(answer, "\"template\":{\"metadata\":{\"labels\":{\"app\":\"web\",\"team\":\"a\"}}");
	answer = patched(arena, "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {selector: {app: web}}\n", patch);
	assert_holds(answer, "\"selector\":{\"app\":\"web\",\"team\":\"a\"}");
	kg_arena_free(arena);
}

static void
what_is_renamed_is_followed(void **)
{
	struct kg_manifest_patch patch = { .name_prefix = "p-", .name_suffix = "-s" };
	struct kg_arena *arena = kg_arena_make();
	const char *text = kg_format(arena,
	    "%s---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: old}}\n---\n"
	    "{apiVersion: v1, kind: Secret, metadata: {name: password}}\n---\n"
	    "{apiVersion: v1, kind: ServiceAccount, metadata: {name: web, namespace: old}}\n---\n"
	    "{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: r, namespace: old}, rules: [{resources: "
	    "[configmaps], "
	    "resourceNames: [settings, none]}]}\n---\n"
	    "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: rb, namespace: old}, roleRef: {kind: "
	    "Role, name: r},"
	    " subjects: [{kind: ServiceAccount, name: web, namespace: old}, {kind: User, name: web}]}\n---\n"
	    "{apiVersion: v1, kind: Namespace, metadata: {name: old}}\n---\n"
	    "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: h, namespace: old}, spec: "
	    "{scaleTargetRef: {apiVersion: "
	    "apps/v1, kind: Deployment, name: web}}}\n",
	    workload);
	const char *answer = patched(arena, text, patch);

	assert_holds(answer, "\"name\":\"p-web-s\",\"namespace\":\"old\"");
	assert_holds(answer, "{\"configMapRef\":{\"name\":\"p-settings-s\"}},{\"secretRef\":{\"name\":\"other\"}}");
	assert_holds(answer, "\"secretName\":\"p-password-s\""); /* the Secret says no namespace */
	assert_holds(answer, "\"serviceAccountName\":\"p-web-s\"");
	assert_holds(answer, "\"resourceNames\":[\"p-settings-s\",\"none\"]");
	assert_holds(answer, "\"roleRef\":{\"kind\":\"Role\",\"name\":\"p-r-s\"}");
	assert_holds(answer,
	    "{\"kind\":\"ServiceAccount\",\"name\":\"p-web-s\",\"namespace\":\"old\"},{\"kind\":\"User\",\"name\":\"web\"}");
	assert_holds(answer, "\"kind\":\"Namespace\",\"metadata\":{\"name\":\"old\"}");
	assert_holds(answer, "\"scaleTargetRef\":{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"name\":\"p-web-s\"}");
	kg_arena_free(arena);
}

static void
the_namespace_is_set_where_there_is_one(void **)
{
	struct kg_manifest_patch patch = { .namespace_ = "new" };
	struct kg_arena *arena = kg_arena_make();
	static const char text[] = "{apiVersion: v1, kind: Namespace, metadata: {name: old}}\n---\n{apiVersion: v1, kind: Service, "
				   "metadata: {name: s, namespace: old}}\n---\n"
				   "{apiVersion: v1, kind: ServiceAccount, metadata: {name: a}}\n---\n"
				   "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: b}, "
				   "roleRef: {kind: ClusterRole, name: view}, "
				   "subjects: [{kind: ServiceAccount, name: a, namespace: old}, {kind: ServiceAccount, name: "
				   "default, namespace: old}, {kind: "
				   "ServiceAccount, name: z, namespace: far}]}\n---\n"
				   "{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration, metadata: "
				   "{name: w}, webhooks: [{clientConfig: "
				   "{service: {name: s, namespace: old}}}]}\n---\n"
				   "{apiVersion: x.io/v1, kind: Thing, metadata: {name: t}}\n---\n{apiVersion: x.io/v1, kind: "
				   "Wide, metadata: {name: w}}\n---\n"
				   "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: "
				   "wides.x.io}, spec: {group: x.io, scope: "
				   "Cluster, names: {kind: Wide}}}\n";
	const char *answer = patched(arena, text, patch);

	assert_holds(answer, "\"kind\":\"Namespace\",\"metadata\":{\"name\":\"new\"}");
	assert_holds(answer, "\"kind\":\"Service\",\"metadata\":{\"name\":\"s\",\"namespace\":\"new\"}");
	assert_holds(answer, "\"kind\":\"ServiceAccount\",\"metadata\":{\"name\":\"a\",\"namespace\":\"new\"}");
	assert_holds(answer, "\"kind\":\"ClusterRoleBinding\",\"metadata\":{\"name\":\"b\"}");
	assert_holds(answer,
	    "\"name\":\"a\",\"namespace\":\"new\"},{\"kind\":\"ServiceAccount\",\"name\":\"default\",\"namespace\":\"new\"},"
	    "{\"kind\":\"ServiceAccount\",\"name\":\"z\",\"namespace\":\"far\"}");
	assert_holds(answer, "\"service\":{\"name\":\"s\",\"namespace\":\"new\"}");
	assert_holds(answer, "\"kind\":\"Thing\",\"metadata\":{\"name\":\"t\",\"namespace\":\"new\"}");
	assert_holds(answer, "\"kind\":\"Wide\",\"metadata\":{\"name\":\"w\"}");
	kg_arena_free(arena);
}

static int
no_scope(void *context, const char *, const char *kind)
{
	return strcmp(kind, *(const char **)context) == 0 ? 0 : -1;
}

static void
the_cluster_is_asked_where_a_kind_lives(void **)
{
	const char *kind = "Issuer";
	struct kg_manifest_patch patch = { .namespace_ = "new", .scope = no_scope, .scope_context = &kind };
	struct kg_arena *arena = kg_arena_make();

	assert_holds(
	    patched(arena, "{apiVersion: c.io/v1, kind: Issuer, metadata: {name: i}}", patch), "\"metadata\":{\"name\":\"i\"}");
	kg_arena_free(arena);
}

static void
namespaces_that_become_one_are_one(void **)
{
	static const char text[] = "{apiVersion: v1, kind: Namespace, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Namespace, "
				   "metadata: {name: b}}\n---\n"
				   "{apiVersion: v1, kind: Namespace, metadata: {name: c}}\n---\n{apiVersion: v1, kind: Secret, "
				   "metadata: {name: s, namespace: a}}\n---\n"
				   "{apiVersion: v1, kind: Secret, metadata: {name: t, namespace: b}}\n";
	struct kg_arena *arena = kg_arena_make();

	assert_string_equal(patched(arena, text, (struct kg_manifest_patch){ .namespace_ = "n" }),
	    "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"n\"}}\n"
	    "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"c\"}}\n"
	    "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"s\",\"namespace\":\"n\"}}\n"
	    "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"t\",\"namespace\":\"n\"}}\n");
	kg_arena_free(arena);
}

static void
host_names_of_services_follow(void **)
{
	static const char text[] = "{apiVersion: v1, kind: Service, metadata: {name: db, namespace: old}}\n---\n"
				   "{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: old}, data: {a: "
				   "'x@db.old.svc.cluster.local:5432/db,db.old.svc', b: "
				   "'db.far.svc old.db.svc adb.old.svc db.old db.old.svcs .svc db..svc', c: 'db-0.db.old.svc'}}\n";
	struct kg_arena *arena = kg_arena_make();
	const char *answer = patched(arena, text, (struct kg_manifest_patch){ .namespace_ = "new", .name_prefix = "p-" });

	assert_holds(answer, "\"a\":\"x@p-db.new.svc.cluster.local:5432/db,p-db.new.svc\"");
	assert_holds(answer, "\"b\":\"db.far.svc old.db.svc adb.old.svc db.old db.old.svcs .svc db..svc\"");
	assert_holds(answer, "\"c\":\"db-0.p-db.new.svc\"");
	kg_arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_put_into_texts),
		cmocka_unit_test(a_value_stays_a_text_where_there_are_texts_alone),
		cmocka_unit_test(an_unknown_value_is_told_where_it_stands),
		cmocka_unit_test(images_are_replaced_by_name),
		cmocka_unit_test(replicas_are_set_by_name),
		cmocka_unit_test(labels_reach_selectors_only_when_asked),
		cmocka_unit_test(what_is_renamed_is_followed),
		cmocka_unit_test(the_namespace_is_set_where_there_is_one),
		cmocka_unit_test(the_cluster_is_asked_where_a_kind_lives),
		cmocka_unit_test(namespaces_that_become_one_are_one),
		cmocka_unit_test(host_names_of_services_follow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
