/* The graph's shared cache as a run sees it: there, or given up. It saves time and decides nothing. */

#include "engine/run/remote.h"

#include "engine/base/arena.h"
#include "engine/base/file.h"

/*
 * Whoever has a request under way ends it as he would have; nobody begins another one. Operations that are not running get the run's remote when they
 * start.
 */
void
kg_run_remote_off(struct kg_run *run, const struct kg_error *why)
{
	if (!run->remote)
		return;
	/* Whose login is refused has been told so when he asked. */
	if (!run->fetching.is_denied)
		kg_run_warn(
		    run, "the shared cache %s is left aside in this run: %s", run->remote->host, kg_error_text(run->arena, why));
	run->remote = NULL;
	for (uint32_t i = 0; i < run->running.count; i++) {
		struct kg_operation *operation = run->running.items[i];

		operation->job.remote = NULL;
		if (operation->node != KG_NO_NODE && run->tasks[operation->node].state == KG_TASK_FETCHING)
			kg_operation_cancel(operation, why);
	}
}

void
kg_fetching_off(struct kg_run *run, const char *why)
{
	if (run->fetching.is_off || !run->remote)
		return;
	run->fetching.is_off = true;
	kg_run_warn(run, "the shared cache %s is not asked any more in this run: %s", run->remote->host, why);
	struct kg_error *error = kg_error_make(run->arena, KG_ECANCELLED, "%s", why);
	for (uint32_t i = 0; i < run->running.count; i++) {
		struct kg_operation *operation = run->running.items[i];

		if (operation->node != KG_NO_NODE && run->tasks[operation->node].state == KG_TASK_FETCHING)
			kg_operation_cancel(operation, error);
	}
}

/* A folder of the run's own, below what the lock protects: what a killed run left in it goes when the next one needs it, or ends. */
const char *
kg_remote_file(struct kg_run *run, struct kg_error **ret_error)
{
	const char *folder = kg_format(run->arena, "%s/shared", run->options.folder);

	*ret_error = NULL;
	if (run->shared_files == 0)
		*ret_error = kg_file_remove(run->arena, folder);
	if (!*ret_error)
		*ret_error = kg_file_make_folder(run->arena, folder, 0700);
	return *ret_error ? NULL : kg_format(run->arena, "%s/%u", folder, run->shared_files++);
}

const char *
kg_remote_tag(struct kg_arena *arena, struct kg_digest key)
{
	char *hex = kg_alloc(arena, KG_DIGEST_HEX + 1);

	kg_digest_tell(key, hex);
	return hex;
}

const char *
kg_remote_place(struct kg_arena *arena, const struct kg_remote *remote)
{
	return kg_format(arena, "%s/%s", remote->host, remote->path);
}

void
kg_remote_tidy(struct kg_run *run)
{
	if (run->shared_files == 0)
		return;
	struct kg_error *error = kg_file_remove(run->arena, kg_format(run->arena, "%s/shared", run->options.folder));
	if (error)
		kg_run_warn(run, "%s", kg_error_text(run->arena, error));
}
