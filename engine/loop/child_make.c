#include "engine/loop/child_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/loop/inside.h"
#include "engine/loop/spawn.h"

static void
fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

struct kg_groups {
	struct kg_groups *next;
	const char *user;
	gid_t gid;
	int count;
	gid_t *ids;
};

/* Looked up here, since it reads files and may ask servers, and once for each user. */
static const struct kg_groups *
groups_find(struct kg_loop *loop, const char *user, gid_t gid)
{
	for (const struct kg_groups *known = loop->groups; known; known = known->next) {
		if (known->gid == gid && strcmp(known->user, user) == 0)
			return known;
	}
	struct kg_groups *groups = kg_new(loop->arena, struct kg_groups);
	*groups = (struct kg_groups){ .next = loop->groups, .user = kg_copy(loop->arena, user), .gid = gid, .count = 64 };
	groups->ids = kg_new_array(loop->arena, gid_t, 64);
	while (getgrouplist(user, gid, groups->ids, &groups->count) < 0)
		groups->ids = kg_new_array(loop->arena, gid_t, (size_t)groups->count);
	loop->groups = groups;
	return groups;
}

/* Moved out of the way of the numbers that the child gives to its own: 0 to 3. */
static int
fd_above(int fd)
{
	if (fd < 0 || fd > 3)
		return fd;
	int above = fcntl(fd, F_DUPFD_CLOEXEC, 4);
	close(fd);
	return above;
}

/*
 * The input as a file in memory: it can be of any size, and nobody has to stand by to write it while the child reads. Each child
 * opens its own; the kernel frees it with the last who has it open.
 */
static int
input_make(const char *bytes, size_t size)
{
	int fd = fd_above(memfd_create("input", MFD_CLOEXEC));

	if (fd < 0)
		return -1;
	int sys = kg_file_write_all(fd, bytes, size);
	if (sys == 0 && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	close(fd);
	errno = sys ? sys : errno;
	return -1;
}

static bool
pipe_make(int *ret_ours, int *ret_childs)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;
	*ret_ours = fd_above(ends[0]);
	*ret_childs = fd_above(ends[1]);
	return *ret_ours >= 0 && *ret_childs >= 0;
}

static bool
means_make(struct kg_loop *loop)
{
	if (!loop->buffer && !(loop->buffer = malloc(kg_loop_buffer_bytes)))
		kg_out_of_memory();
	if (loop->null_fd < 0 && (loop->null_fd = fd_above(open("/dev/null", O_RDWR | O_CLOEXEC))) < 0)
		return false;
	if (loop->child_stack)
		return true;
	void *stack = mmap(NULL, kg_spawn_stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stack == MAP_FAILED)
		return false;
	loop->child_stack = stack;
	return true;
}

/* Opens what becomes the child's streams. False with errno; what is open then is in spawn and fds. */
static bool
streams_make(struct kg_loop *loop, const struct kg_child_start *start, struct kg_spawn *spawn, int fds[2])
{
	if (start->inherit_terminal)
		return true;
	if (start->input_path)
		spawn->streams[0] = fd_above(open(start->input_path, O_RDONLY | O_CLOEXEC));
	else
		spawn->streams[0] = start->input ? input_make(start->input, start->input_size) : loop->null_fd;
	if (spawn->streams[0] < 0)
		return false;
	if (start->on_output)
		return pipe_make(&fds[0], &spawn->streams[1]) && pipe_make(&fds[1], &spawn->streams[2]);
	spawn->streams[1] = spawn->streams[2] = loop->null_fd;
	return true;
}

int
kg_child_make(struct kg_loop *loop, struct kg_child_start *start, int fds[2], int *ret_pidfd)
{
	struct kg_spawn spawn = {
		.program = start->program,
		.argv = start->argv,
		.env = start->env,
		.cwd = start->cwd,
		.streams = { -1, -1, -1 },
		.pass_fd = start->pass_fd,
		.own_session = !start->inherit_terminal,
		.change_user = start->change_user,
		.uid = start->uid,
		.gid = start->gid,
		.groups = &start->gid,
		.group_count = 1,
		.files_limit = loop->files_limit,
		.pidfd = -1,
		.failed_part = KG_CHILD_MEANS,
	};
	int sys;

	if (start->change_user && start->user) {
		const struct kg_groups *groups = groups_find(loop, start->user, start->gid);

		spawn.groups = groups->ids;
		spawn.group_count = (size_t)groups->count;
	}
	if (means_make(loop) && streams_make(loop, start, &spawn, fds))
		sys = kg_spawn(&spawn, loop->child_stack);
	else
		sys = errno;
	for (int stream = 0; stream < 3; stream++) {
		if (spawn.streams[stream] != loop->null_fd)
			fd_close(&spawn.streams[stream]);
	}
	if (sys != 0) {
		fd_close(&fds[0]);
		fd_close(&fds[1]);
	}
	start->pid = spawn.pid;
	start->failed_part = spawn.failed_part;
	*ret_pidfd = spawn.pidfd;
	return sys;
}

void
kg_children_free(struct kg_loop *loop)
{
	free(loop->buffer);
	if (loop->child_stack)
		munmap(loop->child_stack, kg_spawn_stack_bytes);
	if (loop->null_fd >= 0)
		close(loop->null_fd);
}

/* execve says ENOENT of a script whose interpreter is missing as well. */
static struct kg_error *
program_error(struct kg_arena *arena, int sys, const char *program)
{
	struct kg_error *error = kg_error_system(arena, sys, "cannot run %s", program);

	if (sys == ENOENT && access(program, F_OK) == 0)
		return kg_error_advise(arena, error, "the interpreter that its first line names is missing");
	if (sys == EACCES && access(program, R_OK) == 0 && access(program, X_OK) < 0)
		return kg_error_advise(arena, error, "chmod +x %s", program);
	if (sys == ENOEXEC)
		return kg_error_advise(arena, error, "it is neither a program for this machine nor a script that starts with #!");
	return error;
}

struct kg_error *
kg_child_start_error(struct kg_arena *arena, const struct kg_wait *wait, const struct kg_child_start *start)
{
	switch (start->failed_part) {
	case KG_CHILD_PROGRAM: return program_error(arena, wait->sys, start->program);
	case KG_CHILD_FOLDER: return kg_error_system(arena, wait->sys, "cannot enter the folder %s", start->cwd);
	case KG_CHILD_USER:
		return kg_error_system(arena, wait->sys, "cannot become the user %s", start->user ? start->user : "asked for");
	case KG_CHILD_MEANS: break;
	}
	return kg_error_system(arena, wait->sys, "cannot start %s", start->program);
}
