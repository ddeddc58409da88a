/* Nodes, as far as they are why pods do not start: not ready, short of something, or closed for new pods. */
#include <inttypes.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/status/condition.h"
#include "targets/kubernetes/status/diagnosis_inside.h"
#include "targets/kubernetes/status/member.h"
#include "targets/kubernetes/status/surroundings.h"

/* The rest is for `kubectl get nodes`. */
constexpr uint32_t told_most = 3;

static const struct {
	const char *type, *words;
} shortages[] = {
	{ "DiskPressure", "has disk pressure" },
	{ "MemoryPressure", "has memory pressure" },
	{ "PIDPressure", "has too many processes" },
	{ "NetworkUnavailable", "has no network" },
};

struct trouble {
	const char *words;   /* "is not ready"; NULL: nothing is wrong with it */
	const char *message; /* the kubelet's own, or "" */
	bool is_closed;      /* for further pods alone */
};

static struct trouble
trouble_of(struct kg_arena *arena, const cJSON *node)
{
	struct kg_condition condition;

	if (kg_condition_find(node, "Ready", &condition) && strcmp(condition.status, "True") != 0)
		return (struct trouble){ .words = "is not ready", .message = kg_tidy_message(arena, condition.message) };
	for (size_t i = 0; i < sizeof(shortages) / sizeof(*shortages); i++)
		if (kg_condition_find(node, shortages[i].type, &condition) && strcmp(condition.status, "True") == 0)
			return (
			    struct trouble){ .words = shortages[i].words, .message = kg_tidy_message(arena, condition.message) };
	bool is_closed = kg_member_flag(node, "spec.unschedulable", false);
	return (struct trouble){ .words = is_closed ? "is cordoned" : NULL, .message = "", .is_closed = is_closed };
}

const char *
kg_nodes_tell(const struct kg_examination *examination)
{
	struct kg_text text = { .arena = examination->arena };
	uint32_t count = 0;

	for (const struct kg_near *near = kg_surroundings_of_kind(examination->around, "Node", NULL); near; near = near->next) {
		struct trouble trouble = trouble_of(examination->arena, near->object);

		if (!trouble.words || count++ >= told_most)
			continue;
		kg_text_format(&text, "%snode %s %s", count > 1 ? ", " : "", kg_member_text(near->object, "metadata.name", "?"),
		    trouble.words);
		if (*trouble.message)
			kg_text_format(&text, " (%s)", trouble.message);
	}
	if (count > told_most)
		kg_text_format(&text, " and %" PRIu32 " more", count - told_most);
	return count > 0 ? kg_text_end(&text) : NULL;
}

bool
kg_examine_node(struct kg_examination *examination, const cJSON *pod)
{
	const char *name = kg_member_some_text(pod, "spec.nodeName");
	const cJSON *node = name ? kg_surroundings_find(examination->around, "Node", NULL, name) : NULL;
	struct trouble trouble = node ? trouble_of(examination->arena, node) : (struct trouble){ 0 };

	/* That it takes no further pods is no matter of those that it has. */
	if (!trouble.words || trouble.is_closed)
		return false;
	struct kg_draft draft = {
		.what = "node",
		.detail = name,
		.pod = pod,
		.text = kg_format(
		    examination->arena, "its node %s %s%s%s", name, trouble.words, *trouble.message ? ": " : "", trouble.message),
		.advice = kg_format(examination->arena, "see `kubectl describe node %s`", name),
	};
	kg_found(examination, &draft);
	return true;
}
