/* The kind `kubernetes`: objects of a cluster that outlive kgraph, found again by their label. */
#include "targets/kubernetes/kubernetes.h"

#include "targets/kubernetes/kubernetes_inside.h"

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
	.show = kg_kubernetes_show,
	.close = kg_kubernetes_close,
	.outlives = true,
};
