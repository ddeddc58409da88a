/*
 * Which nodes of the graph may put things into a cluster that no manifest shows: what a command does there, nobody sees before it has run.
 *
 * One that says its `outputs` is taken for what makes these, as its result may be taken from a cache without any run; unless its settings speak of
 * a cluster. A container is taken for what it is, unless they do. Processes, such as an operator that is being written, may do anything.
 */
#include <string.h>
#include <strings.h>

#include "engine/review.h"
#include "targets/kubernetes/kubernetes_world.h"

static bool
has_folded(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (; *text; text++)
		if (strncasecmp(text, word, length) == 0)
			return true;
	return false;
}

static bool
speaks_of_clusters(const struct kg_values *values, const struct kg_value *value)
{
	static const char *const words[] = { "kube", "k8s", "k3", "helm", "cluster", "kustomize" };

	if (value->type == KG_VALUE_TEXT) {
		for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
			if (has_folded(kg_value_text(values, value), words[i]))
				return true;
		return false;
	}
	if (value->type != KG_VALUE_LIST && value->type != KG_VALUE_TABLE)
		return false;
	/* As deep as the file's own nesting, which the reader bounds. */
	for (uint32_t i = 0; i < value->count; i++) {
		const struct kg_value *child = &values->items[value->start + i];

		if (has_folded(kg_value_key(values, child), "kube") || speaks_of_clusters(values, child))
			return true;
	}
	return false;
}

static bool
is_maker(const struct kg_review_node *node)
{
	const struct kg_value *outputs = kg_value_member(node->values, node->settings, "outputs");
	bool has_outputs = outputs && outputs->count > 0;

	if (strcmp(node->kind, "process") == 0 || (strcmp(node->kind, "command") == 0 && !has_outputs))
		return true;
	return speaks_of_clusters(node->values, node->settings);
}

void
kg_kubernetes_makers_find(struct kg_review *review, struct kubernetes_makers *makers)
{
	static const char *const kinds[] = { "command", "process", "container" };

	for (size_t kind = 0; kind < sizeof(kinds) / sizeof(*kinds); kind++) {
		uint32_t count;
		const struct kg_review_node *nodes = kg_review_nodes_of(review, kinds[kind], &count);

		for (uint32_t i = 0; i < count; i++)
			if (is_maker(&nodes[i]))
				kg_list_push(review->arena, makers, &nodes[i]);
	}
}

enum kg_makers
kg_kubernetes_makers_of(struct kg_review *review, const struct kubernetes_makers *makers, const struct kg_review_node *node)
{
	/* A command that is needed has ended by then; what runs on may wait for what the node brings. */
	for (uint32_t i = 0; i < makers->count; i++)
		if (strcmp(makers->items[i]->kind, "command") != 0 || !kg_review_needs(review, node, makers->items[i]))
			return KG_MAKERS_BESIDE;
	return makers->count > 0 ? KG_MAKERS_BEFORE : KG_MAKERS_NONE;
}
