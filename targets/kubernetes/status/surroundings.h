/*
 * The objects around those that are judged: pods, events, ReplicaSets, EndpointSlices, Nodes and whatever else is known, found by name,
 * by owner and by what they are about.
 *
 *     struct kg_surroundings *around = kg_surroundings_make(scratch);
 *     for (uint32_t i = 0; i < count; i++) kg_surroundings_add(around, objects[i]);
 *     const cJSON *secret = kg_surroundings_find(around, "Secret", "default", "database");
 *
 * Made anew for each look (an index of pointers: 10,000 objects take a few milliseconds), freed with its arena. The objects are not
 * copied and must stay. Each has its apiVersion and kind (which the server leaves out of the items of a listing).
 *
 * Kinds are asked for by their name, "Pod"; those that a CRD defines with their group, "Certificate.cert-manager.io".
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "engine/base/list.h"

struct kg_arena;
struct kg_surroundings;

struct kg_surroundings *kg_surroundings_make(struct kg_arena *arena);

/* Adds an object of any kind: Pod, Event (v1 and events.k8s.io), ReplicaSet, EndpointSlice, Node, PersistentVolumeClaim, StorageClass, …
 * What is added twice counts twice. */
void kg_surroundings_add(struct kg_surroundings *around, const cJSON *object);

/* Says that every object of a kind in a namespace (NULL: of the cluster) was added, so that one which is not found does not exist.
 * Without it an absent object is merely unknown. */
void kg_surroundings_complete(struct kg_surroundings *around, const char *kind, const char *namespace_);
bool kg_surroundings_is_complete(const struct kg_surroundings *around, const char *kind, const char *namespace_);

/* NULL: not there, or not known. namespace_ is NULL for what has none. */
const cJSON *kg_surroundings_find(const struct kg_surroundings *around, const char *kind, const char *namespace_, const char *name);

/*
 * Groups of objects, in the order in which they were added, walked by
 *
 *     for (const struct kg_near *near = kg_surroundings_owned(around, uid); near; near = near->next)
 */
struct kg_near {
	const cJSON *object;
	const struct kg_near *next;
};

/* All objects of a kind in a namespace (NULL: those without one). */
const struct kg_near *kg_surroundings_of_kind(const struct kg_surroundings *around, const char *kind, const char *namespace_);
/* All pods, of whatever namespace. */
const struct kg_near *kg_surroundings_pods(const struct kg_surroundings *around);
/* Those with an ownerReference to uid. */
const struct kg_near *kg_surroundings_owned(const struct kg_surroundings *around, const char *uid);
/* The events about an object: by uid where the event names one, else by kind, namespace and name. */
const struct kg_near *kg_surroundings_events(const struct kg_surroundings *around, const cJSON *object);
/* The EndpointSlices of a Service, by their label kubernetes.io/service-name. */
const struct kg_near *kg_surroundings_slices(const struct kg_surroundings *around, const char *namespace_, const char *service);
/* The pods that mount a PersistentVolumeClaim. */
const struct kg_near *kg_surroundings_consumers(const struct kg_surroundings *around, const char *namespace_, const char *claim);

/* Whether labels satisfy a selector of plain pairs (a Service's), and a LabelSelector (matchLabels, matchExpressions). An empty
 * selector matches all; one that is NULL none. */
bool kg_selector_pairs_match(const cJSON *pairs, const cJSON *labels);
bool kg_selector_matches(const cJSON *selector, const cJSON *labels);
