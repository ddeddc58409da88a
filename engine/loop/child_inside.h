/*
 * How a child is made, apart from how it is waited for.
 *
 *     int fds[2] = { -1, -1 }, pidfd;
 *     int sys = kg_child_make(loop, start, fds, &pidfd);
 */
#pragma once

#include "engine/loop/child.h"

/* A pipe of the child's holds as much once it has filled a whole buffer. */
static constexpr int kg_child_pipe_bytes = 256 * 1024;

/*
 * Starts the program of start and sets its pid. fds: our ends of its standard output and error, left at -1 where there is none.
 * 0, or an errno with start->failed_part; nothing is open then.
 */
int kg_child_make(struct kg_loop *loop, struct kg_child_start *start, int fds[2], int *ret_pidfd);

/*
 * KILLs what runs below that process in a session and among mounts of its own: what is in a container, as the steps of a build are. False when there is
 * nothing like that. Reads all of /proc: some milliseconds.
 */
bool kg_child_kill_contained(pid_t top);
