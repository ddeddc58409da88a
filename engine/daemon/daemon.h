/*
 * A daemon as kgraph sees it from outside: what its holder has written down, and what a holder is told.
 *
 *     struct kg_daemon daemon;
 *     if (!kg_daemon_read(arena, keep, &daemon))
 *             return kg_absent(job, "it was never started here");
 *     if (!kg_daemon_lives(&daemon))
 *             return kg_absent(job, "%s", kg_daemon_end_tell(arena, &daemon));
 *
 * Everything about a daemon is in one folder, `keep`: status (holder/status.h says what is in it), lock, log and log.1.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/base/process_identity.h"

struct kg_arena;
struct kg_error;
struct kg_mask;
struct kg_user;

struct kg_daemon {
	struct kg_process_identity holder, main; /* main: the program itself */
	const char *fingerprint;                 /* of the settings that it was started with */
	int64_t started_ns;                      /* wall clock */
	uint64_t log_inode;                      /* of the log when it was started */
	int64_t log_from;                        /* bytes in that log that are of an earlier life */
	bool ended;                              /* the holder saw it end: */
	int exit_status, end_signal;             /* end_signal 0: it ended by itself */
	int64_t ended_ns;                        /* wall clock */
	int left;                                /* processes below it that could not be ended */
};

/* False when none was ever started, or the file is damaged. Strings in the arena. */
bool kg_daemon_read(struct kg_arena *arena, const char *keep, struct kg_daemon *ret_daemon);
/* The program runs. */
bool kg_daemon_lives(const struct kg_daemon *daemon);
/* Its holder runs, with or without the program. */
bool kg_daemon_is_held(const struct kg_daemon *daemon);
/*
 * "it ended with exit status 1", "the machine was restarted since it was started": why it does not live. NULL when that is not known yet:
 * the program has gone a moment ago, and its holder is about to write down how.
 */
const char *kg_daemon_end_tell(struct kg_arena *arena, const struct kg_daemon *daemon);
/* The last lines of this life's log, at most `lines` of them, secrets masked. "" when there are none. */
const char *kg_daemon_last_lines(
    struct kg_arena *arena, const struct kg_daemon *daemon, const char *keep, const struct kg_mask *mask, int lines);

const char *kg_daemon_status_path(struct kg_arena *arena, const char *keep);
const char *kg_daemon_lock_path(struct kg_arena *arena, const char *keep);
const char *kg_daemon_log_path(struct kg_arena *arena, const char *keep);

/* What a holder is to run, and how. */
struct kg_daemon_order {
	const char *node, *keep, *fingerprint;
	int64_t log_limit_bytes;
	int stop_signal;
	int64_t stop_after_ms;
	const char *cwd;
	const struct kg_user *user;           /* NULL: whom kgraph runs as */
	const char *program;                  /* absolute */
	const char *const *argv, *const *env; /* each ended by NULL */
	const struct kg_mask *mask;           /* may be NULL */
};

/* The order as holder/request.h reads it, in the arena. */
const char *kg_daemon_request(struct kg_arena *arena, const struct kg_daemon_order *order, size_t *ret_size);

/*
 * NULL when the holder's answer says that the program runs, else what went wrong: KG_ESYSTEM where the system refused. program is for
 * advice.
 */
[[nodiscard]] struct kg_error *kg_daemon_answer(struct kg_arena *arena, const char *answer, const char *program);

/* The holder's program, written below folder unless it is there already. KG_ESYSTEM when that cannot be. */
[[nodiscard]] struct kg_error *kg_daemon_holder_program(struct kg_arena *arena, const char *folder, const char **ret_path);

/*
 * Asks the holder to stop everything, by this signal and within this time; 0: kill at once. A pidfd that becomes readable when the holder has
 * gone, for the caller to close; -1 when it has gone already.
 */
int kg_daemon_stop(const struct kg_daemon *daemon, int stop_signal, int64_t after_ms);
/*
 * The same for a program whose holder was killed: signals it and all of its session. The pidfd is the program's.
 */
int kg_daemon_signal_unheld(const struct kg_daemon *daemon, int signal);
