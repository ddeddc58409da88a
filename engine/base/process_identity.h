/*
 * Which process a pid means: a pid is handed out again after its process has ended, so a process is known by pid, start time and boot.
 *
 *     struct kg_process_identity it;
 *     if (kg_process_identify(pid, &it)) remember(it);
 *     ...
 *     if (kg_process_alive(&it)) kill(it.pid, SIGTERM);
 *
 * Reads /proc (proc(5)).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct kg_arena;

struct kg_process_identity {
	pid_t pid;
	uint64_t start_ticks; /* since boot, field 22 of /proc/PID/stat */
	char boot[37];        /* /proc/sys/kernel/random/boot_id */
};

/* False when there is no such process. A zombie counts as ended. */
bool kg_process_identify(pid_t pid, struct kg_process_identity *ret_identity);
/* The same process as then, still running. */
bool kg_process_alive(const struct kg_process_identity *identity);
/* The process that started it, or took it over; 0 when it is gone. */
pid_t kg_process_parent(pid_t pid);
/* The program's file, without links on the way; NULL when it is gone or hidden. */
const char *kg_process_program(struct kg_arena *arena, pid_t pid);
/* Its arguments with spaces between, at most 200 bytes; NULL when it is gone or hidden. */
const char *kg_process_command_line(struct kg_arena *arena, pid_t pid);
/* Who listens on a TCP port of this machine, as far as we may see: 0 when nobody does, -1 when somebody does whose pid is hidden from us. */
pid_t kg_process_listening(uint16_t port);
