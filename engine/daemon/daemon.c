#include "engine/daemon/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/mask.h"
#include "engine/base/path.h"
#include "engine/base/text.h"

/* As much of a log as last lines may fill. */
static constexpr size_t tail_size = 16 << 10;

const char *
kg_daemon_status_path(struct kg_arena *arena, const char *keep)
{
	return kg_path_join(arena, keep, "status");
}

const char *
kg_daemon_lock_path(struct kg_arena *arena, const char *keep)
{
	return kg_path_join(arena, keep, "lock");
}

const char *
kg_daemon_log_path(struct kg_arena *arena, const char *keep)
{
	return kg_path_join(arena, keep, "log");
}

/* One line of the status; lines that are not known are passed over, for a later version's sake. */
static void
line_read(struct kg_arena *arena, const char *line, struct kg_daemon *daemon)
{
	char word[64];
	int number;

	sscanf(line, "holder %d %" SCNu64, &daemon->holder.pid, &daemon->holder.start_ticks);
	sscanf(line, "daemon %d %" SCNu64, &daemon->main.pid, &daemon->main.start_ticks);
	sscanf(line, "started %" SCNd64, &daemon->started_ns);
	sscanf(line, "log %" SCNu64 " %" SCNd64, &daemon->log_inode, &daemon->log_from);
	sscanf(line, "ended_at %" SCNd64, &daemon->ended_ns);
	sscanf(line, "left %d", &daemon->left);
	if (sscanf(line, "boot %36s", daemon->main.boot) == 1)
		memcpy(daemon->holder.boot, daemon->main.boot, sizeof(daemon->holder.boot));
	if (sscanf(line, "fingerprint %63s", word) == 1)
		daemon->fingerprint = kg_copy(arena, word);
	if (kg_text_starts(line, "ended ") && sscanf(line, "ended %7s %d", word, &number) == 2) {
		daemon->ended = true;
		if (strcmp(word, "signal") == 0)
			daemon->end_signal = number;
		else
			daemon->exit_status = number;
	}
}

bool
kg_daemon_read(struct kg_arena *arena, const char *keep, struct kg_daemon *ret_daemon)
{
	const char *text;
	size_t size;

	*ret_daemon = (struct kg_daemon){ .fingerprint = "" };
	if (kg_file_read(arena, kg_daemon_status_path(arena, keep), &text, &size) || !kg_text_starts(text, "kgraph-holder 1\n"))
		return false;
	for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		line_read(arena, line, ret_daemon);
	return ret_daemon->holder.pid > 0 && ret_daemon->main.pid > 0;
}

bool
kg_daemon_lives(const struct kg_daemon *daemon)
{
	return !daemon->ended && kg_process_alive(&daemon->main);
}

bool
kg_daemon_is_held(const struct kg_daemon *daemon)
{
	return kg_process_alive(&daemon->holder);
}

static bool
machine_restarted(const struct kg_daemon *daemon)
{
	struct kg_process_identity self;

	return kg_process_identify(getpid(), &self) && strcmp(self.boot, daemon->main.boot) != 0;
}

const char *
kg_daemon_end_tell(struct kg_arena *arena, const struct kg_daemon *daemon)
{
	if (daemon->ended && daemon->end_signal)
		return kg_format(arena, "it was ended by signal %d (%s)", daemon->end_signal, strsignal(daemon->end_signal));
	if (daemon->ended)
		return kg_format(arena, "it ended with exit status %d", daemon->exit_status);
	if (machine_restarted(daemon))
		return "the machine was restarted since it was started";
	if (!kg_daemon_is_held(daemon))
		return "it has gone, and so has its holder: both were killed";
	return NULL;
}

/* The end of the log, not reaching back into an earlier life. */
static const char *
tail_read(struct kg_arena *arena, const struct kg_daemon *daemon, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat stat;
	ssize_t got = 0;

	if (fd < 0)
		return "";
	char *bytes = kg_alloc(arena, tail_size + 1);
	if (fstat(fd, &stat) == 0) {
		off_t from = stat.st_size > (off_t)tail_size ? stat.st_size - (off_t)tail_size : 0;

		if (stat.st_ino == daemon->log_inode && from < daemon->log_from)
			from = daemon->log_from;
		got = pread(fd, bytes, tail_size, from);
	}
	close(fd);
	bytes[got > 0 ? got : 0] = '\0';
	return bytes;
}

const char *
kg_daemon_last_lines(
    struct kg_arena *arena, const struct kg_daemon *daemon, const char *keep, const struct kg_mask *mask, int lines)
{
	const char *text = tail_read(arena, daemon, kg_daemon_log_path(arena, keep));
	size_t at = strlen(text);

	for (int seen = 0; at > 0; at--)
		if (text[at - 1] == '\n' && text[at] != '\0' && ++seen == lines)
			break;
	return kg_mask_text(arena, mask, text + at);
}

struct kg_error *
kg_daemon_answer(struct kg_arena *arena, const char *answer, const char *program)
{
	int sys = 0, from = 0;

	if (kg_text_starts(answer, "started\n"))
		return NULL;
	if (sscanf(answer, "failed %d %n", &sys, &from) != 1 || from == 0)
		return kg_error_make(arena, KG_EFAILED, "its holder gave no answer");

	const char *what = kg_copy_bytes(arena, answer + from, strcspn(answer + from, "\n"));
	struct kg_error *error = sys ? kg_error_system(arena, sys, "%s", what) : kg_error_make(arena, KG_EFAILED, "%s", what);
	if (kg_text_starts(what, "cannot run ") && sys == ENOENT && access(program, F_OK) == 0)
		return kg_error_advise(arena, error, "the file is there: the interpreter in its first line, or its loader, is not");
	if (kg_text_starts(what, "cannot run ") && sys == ENOEXEC)
		return kg_error_advise(arena, error, "a script needs #! and its interpreter in the first line");
	return error;
}
