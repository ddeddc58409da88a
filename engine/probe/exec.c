/* ready = { exec = ["pg_isready", "-q"] }: a program exits with status 0. */
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/list.h"
#include "engine/probe/attempt.h"

static struct kg_next
exec_ended(struct kg_job *job)
{
	const char *lines = job->child.last_lines ? job->child.last_lines : "";
	size_t size = strlen(lines);

	kg_probe_run(job)->attempt_is_over = job->timed_out;
	if (job->timed_out)
		return kg_probe_not_yet(job, "still running when its time was up");
	if (job->child.status == 0 && job->child.signal == 0)
		return kg_probe_passed(job);
	while (size > 0 && lines[size - 1] == '\n')
		size--;
	const char *last = size > 0 ? memrchr(lines, '\n', size) : NULL;
	last = last ? last + 1 : lines;
	const char *words = kg_copy_bytes(job->arena, last, (size_t)(lines + size - last));
	if (job->child.signal)
		return kg_probe_not_yet(job, "ended by signal %d%s%s", job->child.signal, *words ? ": " : "", words);
	return kg_probe_not_yet(job, "exit status %d%s%s", job->child.status, *words ? ": " : "", words);
}

struct kg_next
kg_probe_exec_try(struct kg_job *job)
{
	const struct kg_probe *rule = kg_probe_run(job)->rule;
	const struct kg_probe_about *about = &kg_probe_run(job)->about;
	struct kg_child *child = kg_new(job->arena, struct kg_child);
	KG_LIST(const char *) argv = { 0 };

	for (const char *const *word = about->exec_before; word && *word; word++)
		kg_list_push(job->arena, &argv, *word);
	for (const char *const *word = rule->exec; *word; word++)
		kg_list_push(job->arena, &argv, *word);
	kg_list_push(job->arena, &argv, NULL);
	*child = (struct kg_child){
		.argv = argv.items,
		.env = about->exec_env,
		.user = about->exec_before ? NULL : rule->user,
		.timeout_ms = kg_probe_attempt_ms(job),
		.quiet = true,
	};
	return kg_wait_child(job, child, exec_ended);
}
