/*
 * What a kind may do while one of its nodes is being looked at, run, waited for or undone.
 *
 *     static struct kg_next
 *     child_ended(struct kg_job *job)
 *     {
 *         if (job->child.status != 0)
 *             return kg_failed(kg_child_error(job));
 *         return kg_wait_timer(job, 25, probe_again);
 *     }
 *
 * An operation is a column of steps. A step runs to its end without blocking and says what comes next. The engine calls
 * it; nothing of the job is open while it runs. Blocking work is handed to a worker thread.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/error.h"
#include "engine/base/field.h"

struct kg_arena;
struct kg_common;
struct kg_job;
struct kg_mask;
struct kg_topic;

/*
 * What comes after a step: another step at once, another step when one thing has happened, or the end. Made by the functions
 * below.
 */
struct kg_next {
	enum { KG_NEXT_STEP, KG_NEXT_WAIT, KG_NEXT_DONE, KG_NEXT_ABSENT, KG_NEXT_FAILED } what;
	struct kg_next (*step)(struct kg_job *);
	struct kg_error *error;
};
typedef struct kg_next(kg_step)(struct kg_job *);

/* How the last kg_wait_child ended. */
struct kg_child_result {
	int32_t status;         /* exit status; 128 + signal when a signal ended it */
	int32_t signal;         /* 0 when it ended by itself */
	const char *last_lines; /* the end of what it printed, secrets masked; "" when nothing */
	const char *output;     /* all of standard output when kg_child.capture was set (up to its limit), zero-ended */
	size_t output_size;
};

/*
 * How the last kg_wait_http ended. error is set when no whole answer came; status is then 0. Its code is KG_ETIME for a time
 * limit, KG_ESYSTEM with sys (ENOSPC) for a file that could not be read or written, else KG_ENETWORK.
 */
struct kg_http_result {
	int32_t status;
	const char *body; /* zero-ended; at most kg_http.body_limit bytes; "" when it was saved to a file or collected */
	size_t body_size;
	int64_t saved_bytes; /* written to kg_http.save_fd, also when the exchange ended early */
	int64_t saved_to;    /* where the next byte of the file would go: the start of a Range that goes on from here */
	const char *headers; /* "name: value" lines as they came, ended by \n each; see engine/base/http_header.h */
	const struct kg_error *error;
	bool is_lasting; /* with error: asking again would end the same way: a certificate, a URL, a limit, a file */
};

/* The graph's `[cache]`: a registry that shares what was made among machines. Its repositories are PATH/images and PATH/outputs. */
struct kg_remote {
	const char *host; /* with the port, where one is given */
	const char *path; /* without a slash at either end; "" where the registry itself is meant */
	bool is_plain;    /* a loopback host: plain HTTP is tried where it speaks no TLS */
	bool push;        /* what was made goes there; else it is only read */
	int64_t stall_ms; /* how long an exchange may stand still */
};

/* What `kgraph logs` is asked for. */
struct kg_show {
	bool follow;   /* it goes on with what is printed from now on, until it is ended */
	int64_t lines; /* so many of the last ones of each thing that prints; -1: all */
};

/* Where things are. All absolute, all without a slash at the end. */
struct kg_folders {
	const char *graph; /* of the root graph file */
	const char *state; /* kgraph's own, of this graph and instance: mode 0700; ${dir.state} */
	const char *data;  /* for data of other users' programs, such as PostgreSQL's: can be passed through by all; ${dir.data} */
	const char *runs;  /* one folder a run with a log a node */
};

struct kg_job {
	const char *name;               /* of the node, for messages */
	const void *spec;               /* the kind's settings; const from the first step on */
	const struct kg_common *common; /* the settings that every kind takes */
	void *
	    state; /* the kind's own, zeroed before the node's first operation, kg_kind.state_size bytes, kept from look to ready */
	void *survey; /* what the kind's survey found out for all nodes of the same key, or NULL */
	void *answer; /* of the last kg_wait_answer, or NULL, and then why */
	const struct kg_error *answer_error;
	const void *about;            /* in the steps of a kg_question: its own; else NULL */
	const void *reviewed;         /* what the kind's review has left for the node (kg_review_leave), or NULL */
	struct kg_arena *arena;       /* lives until the run ends */
	int64_t now_ns;               /* monotonic, the same for all steps of one loop turn */
	bool timed_out;               /* the last wait ended by its time limit */
	int64_t limit_bytes;          /* collect: how much may be left */
	bool purge;                   /* undo: data is to go as well */
	const char *gather;           /* gather: the folder to write into, absolute, mode 0700; else NULL */
	const struct kg_show *show;   /* show: how much is wanted; else NULL */
	struct kg_child_result child; /* of the last kg_wait_child */
	struct kg_http_result http;   /* of the last kg_wait_http */

	const char *folder;      /* of the graph file that says the node: where its relative paths start */
	const char *keep;        /* state/nodes/NAME: files of the kind's own that outlive the run; made by kg_job_keep */
	const char *log;         /* file that holds what the node prints in this run; appended to by kg_wait_child. NULL in show */
	bool wants_remark;       /* see kg_remark */
	const char *fingerprint; /* 32 hexadecimal digits: what the node is made of now; "" in undo */
	const char *
	    inputs; /* 32 hexadecimal digits: of the content of the node's input files alone, which are named as seen from the graph's
	                            folder and those of a context as seen from the context: alike in checkouts that are alike; "" in undo */
	const struct kg_folders *folders;
	const struct kg_pair
	    *remembered;            /* the outputs of the last successful run, ended by a NULL name; empty when there was none */
	const struct kg_mask *mask; /* every secret value of this run; for a kind that hands a log to another program */
	const struct kg_remote *remote; /* NULL: there is none, or it was given up in this run */
	void *probe;                    /* engine/probe's own, NULL before its first try */
	void *registry;                 /* engine/registry's own, NULL before its first ask */
	void *daemon;                   /* engine/daemon's own, NULL before it starts or stops one */
	void **registries;              /* engine/registry's own, the same for all jobs of a run */
	void *client;                   /* a client library's own, NULL before its first ask */
	void **clients;                 /* a client library's own, the same for all jobs of a run */

	uint32_t part;                      /* in a part of kg_wait_parts: which one */
	struct kg_job *whole;               /* in a part: the job that waits for it; else NULL */
	const struct kg_error *parts_error; /* after kg_wait_parts: of the part that failed first, or NULL */
	/*
	 * Closes what a column of steps below the kind's holds open (engine/registry: a file), when the operation ends before the last
	 * of them. Set by those steps; called before kg_kind.close. NULL: nothing is open.
	 */
	void (*release)(struct kg_job *job);
};

/* A program to run. Output of both streams is drained into the node's log at full speed. */
struct kg_child {
	const char *const *argv; /* argv[0] is looked up along kg_common.search and PATH when it has no slash */
	const char *const *env;  /* "NAME=value", ended by NULL: all that it gets. NULL: kg_job_env's */
	const char *cwd;         /* NULL: the node's folder */
	const char *user;        /* runs as this user when kgraph is root; ignored otherwise */
	const char *input;       /* written to its standard input, which is then closed; NULL: /dev/null */
	size_t input_size;
	const char *input_path; /* instead of input: the file that it finds as its standard input */
	int64_t timeout_ms; /* 0: the node's own time limit alone. TERM at the limit, KILL 5 s later, to the whole process group */
	bool capture;       /* keep standard output for the step, out of the log */
	size_t capture_limit; /* of what is kept; what comes after it is dropped. 0: 1 MiB */
	bool quiet;           /* a probe or a look: nothing goes to the log */
	int pass_fd;          /* if > 2: the child finds it as file descriptor 3 */
	/*
	 * A builder that leaves its containers behind when it gets TERM, and takes them away when what runs in one of them fails: TERM is spared while there is
	 * such, and that is killed instead.
	 */
	bool ends_contained;
	/* Called for each whole line of either stream as it goes into the log, secrets masked, without its end; may kg_tell, and no more. */
	void (*line)(void *context, const char *line);
	/* Called for each piece of standard output as it comes, which then goes nowhere else; collects and signals topics, nothing else. */
	void (*collect)(void *context, const char *bytes, size_t size);
	void *context;
};

/* One request. http and https alone; nothing on this machine is asked through a proxy. */
struct kg_http {
	const char *method; /* NULL: GET */
	const char *url;
	const char *const *headers; /* "Name: value", ended by NULL; NULL: none */
	const char *unix_socket;    /* connect here instead of to the URL's host; NULL: no */

	const char *body;
	size_t body_size;
	/* Instead of body: of this file body_bytes from body_from on, read as they are sent; body_bytes 0: to its end. */
	const char *body_path;
	int64_t body_from, body_bytes;

	/*
	 * If > 2: the body of an answer of 200 to 299 is written to this file instead of being kept, from save_at on; it stays the
	 * caller's. An answer that gives the whole although the headers ask for a Range (200, not 206) is written from 0 on. More
	 * than save_limit bytes are an error; 0: no limit.
	 */
	int save_fd;
	int64_t save_at, save_limit;
	size_t body_limit; /* a longer answer that is kept is an error; 0: 1 MiB */

	int64_t timeout_ms; /* of the whole exchange; 0: 30 s; negative: none but the node's own */
	int64_t connect_ms; /* until it is connected, TLS included; 0: 10 s */
	int64_t stall_ms;   /* for which nothing may move once it is connected; 0: any time */

	const char *ca_file;                     /* PEM; NULL: the system's */
	const char *cert_file, *key_file;        /* PEM, of the client; NULL: none; key_file NULL: in cert_file as well */
	const char *ca_pem, *cert_pem, *key_pem; /* the same as texts; each comes before its file */
	const char *tls_name; /* that the server's certificate must be for, and that it is asked for; NULL: the URL's host */
	bool insecure;        /* do not check the server's certificate */
	/*
	 * "http://HOST:PORT", "https://…" or "socks5://…", with "USER:PASSWORD@" before the host where it asks for them: goes through this
	 * proxy, whatever the environment says and even to this machine. "": through none. NULL: as the environment says.
	 */
	const char *proxy;
	bool http2; /* over TLS, where the server has it: exchanges share one connection, and wait for it */
	/* It may stay open for minutes, and is ended when it has been enough: has a connection of its own where libcurl needs that. */
	bool is_stream;
	/*
	 * At most 10 redirects are followed, never from https to http. To another host, port or scheme goes no Authorization. 307
	 * and 308 keep method and body, 303 makes GET of POST and PUT, as do 301 and 302 of POST.
	 */
	bool follow;

	/* Called for each piece as it comes instead of keeping the body; collects and signals topics, nothing else. false ends the exchange. */
	bool (*collect)(void *context, const char *bytes, size_t size);
	void *context;
	bool keep_failure; /* the words of an answer that is not of 200 to 299 are kept, and not collected */
};

enum kg_fd_events { KG_FD_READABLE = 1, KG_FD_WRITABLE = 2 };

struct kg_next kg_go(kg_step *step);
/* The operation has succeeded. Also a step itself, to be given as the last one. */
struct kg_next kg_done(struct kg_job *job);
/* Look: what the ledger remembers is not there, or not as it was; why is a sentence for the user without a full stop. */
[[gnu::format(printf, 2, 3)]] struct kg_next kg_absent(struct kg_job *job, const char *why, ...);
/* The operation has failed for good. error lives in job->arena. */
struct kg_next kg_failed(struct kg_error *error);

/* Each opens one thing, and goes on with then when it has ended and is closed. What is pointed to must live in job->arena. */
struct kg_next kg_wait_child(struct kg_job *job, const struct kg_child *child, kg_step *then);
struct kg_next kg_wait_timer(struct kg_job *job, int64_t after_ms, kg_step *then);
struct kg_next kg_wait_http(struct kg_job *job, const struct kg_http *request, kg_step *then);
/*
 * events: enum kg_fd_events, either of them. timeout_ms 0: none but the node's own; see job->timed_out. The fd stays the
 * caller's.
 */
struct kg_next kg_wait_fd(struct kg_job *job, int fd, int events, int64_t timeout_ms, kg_step *then);
/*
 * work runs on another thread and may block; it touches data alone, and nothing of the job. An arena used in it must be data's
 * own.
 */
struct kg_next kg_wait_worker(struct kg_job *job, void (*work)(void *data), void *data, kg_step *then);
/*
 * The same for work of more than a moment, which Ctrl-C or a time limit would have to wait for: *stop, in the job's memory, is set when the operation is to
 * end. The work looks at it between two pieces, takes away what it has begun, and returns; then is not called.
 */
struct kg_next kg_wait_worker_stoppable(
    struct kg_job *job, void (*work)(void *data), void *data, _Atomic bool *stop, kg_step *then);
/* Goes on in the loop turn after the topic was signalled since the job last looked. */
struct kg_next kg_wait_topic(struct kg_job *job, struct kg_topic *topic, int64_t timeout_ms, kg_step *then);

/*
 * Many things at once: `count` parts, at most `width` of them at a time, in order. Each is an operation with a job of its own, which has its own
 * waits, state (its slice of `states`), http, child and so on, and spec, common, arena, survey and folders of the whole's. What it tells, logs and
 * puts out is the whole's. What a part opens it closes by `release`: kg_kind.close is not called for it. Parts may have parts.
 *
 *     struct kg_job_parts *parts = kg_new(job->arena, struct kg_job_parts);
 *     *parts = (struct kg_job_parts){ .count = objects.count, .width = 32, .first = object_apply, … };
 *     return kg_wait_parts(job, parts, objects_applied);
 */
struct kg_job_parts {
	uint32_t count;
	uint32_t width;       /* 0: all at once */
	kg_step *first;       /* of each part; job->part says which it is */
	void *states;         /* count times state_size bytes, the caller's; NULL: parts have no state */
	size_t state_size;    /* bytes */
	bool stop_at_failure; /* no further part begins once one has failed; those that run go on to their end */
	/*
	 * count places of the caller's, one a part: NULL where it went well. KG_ECANCELLED where it never began. NULL: nobody wants to know; see
	 * job->parts_error.
	 */
	struct kg_error **ret_errors;
};
/*
 * Goes on with then when all parts have ended, however that was. When the whole is ended early its parts are, and it is ended behind the last of
 * them.
 */
struct kg_next kg_wait_parts(struct kg_job *job, const struct kg_job_parts *parts, kg_step *then);

/*
 * Runs a program beside the steps until the operation ends; what it prints goes into the node's log: what a container prints, while it is waited
 * for. It is killed with the operation's end, so it must have nothing to lose. One at a time: a second call while it runs does nothing. Of the child,
 * argv, env, cwd and user count.
 */
void kg_follow(struct kg_job *job, const struct kg_child *child);
/* It runs, or has printed something that is not in the log yet. */
bool kg_follow_runs(const struct kg_job *job);
/* The end of what it has printed, secrets masked; "" when nothing. */
const char *kg_follow_last_lines(struct kg_job *job);

/*
 * What many nodes ask of the world alike: the first one that asks makes `ask` run, as an operation of its own with that node's settings, which fills its
 * job->survey (size bytes, zeroed); the others wait for it. A kind's survey is such a question, so that one kind may ask for another one's. When
 * something that the node needs was made after it was asked, it is asked again: so it is before a look as well, but not before a run.
 */
struct kg_question {
	const char *key;
	kg_step *ask;
	size_t size;
	const void *
	    about; /* job->about of ask: what the key stands for, of whoever asked first. In an arena of the run. NULL: the key says it all */
	const char *const *
	    unmoved_by; /* names of kinds, ended by NULL: making their nodes makes no answer too old, as building an image changes no cluster. NULL: none */
};
/* Goes on with then when job->answer is there. */
struct kg_next kg_wait_answer(struct kg_job *job, const struct kg_question *question, kg_step *then);
/* Makes it be asked now, beside what the job does: somebody will wait for the answer. */
void kg_ask_ahead(struct kg_job *job, const struct kg_question *question);

/*
 * What many jobs follow for as long as they need it, such as a watch of a cluster: makes `ask` run as an operation of its own, with the node's settings,
 * unless it runs for this step and key already. Returns its job->survey, size bytes, zeroed when it is first asked for; what has happened is
 * found there, and waited for by a topic that is put into it. The operation of who asks is who follows; with the end of the last one's the stream
 * is ended, by job->release. Its memory stays, and a later one makes it run again, from `ask` on, as does one that comes after it has ended by
 * itself: then why it ended is what its steps have left in the memory. NULL when it cannot be made.
 */
void *kg_subscribe(struct kg_job *job, const struct kg_question *question);

/* How many jobs wait on one stream: whoever holds the stream collects and signals. */
struct kg_topic *kg_topic_make(struct kg_job *job);
void kg_topic_signal(struct kg_topic *topic);

/*
 * For a look that `kgraph status` asks for (job->wants_remark): it is there, and not as it should be: "Deployment shop/web: 0 of 1 pods are
 * available". A run waits for that, and does not need to be told. And for the kind's `kept`: what `down` leaves.
 */
[[gnu::format(printf, 2, 3)]] void kg_remark(struct kg_job *job, const char *format, ...);

/* What the user sees beside the node's name from now on: "127.0.0.1:25432: connection refused". Secrets are masked. */
[[gnu::format(printf, 2, 3)]] void kg_tell(struct kg_job *job, const char *format, ...);
/* What the user is to read however this run is shown, behind the node's name, though the node does not fail: "db: nothing is deleted: …". */
[[gnu::format(printf, 2, 3)]] void kg_warn(struct kg_job *job, const char *format, ...);
/*
 * In show, and in the streams and callbacks (kg_http.collect) of what it asks: a line for the user, without its end. Secrets are masked. What is not of
 * the log itself, such as why there is none of a container, is for kg_tell.
 */
void kg_print(struct kg_job *job, const char *line);
/* Adds a line to the node's log. */
[[gnu::format(printf, 2, 3)]] void kg_job_log(struct kg_job *job, const char *format, ...);
/* From now on value is a secret: *** wherever this run shows, logs or stores it. */
void kg_hide(struct kg_job *job, const char *value);
/* A fact that other nodes may use as ${node.NAME.KEY}; part of the node's output digest. */
void kg_output(struct kg_job *job, const char *key, const char *value);

/*
 * Called in run: what it gave was found, not made. It is told as restored, and not published. spared_ns: how long making it took, where that is
 * known; else 0, and what the ledger remembers of that stays. The first is for what this machine had, the second for what was in the shared cache.
 */
void kg_reused(struct kg_job *job, int64_t spared_ns);
void kg_fetched(struct kg_job *job, int64_t spared_ns);
/*
 * The shared cache does not do what it should: the first call of a run warns, with why, and it is not asked any more in this run: job->remote is NULL
 * from now on, in all jobs.
 */
void kg_remote_off(struct kg_job *job, const struct kg_error *why);

/*
 * For a node that has tried in vain again and again, and would give up: whether something else of this run may still be what it waits for. That is what is
 * still to be made or to get ready, but for what waits for this node in turn, and what asks the same itself. last_try_s, by the wall clock, is when its last
 * try began: also what has become ready since then counts, and one more try will tell. To be asked again, every second or so, until it is false.
 */
bool kg_others_may_help(struct kg_job *job, int64_t last_try_s);
/* It has got on since it asked, so that others may be waiting for it. Harmless when it has not asked. */
void kg_may_help_others(struct kg_job *job);

/* Makes job->keep and returns it. NULL and *ret_error when that fails. */
const char *kg_job_keep(struct kg_job *job, struct kg_error **ret_error);
/* The environment of the node's programs, "NAME=value": PATH (search and the standard folders), `pass_env`, `env`; nothing else. */
const char *const *kg_job_env(struct kg_job *job);
/* The absolute path of a program as kg_wait_child would find it, or NULL. Asks the file system. */
const char *kg_job_program(struct kg_job *job, const char *name);
/* The error of a child that ended badly: status or signal, with its last lines as detail. */
struct kg_error *kg_child_error(struct kg_job *job);
/* The value of an output remembered from the last successful run, or NULL. */
const char *kg_job_remembered(const struct kg_job *job, const char *key);
