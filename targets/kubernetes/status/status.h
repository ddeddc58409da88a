/*
 * Whether an object of a cluster is ready: what kstatus says, and the stricter answer that kgraph waits for by itself.
 *
 *     struct kg_surroundings *around = kg_surroundings_make(scratch);
 *     kg_surroundings_add_all(around, watch->objects, watch->count);
 *     struct kg_status status = kg_status_strict(scratch, object, around, now_s);
 *     if (status.verdict == KG_VERDICT_CURRENT) ...
 *
 * Pure: objects are cJSON trees as the server sends them, and time is a parameter. Texts that come from an object are not copied: a
 * status lives as long as the object and the arena.
 */
#pragma once

#include <stdint.h>

#include <cjson/cJSON.h>

struct kg_arena;
struct kg_surroundings;

enum kg_verdict {
	KG_VERDICT_CURRENT,     /* as it was asked for, and there */
	KG_VERDICT_IN_PROGRESS, /* not yet: wait for its next change */
	KG_VERDICT_FAILED,      /* for good: without a change of the object or of the cluster it does not become ready */
	KG_VERDICT_TERMINATING, /* being deleted */
	KG_VERDICT_UNKNOWN,     /* nothing in the object tells; message says what to give */
};

struct kg_status {
	enum kg_verdict verdict;
	const char *reason;  /* one word in CamelCase; "" where kstatus has none (all that is current or terminating) */
	const char *message; /* one sentence, never NULL */
	int64_t again_s; /* when time alone may change it, and it is to be asked for again; 0: only a change of something does */
};

/* "Current", "InProgress", …: the words of kstatus. */
const char *kg_verdict_text(enum kg_verdict verdict);

/*
 * The rules of kstatus (sigs.k8s.io/cli-utils, pkg/kstatus/status, v0.37), bit for bit: verdict, reason (that of the condition
 * Reconciling or Stalled which kstatus derives) and message. KG_VERDICT_UNKNOWN with the error's text where kstatus returns an error,
 * such as for a generation that is no number. now_s (seconds since 1970) matters for a pod that cannot be scheduled.
 */
struct kg_status kg_status_kstatus(struct kg_arena *arena, const cJSON *object, int64_t now_s);

/*
 * What kgraph waits for by itself: kstatus, and where that is satisfied too early or fails to see a failure, more:
 *
 *   any object        observedGeneration may be a text; a built-in workload must have been observed at all
 *   Deployment, …     as kstatus; a refused pod (ReplicaFailure) is told; minReadySeconds counts for StatefulSets too
 *   StatefulSet       with OnDelete its pods must be ready, old or new; with a partition those at and above it must be new
 *   DaemonSet         with OnDelete old pods count
 *   Job               Complete, not merely started; a suspended one is current only if it is to be suspended
 *   workloads         pods without a readiness probe count as ready from their first moment, also those that end in the next: they have to
 *                     have run for a moment, and longer after a restart
 *   Pod               phase Failed fails; a crash loop of an init container fails
 *   Service           with a selector: at least one ready address in its EndpointSlices; LoadBalancer: an address from outside
 *   PersistentVolumeClaim   Bound, or WaitForFirstConsumer without any pod that uses it
 *   CustomResourceDefinition, APIService   Established and NamesAccepted; Available
 *   webhook configurations  the Services that they call have a ready address
 *   Namespace         phase Active
 *   a custom resource its condition Ready, else Available; without these its controller must have settled: an observedGeneration, of
 *                     the status or of a condition, that is the current one. One that still has no status some seconds after
 *                     its creation is current; one with a status that tells nothing is KG_VERDICT_UNKNOWN, and the message asks for
 *                     `ready_when`
 *
 * around may be NULL; a rule that needs related objects (EndpointSlices, pods, StorageClasses, CRDs) then takes them as not there.
 */
struct kg_status kg_status_strict(struct kg_arena *arena, const cJSON *object, const struct kg_surroundings *around, int64_t now_s);
