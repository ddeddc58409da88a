/*
 * Runs cmocka executables, as many at once as there are cores, and ends with the sums:
 *
 *     unit-tests EXECUTABLE...
 *     42 passed, 0 failed, 1 skipped
 *
 * Each is its own process, so that a crash takes down nobody else's tests.
 */

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/runner/report.h"

/* Far above what any of them takes under ThreadSanitizer on a busy machine: only what hangs ends by SIGALRM. */
constexpr unsigned time_limit_s = 300;

struct child {
	pid_t pid;
	int output_fd; /* a memfd: whatever it prints, nobody has to read along */
};

static void
die(const char *doing)
{
	perror(doing);
	exit(2);
}

static const char *
short_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static struct child
start(const char *path)
{
	struct child child = { .output_fd = memfd_create("output", MFD_CLOEXEC) };

	if (child.output_fd < 0)
		die("memfd_create");
	child.pid = fork();
	if (child.pid < 0)
		die("fork");
	if (child.pid > 0)
		return child;

	int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	dup2(null_fd, STDIN_FILENO);
	dup2(child.output_fd, STDOUT_FILENO);
	dup2(child.output_fd, STDERR_FILENO);
	alarm(time_limit_s);
	execl(path, path, (char *)nullptr);
	perror(path);
	_exit(127);
}

static void
finish(struct report *report, const char *path, const struct child *child, int status)
{
	struct stat stat;

	if (fstat(child->output_fd, &stat) != 0)
		die("fstat");
	size_t size = (size_t)stat.st_size;
	char *output = malloc(size + 1);
	if (output == nullptr || pread(child->output_fd, output, size, 0) != (ssize_t)size)
		die("reading a test's output");
	output[size] = '\0';
	report_read(report, short_name(path), output, status, stdout);
	fflush(stdout);
	free(output);
	close(child->output_fd);
}

/* Waits for one child, whichever ends first. */
static void
reap(struct report *report, char **paths, struct child *children, int count)
{
	int status;
	pid_t pid = wait(&status);

	for (int i = 0; i < count; i++) {
		if (children[i].pid == pid)
			finish(report, paths[i], &children[i], status);
	}
}

int
main(int argc, char **argv)
{
	char **paths = argv + 1;
	int count = argc - 1, running = 0;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	struct child *children = calloc((size_t)count + 1, sizeof *children);
	struct report report = { 0 };

	if (children == nullptr)
		die("calloc");
	setenv("CMOCKA_MESSAGE_OUTPUT", "TAP", 1);
	for (int i = 0; i < count; i++) {
		if (running == cores) {
			reap(&report, paths, children, i);
			running--;
		}
		children[i] = start(paths[i]);
		running++;
	}
	while (running-- > 0)
		reap(&report, paths, children, count);
	printf("%u passed, %u failed, %u skipped\n", report.passed, report.failed, report.skipped);
	free(children);
	return report.failed > 0;
}
