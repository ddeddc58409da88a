/* The settings of the kind `kubernetes`: their table, and what a table cannot check. */
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "targets/kubernetes/kubernetes_inside.h"
#include "targets/kubernetes/status/jsonpath.h"
#include "targets/kubernetes/status/ready_when.h"

static const struct kg_field rule_fields[] = {
	KG_FIELD(kubernetes_rule, object, KG_TEXT, KG_REQUIRED, "which objects: KIND, or KIND/NAME"),
	KG_FIELD(kubernetes_rule, is, KG_TEXT, KG_REQUIRED,
	    "condition=NAME[=STATUS] or jsonpath={PATH}[=VALUE], as for `kubectl wait`; or `applied`, when it is not waited for"),
	{ 0 },
};

static const struct kg_field output_fields[] = {
	KG_FIELD(kubernetes_output, as, KG_TEXT, KG_REQUIRED, "the name of the output"),
	KG_FIELD(kubernetes_output, object, KG_TEXT, KG_REQUIRED, "the object that it is taken from: KIND/NAME"),
	KG_FIELD(kubernetes_output, path, KG_TEXT, KG_REQUIRED, "JSONPath of a value of it: {.spec.ports[0].nodePort}"),
	{ 0 },
};

const struct kg_field kg_kubernetes_fields[] = {
	KG_FIELD(kubernetes_spec, files, KG_PATHS, KG_INPUT,
	    "manifests, YAML or JSON; globs; a folder stands for all .yaml, .yml and .json below it"),
	KG_FIELD(kubernetes_spec, objects, KG_JSONS, 0, "objects as tables of the graph file"),
	KG_FIELD(kubernetes_spec, render, KG_TEXTS, KG_NO_SECRET,
	    "a command that prints manifests, such as kustomize build or helm template; its files count only under `inputs`"),
	KG_FIELD_AS("namespace", kubernetes_spec, namespace_, KG_TEXT, 0,
	    "where all objects go that live in a namespace; each says it itself when absent, or goes to the context's"),
	KG_FIELD(kubernetes_spec, create_namespace, KG_FLAG, 0, "`namespace` is made when it is not there, and goes with the node"),
	KG_FIELD(kubernetes_spec, name_prefix, KG_TEXT, 0,
	    "before all names but those of namespaces and CRDs; what refers to them follows"),
	KG_FIELD(kubernetes_spec, name_suffix, KG_TEXT, 0, "the same behind them"),
	KG_FIELD(kubernetes_spec, labels, KG_MAP, 0, "put onto all objects"),
	KG_FIELD(kubernetes_spec, images, KG_MAP, 0, "by the name of an image, without tag: the reference that takes its place"),
	KG_FIELD(kubernetes_spec, replicas, KG_MAP, 0, "by the name of a Deployment or StatefulSet: how many pods"),
	KG_FIELD(kubernetes_spec, values, KG_MAP, 0, "what ${NAME} stands for in the manifests; $${ stands for ${"),
	KG_FIELD(kubernetes_spec, kubeconfig, KG_PATH, KG_NOT_HASHED,
	    "says where the cluster is; KUBECONFIG or ~/.kube/config when absent"),
	KG_FIELD(kubernetes_spec, context, KG_TEXT, KG_NOT_HASHED, "the kubeconfig's context; its current one when absent"),
	KG_FIELD(kubernetes_spec, force, KG_FLAG, KG_NOT_HASHED,
	    "objects that are there and not of this node are taken over, and so are fields that another manager has"),
	KG_FIELD(kubernetes_spec, replace, KG_FLAG, KG_NOT_HASHED,
	    "an object whose change the server refuses is deleted and made again"),
	KG_FIELD(
	    kubernetes_spec, prune, KG_FLAG, KG_NOT_HASHED, "what the node made and no longer has is deleted", .fallback = "true"),
	KG_FIELD(kubernetes_spec, ready_when, KG_RECORDS, KG_NOT_HASHED,
	    "when objects are ready, where that is not known by itself", .fields = rule_fields,
	    .size = sizeof(struct kubernetes_rule)),
	KG_FIELD(kubernetes_spec, ready_in, KG_TEXT, KG_NOT_HASHED,
	    "where the program of `exec` in `ready` runs: KIND/NAME or KIND/NAME/CONTAINER; the node's only workload when absent"),
	KG_FIELD_AS("ready_timeout", kubernetes_spec, ready_timeout_ms, KG_DURATION, KG_NOT_HASHED, "how long until all is ready",
	    .fallback = "5m"),
	KG_FIELD_AS("gone_timeout", kubernetes_spec, gone_timeout_ms, KG_DURATION, KG_NOT_HASHED,
	    "how long until all is gone when it is deleted", .fallback = "2m"),
	KG_FIELD(kubernetes_spec, outputs, KG_RECORDS, KG_OUTPUT_KEYS, "further outputs, read from the objects",
	    .fields = output_fields, .size = sizeof(struct kubernetes_output)),
	{ 0 },
};

static bool
is_open(const char *text)
{
	return strstr(text, "${") != NULL;
}

static struct kg_error *
rules_check(struct kg_arena *arena, const struct kubernetes_rule *const *rules)
{
	const struct kg_ready_when *when;

	for (; rules && *rules; rules++) {
		const char *is = (*rules)->is;
		struct kg_error *error = is_open(is) || strcmp(is, "applied") == 0 ? NULL : kg_ready_when_parse(arena, is, &when);

		if (error)
			return kg_error_wrap(arena, error, "`ready_when` of %s", (*rules)->object);
	}
	return NULL;
}

static struct kg_error *
outputs_check(struct kg_arena *arena, const struct kubernetes_output *const *outputs)
{
	const struct kg_jsonpath *path;

	for (; outputs && *outputs; outputs++) {
		const struct kubernetes_output *it = *outputs;

		if (!is_open(it->object) && !strchr(it->object, '/'))
			return kg_error_advise(arena,
			    kg_error_make(arena, KG_EINPUT, "output `%s` is of no object: %s", it->as, it->object),
			    "write KIND/NAME, such as Service/web");
		struct kg_error *error = is_open(it->path) ? NULL : kg_jsonpath_parse(arena, it->path, &path);
		if (error)
			return kg_error_wrap(arena, error, "`path` of the output `%s`", it->as);
	}
	return NULL;
}

struct kg_error *
kg_kubernetes_check(struct kg_arena *arena, const void *given)
{
	const struct kubernetes_spec *spec = given;
	bool has_files = spec->files && *spec->files, has_objects = spec->objects && *spec->objects;

	if (!has_files && !has_objects && !(spec->render && *spec->render) && !spec->create_namespace)
		return kg_error_advise(
		    arena, kg_error_make(arena, KG_EINPUT, "the node has no objects"), "give `files`, `objects` or `render`");
	if (spec->create_namespace && !spec->namespace_)
		return kg_error_make(arena, KG_EINPUT, "`create_namespace` is for a `namespace`");
	for (const struct kg_pair *pair = spec->replicas; pair && pair->name; pair++)
		if (!is_open(pair->value) && (!*pair->value || pair->value[strspn(pair->value, "0123456789")]))
			return kg_error_make(arena, KG_EINPUT, "`replicas` of %s is no number: %s", pair->name, pair->value);
	if (spec->ready_in && !is_open(spec->ready_in) && !strchr(spec->ready_in, '/'))
		return kg_error_advise(arena, kg_error_make(arena, KG_EINPUT, "`ready_in` names no object: %s", spec->ready_in),
		    "write KIND/NAME, such as Deployment/web");
	struct kg_error *error = rules_check(arena, spec->ready_when);
	return error ? error : outputs_check(arena, spec->outputs);
}

/* What the command reads is its own affair; which program it is counts. */
void
kg_kubernetes_inputs(struct kg_inputs *inputs, const void *given, const struct kg_common *)
{
	const struct kubernetes_spec *spec = given;

	if (spec->render && *spec->render)
		kg_inputs_add_program(inputs, spec->render[0]);
}

const char *
kg_kubernetes_rule(const struct kubernetes_spec *spec, const char *kind, const char *name)
{
	const char *is = NULL;

	for (const struct kubernetes_rule *const *rule = spec->ready_when; rule && *rule; rule++) {
		const char *object = (*rule)->object;
		size_t length = strcspn(object, "/");

		if (strncmp(object, kind, length) != 0 || kind[length])
			continue;
		if (!object[length] ? !is : strcmp(object + length + 1, name) == 0)
			is = (*rule)->is;
	}
	return is;
}
