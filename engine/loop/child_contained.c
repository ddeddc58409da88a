#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/list.h"
#include "engine/loop/child_inside.h"

struct process {
	pid_t pid, parent, session;
	uint64_t start_ticks;
	bool is_below; /* the child */
};

struct processes {
	KG_LIST(struct process) all;
};

static bool
process_read(pid_t pid, struct process *ret_process)
{
	char path[64], text[1024];
	int parent, session;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	if (size <= 0)
		return false;
	text[size] = '\0';

	/* The name in brackets may hold anything. */
	const char *rest = strrchr(text, ')');
	*ret_process = (struct process){ .pid = pid };
	if (!rest ||
	    sscanf(rest + 1, " %*c %d %*d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %" SCNu64, &parent,
		&session, &ret_process->start_ticks) != 3)
		return false;
	ret_process->parent = parent;
	ret_process->session = session;
	return true;
}

static void
processes_read(struct kg_arena *arena, struct processes *processes)
{
	DIR *folder = opendir("/proc");
	struct process process;

	if (!folder)
		return;
	for (const struct dirent *entry; (entry = readdir(folder));)
		if (isdigit((unsigned char)entry->d_name[0]) && process_read(atoi(entry->d_name), &process))
			kg_list_push(arena, &processes->all, process);
	closedir(folder);
}

static int
pid_compare(const void *a, const void *b)
{
	const struct process *first = a, *second = b;

	return (first->pid > second->pid) - (first->pid < second->pid);
}

static struct process *
process_find(const struct processes *processes, pid_t pid)
{
	const struct process key = { .pid = pid };

	return bsearch(&key, processes->all.items, processes->all.count, sizeof(key), pid_compare);
}

/* A child's number may be lower than its parent's, and so it takes as many rounds as the tree is deep: a few. */
static void
below_mark(struct processes *processes, pid_t top)
{
	if (processes->all.count > 0)
		qsort(processes->all.items, processes->all.count, sizeof(struct process), pid_compare);
	for (bool is_new = true; is_new;) {
		is_new = false;
		for (uint32_t i = 0; i < processes->all.count; i++) {
			struct process *process = &processes->all.items[i];
			const struct process *parent = process->is_below ? NULL : process_find(processes, process->parent);

			if (parent && (parent->is_below || parent->pid == top))
				is_new = process->is_below = true;
		}
	}
}

static bool
sees_mounts_of_its_own(const struct process *process)
{
	char own_path[64], parent_path[64];
	struct stat own, parent;

	snprintf(own_path, sizeof(own_path), "/proc/%d/ns/mnt", (int)process->pid);
	snprintf(parent_path, sizeof(parent_path), "/proc/%d/ns/mnt", (int)process->parent);
	return stat(own_path, &own) == 0 && stat(parent_path, &parent) == 0 && own.st_ino != parent.st_ino;
}

/* The number may be another process's by now, but not while a pidfd is held that was looked at again. */
static bool
process_kill(const struct process *process)
{
	struct process again;
	int fd = (int)syscall(SYS_pidfd_open, process->pid, 0);
	bool is_sent = fd >= 0 && process_read(process->pid, &again) && again.start_ticks == process->start_ticks &&
	    again.parent == process->parent && syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) == 0;

	if (fd >= 0)
		close(fd);
	return is_sent;
}

bool
kg_child_kill_contained(pid_t top)
{
	struct kg_arena *arena = kg_arena_make();
	struct processes processes = { 0 };
	bool is_any = false;

	processes_read(arena, &processes);
	below_mark(&processes, top);
	for (uint32_t i = 0; i < processes.all.count; i++) {
		const struct process *process = &processes.all.items[i];

		if (process->is_below && process->session == process->pid && sees_mounts_of_its_own(process))
			is_any = process_kill(process) || is_any;
	}
	kg_arena_free(arena);
	return is_any;
}
