/*
 * What is known of a daemon, in a file that outlives it, its holder and kgraph: written anew at every change and renamed into
 * place, so that a reader never sees half of it.
 *
 *     kgraph-holder 1
 *     boot 5d0e9c3e-…               of the machine, when the daemon was started
 *     holder 4711 88123             pid and start time in ticks since boot
 *     daemon 4712 88123
 *     fingerprint 6c1f…             of the node's settings
 *     started 1795334640123456789   wall clock, nanoseconds
 *     log 131 0                     the log's inode at the start, and where in it this life begins
 *     stop 15 10000                 signal and limit in milliseconds
 *     ended exit 1                  or "signal 9"; absent while it runs
 *     ended_at 1795334641123456789
 *     left 0                        processes that could not be ended
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct kg_holder_status {
	const char *path, *fingerprint;
	char boot[37];
	pid_t holder, daemon;
	uint64_t holder_ticks, daemon_ticks;
	int64_t started_ns;
	uint64_t log_inode;
	int64_t log_from;
	int stop_signal;
	int64_t stop_after_ms;
	bool ended;
	int exit_status, end_signal; /* end_signal 0: it ended by itself */
	int64_t ended_ns;
	int left;
};

/* 0, or an errno; then the file is as it was. */
int kg_holder_status_write(const struct kg_holder_status *status);
/* Field 22 of /proc/PID/stat; 0 when there is no such process. */
uint64_t kg_holder_start_ticks(pid_t pid);
/* The boot's id; empty when the system does not tell. */
void kg_holder_boot(char boot[static 37]);
/* Nanoseconds since 1970, UTC. */
int64_t kg_holder_wall_ns(void);
/* "2026-11-21T06:17:20Z" */
const char *kg_holder_wall_tell(int64_t wall_ns, char *buffer, size_t room);
/* Nanoseconds that never go back. */
int64_t kg_holder_now_ns(void);
