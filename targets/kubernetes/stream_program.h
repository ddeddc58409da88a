/*
 * The program kgraph-stream (stream/stream.h), which kgraph carries with it, and the command lines that start it.
 *
 *     error = kg_stream_program(job, &program);
 *     argv = kg_stream_exec(job, &(struct kg_stream_where){ .namespace_ = "shop", .kind = "deployment", .name = "web" }, false, &error);
 *     …
 *     kg_probe_about.exec_before = argv;                 or kg_child.argv, with the command behind it
 *
 * A child that is started so has to get kgraph's own environment (environ): a kubeconfig's plug-ins are the user's programs.
 */
#pragma once

#include <stdint.h>

#include "engine/job.h"

struct kg_error;

/* Where a pod is sought; what may be NULL is found as kubectl finds it. */
struct kg_stream_where {
	const char *kubeconfig, *context, *namespace_;
	const char *kind,
	    *name;             /* "pod", or "deployment", "statefulset", "daemonset", "replicaset": one of its pods that is ready */
	const char *container; /* NULL: the pod's only one */
};

/* Its path, once it is there: it is written below the state's folder unless it is there already. KG_ESYSTEM when that cannot be. */
[[nodiscard]] struct kg_error *kg_stream_program(struct kg_job *job, const char **ret_path);

/*
 * The command line that runs what is put behind it in a pod's container, with its exit status; 125 when that cannot be. Ended by NULL. has_input: standard input is
 * handed on. *ret_error as kg_stream_program, and then NULL.
 */
const char *const *kg_stream_exec(
    struct kg_job *job, const struct kg_stream_where *where, bool has_input, struct kg_error **ret_error);
