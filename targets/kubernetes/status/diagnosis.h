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
 * Fatal, because no waiting mends it: an image that is not in the node with pull policy Never; a pull that the registry refuses (no such
 * repository or tag, not authorised, a name that is not valid); a crash loop after crash_restarts restarts, at once when the program
 * itself cannot be started (no such file, no permission); a ConfigMap, Secret, key or ServiceAccount that does not exist after
 * missing_grace_s (something else of the graph may still bring it); other pull errors after pull_grace_s; no node that fits after
 * unschedulable_grace_s; a refusal by quota, policy, admission or validation; eviction; ProgressDeadlineExceeded; a Job that has failed.
 * All else is told, and does not end the wait: failed probes, mounts that are tried again, back-off, an out-of-memory kill,
 * a Service without matching pods, finalizers that others still hold.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

struct kg_arena;
struct kg_surroundings;

/* 0 takes the default given here; a negative grace means that time alone never makes it fatal. */
struct kg_diagnosis_rules {
	int64_t now_s;
	int64_t since_s;               /* when this apply began: events before are of an earlier life. 0 counts all */
	uint32_t crash_restarts;       /* 3: with the kubelet's back-off of 10, 20, 40 s this is half a minute of trying */
	int32_t pull_grace_s;          /* 60: a registry that does not answer, a limit on requests, a name that does not resolve */
	int32_t missing_grace_s;       /* 10: a ConfigMap, Secret or ServiceAccount that another node may still bring */
	int32_t unschedulable_grace_s; /* 30: a node that is not Ready yet, room that a dying pod gives back */
};

struct kg_finding {
	bool is_fatal;
	const char *object; /* of the node's objects the one that it is about, as kubectl takes it: "deployment/web" */
	const char
	    *sentence; /* what and where, one line without a full stop, to stand behind object: "pod web-5d…-x7: container app …" */
	const char *advice; /* what to do, or NULL */
	uint32_t count;     /* how many pods say the same; the sentence names the first and says how many more */
	/* Whose log says more; pod is NULL where no log does. is_previous: of the container before the last restart. */
	const char *namespace_, *pod, *container;
	bool is_previous;
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
