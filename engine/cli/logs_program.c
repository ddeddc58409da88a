#include "engine/cli/logs_program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/mask.h"
#include "engine/base/text.h"

/* -1 when it could not be started. Its output comes from *ret_fd. */
static pid_t
program_start(const char *const *argv, int *ret_fd)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t signals;
	int ends[2];
	pid_t pid = -1;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	sigemptyset(&signals);
	sigaddset(&signals, SIGPIPE);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &signals);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	if (posix_spawn(&pid, argv[0], &actions, &attributes, (char *const *)(uintptr_t)argv, environ) != 0)
		pid = -1;
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (pid < 0)
		close(ends[0]);
	*ret_fd = ends[0];
	return pid;
}

/* Who only reads what is piped to it tells that it has gone by this alone while nothing is written. True when there is something to read. */
static bool
output_await(int fd)
{
	struct pollfd fds[] = { { .fd = fd, .events = POLLIN }, { .fd = STDOUT_FILENO } };

	while (poll(fds, 2, -1) < 0)
		if (errno != EINTR)
			return false;
	return (fds[1].revents & (POLLERR | POLLHUP)) == 0;
}

struct printing {
	struct kg_arena *scratch;
	const struct kg_mask *mask;
	struct kg_text line; /* that has no end yet */
	const char *held;    /* the first line, when it may be the program's own complaint; NULL: none */
	bool has_printed;
};

/* False when nobody reads any more. */
static bool
line_print(struct printing *printing, const char *line)
{
	if (!printing->has_printed && !printing->held && kg_text_starts(line, "Error")) {
		printing->held = strdup(line);
		return true;
	}
	if (printing->held)
		fputs(kg_mask_text(printing->scratch, printing->mask, printing->held), stdout);
	free((void *)(uintptr_t)printing->held);
	printing->held = NULL;
	printing->has_printed = true;
	fputs(kg_mask_text(printing->scratch, printing->mask, line), stdout);
	kg_arena_empty(printing->scratch);
	return !ferror(stdout);
}

static bool
bytes_print(struct printing *printing, const char *bytes, size_t size)
{
	while (size > 0) {
		const char *end = memchr(bytes, '\n', size);
		size_t part = end ? (size_t)(end - bytes) + 1 : size;

		kg_text_add_bytes(&printing->line, bytes, part);
		bytes += part;
		size -= part;
		if (end && !line_print(printing, kg_text_end(&printing->line)))
			return false;
		if (end)
			printing->line.size = 0;
	}
	return true;
}

/* The lines that come, each masked as a whole. */
static void
lines_print(struct printing *printing, int fd)
{
	char bytes[16 << 10];
	ssize_t got = 1;

	while (got > 0 && output_await(fd)) {
		got = read(fd, bytes, sizeof(bytes));
		if (got > 0 && (!bytes_print(printing, bytes, (size_t)got) || fflush(stdout) != 0))
			break;
	}
	if (printing->line.size > 0)
		line_print(printing, kg_text_end(&printing->line));
	fflush(stdout);
	close(fd);
}

bool
kg_logs_program(struct kg_arena *arena, const struct kg_mask *mask, const char *const *argv)
{
	int fd, status = 0;
	pid_t pid = program_start(argv, &fd);

	if (pid < 0)
		return false;
	struct printing printing = { .scratch = kg_arena_make(), .mask = mask, .line.arena = arena };
	lines_print(&printing, fd);
	kill(pid, SIGTERM);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	bool is_well = printing.has_printed || (WIFEXITED(status) && WEXITSTATUS(status) == 0);
	if (is_well && printing.held)
		fputs(kg_mask_text(printing.scratch, mask, printing.held), stdout);
	free((void *)(uintptr_t)printing.held);
	kg_arena_free(printing.scratch);
	return is_well;
}
