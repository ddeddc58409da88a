/* How certain a review is that something is missing, when it asks again, and when it takes a thing for somebody else's to bring. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/manifest/manifest.h"
#include "targets/kubernetes/manifest/review.h"

/* What a review notes to be asked again: "Kind namespace/name key; …". */
static struct kg_text noted;

static void
world_lacks(void *, const struct kg_reviewed *, const struct kg_lack *lack)
{
	if (lack->kind)
		kg_text_format(&noted, "%s %s/%s%s%s; ", lack->kind, lack->namespace_ ? lack->namespace_ : "", lack->name,
		    lack->key ? " " : "", lack->key ? lack->key : "");
	else
		kg_text_format(&noted, "%d/%s for %s; ", (int)lack->node_port, lack->protocol, lack->service);
	assert_non_null(lack->error->place.file);
}

static enum kg_presence
half_has(void *, const char *, const char *, const char *kind, const char *, const char *name, const char *key)
{
	if (strcmp(name, "unknown") == 0)
		return KG_PRESENCE_UNKNOWN;
	if (strcmp(name, "yet") == 0)
		return KG_ABSENT_YET;
	if (strcmp(kind, "Secret") != 0 || strcmp(name, "half") != 0)
		return KG_ABSENT;
	return !key || strcmp(key, "there") == 0 ? KG_PRESENT : KG_ABSENT;
}

static const char *
half_advises(void *, const char *, const char *kind, const char *, const char *name, const char *key)
{
	if (key)
		return "did you mean `there`?";
	return strcmp(kind, "Secret") == 0 && strcmp(name, "hafl") == 0 ? "did you mean `half`?" : NULL;
}

static const struct kg_world half_world = { .has = half_has, .advise = half_advises, .lacks = world_lacks };

static void
tell(struct kg_text *out, const char *level, const struct kg_errors *errors)
{
	for (const struct kg_error *error = errors->first; error; error = error->next)
		kg_text_format(out, "%s %s:%u:%u %s%s%s\n", level, error->place.file, error->place.line, error->place.column,
		    error->message, error->advice ? " -> " : "", error->advice ? error->advice : "");
}

/* What is told of a manifest, and behind that what is to be asked again. The default namespace is ds. */
static const char *
told(struct kg_arena *arena, const char *text, enum kg_makers makers, bool is_fresh)
{
	struct kg_errors errors = { .arena = arena }, warnings = { .arena = arena };
	const char *whole = kg_format(arena, "%s\n---\n{apiVersion: v1, kind: Namespace, metadata: {name: ds}}\n", text);
	struct kg_manifest manifest = { 0 };
	struct kg_text out = { .arena = arena };

	noted = (struct kg_text){ .arena = arena };
	kg_manifest_read(arena, &errors, &(struct kg_yaml_source){ "a", whole, strlen(whole) }, &manifest);
	assert_null(errors.first);
	const struct kg_reviewed node = {
		.node = "a", .manifest = &manifest, .cluster = "cluster", .namespace_ = "ds", .makers = makers, .is_fresh = is_fresh
	};
	kg_manifest_review(arena, &node, 1, &half_world, &errors, &warnings);
	tell(&out, "error", &errors);
	tell(&out, "warning", &warnings);
	kg_text_add(&out, kg_text_end(&noted));
	return kg_text_end(&out);
}

/* Of a pod with one more line, the seventh, and another object. */
static const char *
certain(struct kg_arena *arena, const char *more, const char *object, enum kg_makers makers, bool is_fresh)
{
	static const char pod[] = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  restartPolicy: Never\n"
				  "  containers: [{name: c, image: x:1}]\n";

	return told(
	    arena, kg_format(arena, "%s  %s\n%s%s\n", pod, more, object ? "---\n" : "", object ? object : ""), makers, is_fresh);
}

static void
assert_told(const char *text, const char *expected)
{
	struct kg_arena *arena = kg_arena_make();

	assert_string_equal(told(arena, text, KG_MAKERS_NONE, false), expected);
	kg_arena_free(arena);
}

#define NEITHER(level, name) level " a:7:44 volume names Secret ds/" name ", which neither the graph nor the cluster has\n"
#define VOLUME(name) "volumes: [{name: v, secret: {secretName: " name "}}]"

static void
what_the_cluster_lacks_is_an_error_unless_somebody_may_bring_it(void **)
{
	static const char *const bringers[] = {
		"{apiVersion: example.org/v1, kind: Database, metadata: {name: d}}",
		"{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: r}, rules: [{resources: [secrets], verbs: "
		"[create]}]}",
		"{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: r}, rules: [{resources: ['*'], "
		"verbs: ['*']}]}",
		"{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: b}, roleRef: {kind: "
		"ClusterRole, name: "
		"cluster-admin}, subjects: [{kind: ServiceAccount, name: default, namespace: ds}]}",
		"{apiVersion: v1, kind: Service, metadata: {name: s, annotations: {example.org/serving-cert: gone}}, spec: {}}",
		"{apiVersion: batch/v1, kind: Job, metadata: {name: j}, spec: {template: {spec: {containers: [{name: c, image: "
		"x:1, args: "
		"['--secret-name=gone']}]}}}}",
		"{apiVersion: batch/v1, kind: Job, metadata: {name: j}, spec: {template: {spec: {containers: [{name: c, image: "
		"x:1, "
		"command: [sh, -c, 'kubectl create secret generic ds/gone']}]}}}}",
	};
	static const char *const others[] = {
		"{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: r}, rules: [{resources: [secrets], verbs: "
		"[get]}]}",
		"{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: r}, rules: [{resources: [pods], verbs: "
		"['*']}]}",
		"{apiVersion: batch/v1, kind: Job, metadata: {name: j}, spec: {template: {spec: {containers: [{name: c, image: "
		"x:1, args: "
		"['--config=/etc/gone/gone.yaml']}]}}}}",
		"{apiVersion: v1, kind: Service, metadata: {name: s, annotations: "
		"{kubectl.kubernetes.io/last-applied-configuration: gone}}, spec: {}}",
	};
	struct kg_arena *arena = kg_arena_make();

	assert_string_equal(certain(arena, VOLUME("gone"), NULL, KG_MAKERS_NONE, false), NEITHER("error", "gone"));
	for (size_t i = 0; i < sizeof(bringers) / sizeof(*bringers); i++)
		assert_string_equal(certain(arena, VOLUME("gone"), bringers[i], KG_MAKERS_NONE, false), NEITHER("warning", "gone"));
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_string_equal(certain(arena, VOLUME("gone"), others[i], KG_MAKERS_NONE, false), NEITHER("error", "gone"));
	assert_string_equal(certain(arena, VOLUME("yet"), NULL, KG_MAKERS_NONE, false), NEITHER("warning", "yet"));
	assert_string_equal(certain(arena, VOLUME("gone"), NULL, KG_MAKERS_BESIDE, false), NEITHER("warning", "gone"));
	kg_arena_free(arena);
}

static void
what_is_known_later_is_asked_again(void **)
{
	struct kg_arena *arena = kg_arena_make();

	assert_string_equal(
	    certain(arena, VOLUME("gone"), NULL, KG_MAKERS_BEFORE, false), NEITHER("warning", "gone") "Secret ds/gone; ");
	assert_string_equal(certain(arena, VOLUME("unknown"), NULL, KG_MAKERS_NONE, false),
	    "warning a:7:44 volume names Secret ds/unknown, which no node of the graph has -> it has to be in the cluster by then\n"
	    "Secret ds/unknown; ");
	assert_string_equal(certain(arena, VOLUME("half"), NULL, KG_MAKERS_BEFORE, false), "");
	/* It goes with the cluster that has it, when that is made anew. */
	assert_string_equal(certain(arena, VOLUME("half"), NULL, KG_MAKERS_NONE, true), "Secret ds/half; ");
	assert_string_equal(certain(arena, "priorityClassName: unknown", NULL, KG_MAKERS_NONE, false), "PriorityClass /unknown; ");
	assert_string_equal(certain(arena, "terminationGracePeriodSeconds: 1",
				"{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: [{port: 1, nodePort: 30001}]}}",
				KG_MAKERS_NONE, true),
	    "30001/TCP for ds/s; ");
	kg_arena_free(arena);
}

static void
keys_of_the_cluster_have_to_be_there(void **)
{
	struct kg_arena *arena = kg_arena_make();

#define ITEM(key) "volumes: [{name: v, secret: {secretName: half, items: [{key: " key ", path: p}]}}]"
	assert_string_equal(certain(arena, ITEM("there"), NULL, KG_MAKERS_NONE, false), "");
	assert_string_equal(certain(arena, ITEM("theer"), NULL, KG_MAKERS_NONE, false),
	    "error a:7:64 Secret ds/half in the cluster has no key `theer` -> did you mean `there`?\n");
	assert_string_equal(certain(arena, ITEM("theer"), NULL, KG_MAKERS_BEFORE, false),
	    "warning a:7:64 Secret ds/half in the cluster has no key `theer` -> did you mean `there`?\nSecret ds/half theer; ");
	assert_string_equal(certain(arena, VOLUME("hafl"), NULL, KG_MAKERS_NONE, false),
	    "error a:7:44 volume names Secret ds/hafl, which neither the graph nor the cluster has -> did you mean `half`?\n");
	/* Others may write into one of the graph's: what they have put there is there, and what is empty is for them to fill. */
	assert_string_equal(certain(arena, ITEM("there"), "{apiVersion: v1, kind: Secret, metadata: {name: half}, data: {x: eA==}}",
				KG_MAKERS_NONE, false),
	    "");
	assert_string_equal(
	    certain(arena, ITEM("x"), "{apiVersion: v1, kind: Secret, metadata: {name: half}}", KG_MAKERS_NONE, false),
	    "warning a:7:64 Secret half has no key `x` -> the pod would not start; if that key may miss, say optional: true beside "
	    "it\n");
	assert_string_equal(certain(arena, ITEM("token"),
				"{apiVersion: v1, kind: Secret, metadata: {name: half}, type: kubernetes.io/service-account-token}",
				KG_MAKERS_NONE, false),
	    "");
	kg_arena_free(arena);
}

static void
what_controllers_make_is_there(void **)
{
	assert_told(
	    "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: s}\nspec:\n  selector: {matchLabels: {a: b}}\n"
	    "  volumeClaimTemplates: [{metadata: {name: disk}}]\n  template:\n    metadata: {labels: {a: b}}\n    spec:\n"
	    "      containers: [{name: c, image: x:1, readinessProbe: {}, volumeMounts: [{name: disk, mountPath: /x}]}]\n---\n"
	    "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  restartPolicy: Never\n  containers: []\n"
	    "  volumes: [{name: d, persistentVolumeClaim: {claimName: disk-s-0}}]\n",
	    "");
	/* A class by which a claim finds its volume need be no object. */
	assert_told("{apiVersion: v1, kind: PersistentVolume, metadata: {name: v}, spec: {storageClassName: manual}}\n---\n"
		    "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c}, spec: {storageClassName: manual}}\n",
	    "");
	assert_told("{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c}, spec: {storageClassName: manual}}\n",
	    "error a:1:93 storageClassName names StorageClass manual, which neither the graph nor the cluster has\n");
}

static void
pods_that_are_not_made_now_need_nothing_now(void **)
{
	static const char *const kinds[] = {
		"{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {replicas: 0, template: ",
		"{apiVersion: batch/v1, kind: Job, metadata: {name: d}, spec: {suspend: true, template: ",
		"{apiVersion: batch/v1, kind: CronJob, metadata: {name: d}, spec: {jobTemplate: {spec: {template: "
	};
	struct kg_arena *arena = kg_arena_make();

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const char *text =
		    kg_format(arena, "%s{spec: {serviceAccountName: gone, containers: []}}}%s}\n", kinds[i], i == 2 ? "}}" : "");
		const char *said = told(arena, text, KG_MAKERS_NONE, false);

		assert_true(kg_text_starts(said, "warning a:1:"));
		assert_non_null(
		    strstr(said, "serviceAccountName names ServiceAccount ds/gone, which neither the graph nor the cluster has"));
	}
	kg_arena_free(arena);
}

static void
a_binding_for_others_is_their_affair(void **)
{
	assert_told("{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: b}, roleRef: {kind: "
		    "ClusterRole, name: view}, "
		    "subjects: [{kind: ServiceAccount, name: prometheus, namespace: monitoring}]}",
	    "warning a:1:166 subject names ServiceAccount monitoring/prometheus, which neither the graph nor the cluster has\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_cluster_lacks_is_an_error_unless_somebody_may_bring_it),
		cmocka_unit_test(what_is_known_later_is_asked_again),
		cmocka_unit_test(keys_of_the_cluster_have_to_be_there),
		cmocka_unit_test(what_controllers_make_is_there),
		cmocka_unit_test(pods_that_are_not_made_now_need_nothing_now),
		cmocka_unit_test(a_binding_for_others_is_their_affair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
