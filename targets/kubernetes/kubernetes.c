/* The kind `kubernetes`: objects of a cluster that outlive kgraph, found again by their label. */
#include "targets/kubernetes/kubernetes.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "targets/kubernetes/kubernetes_inside.h"

static const char *
remembered(const struct kg_pair *outputs, const char *key)
{
	for (; outputs && outputs->name; outputs++)
		if (strcmp(outputs->name, key) == 0)
			return outputs->value;
	return "";
}

/* Along PATH, or NULL. */
static const char *
program_find(struct kg_arena *arena, const char *name)
{
	const char *path = getenv("PATH");

	for (const char *at = path ? path : "/usr/local/bin:/usr/bin:/bin"; *at;) {
		size_t length = strcspn(at, ":");
		const char *candidate = kg_path_join(arena, kg_copy_bytes(arena, at, length), name);

		/* A relative part of PATH means another program in each folder. */
		if (candidate[0] == '/' && access(candidate, X_OK) == 0)
			return candidate;
		at += length + (at[length] == ':');
	}
	return NULL;
}

/* What the node's pods print, by kubectl; without it the node's own log is all there is. */
static const char *const *
logs(struct kg_arena *arena, const struct kg_pair *outputs, bool is_followed, int64_t lines)
{
	const char *kubeconfig = remembered(outputs, "kubeconfig"), *context = remembered(outputs, "context");
	const char *selector = remembered(outputs, "selector"), *program = program_find(arena, "kubectl");
	KG_LIST(const char *) words = { 0 };

	if (!*selector || !program)
		return NULL;
	kg_list_push(arena, &words, program);
	if (*kubeconfig)
		kg_list_push(arena, &words, kg_format(arena, "--kubeconfig=%s", kubeconfig));
	if (*context && strcmp(context, "in-cluster") != 0)
		kg_list_push(arena, &words, kg_format(arena, "--context=%s", context));
	kg_list_push(arena, &words, kg_format(arena, "--namespace=%s", remembered(outputs, "namespace")));
	kg_list_push(arena, &words, "logs");
	kg_list_push(arena, &words, kg_format(arena, "--selector=%s", selector));
	kg_list_push(arena, &words, "--all-containers");
	kg_list_push(arena, &words, "--prefix");
	kg_list_push(arena, &words, "--max-log-requests=50");
	kg_list_push(arena, &words, kg_format(arena, "--tail=%d", (int)lines));
	if (is_followed)
		kg_list_push(arena, &words, "--follow");
	kg_list_push(arena, &words, NULL);
	return words.items;
}

const struct kg_kind kg_kind_kubernetes = {
	.facts = {
		.name = "kubernetes",
		.version = 1,
		.summary = "objects of a Kubernetes cluster, applied in order and waited for",
		.fields = kg_kubernetes_fields,
		.outputs = (const char *const[]){ "namespace", "kubeconfig", "context", "selector", "service", "host", "port", "node_port", NULL },
		.spec_size = sizeof(struct kubernetes_spec),
		.check = kg_kubernetes_check,
	},
	.state_size = sizeof(struct kubernetes_state),
	.inputs = kg_kubernetes_inputs,
	.look = kg_kubernetes_look,
	.run = kg_kubernetes_run,
	.ready = kg_kubernetes_ready,
	.undo = kg_kubernetes_undo,

	.review = kg_kubernetes_review,
	.gather = kg_kubernetes_gather,
	.close = kg_kubernetes_close,
	.logs = logs,
	.outlives = true,
};
