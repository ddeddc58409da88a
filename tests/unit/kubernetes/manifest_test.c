#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/json.h"
#include "targets/kubernetes/manifest/manifest.h"

/* The lines of all objects, then the errors as "line:column message -> advice". */
static void
assert_read(const char *text, const char *expected)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_errors errors = { .arena = arena };
	struct kg_manifest manifest = { 0 };
	struct kg_text out = { .arena = arena };

	kg_manifest_read(arena, &errors, &(struct kg_yaml_source){ "x.yaml", text, strlen(text) }, &manifest);
	kg_manifest_check(arena, &errors, &manifest);
	for (uint32_t i = 0; i < manifest.objects.count; i++)
		kg_text_format(&out, "%s\n", kg_object_line(arena, &manifest.objects.items[i]));
	for (const struct kg_error *error = errors.first; error; error = error->next)
		kg_text_format(&out, "%u:%u %s%s%s\n", error->place.line, error->place.column, error->message,
		    error->advice ? " -> " : "", error->advice ? error->advice : "");
	assert_string_equal(kg_text_end(&out), expected);
	kg_arena_free(arena);
}

static void
objects_are_read_with_their_names_and_places(void **)
{
	static const char text[] =
	    "apiVersion: v1\nkind: Namespace\nmetadata: {name: ds}\n---\napiVersion: apps/v1\nkind: Deployment\n"
	    "metadata:\n  name: web\n  namespace: ds\n";
	struct kg_arena *arena = kg_arena_make();
	struct kg_errors errors = { .arena = arena };
	struct kg_manifest manifest = { 0 };

	assert_read(text, "v1 Namespace - ds\napps/v1 Deployment ds web\n");
	kg_manifest_read(arena, &errors, &(struct kg_yaml_source){ "x.yaml", text, strlen(text) }, &manifest);
	assert_int_equal(manifest.objects.items[1].place.line, 8);
	assert_int_equal(manifest.objects.items[1].place.column, 9);
	assert_string_equal(kg_object_tell(arena, &manifest.objects.items[0]), "Namespace ds");
	assert_string_equal(kg_object_tell(arena, &manifest.objects.items[1]), "Deployment ds/web");
	assert_string_equal(kg_object_key(arena, &manifest.objects.items[0]), "core Namespace - ds");
	kg_arena_free(arena);
}

static void
lists_are_taken_apart(void **)
{
	assert_read("apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: a}\n"
		    "- apiVersion: v1\n  kind: List\n  items: [{apiVersion: v1, kind: Secret, metadata: {name: b}}]\n",
	    "v1 Secret - a\nv1 Secret - b\n");
	assert_read("apiVersion: v1\nkind: ConfigMapList\nitems:\n- metadata: {name: a, namespace: ds}\n", "v1 ConfigMap ds a\n");
	assert_read("apiVersion: v1\nkind: List\nitems: []\n", "");
	assert_read("apiVersion: x/v1\nkind: AllowList\nmetadata: {name: a}\n", "x/v1 AllowList - a\n");
}

static void
what_is_no_object_is_told(void **)
{
	assert_read("just text", "1:1 this is no Kubernetes object: there is no mapping with apiVersion, kind and metadata\n");
	assert_read("a: 1\n---\n{metadata: {name: x}}",
	    "1:1 this is no Kubernetes object: it has no apiVersion and no kind\n"
	    "3:1 this is no Kubernetes object: it has no apiVersion and no kind\n");
	assert_read("kind: Secret\nmetadata: {name: 5}\n",
	    "1:1 this object has no apiVersion\n2:18 metadata.name is no text -> put it in quotes\n");
	assert_read("apiVersion: v1\nkind: Pod\nmetadata:\n  generateName: x-\n",
	    "4:17 with generateName, every apply would make another object -> give it a metadata.name\n");
	assert_read("apiVersion: v1\nkind: Pod\nmetadata: {name: n}\n",
	    "3:18 metadata.name is no text -> put it in quotes: y, n, yes, no, on and off are booleans\n");
	assert_read("apiVersion: v1\nkind: ''\nmetadata: {name: a, namespace: [b]}\n",
	    "2:7 this object has no kind\n3:32 metadata.namespace is no text\n");
	assert_read("apiVersion: v1\nkind: Pod\nmetadata: web\n",
	    "3:11 metadata is a mapping with the object's name, and this is a text -> write it as `metadata: {name: web}`\n");
	assert_read("apiVersion: v1\nkind: Pod\nmetadata:\n- name: web\n",
	    "4:1 metadata is a mapping with the object's name, and this is a list -> write it as `metadata: {name: …}`\n");
	assert_read("apiVersion: v1\nkind: Pod\nmetadata: 5\n",
	    "3:11 metadata is a mapping with the object's name, and this is a number -> write it as `metadata: {name: …}`\n");
	assert_read("apiVersion: v1\nkind: Pod\nmetadata:\n", "1:1 this object has no metadata.name\n");
	assert_read("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n",
	    "2:7 this is for kustomize, not for Kubernetes -> render = [\"kustomize\", \"build\", \"FOLDER\"] reads what it makes "
	    "of it\n");
}

static void
an_object_that_is_there_twice_is_told_with_both_places(void **)
{
	assert_read("{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}}\n---\n"
		    "{apiVersion: apps/v1beta1, kind: Deployment, metadata: {name: a}}\n---\n"
		    "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a, namespace: b}}\n",
	    "apps/v1 Deployment - a\napps/v1beta1 Deployment - a\napps/v1 Deployment b a\n"
	    "3:63 Deployment a is there already -> it is first at x.yaml:1\n");
}

static void
objects_of_the_graph_file_stand_where_it_says_them(void **)
{
	static const char json[] =
	    "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\"},\"data\":{\"k\":\"v\"}}";
	struct kg_arena *arena = kg_arena_make();
	struct kg_errors errors = { .arena = arena };
	struct kg_manifest manifest = { 0 };
	struct kg_place place = { .file = "kgraph.toml", .line = 7, .column = 11 };

	kg_manifest_read_json(arena, &errors, json, place, &manifest);
	assert_int_equal(manifest.objects.count, 1);
	struct kg_object *object = &manifest.objects.items[0];
	assert_int_equal(object->place.line, 7);
	assert_string_equal(kg_object_place(arena, object, kg_json_at(object->json, "data.k")).file, "kgraph.toml");
	kg_manifest_read_json(arena, &errors, "[1]", place, &manifest);
	assert_int_equal(errors.count, 1);
	assert_int_equal(errors.first->place.line, 7);
	kg_arena_free(arena);
}

static enum kg_object_level
level_of(const char *api_version, const char *kind)
{
	return kg_object_level(&(struct kg_object){ .api_version = api_version, .kind = kind, .name = "x" });
}

static void
levels_say_what_comes_first(void **)
{
	assert_int_equal(level_of("v1", "Namespace"), KG_LEVEL_NAMESPACE);
	assert_int_equal(level_of("apiextensions.k8s.io/v1", "CustomResourceDefinition"), KG_LEVEL_DEFINITION);
	assert_int_equal(level_of("rbac.authorization.k8s.io/v1", "RoleBinding"), KG_LEVEL_ACCESS);
	assert_int_equal(level_of("v1", "ServiceAccount"), KG_LEVEL_ACCESS);
	assert_int_equal(level_of("v1", "Secret"), KG_LEVEL_CONFIGURATION);
	assert_int_equal(level_of("v1", "PersistentVolumeClaim"), KG_LEVEL_STORAGE);
	assert_int_equal(level_of("v1", "Service"), KG_LEVEL_SERVICE);
	assert_int_equal(level_of("apps/v1", "StatefulSet"), KG_LEVEL_WORKLOAD);
	assert_int_equal(level_of("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"), KG_LEVEL_WEBHOOK);
	assert_int_equal(level_of("serving.knative.dev/v1", "Service"), KG_LEVEL_CUSTOM); /* not Kubernetes' own */
	for (enum kg_object_level level = 0; level < KG_LEVEL_COUNT; level++)
		assert_true(strlen(kg_object_level_tell(level)) > 3);
	assert_int_equal(kg_object_is_namespaced("v1", "Node"), 0);
	assert_int_equal(kg_object_is_namespaced("v1", "Event"), 1);
	assert_int_equal(kg_object_is_namespaced("storage.k8s.io/v1", "VolumeAttributesClass"), 0);
	assert_int_equal(kg_object_is_namespaced("apiregistration.k8s.io/v1", "APIService"), 0);
	assert_int_equal(kg_object_is_namespaced("x/v1", "Node"), -1);
}

static void
lines_are_read_back(void **)
{
	static const char *const lines[] = { "v1 Namespace - ds", "apps/v1 Deployment ds web",
		"rbac.authorization.k8s.io/v1 ClusterRole - system:a b" };
	static const char *const damaged[] = { "", "v1", "v1 Pod", "v1 Pod -", "v1 Pod - ", " Pod - x", "v1  - x" };
	struct kg_arena *arena = kg_arena_make();
	struct kg_object object;

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		assert_true(kg_object_read_line(arena, lines[i], &object));
		assert_string_equal(kg_object_line(arena, &object), lines[i]);
	}
	for (size_t i = 0; i < sizeof(damaged) / sizeof(*damaged); i++)
		assert_false(kg_object_read_line(arena, damaged[i], &object));
	kg_arena_free(arena);
}

static const cJSON *
json_of(struct kg_arena *arena, const char *text)
{
	return kg_json_read(arena, text, strlen(text));
}

static void
what_is_alike_has_one_canonical_form(void **)
{
	struct kg_arena *arena = kg_arena_make();
	const cJSON *a = json_of(arena, "{\"b\":[{\"z\":1.0,\"a\":\"\\u00e9\\r\\/\"}],\"a\":{},\"B\":null}");
	const cJSON *b = json_of(arena, "{\"B\":null, \"a\":{},\"b\":[{\"a\":\"\u00e9\\u000d/\",\"z\":1}]}");

	assert_string_equal(kg_object_canonical(arena, a), "{\"B\":null,\"a\":{},\"b\":[{\"a\":\"\u00e9\\u000d/\",\"z\":1}]}");
	assert_string_equal(kg_object_digest(arena, a), kg_object_digest(arena, b));
	assert_int_equal(strlen(kg_object_digest(arena, a)), 32);
	assert_string_not_equal(kg_object_digest(arena, a), kg_object_digest(arena, a->child));
	kg_arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_are_read_with_their_names_and_places),
		cmocka_unit_test(lists_are_taken_apart),
		cmocka_unit_test(what_is_no_object_is_told),
		cmocka_unit_test(an_object_that_is_there_twice_is_told_with_both_places),
		cmocka_unit_test(objects_of_the_graph_file_stand_where_it_says_them),
		cmocka_unit_test(levels_say_what_comes_first),
		cmocka_unit_test(lines_are_read_back),
		cmocka_unit_test(what_is_alike_has_one_canonical_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
