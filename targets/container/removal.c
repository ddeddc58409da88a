#include "targets/container/removal.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/container/inspect.h"

/* How much longer than its container's limit the engine may take. */
static constexpr int64_t engine_slack_ms = 60000;
/* A mount of the container may still be held by something that is just starting or ending beside it. */
static constexpr int busy_tries = 5;
static constexpr int64_t busy_pause_ms = 100;

static kg_step found, stopped, rm, removed;

static struct kg_removal *
removal_of(struct kg_job *job)
{
	return job->state;
}

struct kg_next
kg_container_remove(struct kg_job *job)
{
	struct kg_removal *removal = removal_of(job);

	removal->is_foreign = false;
	removal->tries = 0;
	return kg_inspect_ask(job, &removal->engine, removal->name, found);
}

static struct kg_next
rm(struct kg_job *job)
{
	struct kg_removal *removal = removal_of(job);
	struct kg_arguments arguments = { .arena = job->arena };

	kg_arguments_add(&arguments, "rm", "--force", "--volumes", removal->name, NULL);
	struct kg_child *child = kg_engine_child(job, &removal->engine, kg_arguments_end(&arguments), NULL);
	child->quiet = true;
	child->timeout_ms = engine_slack_ms;
	return kg_wait_child(job, child, removed);
}

static struct kg_next
found(struct kg_job *job)
{
	struct kg_removal *removal = removal_of(job);
	struct kg_inspected it;
	struct kg_error *error = kg_inspect_read(job, &removal->engine, &it);

	if (error)
		return kg_failed(error);
	if (!it.is_there)
		return kg_go(removal->then);
	bool is_ours = removal->of_any_node ? kg_text_equal(kg_label(it.labels, KG_LABEL_GRAPH), kg_engine_owner(job))
					    : kg_inspect_is_ours(job, it.labels);
	if (!is_ours) {
		removal->is_foreign = true;
		removal->foreigner = kg_format(job->arena, "%.12s, made from %s", it.id, it.image);
		return kg_go(removal->then);
	}
	if (!it.is_running && !it.is_paused)
		return rm(job);

	struct kg_arguments arguments = { .arena = job->arena };
	kg_arguments_add(
	    &arguments, "stop", "--time", kg_format(job->arena, "%" PRId64, (removal->grace_ms + 999) / 1000), removal->name, NULL);
	struct kg_child *child = kg_engine_child(job, &removal->engine, kg_arguments_end(&arguments), NULL);
	child->quiet = true;
	child->timeout_ms = removal->grace_ms + engine_slack_ms;
	kg_tell(job, "stopping the container %s", removal->name);
	return kg_wait_child(job, child, stopped);
}

/* A paused one cannot be stopped by docker, and one that has just ended is well: what is left is removed by force. */
static struct kg_next
stopped(struct kg_job *job)
{
	return rm(job);
}

static struct kg_next
removed(struct kg_job *job)
{
	struct kg_removal *removal = removal_of(job);

	if (job->child.status != 0 && strcasestr(job->child.last_lines, "device or resource busy") && ++removal->tries < busy_tries)
		return kg_wait_timer(job, busy_pause_ms << removal->tries, rm);
	/* docker removes in the background what was run with --rm, and says that it is at it. */
	if (job->child.status != 0 && !strcasestr(job->child.last_lines, "no such container") &&
	    !strcasestr(job->child.last_lines, "already in progress"))
		return kg_failed(
		    kg_engine_error(job, &removal->engine, kg_format(job->arena, "remove the container %s", removal->name)));
	return kg_go(removal->then);
}
