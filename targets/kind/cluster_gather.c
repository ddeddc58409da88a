/*
 * For `kgraph collect`: what the nodes of a cluster say of themselves, as `kind export logs` has it, but bounded.
 *
 *     NODE/inspect.json, serial.log                     how its container is, and what its init has printed
 *     NODE/kubelet.log, containerd.log, journal.log     the ends of its journals
 *     NODE/containers.txt, images.txt                   what containerd has
 *     NODE/pods/NAMESPACE_POD_UID/CONTAINER.N.log       the ends of all pods' logs, those of the control plane among them
 *     failed/NODE/…                                     the same of a cluster that could not be made, before it was deleted
 *
 * None of it needs an API server: it is wanted most where there is none.
 */
#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/mask.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "engine/target.h"
#include "targets/kind/cluster_inside.h"

#define FAILED_FOLDER "failed"
/* Between the logs of pods, in front of each one's path; no log has it. */
#define MARK "\036"

static constexpr int64_t answer_limit_ms = 20'000;
static constexpr size_t answer_most = 32 << 20;
static constexpr uint32_t width = 4;

static kg_step node_ask, node_answered, all_answered, own_found, living_gathered;

/* One question to one node. */
struct question {
	const char *path;             /* of the file that the answer goes into; of pods: the folder */
	const char *const *arguments; /* of the engine's program */
	bool is_pods;
};

static void
question_add(struct kg_job *job, const char *path, bool is_pods, struct kg_arguments *arguments)
{
	struct cluster_state *state = job->state;

	kg_list_push(job->arena, &state->questions,
	    (struct question *)memcpy(kg_new(job->arena, struct question),
		&(struct question){ .path = path, .arguments = kg_arguments_end(arguments), .is_pods = is_pods },
		sizeof(struct question)));
}

static void
node_questions(struct kg_job *job, const struct kg_container *node, const char *folder)
{
	static const struct {
		const char *file, *command;
	} all[] = {
		{ "kubelet.log", "journalctl --no-pager --lines=20000 --unit=kubelet.service" },
		{ "containerd.log", "journalctl --no-pager --lines=20000 --unit=containerd.service" },
		{ "journal.log", "journalctl --no-pager --lines=20000" },
		{ "containers.txt", "crictl ps --all" },
		{ "images.txt", "crictl images --digests" },
		{ "pods",
		    "find /var/log/pods -name '*.log' -type f | head -n 120 | while read -r log; do printf '" MARK
		    "%s\\n' \"$log\"; tail -c 262144 \"$log\"; echo; done" },
	};
	const char *own = kg_path_join(job->arena, folder, node->name);
	struct kg_arguments inspect = { .arena = job->arena }, serial = { .arena = job->arena };

	kg_arguments_add(&inspect, "inspect", node->name, NULL);
	question_add(job, kg_path_join(job->arena, own, "inspect.json"), false, &inspect);
	kg_arguments_add(&serial, "logs", "--tail", "20000", node->name, NULL);
	question_add(job, kg_path_join(job->arena, own, "serial.log"), false, &serial);
	if (node->state != KG_CONTAINER_RUNNING) {
		kg_job_log(job, "%s is %s: what it has on its disk stays there", node->name, node->state_text);
		return;
	}
	for (size_t i = 0; kg_kind_node_has_images(node) && i < sizeof(all) / sizeof(all[0]); i++) {
		struct kg_arguments arguments = { .arena = job->arena };

		kg_arguments_add(&arguments, "exec", node->name, "sh", "-c", all[i].command, NULL);
		question_add(job, kg_path_join(job->arena, own, all[i].file), strcmp(all[i].file, "pods") == 0, &arguments);
	}
}

struct kg_next
kg_cluster_gather_nodes(struct kg_job *job, const char *folder, kg_step *then)
{
	struct cluster_state *state = job->state;
	struct kg_job_parts *parts = kg_new(job->arena, struct kg_job_parts);

	state->gathered = then;
	state->questions.items = NULL;
	state->questions.count = state->questions.room = 0;
	for (uint32_t i = 0; i < state->nodes.all.count; i++)
		node_questions(job, state->nodes.all.items[i], folder);
	*parts = (struct kg_job_parts){ .count = state->questions.count, .width = width, .first = node_ask };
	return kg_wait_parts(job, parts, all_answered);
}

static const struct question *
question_of(const struct kg_job *job)
{
	return ((const struct cluster_state *)job->whole->state)->questions.items[job->part];
}

static struct kg_next
node_ask(struct kg_job *job)
{
	const struct cluster_state *state = job->whole->state;
	struct kg_child *child = kg_engine_child(job, &state->engine, question_of(job)->arguments, NULL);

	child->capture = child->quiet = true;
	child->capture_limit = answer_most;
	child->timeout_ms = answer_limit_ms;
	return kg_wait_child(job, child, node_answered);
}

static struct kg_error *
answer_write(struct kg_job *job, const char *path, const char *bytes, size_t size)
{
	const char *text = kg_mask_text(job->arena, job->mask, kg_copy_bytes(job->arena, bytes, size));
	struct kg_error *error = kg_file_make_folder(job->arena, kg_path_folder(job->arena, path), 0700);

	return error ? error : kg_file_write(job->arena, path, text, strlen(text), 0600);
}

/* "/var/log/pods/kube-system_etcd-n1_8f/etcd/0.log" → "kube-system_etcd-n1_8f/etcd.0.log"; NULL for what is no such name. */
static const char *
pod_file(struct kg_arena *arena, const char *path, size_t length)
{
	static const char root[] = "/var/log/pods/";
	char *name = kg_copy_bytes(arena, path, length), *slash;

	if (!kg_text_starts(name, root) || strstr(name, "/.") || !(slash = strrchr(name + strlen(root), '/')))
		return NULL;
	for (const char *at = name; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("/._-", *at))
			return NULL;
	*slash = '.';
	return strchr(name + strlen(root), '/') ? name + strlen(root) : NULL;
}

static struct kg_error *
pods_write(struct kg_job *job, const char *folder, const char *text)
{
	struct kg_error *error = NULL;

	for (const char *at = strstr(text, MARK); at && !error;) {
		const char *path = at + strlen(MARK), *bytes = path + strcspn(path, "\n"), *next = strstr(bytes, MARK);
		const char *file = pod_file(job->arena, path, (size_t)(bytes - path));

		bytes += *bytes == '\n';
		size_t size = next ? (size_t)(next - bytes) : strlen(bytes);
		if (file)
			error = answer_write(job, kg_path_join(job->arena, folder, file), bytes, size);
		at = next;
	}
	return error;
}

/* A node that has no such thing, or is just being stopped, says so in the log of what was gathered. */
static struct kg_next
node_answered(struct kg_job *job)
{
	const struct question *question = question_of(job);
	struct kg_error *error;

	if (job->child.status != 0)
		kg_job_log(job, "%s: %s", kg_path_name(question->path),
		    job->timed_out ? "there was no answer in time" : job->child.last_lines);
	if (job->child.output_size == 0)
		return kg_done(job);
	if (question->is_pods)
		error = pods_write(job, question->path, job->child.output);
	else
		error = answer_write(job, question->path, job->child.output, job->child.output_size);
	return error ? kg_failed(error) : kg_done(job);
}

static struct kg_next
all_answered(struct kg_job *job)
{
	const struct cluster_state *state = job->state;

	if (job->parts_error)
		kg_job_log(job, "%s", kg_error_text(job->arena, job->parts_error));
	return kg_go(state->gathered);
}

const char *
kg_cluster_failed_folder(const struct kg_job *job)
{
	return kg_cluster_file(job, FAILED_FOLDER);
}

struct kg_next
kg_cluster_gather(struct kg_job *job)
{
	struct cluster_state *state = job->state;

	if (!kg_cluster_kept_read(job->arena, kg_cluster_file(job, KG_CLUSTER_KEPT), &state->kept))
		return kg_go(living_gathered); /* of one that could not be made there is what its nodes said */
	return kg_cluster_own_find(job, own_found);
}

static struct kg_next
own_found(struct kg_job *job)
{
	return kg_cluster_gather_nodes(job, job->gather, living_gathered);
}

static struct kg_next
living_gathered(struct kg_job *job)
{
	const char **argv = kg_new_array(job->arena, const char *, 5);
	struct kg_child *child = kg_new(job->arena, struct kg_child);

	if (access(kg_cluster_failed_folder(job), F_OK) < 0)
		return kg_done(job);
	argv[0] = "cp";
	argv[1] = "-R";
	argv[2] = kg_cluster_failed_folder(job);
	argv[3] = job->gather;
	child->argv = argv;
	return kg_wait_child(job, child, kg_done);
}
