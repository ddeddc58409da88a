/*
 * Everything that the daemon has started, and what those have started in turn, whatever sessions and groups they have made for
 * themselves.
 *
 *     while (waitpid(-1, NULL, WNOHANG) >= 0) kg_holder_tree_signal(SIGKILL, 0);
 *
 * The holder is a subreaper (prctl(2)): a process whose parent ends becomes the holder's child. So all of them are below the holder at any
 * time, and when it has no child left, nothing is left.
 */
#pragma once

#include <sys/types.h>

/*
 * Sends the signal to every process below this one that is not in the process group but_group (0: no exception), and SIGCONT
 * behind it, so that a stopped one hears it. Returns to how many.
 */
int kg_holder_tree_signal(int signal, pid_t but_group);
