/*
 * What the holder is to run, and how: read from standard input, so that no secret of it is ever in an argument list or on disk.
 *
 *     struct kg_holder_request request;
 *     if (!kg_holder_request_read(STDIN_FILENO, &request)) ...
 *
 * The format is "key=value" entries, each ended by a zero byte, the last of them "end=". Keys that may come many times keep
 * their order:
 *
 *     node status lock log log_limit fingerprint stop_signal stop_after_ms cwd uid gid group* program argument* environment* secret*
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct kg_holder_request {
	const char *node;        /* for the process title and the log */
	const char *status_path; /* see status.h */
	const char *lock_path;   /* locked as long as the holder lives: two holders never serve one node */
	const char *log_path;
	int64_t log_limit; /* bytes after which the log becomes LOG.1 */
	const char *fingerprint;
	int stop_signal;
	int64_t stop_after_ms; /* how long everything may take to end before it is killed */
	const char *cwd;
	bool change_user; /* to uid, gid and groups, for the daemon alone: the holder's files stay the holder's */
	uid_t uid;
	gid_t gid;
	gid_t *groups;
	size_t group_count;
	const char *program;      /* absolute */
	const char **arguments;   /* argv[0] first; ended by NULL */
	const char **environment; /* ended by NULL */
	const char **secrets;     /* ended by NULL; each at least 4 bytes */
	char *bytes;              /* all texts point in here */
	size_t size;
};

/* False when the input ends too early or makes no sense. */
bool kg_holder_request_read(int fd, struct kg_holder_request *ret_request);
/* Overwrites the environment, which nobody needs once the daemon runs. */
void kg_holder_request_forget(struct kg_holder_request *request);
