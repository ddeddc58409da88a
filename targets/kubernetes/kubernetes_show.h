/*
 * What the files of `kgraph logs` share: kubernetes_show.c knows which containers there are, kubernetes_log.c lets one of them speak.
 */
#pragma once

#include "targets/kubernetes/kubernetes_inside.h"
#include "targets/kubernetes/log_lines.h"

struct kubernetes_show;

/* One container, as it was started once. */
struct speech {
	struct kubernetes_show *show;
	const char *title, *node; /* "web-1/app"; the machine that its pod is on, or "" */
	struct kg_api_logs logs;
	const char *id;    /* of the container, as its runtime calls it */
	bool has_previous; /* the one before it is another one, and its log is still there */
	bool is_running;   /* as the watch says */

	enum { SPEECH_NEW, SPEECH_FOLLOWED, SPEECH_OVER } stage; /* where it is followed */
	bool had_to_wait;                                        /* for a place */
	bool is_refused;                                         /* the user was told of that */
	bool is_last; /* its container has ended: there is no more than the log has now */

	struct kg_job *job;
	const char *prefix;
	struct kg_text said; /* the line with its prefix */
	struct kg_log_lines lines;
};

struct kubernetes_show {
	struct kg_job *job; /* that tells what is no line of a log */
	struct kg_api *api;
	KG_LIST(struct kg_api_watch *) watches; /* of the pods of each namespace */
	bool is_synced, is_followed, is_many;   /* is_many: several namespaces, which are named */
	int64_t lines;
	KG_LIST(struct speech *) speeches;
	struct kg_map known, noted; /* containers by id; what was said of those that do not run */
	KG_LIST(const char *) away; /* nodes whose kubelet does not answer */
	uint32_t followed;          /* streams that are open */
	uint32_t pods, failed;
	struct kg_error *error; /* of the first that failed */
};

/* Where a pod says how its containers are, ended by NULL. */
extern const char *const kg_kubernetes_status_lists[];

/* Lets a container speak: of a part, whose state is a struct speech *, or of a stream, which is about one. Ends when it has said all. */
kg_step kg_kubernetes_speak;
/* The `say` of a speech's lines. */
void kg_kubernetes_line_say(void *context, const char *line);
