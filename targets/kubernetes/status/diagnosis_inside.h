/*
 * What the rules of the diagnosis share: each looks at one thing and hands in what it found.
 *
 *     struct kg_draft draft = { .what = "image", .pod = pod, .container = name, .text = "…", .is_fatal = true };
 *     kg_found(examination, &draft);
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "engine/base/list.h"
#include "engine/base/map.h"
#include "targets/kubernetes/status/diagnosis.h"
#include "targets/kubernetes/status/event.h"

struct kg_arena;

struct kg_examination {
	struct kg_arena *arena;
	const struct kg_surroundings *around;
	struct kg_diagnosis_rules rules; /* defaults filled in */
	const cJSON *object;             /* of the node, the one that is looked at now */
	const char *title;               /* "deployment/web" */
	KG_LIST(struct kg_finding) found;
	struct kg_map folded; /* what is equal to where it is in found */
};

struct kg_draft {
	const char *what;      /* the rule: with object, container and detail this makes findings of several pods one */
	const char *detail;    /* what may differ between two of the same rule and container, or NULL */
	const cJSON *pod;      /* NULL: it is about the object itself */
	const char *container; /* of the pod; NULL: all of it */
	const char *text;      /* the sentence without the pod's name */
	const char *advice;
	bool is_fatal;
	int64_t fatal_at_s;
	bool has_log, is_previous, wants_words;
	bool is_about_object; /* the pod is only the one whose log says more */
};

void kg_found(struct kg_examination *examination, const struct kg_draft *draft);

/* Makes it fatal grace_s after from_s, or after the apply when that was later; a negative grace never. */
void kg_fatal_after(const struct kg_examination *examination, int64_t from_s, int32_t grace_s, struct kg_draft *draft);

/* Takes it back as long as another node of the graph may bring what is missing, and for a while longer: until the kubelet or scheduler has tried again. */
void kg_spare_while_others_may_help(const struct kg_examination *examination, struct kg_draft *draft);

void kg_examine_pod(struct kg_examination *examination, const cJSON *pod);
/* Each of these tells whether it found something. */
bool kg_examine_containers(struct kg_examination *examination, const cJSON *pod);
bool kg_examine_probes(struct kg_examination *examination, const cJSON *pod);
bool kg_examine_image(
    struct kg_examination *examination, const cJSON *pod, const cJSON *status, const char *reason, const char *message);
bool kg_examine_crash(struct kg_examination *examination, const cJSON *pod, const cJSON *status);
bool kg_examine_restart(struct kg_examination *examination, const cJSON *pod, const cJSON *status);
/* The node that the pod is on, when it is the reason that the pod does not start. */
bool kg_examine_node(struct kg_examination *examination, const cJSON *pod);
/* "node1 has disk pressure (…)" of all nodes that are not as they should be; NULL when there are none, or they are not known. */
const char *kg_nodes_tell(const struct kg_examination *examination);

/* A controller that owns pods, be it the node's object or one between it and the pods: pods that it may not make. */
void kg_examine_refusals(struct kg_examination *examination, const cJSON *controller);
/* All that is not about pods. */
void kg_examine_object(struct kg_examination *examination);
void kg_examine_service(struct kg_examination *examination);

/* What a message says that does not exist. */
struct kg_missing {
	const char *kind, *name; /* "ConfigMap", "settings" */
	const char *key;         /* in it; NULL: all of it is missing */
};
/* False when the message does not say so. */
bool kg_missing_read(struct kg_arena *arena, const char *message, struct kg_missing *ret_missing);
/* Fills text and advice, and how fatal it is: not as long as the surroundings have what was missed. */
void kg_missing_tell(
    const struct kg_examination *examination, const struct kg_missing *missing, int64_t from_s, struct kg_draft *draft);

/* Of a server's message what a person wants to read: one line, without wrappings such as "rpc error: code = … desc =". */
const char *kg_tidy_message(struct kg_arena *arena, const char *message);

/* 'Error creating: pods "web-7d-" is forbidden: exceeded quota: …': what is behind the pod's name. */
const char *kg_refusal_words(struct kg_arena *arena, const char *message);

/* The container of that name in the pod's spec, be it an init container or not. */
const cJSON *kg_pod_container(const cJSON *pod, const char *name);
