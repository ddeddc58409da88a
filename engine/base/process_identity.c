#include "engine/base/process_identity.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/arena.h"

/* Reads the start of a small file of /proc; the bytes read, or -1. */
static ssize_t
proc_read(const char *path, char *buffer, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	ssize_t size = read(fd, buffer, room - 1);
	close(fd);
	if (size >= 0)
		buffer[size] = '\0';
	return size;
}

bool
kg_process_identify(pid_t pid, struct kg_process_identity *ret_identity)
{
	char path[64], stat[1024], state;
	uint64_t start_ticks;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (pid <= 0 || proc_read(path, stat, sizeof(stat)) <= 0)
		return false;

	/* The program's name is in parentheses and may itself hold any character: fields are counted from the last one. */
	const char *rest = strrchr(stat, ')');
	if (!rest ||
	    sscanf(rest + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %" SCNu64, &state,
		&start_ticks) != 2)
		return false;
	if (state == 'Z' || state == 'X')
		return false;
	*ret_identity = (struct kg_process_identity){ .pid = pid, .start_ticks = start_ticks };
	if (proc_read("/proc/sys/kernel/random/boot_id", ret_identity->boot, sizeof(ret_identity->boot)) < 0)
		ret_identity->boot[0] = '\0';
	return true;
}

pid_t
kg_process_parent(pid_t pid)
{
	char path[64], stat[1024];
	int parent;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (pid <= 0 || proc_read(path, stat, sizeof(stat)) <= 0)
		return 0;
	const char *rest = strrchr(stat, ')');
	return rest && sscanf(rest + 1, " %*c %d", &parent) == 1 ? (pid_t)parent : 0;
}

bool
kg_process_alive(const struct kg_process_identity *identity)
{
	struct kg_process_identity now;

	return kg_process_identify(identity->pid, &now) && now.start_ticks == identity->start_ticks &&
	    strcmp(now.boot, identity->boot) == 0;
}

const char *
kg_process_program(struct kg_arena *arena, pid_t pid)
{
	char path[64], program[PATH_MAX];

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	ssize_t size = readlink(path, program, sizeof(program));
	return size > 0 ? kg_copy_bytes(arena, program, (size_t)size) : NULL;
}

const char *
kg_process_command_line(struct kg_arena *arena, pid_t pid)
{
	char path[64], line[201];

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	ssize_t size = proc_read(path, line, sizeof(line));
	if (size <= 0)
		return NULL;
	while (size > 0 && line[size - 1] == '\0')
		size--;
	for (ssize_t i = 0; i < size; i++)
		if (line[i] == '\0' || iscntrl((unsigned char)line[i]))
			line[i] = ' ';
	return kg_copy_bytes(arena, line, (size_t)size);
}

/* The socket inode of a listener on the port in /proc/net/tcp or tcp6, or 0. State 0A is LISTEN. */
static uint64_t
listener_inode(const char *table, uint16_t port)
{
	FILE *file = fopen(table, "re");
	char line[512];
	uint64_t found = 0;

	if (!file)
		return 0;
	while (found == 0 && fgets(line, sizeof(line), file)) {
		unsigned local_port, state;
		uint64_t inode;

		if (sscanf(line, " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*s %*s %" SCNu64, &local_port, &state,
			&inode) == 3 &&
		    local_port == port && state == 0x0a)
			found = inode;
	}
	fclose(file);
	return found;
}

/* Whether the process has the socket open. */
static bool
holds_socket(const char *pid, const char *socket)
{
	char path[PATH_MAX], link[64];
	bool found = false;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	DIR *folder = opendir(path);
	if (!folder)
		return false;
	for (struct dirent *entry; !found && (entry = readdir(folder));) {
		ssize_t size = readlinkat(dirfd(folder), entry->d_name, link, sizeof(link) - 1);

		if (size > 0) {
			link[size] = '\0';
			found = strcmp(link, socket) == 0;
		}
	}
	closedir(folder);
	return found;
}

pid_t
kg_process_listening(uint16_t port)
{
	uint64_t inode = listener_inode("/proc/net/tcp", port);
	char socket[64];
	pid_t holder = -1;

	if (inode == 0)
		inode = listener_inode("/proc/net/tcp6", port);
	if (inode == 0)
		return 0;
	snprintf(socket, sizeof(socket), "socket:[%" PRIu64 "]", inode);

	DIR *processes = opendir("/proc");
	if (!processes)
		return -1;
	for (struct dirent *entry; holder < 0 && (entry = readdir(processes));)
		if (isdigit((unsigned char)entry->d_name[0]) && holds_socket(entry->d_name, socket))
			holder = (pid_t)atoi(entry->d_name);
	closedir(processes);
	return holder;
}
