/*
 * The daemon's log: what it prints, secrets masked, in FILE, and what came before that in FILE.1.
 *
 *     kg_holder_log_open(&log, path, limit, secrets);
 *     while (kg_holder_log_drain(&log, pipe) > 0)
 *             ;
 *     kg_holder_log_note(&log, "ended with exit status 1");
 *     kg_holder_log_close(&log);
 *
 * Text goes to the file in whole lines, since a secret can only be recognised as a whole. A write that fails loses text rather
 * than stopping the daemon, and how much was lost is told in the log as soon as it can be written again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

static constexpr size_t kg_holder_log_room = 64 << 10;

struct kg_holder_log {
	const char *path;
	const char *const *secrets;
	size_t longest; /* bytes of the longest secret */
	int64_t limit, size;
	uint64_t inode;
	int fd;
	uint64_t lost;                    /* bytes that could not be written since the last that could */
	bool starts_secret[256];          /* first bytes of secrets */
	size_t pending_size, ready_size;  /* bytes in these: */
	char pending[kg_holder_log_room]; /* read, and not yet known to be free of secrets */
	char ready[4096];                 /* masked, not yet written */
};

/* secrets is ended by NULL and stays the caller's. 0, or an errno. */
int kg_holder_log_open(struct kg_holder_log *log, const char *path, int64_t limit, const char *const *secrets);
/* One read of the non-blocking fd. 1 when there may be more, 0 at its end, -1 when nothing is there now. */
int kg_holder_log_drain(struct kg_holder_log *log, int fd);
/* Writes what is pending, although its last line may be incomplete. */
void kg_holder_log_flush(struct kg_holder_log *log);
/* A line of the holder's own: "kgraph: …". */
[[gnu::format(printf, 2, 3)]] void kg_holder_log_note(struct kg_holder_log *log, const char *format, ...);
void kg_holder_log_close(struct kg_holder_log *log);
