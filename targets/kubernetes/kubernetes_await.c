/*
 * Waiting until objects are ready: by watches of their types and of what is around them (pods, ReplicaSets, events, EndpointSlices), which all nodes of a
 * cluster share. Nothing is polled: every change of the cluster comes as a signal, and is judged anew.
 *
 * An object that is ready as it was seen last needs no watch at all, so that a run in which nothing has changed opens none.
 *
 * A watch may lag behind what we know from our own apply: an object of an older generation, or one that is not in it yet, tells nothing.
 */
#include <inttypes.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/json.h"
#include "targets/kubernetes/kubernetes_inside.h"
#include "targets/kubernetes/status/crash.h"
#include "targets/kubernetes/status/diagnosis.h"
#include "targets/kubernetes/status/ready_when.h"
#include "targets/kubernetes/status/status.h"
#include "targets/kubernetes/status/surroundings.h"

static constexpr int64_t ns_per_s = 1000000000, ns_per_ms = 1000000;
/* An object that was made and is not in a synced watch after this time is gone again. */
static constexpr int64_t appears_ms = 5000;
/* What is wrong is looked for so often at most: for each of hundreds of nodes all pods and events of a namespace are gone through. */
static constexpr int64_t diagnose_ms = 250;
/* Verdicts that hang on time alone are asked for again this often. */
static constexpr int64_t settle_ms = 1000;
/* What has started by then needs no word about nodes. */
static constexpr int64_t nodes_after_ms = 1000;
static constexpr uint32_t told_most = 3;

static kg_step judge;

static struct kubernetes_wait *
wait_of(struct kg_job *job)
{
	return &((struct kubernetes_state *)job->state)->wait;
}

void
kg_kubernetes_await_begin(struct kg_job *job, int64_t limit_ms, kg_step *then)
{
	const struct kubernetes_state *state = job->state;
	struct kubernetes_wait *wait = wait_of(job);

	if (wait->scratch)
		kg_arena_free(wait->scratch);
	*wait = (struct kubernetes_wait){ .limit_ms = limit_ms, .from_s = state->started_s, .then = then };
}

void
kg_kubernetes_await_add(struct kg_job *job, const char *api_version, const char *kind, const char *namespace_, const char *name,
    const cJSON *live, bool is_wanted)
{
	const struct kubernetes_state *state = job->state;
	const char *is = kg_kubernetes_rule(job->spec, kind, name), *answered = kg_json_text(live, "metadata.name");
	bool is_applied = is && strcmp(is, "applied") == 0;
	struct kubernetes_awaited awaited = {
		.resource = kg_api_resource(state->api, api_version, kind),
		.namespace_ = namespace_,
		.name = answered ? answered : name, /* an aggregated server may have given it another one */
		.kind = kind,
		.live = live,
		.is_wanted = is_wanted && !is_applied,
		.is_let_be = is_applied,
	};

	/* Checked when the graph was read; what a reference brought in is told when it is waited for. */
	if (is && !is_applied)
		awaited.rule_error = kg_ready_when_parse(job->arena, is, &awaited.rule);
	kg_list_push(job->arena, &wait_of(job)->objects, awaited);
}

static int64_t
wall_s(void)
{
	return kg_clock_wall_ns() / ns_per_s;
}

const char *
kg_kubernetes_unready(struct kg_job *job)
{
	const struct kubernetes_wait *wait = wait_of(job);
	const char *first = NULL;
	uint32_t others = 0;

	for (uint32_t i = 0; i < wait->objects.count; i++) {
		const struct kubernetes_awaited *it = &wait->objects.items[i];

		if (!it->is_wanted || !it->live)
			continue;
		struct kg_status status = it->rule ? kg_ready_when_status(job->arena, it->rule, it->live)
						   : kg_status_kstatus(job->arena, it->live, wall_s());
		if (status.verdict == KG_VERDICT_CURRENT || status.verdict == KG_VERDICT_UNKNOWN)
			continue;
		if (!it->rule)
			status = kg_status_strict(job->arena, it->live, NULL, wall_s()); /* in better words */
		if (!first)
			first = kg_format(
			    job->arena, "%s: %s", kg_put_tell(job->arena, it->kind, it->namespace_, it->name), status.message);
		else
			others++;
	}
	return others > 0 ? kg_format(job->arena, "%s (and %u more)", first, others) : first;
}

static int64_t
generation_of(const cJSON *object)
{
	const cJSON *generation = kg_json_at(object, "metadata.generation");

	return cJSON_IsNumber(generation) ? (int64_t)generation->valuedouble : 0;
}

/* What is known of it now, or NULL. */
static const cJSON *
live_of(struct kubernetes_awaited *it)
{
	const cJSON *found = it->watch && it->watch->is_synced ? kg_api_watch_find(it->watch, it->namespace_, it->name) : NULL;

	if (!it->watch)
		return it->live;
	if (found && it->live && generation_of(found) < generation_of(it->live))
		return NULL;
	it->was_found = it->was_found || found;
	return found;
}

static struct kg_status
status_of(struct kubernetes_wait *wait, struct kubernetes_awaited *it, const cJSON *live, const struct kg_surroundings *around)
{
	return it->rule ? kg_ready_when_status(wait->scratch, it->rule, live)
			: kg_status_strict(wait->scratch, live, around, wall_s());
}

/* A namespace's watches for all that tells why its workloads are not ready. */
static void
around_watch(struct kg_job *job, const char *namespace_)
{
	static const char *const types[][2] = { { "v1", "Pod" }, { "v1", "Event" }, { "apps/v1", "ReplicaSet" },
		{ "discovery.k8s.io/v1", "EndpointSlice" }, { "v1", "PersistentVolumeClaim" } };
	const struct kubernetes_state *state = job->state;
	struct kubernetes_wait *wait = wait_of(job);

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		const struct kg_resource *resource = kg_api_resource(state->api, types[i][0], types[i][1]);

		if (resource)
			kg_list_push(job->arena, &wait->around,
			    (struct kubernetes_around){
				kg_api_watch(job, state->api, resource, namespace_, NULL, NULL), types[i][1], namespace_ });
	}
}

static void
classes_watch(struct kg_job *job)
{
	const struct kubernetes_state *state = job->state;
	const struct kg_resource *resource = kg_api_resource(state->api, "storage.k8s.io/v1", "StorageClass");

	if (resource)
		kg_list_push(job->arena, &wait_of(job)->around,
		    (struct kubernetes_around){ kg_api_watch(job, state->api, resource, NULL, NULL, NULL), "StorageClass", NULL });
}

/*
 * Nodes, when pods take their time: what is wrong with one is then the reason, more often than not. Who may not see nodes is told without.
 */
static void
nodes_watch(struct kg_job *job)
{
	const struct kubernetes_state *state = job->state;
	struct kubernetes_wait *wait = wait_of(job);
	const struct kg_resource *resource = kg_api_resource(state->api, "v1", "Node");

	wait->has_nodes = true;
	if (resource && wait->around.count > 0)
		kg_list_push(job->arena, &wait->around,
		    (struct kubernetes_around){ kg_api_watch(job, state->api, resource, NULL, NULL, NULL), "Node", NULL });
}

/* Watches what is not ready as it was seen last. */
static void
watches_open(struct kg_job *job)
{
	const struct kubernetes_state *state = job->state;
	struct kubernetes_wait *wait = wait_of(job);
	struct kg_map namespaces = { .arena = job->arena };
	bool has_claims = false;

	for (uint32_t i = 0; i < wait->objects.count; i++) {
		struct kubernetes_awaited *it = &wait->objects.items[i];

		it->is_ready = it->live && status_of(wait, it, it->live, NULL).verdict == KG_VERDICT_CURRENT;
		if (it->is_ready || !it->is_wanted || !it->resource)
			continue;
		it->watch = kg_api_watch(job, state->api, it->resource, it->namespace_, kg_kubernetes_selector(job), NULL);
		wait->topic = it->watch->topic;
		has_claims |= strcmp(it->kind, "PersistentVolumeClaim") == 0;
		if (it->namespace_ && kg_map_put(&namespaces, it->namespace_, i))
			around_watch(job, it->namespace_);
	}
	if (has_claims)
		classes_watch(job);
}

struct kg_next
kg_kubernetes_await(struct kg_job *job)
{
	struct kubernetes_wait *wait = wait_of(job);

	for (uint32_t i = 0; i < wait->objects.count; i++)
		if (wait->objects.items[i].rule_error)
			return kg_kubernetes_failed(job, wait->objects.items[i].rule_error);
	wait->scratch = kg_arena_make();
	wait->crashes = kg_crashes_make(job->arena);
	wait->begun_ns = job->now_ns;
	wait->asked_s = wait->from_s > 0 ? wait->from_s : wall_s();
	wait->until_ns = job->now_ns + wait->limit_ms * ns_per_ms;
	watches_open(job);
	return kg_go(judge);
}

struct kg_next
kg_kubernetes_await_end(struct kg_job *job, struct kg_error *error)
{
	struct kubernetes_wait *wait = wait_of(job);

	kg_arena_free(wait->scratch);
	wait->scratch = NULL;
	return error ? kg_kubernetes_failed(job, error) : kg_go(wait->then);
}

static struct kg_surroundings *
around_make(struct kubernetes_wait *wait)
{
	struct kg_surroundings *around = kg_surroundings_make(wait->scratch);

	for (uint32_t i = 0; i < wait->around.count; i++) {
		const struct kubernetes_around *it = &wait->around.items[i];

		if (!it->watch->is_synced)
			continue;
		for (uint32_t at = 0; at < it->watch->count; at++)
			kg_surroundings_add(around, kg_api_watch_at(it->watch, at));
		kg_surroundings_complete(around, it->kind, it->namespace_);
	}
	/* The node's own objects explain each other: a Certificate the Secret that is not there yet, a Deployment the empty Service. */
	for (uint32_t i = 0; i < wait->objects.count; i++) {
		struct kubernetes_awaited *it = &wait->objects.items[i];
		const cJSON *live = live_of(it);

		if (live && !kg_surroundings_is_complete(around, it->kind, it->namespace_))
			kg_surroundings_add(around, live);
	}
	return around;
}

/* What there is to say of one judgement. */
struct judgement {
	KG_LIST(const cJSON *) objects; /* that are not ready, and those that may tell why */
	KG_LIST(const char *) waits;    /* "Deployment shop/web: 0 of 1 pods are ready" */
	struct kg_error *error;         /* one that is final */
	bool is_timed;                  /* a verdict may change by time alone */
	struct kg_findings findings;
};

static const char *
tell(struct kubernetes_wait *wait, const struct kubernetes_awaited *it)
{
	return kg_put_tell(wait->scratch, it->kind, it->namespace_, it->name);
}

static bool
is_gone(struct kg_job *job, struct kubernetes_wait *wait, const struct kubernetes_awaited *it)
{
	bool is_late = job->now_ns - wait->begun_ns > appears_ms * ns_per_ms;

	return it->watch && it->watch->is_synced && (it->was_found || is_late) &&
	    !kg_api_watch_find(it->watch, it->namespace_, it->name);
}

static void
object_judge(struct kg_job *job, struct judgement *judgement, struct kubernetes_awaited *it, const struct kg_surroundings *around)
{
	struct kubernetes_wait *wait = wait_of(job);
	const cJSON *live = live_of(it);
	const char *what = tell(wait, it);

	if (live && !it->is_let_be)
		kg_list_push(wait->scratch, &judgement->objects, live);
	if (!it->is_wanted || (it->is_ready && !it->watch))
		return;
	if (it->watch && it->watch->error && !judgement->error)
		judgement->error = kg_error_wrap(job->arena, it->watch->error, "cannot follow %s", what);
	if (is_gone(job, wait, it) && !judgement->error)
		judgement->error = kg_error_make(job->arena, KG_EFAILED, "%s was deleted", what);
	it->is_ready = false;
	if (!live) {
		judgement->is_timed = true;
		kg_list_push(wait->scratch, &judgement->waits, kg_format(wait->scratch, "%s is not seen yet", what));
		return;
	}
	struct kg_status status = status_of(wait, it, live, around);
	it->is_ready = status.verdict == KG_VERDICT_CURRENT;
	if (it->is_ready)
		return;
	if (status.verdict == KG_VERDICT_FAILED && !judgement->error)
		judgement->error = kg_error_make(job->arena, KG_EFAILED, "%s: %s", what, status.message);
	judgement->is_timed |= status.again_s > 0;
	kg_list_push(wait->scratch, &judgement->waits, kg_format(wait->scratch, "%s: %s", what, status.message));
}

struct judged {
	struct kg_job *job;
	bool has_asked;
};

static bool
others_may_help(void *context, int64_t last_try_s)
{
	struct judged *judged = context;

	judged->has_asked = true;
	return kg_others_may_help(judged->job, last_try_s);
}

static void
all_judge(struct kg_job *job, struct judgement *judgement)
{
	struct kubernetes_wait *wait = wait_of(job);

	kg_arena_empty(wait->scratch);
	struct kg_surroundings *around = around_make(wait);
	struct judged judged = { .job = job };
	for (uint32_t i = 0; i < wait->objects.count; i++)
		object_judge(job, judgement, &wait->objects.items[i], around);
	if (judgement->waits.count == 0)
		return;
	struct kg_diagnosis_rules rules = {
		.now_s = wall_s(),
		.since_s = wait->from_s,
		.asked_s = wait->asked_s,
		.cluster_s = ((const struct kubernetes_state *)job->state)->cluster_s,
		.crashes = wait->crashes,
		.others_may_help = others_may_help,
		.context = &judged,
	};
	judgement->findings = kg_diagnose(wait->scratch, judgement->objects.items, judgement->objects.count, around, &rules);
	if (!judged.has_asked)
		kg_may_help_others(job);
	/* What other nodes have come to is no change of the cluster. */
	judgement->is_timed |= judged.has_asked;
}

/* The sentences of all findings, and then of all that is not ready, a line each. */
static const char *
all_tell(struct kg_arena *arena, const struct judgement *judgement)
{
	struct kg_text text = { .arena = arena };

	for (uint32_t i = 0; i < judgement->findings.count; i++)
		kg_text_format(&text, "%s\n", judgement->findings.items[i].sentence);
	for (uint32_t i = 0; i < judgement->waits.count; i++)
		kg_text_format(&text, "%s\n", judgement->waits.items[i]);
	return kg_text_end(&text);
}

static void
live_tell(struct kg_job *job, const struct judgement *judgement)
{
	struct kubernetes_wait *wait = wait_of(job);
	uint32_t count = judgement->findings.count ? judgement->findings.count : judgement->waits.count;
	struct kg_text text = { .arena = wait->scratch };

	for (uint32_t i = 0; i < count && i < told_most; i++)
		kg_text_format(&text, "%s%s", i > 0 ? "; " : "",
		    judgement->findings.count ? judgement->findings.items[i].sentence : judgement->waits.items[i]);
	if (count > told_most)
		kg_text_format(&text, "; and %u more", (unsigned)(count - told_most));
	const char *trouble = NULL;
	for (uint32_t i = 0; i < wait->objects.count && !trouble; i++)
		trouble = wait->objects.items[i].watch ? wait->objects.items[i].watch->trouble : NULL;
	kg_tell(job, "%s", trouble ? trouble : kg_text_end(&text));
}

/* It never will be ready: the first reason is the error, all else its detail, and a container's own words come last. */
static struct kg_next
never_ready(struct kg_job *job, const struct judgement *judgement, const struct kg_finding *finding)
{
	struct kg_error *error = finding ? kg_error_make(job->arena, KG_EFAILED, "%s", finding->sentence) : judgement->error;
	const struct kg_finding *speaker = finding && finding->pod ? finding : NULL;

	if (finding && finding->advice)
		error = kg_error_advise(job->arena, error, "%s", finding->advice);
	for (uint32_t i = 0; i < judgement->findings.count && !speaker; i++)
		speaker = judgement->findings.items[i].pod ? &judgement->findings.items[i] : NULL;
	return kg_kubernetes_fail_with_words(job, error, all_tell(job->arena, judgement), speaker);
}

static struct kg_next
out_of_time(struct kg_job *job, const struct judgement *judgement)
{
	const struct kubernetes_wait *wait = wait_of(job);
	struct judgement late = *judgement;

	late.error =
	    kg_error_make(job->arena, KG_ETIME, "not ready within %s: %s", kg_duration_tell(job->arena, wait->limit_ms * ns_per_ms),
		judgement->findings.count ? judgement->findings.items[0].sentence : judgement->waits.items[0]);
	if (judgement->findings.count && judgement->findings.items[0].advice)
		late.error = kg_error_advise(job->arena, late.error, "%s", judgement->findings.items[0].advice);
	return never_ready(job, &late, NULL);
}

/* When it is to be judged again though nothing has changed. */
static int64_t
next_ms(struct kg_job *job, const struct judgement *judgement)
{
	const struct kubernetes_wait *wait = wait_of(job);
	int64_t ms = (wait->until_ns - job->now_ns) / ns_per_ms + 1;

	if (judgement->is_timed && ms > settle_ms)
		ms = settle_ms;
	if (!wait->has_nodes && ms > nodes_after_ms)
		ms = nodes_after_ms;
	for (uint32_t i = 0; i < judgement->findings.count; i++) {
		int64_t at_s = judgement->findings.items[i].fatal_at_s;
		int64_t left_ms = (at_s - wall_s() + 1) * 1000;

		if (at_s > 0 && left_ms < ms)
			ms = left_ms > 1 ? left_ms : 1;
	}
	return ms;
}

static uint64_t
version_of(const struct kubernetes_wait *wait)
{
	uint64_t version = 1;

	for (uint32_t i = 0; i < wait->objects.count; i++)
		version += wait->objects.items[i].watch ? wait->objects.items[i].watch->version : 0;
	for (uint32_t i = 0; i < wait->around.count; i++)
		version += wait->around.items[i].watch->version;
	return version;
}

/* A container that has ended since it was looked at last, and whose last words nobody has heard. NULL: none. */
static const struct kg_finding *
unheard(const struct judgement *judgement)
{
	for (uint32_t i = 0; i < judgement->findings.count; i++)
		if (judgement->findings.items[i].wants_words)
			return &judgement->findings.items[i];
	return NULL;
}

/*
 * Whether an object still waits by what itself says, whatever is around it. kstatus says less than our own rules ask for, and nearly always no more; where it does,
 * such as of a claim that waits for its first pod, the node is ready a moment later.
 */
static bool
is_in_progress(struct kubernetes_wait *wait, struct kubernetes_awaited *it)
{
	const cJSON *live = it->is_wanted && it->watch ? live_of(it) : NULL;

	if (!live)
		return false;
	return (it->rule ? kg_ready_when_status(wait->scratch, it->rule, live) : kg_status_kstatus(wait->scratch, live, wall_s()))
		   .verdict == KG_VERDICT_IN_PROGRESS;
}

/* Most changes of a cluster are of other nodes' objects: whether this node may be ready now costs little to say, and what is wrong has a moment. */
static bool
may_be_over(struct kubernetes_wait *wait)
{
	kg_arena_empty(wait->scratch);
	for (uint32_t i = 0; i < wait->objects.count; i++)
		if (is_in_progress(wait, &wait->objects.items[i]))
			return false;
	return true;
}

static struct kg_next
judge(struct kg_job *job)
{
	struct kubernetes_wait *wait = wait_of(job);
	struct judgement judgement = { 0 };
	uint64_t version = version_of(wait);

	/* The topic is that of all watches of the server: most signals are of other nodes' objects. */
	if (version == wait->version && job->now_ns < wait->again_ns)
		return kg_wait_topic(job, wait->topic, (wait->again_ns - job->now_ns) / ns_per_ms + 1, judge);
	if (wait->topic && job->now_ns < wait->whole_ns && !may_be_over(wait))
		return kg_wait_topic(job, wait->topic, (wait->whole_ns - job->now_ns) / ns_per_ms + 1, judge);
	wait->version = version;
	wait->whole_ns = job->now_ns + diagnose_ms * ns_per_ms;
	all_judge(job, &judgement);
	if (judgement.waits.count == 0 && !judgement.error)
		return kg_kubernetes_await_end(job, NULL);
	const struct kg_finding *fatal =
	    judgement.findings.count > 0 && judgement.findings.items[0].is_fatal ? &judgement.findings.items[0] : NULL;
	if (fatal || judgement.error)
		return never_ready(job, &judgement, fatal);
	if (job->now_ns >= wait->until_ns)
		return out_of_time(job, &judgement);
	live_tell(job, &judgement);
	if (unheard(&judgement)) {
		wait->version = 0;
		return kg_kubernetes_hear(job, unheard(&judgement), judge);
	}
	if (!wait->has_nodes && job->now_ns - wait->begun_ns >= nodes_after_ms * ns_per_ms)
		nodes_watch(job);
	int64_t ms = next_ms(job, &judgement);
	wait->again_ns = job->now_ns + ms * ns_per_ms;
	return wait->topic ? kg_wait_topic(job, wait->topic, ms, judge) : kg_wait_timer(job, ms, judge);
}
