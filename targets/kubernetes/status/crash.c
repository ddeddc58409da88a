#include "targets/kubernetes/status/crash.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/list.h"
#include "engine/base/map.h"
#include "engine/base/text.h"
#include "targets/kubernetes/status/member.h"

/* What has worked for longer ends for another reason than that it cannot begin. */
static constexpr int64_t soon_s = 15;

struct kg_crashes {
	struct kg_arena *arena;
	struct kg_map index;
	KG_LIST(struct kg_crash *) all;
};

struct kg_crashes *
kg_crashes_make(struct kg_arena *arena)
{
	struct kg_crashes *crashes = kg_new(arena, struct kg_crashes);

	crashes->arena = crashes->index.arena = arena;
	return crashes;
}

static const char *
key_of(struct kg_arena *arena, const char *namespace_, const char *pod, const char *container)
{
	return kg_format(arena, "%s/%s/%s", namespace_, pod, container);
}

/* The one that has just ended, or, when it runs again or waits to, the one before. */
static const cJSON *
end_of(const cJSON *status)
{
	const cJSON *now = kg_member(status, "state.terminated");

	return now && kg_member_some_text(now, "containerID") ? now : kg_member(status, "lastState.terminated");
}

struct kg_crash *
kg_crashes_see(struct kg_crashes *crashes, const cJSON *pod, const cJSON *status)
{
	const cJSON *ended = end_of(status);
	const char *id = kg_member_some_text(ended, "containerID");
	uint32_t at;

	if (!crashes || !id)
		return NULL;
	const char *key = key_of(crashes->arena, kg_member_text(pod, "metadata.namespace", ""),
	    kg_member_text(pod, "metadata.name", ""), kg_member_text(status, "name", ""));
	if (!kg_map_get(&crashes->index, key, &at)) {
		struct kg_crash *crash = kg_new(crashes->arena, struct kg_crash);

		at = crashes->all.count;
		crash->before.id = crash->last.id = "";
		kg_map_put(&crashes->index, key, at);
		kg_list_push(crashes->arena, &crashes->all, crash);
	}
	struct kg_crash *crash = crashes->all.items[at];
	if (strcmp(crash->last.id, id) == 0)
		return crash;
	crash->before = crash->last;
	crash->last = (struct kg_crash_end){
		.id = kg_copy(crashes->arena, id),
		.exit_code = kg_member_integer(ended, "exitCode", 0),
		.started_s = kg_member_time_s(ended, "startedAt"),
		.ended_s = kg_member_time_s(ended, "finishedAt"),
		.words = { "", "", KG_CRASH_UNKNOWN },
	};
	return crash;
}

void
kg_crashes_hear(struct kg_crashes *crashes, const char *namespace_, const char *pod, const char *container, const char *text)
{
	uint32_t at;

	if (!kg_map_get(&crashes->index, key_of(crashes->arena, namespace_, pod, container), &at))
		return;
	struct kg_crash_end *last = &crashes->all.items[at]->last;
	last->words = kg_crash_words_read(crashes->arena, text);
	last->has_words = true;
}

static bool
was_soon(const struct kg_crash_end *end)
{
	return *end->id && end->ended_s - end->started_s <= soon_s;
}

bool
kg_crash_is_alike(const struct kg_crash *crash)
{
	const struct kg_crash_end *last = &crash->last, *before = &crash->before;

	return was_soon(last) && was_soon(before) && last->exit_code == before->exit_code && *last->words.shape &&
	    strcmp(last->words.shape, before->words.shape) == 0;
}
