/*
 * Why objects are not ready, in plain words, as soon as the cluster knows it.
 *
 *     struct kg_diagnosis_rules rules = { .now_s = now_s, .since_s = started_s };
 *     struct kg_findings findings = kg_diagnose(scratch, objects, count, around, &rules);
 *     for (uint32_t i = 0; i < findings.count; i++)
 *             kg_tell(job, "%s", findings.items[i].sentence);
 *
 * From the objects of a node, and the pods, events, ReplicaSets, EndpointSlices and Nodes around them. Pure. Only what is so now
 * counts: pods of the current revision, waiting states as they stand, and events after since_s that nothing has overtaken (a mount
 * that failed at first and works since is no finding).
 *
 * Fatal, because no waiting mends it:
 *
 *   image       it is not on the node and pull policy is Never; it has no valid name; the registry refuses it (no such repository or tag,
 *               not authorised). Other pull errors after pull_grace_s, and so what was found before asked_s and not again since
 *   crash       at once when the program cannot be started (no such file, no permission); at its second end with exit code 126 or 127, and
 *               when its last words are about itself alone (an unknown flag, a missing module); at its third when it ended each time alike, and
 *               nothing that it may be waiting for was missing; else after crash_restarts restarts, but not while what it speaks of is not
 *               ready, and in neither case while
 *               other pods of the node, or other nodes, are on their way: these may be what it waits for. Never for a Job's pods: a Job counts its attempts itself. After pull_grace_s what was started before asked_s and not since
 *   missing     a ConfigMap, Secret, key, ServiceAccount, class or claim, after missing_grace_s: something else of the graph may bring it.
 *               In a cluster that was just made it may be one that it comes with: not within a minute and a half of that. Three times that for a Secret, and never where a Certificate, ExternalSecret or SealedSecret is to make it
 *   schedule    no node fits, after unschedulable_grace_s; but not while a node starts or a volume is made
 *   refusal     of pods by quota, LimitRange, pod security, policy, webhook or validation
 *   over        a Job that has failed, a bare pod that has failed, ProgressDeadlineExceeded
 *
 * What is missing, and a pod without a node, are not fatal either while other nodes of the graph may bring them, and a little longer; nor is a pod for which an
 * autoscaler makes a node.
 *
 * All else is told, and does not end the wait: failed probes, mounts that are tried again, back-off, an out-of-memory kill, an eviction,
 * a Service without matching pods, finalizers that others still hold.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

struct kg_arena;
struct kg_crashes;
struct kg_surroundings;

/* 0 takes the default given here; a negative grace means that time alone never makes it fatal. */
struct kg_diagnosis_rules {
	int64_t now_s;
	int64_t since_s; /* when this apply began, by the cluster's clock: older events do not count; 0 counts all */
	int64_t
	    asked_s; /* since when somebody waits: what a pull or a program failed at before may be mended; 0: that counts as well */
	int64_t
	    cluster_s; /* when the cluster was made: what one comes with, such as a class, may come a while later; 0: not known */
	uint32_t crash_restarts;       /* 3: half a minute of trying, with the kubelet's back-off of 10, 20, 40 s */
	int32_t pull_grace_s;          /* 60: a registry that does not answer, or limits requests */
	int32_t missing_grace_s;       /* 10 */
	int32_t unschedulable_grace_s; /* 30: a dying pod still gives its room back */
	struct kg_crashes *crashes;    /* what is remembered from look to look; NULL: nothing */
	/*
	 * Whether something else than the objects may be what a container waits for that ends again and again, and whose last run began then: other nodes of
	 * the graph. NULL: nothing.
	 */
	bool (*others_may_help)(void *context, int64_t last_try_s);
	void *context;
};

struct kg_finding {
	bool is_fatal;
	const char *object; /* of the node's objects the one that it is about, as kubectl takes it: "deployment/web" */
	/* Where and what, one line without a full stop: "pod web-5d…-x7: container app …", "service/web: no pod …". */
	const char *sentence;
	const char *advice; /* what to do, or NULL */
	uint32_t count;     /* how many pods say the same; the sentence names the first and says how many more */
	/* Whose log says more; pod is NULL where no log does. is_previous: of the container before the last restart. */
	const char *namespace_, *pod, *container;
	bool is_previous;
	bool wants_words;   /* what its log says of this end is not known yet: to be handed to kg_crashes_hear */
	int64_t fatal_at_s; /* when time alone makes it fatal; 0: never, or it is. The caller looks again then */
};

struct kg_findings {
	const struct kg_finding *items; /* fatal first, then as the objects were given */
	uint32_t count;
};

struct kg_findings kg_diagnose(struct kg_arena *arena, const cJSON *const *objects, uint32_t count,
    const struct kg_surroundings *around, const struct kg_diagnosis_rules *rules);

/* What an object that is being deleted waits for: its finalizers, and for a Namespace what is left in it. NULL when it is not being
 * deleted. "it is being deleted, and waits for its finalizer …" */
const char *kg_diagnose_deletion(struct kg_arena *arena, const cJSON *object, const struct kg_surroundings *around);
