#include "tests/unit/process/holding.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/path.h"

static constexpr int tries = 1000;

static void
moment(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
}

struct holding *
holding_make(void)
{
	struct kg_arena *arena = kg_arena_make();
	struct holding *holding = kg_new(arena, struct holding);
	static const char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };

	holding->arena = arena;
	snprintf(holding->folder, sizeof(holding->folder), "/tmp/kgraph-holder-test.XXXXXX");
	kg_assert(mkdtemp(holding->folder));
	kg_assert(!kg_daemon_holder_program(arena, holding->folder, &holding->holder));
	holding->order = (struct kg_daemon_order){
		.node = "daemon",
		.keep = holding->folder,
		.fingerprint = "0123456789abcdef0123456789abcdef",
		.log_limit_bytes = 1 << 20,
		.stop_signal = SIGTERM,
		.stop_after_ms = 5000,
		.cwd = holding->folder,
		.program = "/bin/sh",
		.env = environment,
	};
	return holding;
}

const char *
holding_start(struct holding *holding, const char *script)
{
	const char **argv = kg_new_array(holding->arena, const char *, 4);

	argv[0] = "sh";
	argv[1] = "-c";
	argv[2] = script;
	holding->order.argv = argv;
	return holding_start_order(holding);
}

const char *
holding_start_order(struct holding *holding)
{
	size_t size;
	const char *request = kg_daemon_request(holding->arena, &holding->order, &size);
	char *answer = kg_alloc(holding->arena, 8192);
	int input[2], output[2], status;
	ssize_t got;

	kg_assert(pipe2(input, O_CLOEXEC) == 0 && pipe2(output, O_CLOEXEC) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(input[0], 0);
		dup2(output[1], 1);
		execl(holding->holder, holding->holder, holding->order.node, NULL);
		_exit(127);
	}
	close(input[0]);
	close(output[1]);
	kg_assert(kg_file_write_all(input[1], request, size) == 0);
	close(input[1]);
	for (size_t at = 0; (got = read(output[0], answer + at, 8191 - at)) > 0;)
		at += (size_t)got;
	close(output[0]);
	waitpid(pid, &status, 0);
	kg_daemon_read(holding->arena, holding->folder, &holding->daemon);
	return strcmp(answer, "started\n") == 0 ? NULL : answer;
}

bool
holding_waits_for_end(struct holding *holding)
{
	for (int i = 0; i < tries; i++, moment())
		if (kg_daemon_read(holding->arena, holding->folder, &holding->daemon) && holding->daemon.ended)
			return true;
	return false;
}

bool
holding_waits_for_holder(struct holding *holding)
{
	for (int i = 0; i < tries && kg_daemon_is_held(&holding->daemon); i++)
		moment();
	kg_daemon_read(holding->arena, holding->folder, &holding->daemon);
	return !kg_daemon_is_held(&holding->daemon);
}

const char *
holding_log(struct holding *holding, const char *name)
{
	const char *text;
	size_t size;

	return kg_file_read(holding->arena, kg_path_join(holding->arena, holding->folder, name), &text, &size) ? "" : text;
}

bool
holding_waits_for_log(struct holding *holding, const char *text)
{
	for (int i = 0; i < tries; i++, moment())
		if (strstr(holding_log(holding, "log"), text))
			return true;
	return false;
}

int
holding_waits_for_number(struct holding *holding, const char *name)
{
	for (int i = 0; i < tries; i++, moment()) {
		const char *text = holding_log(holding, name);

		if (strchr(text, '\n'))
			return atoi(text);
	}
	return 0;
}

bool
holding_waits_for_gone(int pid)
{
	struct kg_process_identity identity;

	for (int i = 0; i < tries; i++, moment())
		if (!kg_process_identify(pid, &identity))
			return true;
	return false;
}

void
holding_free(struct holding *holding)
{
	if (holding->daemon.main.pid > 0) {
		int fd = kg_daemon_stop(&holding->daemon, SIGKILL, 0);

		if (fd >= 0)
			close(fd);
		holding_waits_for_holder(holding);
	}
	kg_assert(!kg_file_remove(holding->arena, holding->folder));
	kg_arena_free(holding->arena);
}
