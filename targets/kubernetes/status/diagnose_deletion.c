#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/status/condition.h"
#include "targets/kubernetes/status/diagnosis_inside.h"
#include "targets/kubernetes/status/member.h"
#include "targets/kubernetes/status/surroundings.h"

/* What the namespace controller says is left, and why it cannot go on. */
static const char *const namespace_conditions[] = { "NamespaceDeletionDiscoveryFailure",
	"NamespaceDeletionGroupVersionParsingFailure", "NamespaceDeletionContentFailure", "NamespaceFinalizersRemaining",
	"NamespaceContentRemaining" };

/* What its finalizers are known to wait for. */
static const struct {
	const char *finalizer, *waits;
} known[] = {
	{ "kubernetes.io/pvc-protection", "a pod still uses it" },
	{ "kubernetes.io/pv-protection", "a claim is still bound to it" },
	{ "foregroundDeletion", "what it owns is deleted first" },
	{ "orphan", "what it owns is set free first" },
	{ "batch.kubernetes.io/job-tracking", "the Job controller counts it first" },
	{ "service.kubernetes.io/load-balancer-cleanup", "its load balancer is removed first" },
	{ "customresourcecleanup.apiextensions.k8s.io", "all resources of its kind are deleted first" },
};

static const char *
namespace_words(struct kg_arena *arena, const cJSON *object)
{
	struct kg_condition condition;
	struct kg_text text = { .arena = arena };

	for (size_t i = 0; i < sizeof(namespace_conditions) / sizeof(*namespace_conditions); i++) {
		if (!kg_condition_find(object, namespace_conditions[i], &condition) || strcmp(condition.status, "True") != 0)
			continue;
		kg_text_format(&text, "%s%s", text.size > 0 ? "; " : "", kg_tidy_message(arena, condition.message));
	}
	return text.size > 0 ? kg_text_end(&text) : NULL;
}

static const char *
pods_that_use(struct kg_arena *arena, const cJSON *object, const struct kg_surroundings *around)
{
	const struct kg_near *near;

	if (!kg_is_kind(object, "", "PersistentVolumeClaim"))
		return NULL;
	near = kg_surroundings_consumers(
	    around, kg_member_text(object, "metadata.namespace", ""), kg_member_text(object, "metadata.name", ""));
	return near ? kg_format(arena, "pod %s still uses it", kg_member_text(near->object, "metadata.name", "?")) : NULL;
}

const char *
kg_diagnose_deletion(struct kg_arena *arena, const cJSON *object, const struct kg_surroundings *around)
{
	struct kg_text text = { .arena = arena };
	const cJSON *one;

	if (!kg_member_some_text(object, "metadata.deletionTimestamp"))
		return NULL;
	const char *left = kg_is_kind(object, "", "Namespace") ? namespace_words(arena, object) : NULL;
	if (left)
		return kg_format(arena, "it is being deleted, and waits: %s", left);
	cJSON_ArrayForEach(one, kg_member(object, "metadata.finalizers"))
	{
		const char *waits = pods_that_use(arena, object, around);

		if (!cJSON_IsString(one))
			continue;
		kg_text_format(&text, "%s%s", text.size > 0 ? ", " : "", one->valuestring);
		for (size_t i = 0; !waits && i < sizeof(known) / sizeof(*known); i++)
			if (strcmp(known[i].finalizer, one->valuestring) == 0)
				waits = known[i].waits;
		if (waits)
			kg_text_format(&text, " (%s)", waits);
	}
	if (text.size == 0)
		return "it is being deleted";
	return kg_format(arena, "it is being deleted, and waits for its %s %s",
	    cJSON_GetArraySize(kg_member(object, "metadata.finalizers")) > 1 ? "finalizers" : "finalizer", kg_text_end(&text));
}
