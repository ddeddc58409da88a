#include "targets/kubernetes/status/diagnosis.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/status/below.h"
#include "targets/kubernetes/status/condition.h"
#include "targets/kubernetes/status/diagnosis_inside.h"
#include "targets/kubernetes/status/member.h"
#include "targets/kubernetes/status/surroundings.h"

/* Longer messages are cut: the first line of a probe's answer or of an admission webhook tells, the rest is for `kubectl describe`. */
constexpr size_t message_most = 400;

const char *
kg_tidy_message(struct kg_arena *arena, const char *message)
{
	static const char wrapping[] = "rpc error: code = ";
	struct kg_text text = { .arena = arena };

	while (*message && text.size < message_most) {
		const char *end = kg_text_starts(message, wrapping) ? strstr(message, " desc = ") : NULL;

		if (end) {
			message = end + strlen(" desc = ");
		} else if (isspace((unsigned char)*message)) {
			message += strspn(message, " \t\r\n");
			if (text.size > 0 && *message)
				kg_text_add(&text, " ");
		} else {
			size_t length = kg_text_utf8_length(message, strlen(message));

			length = length ? length : 1;
			kg_text_add_bytes(&text, message, length);
			message += length;
		}
	}
	if (*message)
		kg_text_add(&text, "…");
	else if (text.size > 1 && text.bytes[text.size - 1] == '.' && text.bytes[text.size - 2] != '.')
		return kg_copy_bytes(arena, text.bytes, text.size - 1);
	return kg_text_end(&text);
}

void
kg_fatal_after(const struct kg_examination *examination, int64_t from_s, int32_t grace_s, struct kg_draft *draft)
{
	const struct kg_diagnosis_rules *rules = &examination->rules;
	int64_t start_s = from_s > rules->since_s ? from_s : rules->since_s;

	if (grace_s < 0)
		return;
	draft->is_fatal = rules->now_s >= start_s + grace_s;
	draft->fatal_at_s = draft->is_fatal ? 0 : start_s + grace_s;
}

/* After what it misses has come, the kubelet takes so long to find it, and the scheduler to find room. */
static constexpr int64_t tries_again_s = 20;

void
kg_spare_while_others_may_help(const struct kg_examination *examination, struct kg_draft *draft)
{
	const struct kg_diagnosis_rules *rules = &examination->rules;

	if (draft->is_fatal && rules->others_may_help && rules->others_may_help(rules->context, rules->now_s - tries_again_s))
		draft->is_fatal = false;
}

static const char *
sentence(const struct kg_examination *examination, const struct kg_draft *draft)
{
	if (!draft->pod || draft->is_about_object)
		return kg_format(examination->arena, "%s: %s", examination->title, draft->text);
	return kg_format(examination->arena, "pod %s: %s", kg_member_text(draft->pod, "metadata.name", "?"), draft->text);
}

static struct kg_finding
finding(const struct kg_examination *examination, const struct kg_draft *draft)
{
	struct kg_finding finding = {
		.is_fatal = draft->is_fatal,
		.object = examination->title,
		.sentence = sentence(examination, draft),
		.advice = draft->advice,
		.count = 1,
		.fatal_at_s = draft->is_fatal ? 0 : draft->fatal_at_s,
		.namespace_ = kg_member_text(examination->object, "metadata.namespace", NULL),
	};

	if (draft->pod && draft->has_log) {
		finding.pod = kg_member_text(draft->pod, "metadata.name", NULL);
		finding.container = draft->container;
		finding.is_previous = draft->is_previous;
		finding.wants_words = draft->wants_words;
	}
	return finding;
}

/* What several pods have in common is told once, by the one that it is fatal for. */
void
kg_found(struct kg_examination *examination, const struct kg_draft *draft)
{
	const char *key = kg_format(examination->arena, "%s\n%s\n%s\n%s\n%s", examination->title,
	    kg_member_text(examination->object, "metadata.namespace", ""), draft->what, draft->container ? draft->container : "",
	    draft->detail ? draft->detail : "");
	struct kg_finding found = finding(examination, draft);
	uint32_t at;

	if (!kg_map_get(&examination->folded, key, &at)) {
		kg_map_put(&examination->folded, key, examination->found.count);
		kg_list_push(examination->arena, &examination->found, found);
		return;
	}
	struct kg_finding *first = &examination->found.items[at];
	uint32_t count = first->count + 1;
	int64_t fatal_at_s = first->fatal_at_s;
	if (found.is_fatal && !first->is_fatal)
		*first = found;
	else if (!first->is_fatal && found.fatal_at_s && (!fatal_at_s || found.fatal_at_s < fatal_at_s))
		first->fatal_at_s = found.fatal_at_s;
	first->count = count;
}

/* What has failed for good is told once, by the Job itself. */
static bool
is_of_failed_job(const struct kg_examination *examination, const cJSON *pod)
{
	const char *namespace_ = kg_member_text(pod, "metadata.namespace", "");
	const cJSON *owner;

	cJSON_ArrayForEach(owner, kg_member(pod, "metadata.ownerReferences"))
	{
		const char *name = kg_member_text(owner, "name", "");
		const cJSON *job = strcmp(kg_member_text(owner, "kind", ""), "Job") == 0
		    ? kg_surroundings_find(examination->around, "Job", namespace_, name)
		    : NULL;

		if (kg_condition_is(job, "Failed", "True"))
			return true;
	}
	return false;
}

static void
examine_below(struct kg_examination *examination)
{
	struct kg_below below = kg_below_find(examination->arena, examination->object, examination->around);
	bool is_over = kg_is_kind(examination->object, "batch", "Job") && kg_condition_is(examination->object, "Failed", "True");

	for (uint32_t i = 0; i < below.owners.count && !is_over; i++)
		kg_examine_refusals(examination, below.owners.items[i]);
	for (uint32_t i = 0; i < below.pods.count && !is_over; i++)
		if (!is_of_failed_job(examination, below.pods.items[i]))
			kg_examine_pod(examination, below.pods.items[i]);
}

static struct kg_diagnosis_rules
with_defaults(const struct kg_diagnosis_rules *rules)
{
	struct kg_diagnosis_rules filled = *rules;

	filled.crash_restarts = rules->crash_restarts ? rules->crash_restarts : 3;
	filled.pull_grace_s = rules->pull_grace_s ? rules->pull_grace_s : 60;
	filled.missing_grace_s = rules->missing_grace_s ? rules->missing_grace_s : 10;
	filled.unschedulable_grace_s = rules->unschedulable_grace_s ? rules->unschedulable_grace_s : 30;
	return filled;
}

/* Fatal ones first, else as they were found. */
static struct kg_findings
in_order(const struct kg_examination *examination)
{
	uint32_t count = examination->found.count, at = 0;
	struct kg_finding *items = kg_new_array(examination->arena, struct kg_finding, count);

	for (int is_fatal = 1; is_fatal >= 0; is_fatal--) {
		for (uint32_t i = 0; i < count; i++) {
			struct kg_finding one = examination->found.items[i];

			if (one.is_fatal != is_fatal)
				continue;
			if (one.count > 1)
				one.sentence = kg_format(examination->arena, "%s (and %u more pod%s)", one.sentence, one.count - 1,
				    one.count > 2 ? "s" : "");
			items[at++] = one;
		}
	}
	return (struct kg_findings){ items, count };
}

struct kg_findings
kg_diagnose(struct kg_arena *arena, const cJSON *const *objects, uint32_t count, const struct kg_surroundings *around,
    const struct kg_diagnosis_rules *rules)
{
	struct kg_examination examination = {
		.arena = arena,
		.around = around,
		.rules = with_defaults(rules),
		.folded.arena = arena,
	};

	for (uint32_t i = 0; i < count; i++) {
		examination.object = objects[i];
		examination.title = kg_object_title(
		    arena, kg_member_text(objects[i], "kind", "?"), kg_member_text(objects[i], "metadata.name", "?"));
		if (kg_is_kind(objects[i], "", "Pod"))
			kg_examine_pod(&examination, objects[i]);
		else
			examine_below(&examination);
		kg_examine_object(&examination);
	}
	return in_order(&examination);
}
