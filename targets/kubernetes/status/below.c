#include "targets/kubernetes/status/below.h"

#include <string.h>

#include "engine/base/map.h"
#include "targets/kubernetes/status/member.h"
#include "targets/kubernetes/status/surroundings.h"

static bool
is_label(const cJSON *object, const char *label, const char *value)
{
	const char *is = kg_member_key(object, "metadata.labels", label);

	return !is || !value || !*value || strcmp(is, value) == 0;
}

/* Whether what a controller made is of its current revision: what is left of an older one fails for reasons that are over. */
static bool
is_of_current_revision(const cJSON *owner, const cJSON *made)
{
	const char *kind = kg_member_text(owner, "kind", "");
	const char *strategy = kg_member_text(owner, "spec.updateStrategy.type", "");

	if (strcmp(kind, "Deployment") == 0) {
		static const char revision[] = "deployment.kubernetes.io/revision";
		const char *wanted = kg_member_key(owner, "metadata.annotations", revision);
		const char *is = kg_member_key(made, "metadata.annotations", revision);

		return !wanted || !is || strcmp(wanted, is) == 0;
	}
	if (strcmp(strategy, "OnDelete") == 0 || kg_member_integer(owner, "spec.updateStrategy.rollingUpdate.partition", 0) > 0)
		return true;
	if (strcmp(kind, "StatefulSet") == 0)
		return is_label(made, "controller-revision-hash", kg_member_text(owner, "status.updateRevision", NULL));
	if (strcmp(kind, "DaemonSet") == 0)
		return is_label(made, "pod-template-generation",
		    kg_member_key(owner, "metadata.annotations", "deprecated.daemonset.template.generation"));
	return true;
}

/* A controller that has not seen its latest change has only things of an older revision. */
static bool
is_observed(const cJSON *owner)
{
	int64_t generation = kg_member_integer(owner, "metadata.generation", -1);

	return generation == -1 || kg_member_integer(owner, "status.observedGeneration", generation) >= generation;
}

struct kg_below
kg_below_find(struct kg_arena *arena, const cJSON *object, const struct kg_surroundings *around)
{
	struct kg_map seen = { .arena = arena };
	struct kg_below below = { 0 };

	kg_list_push(arena, &below.owners, object);
	for (uint32_t i = 0; i < below.owners.count; i++) {
		const cJSON *owner = below.owners.items[i];
		const char *uid = kg_member_some_text(owner, "metadata.uid");

		if (!uid || !kg_map_put(&seen, uid, 0) || !is_observed(owner))
			continue;
		for (const struct kg_near *near = kg_surroundings_owned(around, uid); near; near = near->next) {
			if (!is_of_current_revision(owner, near->object))
				continue;
			if (kg_is_kind(near->object, "", "Pod"))
				kg_list_push(arena, &below.pods, near->object);
			else
				kg_list_push(arena, &below.owners, near->object);
		}
	}
	return below;
}
