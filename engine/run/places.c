/* Where the run keeps its things, which ports it uses and what its secrets are. */

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cache/digest.h"
#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/path.h"
#include "engine/base/process_identity.h"
#include "engine/run/port.h"
#include "engine/run/state.h"

static bool
uses_data_folder(const struct kg_graph *graph)
{
	for (uint32_t i = 0; i < graph->reference_count; i++)
		if (graph->references[i].type == KG_REFERENCE_DIR &&
		    strcmp(kg_graph_text(graph, graph->references[i].key), "data") == 0)
			return true;
	return false;
}

/*
 * PostgreSQL and its like run as another user when kgraph is root, and that user must be able to pass through all folders above its data: a
 * checkout below /root would not do. In a folder where everybody may write, one that somebody else has put there is refused.
 */
static struct kg_error *
data_folder_find(struct kg_run *run)
{
	bool is_wanted = !run->options.reading && !run->options.plan && uses_data_folder(run->graph);
	char hex[KG_DIGEST_HEX + 1];

	if (geteuid() != 0) {
		run->folders.data = kg_format(run->arena, "%s/data", run->folders.state);
		return is_wanted ? kg_file_make_folder(run->arena, run->folders.data, 0700) : NULL;
	}
	kg_digest_tell(kg_digest_text(run->folders.state), hex);
	const char *above = "/var/tmp/kgraph-root";
	run->folders.data = kg_format(run->arena, "%s/%.16s", above, hex);
	if (!is_wanted)
		return NULL;

	struct kg_error *error = kg_file_make_folder(run->arena, run->folders.data, 0711);
	struct stat stat;
	if (error)
		return error;
	if (lstat(above, &stat) < 0 || !S_ISDIR(stat.st_mode) || stat.st_uid != 0)
		return kg_error_make(run->arena, KG_ESYSTEM, "%s belongs to somebody else", above);
	if (chmod(above, 0711) < 0 || chmod(run->folders.data, 0711) < 0)
		return kg_error_system(run->arena, errno, "cannot open %s for other users' programs", run->folders.data);
	return NULL;
}

static struct kg_error *
folders_find(struct kg_run *run)
{
	time_t now = (time_t)(kg_clock_wall_ns() / 1000000000);
	struct tm utc;
	char stamp[32];

	gmtime_r(&now, &utc);
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &utc);
	run->folders.graph = kg_graph_text(run->graph, run->graph->folder);
	run->folders.state = run->options.folder;
	run->folders.runs = kg_format(run->arena, "%s/runs/%s-%d", run->folders.state, stamp, (int)getpid());
	struct kg_error *error = data_folder_find(run);
	if (error || run->options.reading || run->options.plan)
		return error;
	return kg_file_make_folder(run->arena, run->folders.runs, 0700);
}

static struct kg_error *
secret_from_file(struct kg_run *run, const char *path, const char **ret_value)
{
	const char *bytes;
	size_t size;
	struct kg_error *error = kg_file_read(run->arena, path, &bytes, &size);

	if (!error)
		*ret_value = kg_copy_bytes(run->arena, bytes, strcspn(bytes, "\r\n"));
	return error;
}

static struct kg_error *
secrets_find(struct kg_run *run)
{
	const struct kg_graph *graph = run->graph;

	run->mask.arena = run->arena;
	run->secrets = kg_new_array(run->arena, const char *, graph->secret_count + 1);
	for (uint32_t i = 0; i < graph->secret_count; i++) {
		const struct kg_secret *secret = &graph->secrets[i];

		if (secret->environment)
			run->secrets[i] = getenv(kg_graph_text(graph, secret->environment));
		if (!run->secrets[i] && secret->file && access(kg_graph_text(graph, secret->file), F_OK) == 0) {
			struct kg_error *error = secret_from_file(run, kg_graph_text(graph, secret->file), &run->secrets[i]);

			if (error)
				return error;
		}
		if (!run->secrets[i] && secret->has_fallback)
			run->secrets[i] = kg_graph_text(graph, secret->fallback);
		if (run->secrets[i])
			kg_mask_add(&run->mask, run->secrets[i]);
	}
	return NULL;
}

static struct kg_error *
secret_missing(struct kg_run *run, const struct kg_node *node, const struct kg_secret *secret)
{
	const char *environment = kg_graph_text(run->graph, secret->environment);
	const char *file = kg_graph_text(run->graph, secret->file);
	struct kg_error *error = kg_error_make(run->arena, KG_EINPUT, "the secret `%s` is not set, and `%s` uses it",
	    kg_graph_text(run->graph, secret->name), kg_graph_text(run->graph, node->name));

	if (*environment && *file)
		return kg_error_advise(
		    run->arena, error, "set the environment variable %s, or write it into %s", environment, file);
	if (*environment)
		return kg_error_advise(run->arena, error, "set the environment variable %s", environment);
	return *file ? kg_error_advise(run->arena, error, "write it into %s", file) : error;
}

/* Before anything runs: a run that must fail half-way for want of a password is not begun. */
static struct kg_error *
secrets_check(struct kg_run *run)
{
	const struct kg_graph *graph = run->graph;

	for (uint32_t i = 0; run->options.chosen && i < graph->node_count; i++) {
		const struct kg_node *node = &graph->nodes[i];

		for (uint32_t j = 0; run->options.chosen[i] && j < node->reference_count; j++) {
			const struct kg_reference *reference = &graph->references[node->first_reference + j];

			if (reference->type == KG_REFERENCE_SECRET && !run->secrets[reference->index])
				return secret_missing(run, node, &graph->secrets[reference->index]);
		}
	}
	return NULL;
}

struct kg_error *
kg_run_find_places(struct kg_run *run)
{
	struct kg_error *error = folders_find(run);

	if (!error)
		error = secrets_find(run);
	if (!error && !run->options.reading)
		error = secrets_check(run);
	return error ? error : kg_ports_choose(run);
}

static bool
was_brought_up(const struct kg_run *run, pid_t pid)
{
	for (uint32_t i = 0; i < run->entry_count; i++)
		for (uint32_t j = 0; j < run->entries[i]->output_count; j++)
			if (strcmp(run->entries[i]->outputs[j].key, "pid") == 0 && atoi(run->entries[i]->outputs[j].value) == pid)
				return true;
	return false;
}

/*
 * Started by one of our holders, or by something that one of them started. The entries know those of earlier runs. What this run has started
 * while it goes on has a parent whose program lies in the state folder: tasks are the loop's, and this is asked on workers.
 */
static bool
is_ours(const struct kg_run *run, struct kg_arena *arena, pid_t pid)
{
	char state[PATH_MAX];
	bool has_state = realpath(run->folders.state, state) != NULL;

	for (; pid > 1; pid = kg_process_parent(pid)) {
		const char *program = has_state ? kg_process_program(arena, pid) : NULL;

		if (was_brought_up(run, pid) || (program && kg_path_inside(state, program) != program))
			return true;
	}
	return false;
}

struct kg_error *
kg_run_check_ports(struct kg_run *run, struct kg_arena *arena, uint32_t node)
{
	const struct kg_graph *graph = run->graph;
	const struct kg_node *it = &graph->nodes[node];

	for (uint32_t i = 0; i < it->reference_count; i++) {
		const struct kg_reference *reference = &graph->references[it->first_reference + i];

		if (reference->type != KG_REFERENCE_PORT)
			continue;
		const char *port = run->ports[reference->index];
		kg_port_give(run, reference->index);
		if (run->options.kinds[it->kind]->frees_ports)
			continue;
		pid_t pid = kg_process_listening((uint16_t)atoi(port));
		if (pid == 0 || (pid > 0 && is_ours(run, arena, pid)))
			continue;
		const char *name = kg_graph_text(graph, graph->ports[reference->index].name);
		const char *line = pid > 0 ? kg_process_command_line(arena, pid) : NULL;
		struct kg_error *error = pid > 0
		    ? kg_error_make(
			  arena, KG_EBUSY, "port %s (%s) is held by process %d: %s", port, name, (int)pid, line ? line : "?")
		    : kg_error_make(arena, KG_EBUSY, "port %s (%s) is held by another user's process", port, name);
		return kg_error_advise(arena, error, "stop it, or prefer another port for `%s` under [ports]", name);
	}
	return NULL;
}
