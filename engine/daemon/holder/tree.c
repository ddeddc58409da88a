#include "engine/daemon/holder/tree.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct process {
	pid_t pid, parent, group;
	uint64_t start_ticks;
	bool below; /* this process */
};

struct processes {
	struct process *items;
	size_t count, room;
};

/* False when it is gone, or a zombie, which no signal reaches. */
static bool
process_read(pid_t pid, struct process *ret_process)
{
	char path[64], stat[1024], state;
	int parent, group;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t size = read(fd, stat, sizeof(stat) - 1);
	close(fd);
	if (size <= 0)
		return false;
	stat[size] = '\0';

	const char *rest = strrchr(stat, ')');
	*ret_process = (struct process){ .pid = pid };
	if (!rest ||
	    sscanf(rest + 1, " %c %d %d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %" SCNu64, &state, &parent,
		&group, &ret_process->start_ticks) != 4)
		return false;
	ret_process->parent = parent;
	ret_process->group = group;
	return state != 'Z' && state != 'X';
}

static bool
processes_add(struct processes *processes, struct process process)
{
	if (processes->count == processes->room) {
		size_t room = processes->room ? processes->room * 2 : 256;
		struct process *grown = realloc(processes->items, room * sizeof(*grown));

		if (!grown)
			return false;
		processes->items = grown;
		processes->room = room;
	}
	processes->items[processes->count++] = process;
	return true;
}

static void
processes_read(struct processes *processes)
{
	DIR *folder = opendir("/proc");
	struct process process;

	if (!folder)
		return;
	for (struct dirent *entry; (entry = readdir(folder));)
		if (isdigit((unsigned char)entry->d_name[0]) && process_read(atoi(entry->d_name), &process) &&
		    !processes_add(processes, process))
			break;
	closedir(folder);
}

static int
by_pid(const void *a, const void *b)
{
	pid_t first = ((const struct process *)a)->pid, second = ((const struct process *)b)->pid;

	return (first > second) - (first < second);
}

/* Each pass goes one generation down, or further, as pids mostly grow from parent to child. */
static void
descendants_mark(struct processes *processes)
{
	pid_t self = getpid();

	if (processes->count == 0)
		return;
	qsort(processes->items, processes->count, sizeof(*processes->items), by_pid);
	for (bool more = true; more;) {
		more = false;
		for (size_t i = 0; i < processes->count; i++) {
			struct process *process = &processes->items[i];

			if (process->below)
				continue;
			const struct process *parent = bsearch(&(struct process){ .pid = process->parent }, processes->items,
			    processes->count, sizeof(*processes->items), by_pid);
			if (process->parent == self || (parent && parent->below))
				process->below = more = true;
		}
	}
}

/* By a pidfd, and only when the pid still means what it meant when the tree was read. */
static bool
process_signal(const struct process *process, int signal)
{
	int fd = (int)syscall(SYS_pidfd_open, process->pid, 0);
	struct process now;
	bool sent = false;

	if (fd < 0)
		return false;
	if (process_read(process->pid, &now) && now.start_ticks == process->start_ticks) {
		sent = syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0) == 0;
		if (signal != SIGKILL)
			syscall(SYS_pidfd_send_signal, fd, SIGCONT, NULL, 0);
	}
	close(fd);
	return sent;
}

int
kg_holder_tree_signal(int signal, pid_t but_group)
{
	struct processes processes = { 0 };
	int count = 0;

	processes_read(&processes);
	descendants_mark(&processes);
	for (size_t i = 0; i < processes.count; i++)
		if (processes.items[i].below && (but_group == 0 || processes.items[i].group != but_group))
			count += process_signal(&processes.items[i], signal);
	free(processes.items);
	return count;
}
