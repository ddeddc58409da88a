/* What else engine/job.h offers to kinds: telling, outputs, environment, programs. */

#include "engine/job.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/mask.h"
#include "engine/run/operation.h"
#include "engine/run/program.h"
#include "engine/run/state.h"

/* What a part says and puts out is its whole's. */
static struct kg_operation *
whole_of(struct kg_job *job)
{
	while (job->whole)
		job = job->whole;
	return (struct kg_operation *)job;
}

void
kg_tell(struct kg_job *job, const char *format, ...)
{
	struct kg_operation *operation = whole_of(job);
	va_list list;

	va_start(list, format);
	const char *text = kg_format_list(job->arena, format, list);
	va_end(list);
	/* Probes say the same for as long as nothing changes; it is told once. */
	bool is_new = !operation->told || strcmp(operation->told, text) != 0;
	operation->told = text;
	/* Beside a node that is done, or waited for, nobody is to read that it is at work. */
	if (is_new && operation->is_behind) {
		kg_job_log(job, "%s", text);
		return;
	}
	if (is_new && operation->survey) {
		kg_survey_tell(operation, text);
		return;
	}
	/* What is taken down, or shown, may have left the graph, and has its name alone. */
	if (is_new && (operation->node != KG_NO_NODE || operation->run->down || operation->run->showing))
		kg_run_emit(operation->run, KG_EVENT_NODE_TOLD, operation->node,
		    (struct kg_event){ .text = text, .name = job->name, .kind = operation->kind->facts.name });
}

void
kg_warn(struct kg_job *job, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	const char *text = kg_format_list(job->arena, format, list);
	va_end(list);
	kg_run_warn(whole_of(job)->run, "%s: %s", job->name, text);
}

void
kg_remark(struct kg_job *job, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	((struct kg_operation *)job)->remark = kg_format_list(job->arena, format, list);
	va_end(list);
}

void
kg_job_log(struct kg_job *job, const char *format, ...)
{
	struct kg_operation *operation = (struct kg_operation *)job;
	va_list list;

	va_start(list, format);
	const char *text = kg_format_list(job->arena, format, list);
	va_end(list);
	kg_node_log_add(&operation->log, text, strlen(text));
	kg_node_log_add(&operation->log, "\n", 1);
}

void
kg_output(struct kg_job *job, const char *key, const char *value)
{
	struct kg_operation *operation = whole_of(job);

	for (uint32_t i = 0; i < operation->outputs.count; i++) {
		if (strcmp(operation->outputs.items[i].name, key) == 0) {
			operation->outputs.items[i].value = kg_copy(job->arena, value);
			return;
		}
	}
	kg_list_push(job->arena, &operation->outputs, (struct kg_pair){ kg_copy(job->arena, key), kg_copy(job->arena, value) });
}

void
kg_reused(struct kg_job *job, int64_t spared_ns)
{
	struct kg_operation *operation = whole_of(job);

	operation->is_reused = true;
	operation->spared_ns = spared_ns;
}

void
kg_fetched(struct kg_job *job, int64_t spared_ns)
{
	kg_reused(job, spared_ns);
	whole_of(job)->is_fetched = true;
}

void
kg_hide(struct kg_job *job, const char *value)
{
	kg_mask_add(&((struct kg_operation *)job)->run->mask, value);
}

void
kg_remote_off(struct kg_job *job, const struct kg_error *why)
{
	kg_run_remote_off(((struct kg_operation *)job)->run, why);
}

const char *
kg_job_keep(struct kg_job *job, struct kg_error **ret_error)
{
	*ret_error = kg_file_make_folder(job->arena, job->keep, 0700);
	return *ret_error ? NULL : job->keep;
}

static void
environment_set(struct kg_arena *arena, const char **environment, uint32_t *count, const char *name, const char *value)
{
	size_t length = strlen(name);

	for (uint32_t i = 0; i < *count; i++) {
		if (strncmp(environment[i], name, length) == 0 && environment[i][length] == '=') {
			environment[i] = kg_format(arena, "%s=%s", name, value);
			return;
		}
	}
	environment[(*count)++] = kg_format(arena, "%s=%s", name, value);
}

const char *const *
kg_job_env(struct kg_job *job)
{
	const struct kg_common *common = job->common;
	uint32_t room = 2, count = 0;

	for (const char *const *name = common->pass_env; name && *name; name++)
		room++;
	for (const struct kg_pair *pair = common->env; pair && pair->name; pair++)
		room++;

	const char **environment = kg_new_array(job->arena, const char *, room);
	environment_set(job->arena, environment, &count, "PATH", kg_program_path(job->arena, common->search, job->folder));
	for (const char *const *name = common->pass_env; name && *name; name++)
		if (getenv(*name))
			environment_set(job->arena, environment, &count, *name, getenv(*name));
	for (const struct kg_pair *pair = common->env; pair && pair->name; pair++)
		environment_set(job->arena, environment, &count, pair->name, pair->value);
	return environment;
}

const char *
kg_job_program(struct kg_job *job, const char *name)
{
	return kg_program_find(job->arena, job->common->search, name, job->folder);
}

struct kg_error *
kg_child_error(struct kg_job *job)
{
	const struct kg_child_result *child = &job->child;
	struct kg_arena *arena = job->arena;
	struct kg_error *error;

	if (job->timed_out)
		error = kg_error_make(arena, KG_ETIME, "it was ended by the time limit%s",
		    job->common->timeout_ms > 0
			? kg_format(arena, " of %s", kg_duration_tell(arena, job->common->timeout_ms * 1000000))
			: "");
	else if (child->signal == 9)
		error = kg_error_make(arena, KG_ECHILD, "it was ended by signal 9 (KILL), perhaps because memory ran out");
	else if (child->signal != 0)
		error =
		    kg_error_make(arena, KG_ECHILD, "it was ended by signal %d (%s)", child->signal, sigabbrev_np(child->signal));
	else
		error = kg_error_make(arena, KG_ECHILD, "it ended with exit status %d", child->status);
	error->detail = *child->last_lines ? child->last_lines : NULL;
	return error;
}

const char *
kg_job_remembered(const struct kg_job *job, const char *key)
{
	for (const struct kg_pair *pair = job->remembered; pair && pair->name; pair++)
		if (strcmp(pair->name, key) == 0)
			return pair->value;
	return NULL;
}
