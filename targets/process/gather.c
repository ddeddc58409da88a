#include "targets/process/gather.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/mask.h"
#include "engine/base/text.h"
#include "engine/daemon/daemon.h"

/* Of a process that lives, what the kernel says of it. */
static void
process_describe(struct kg_job *job, struct kg_text *text, pid_t pid)
{
	static const char *const files[] = { "status", "limits", "cgroup", NULL };
	const char *line = kg_process_command_line(job->arena, pid), *bytes;
	size_t size;

	kg_text_format(text, "command: %s\n", line ? line : "?");
	for (const char *const *file = files; *file; file++) {
		const char *path = kg_format(job->arena, "/proc/%d/%s", (int)pid, *file);

		/* It may end at any time. */
		struct kg_error *gone = kg_file_read(job->arena, path, &bytes, &size);
		if (!gone)
			kg_text_format(text, "\n%s:\n%s", path, bytes);
	}
}

struct kg_next
kg_process_gather(struct kg_job *job)
{
	struct kg_text text = { .arena = job->arena };
	struct kg_daemon daemon;

	if (!kg_daemon_read(job->arena, job->keep, &daemon))
		return kg_done(job);
	bool lives = kg_daemon_lives(&daemon);
	const char *end = lives ? NULL : kg_daemon_end_tell(job->arena, &daemon);

	kg_text_format(&text, "pid: %d\nstarted: %s\n", (int)daemon.main.pid, kg_clock_tell_wall(job->arena, daemon.started_ns));
	kg_text_format(&text, "state: %s\n", lives ? "running" : end ? end : "it has just ended");
	if (daemon.ended)
		kg_text_format(&text, "ended: %s\n", kg_clock_tell_wall(job->arena, daemon.ended_ns));
	if (lives)
		process_describe(job, &text, daemon.main.pid);
	const char *told = kg_mask_text(job->arena, job->mask, kg_text_end(&text));
	struct kg_error *error =
	    kg_file_write(job->arena, kg_format(job->arena, "%s/process.txt", job->gather), told, strlen(told), 0600);
	return error ? kg_failed(error) : kg_done(job);
}
