/* The kind `kubernetes`: objects of a cluster that outlive kgraph, found again by their label. */
#include "targets/kubernetes/kubernetes.h"

#include <string.h>

#include "engine/base/arena.h"
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

/* What the node's pods print, by kubectl. */
static const char *const *
logs(struct kg_arena *arena, const struct kg_pair *outputs, bool is_followed, int64_t lines)
{
	const char *kubeconfig = remembered(outputs, "kubeconfig"), *context = remembered(outputs, "context");
	const char *selector = remembered(outputs, "selector");
	KG_LIST(const char *) words = { 0 };

	if (!*selector)
		return NULL;
	kg_list_push(arena, &words, "kubectl");
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
		.summary = "objects of a Kubernetes cluster, applied in their order and waited for",
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
	.close = kg_kubernetes_close,
	.logs = logs,
	.outlives = true,
};
