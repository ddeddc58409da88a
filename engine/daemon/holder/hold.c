#include "engine/daemon/holder/hold.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/daemon/holder/daemon.h"
#include "engine/daemon/holder/log.h"
#include "engine/daemon/holder/status.h"
#include "engine/daemon/holder/tree.h"

/* How long killed processes may take to go: those in the middle of disk or network input do not go at once. */
static constexpr int64_t kill_limit_ns = 5000000000;
static constexpr int64_t kill_pause_ns = 20000000;
static constexpr int64_t hour_ns = 3600000000000;
/* What is read of the log at the daemon's end, while processes that it left go on printing. */
static constexpr int drain_reads = 64;

struct hold {
	struct kg_holder_request *request;
	struct kg_holder_status status;
	struct kg_holder_daemon daemon;
	int signals_fd, lock_fd;
	int watch_fd; /* readable when the lock's file may have been removed; -1: not watched */
	int stop_signal;
	bool stopping;
	bool nothing_left;   /* no child is left, so nothing below them */
	int64_t deadline_ns; /* when whatever is left is killed, or killed again; 0: not yet asked to stop */
	int64_t give_up_ns;  /* when what does not die is left alone; 0: nothing was killed yet */
};

static struct kg_holder_log the_log; /* 64 KiB, too much for a stack */

static int
signals_open(void)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2 };
	sigset_t caught;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&caught);
	sigaddset(&caught, SIGTERM);
	sigaddset(&caught, SIGCHLD);
	sigprocmask(SIG_BLOCK, &caught, NULL);
	return signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void
log_drain(struct hold *hold, int reads)
{
	int more = 1;

	while (hold->daemon.output_fd >= 0 && more > 0 && reads-- > 0)
		more = kg_holder_log_drain(&the_log, hold->daemon.output_fd);
	if (more == 0) {
		close(hold->daemon.output_fd);
		hold->daemon.output_fd = -1;
	}
}

/* The daemon's last words are in the log, and how it ended in the status, before anything else is done: somebody is waiting for both. */
static void
on_daemon_end(struct hold *hold, int wait_status)
{
	struct kg_holder_status *status = &hold->status;

	status->ended = true;
	status->ended_ns = kg_holder_wall_ns();
	if (WIFSIGNALED(wait_status))
		status->end_signal = WTERMSIG(wait_status);
	else
		status->exit_status = WEXITSTATUS(wait_status);
	log_drain(hold, drain_reads);
	if (status->end_signal)
		kg_holder_log_note(&the_log, "ended by signal %d (%s)", status->end_signal, strsignal(status->end_signal));
	else
		kg_holder_log_note(&the_log, "ended with exit status %d", status->exit_status);
	kg_holder_status_write(status);
}

/*
 * Everything gets the same time from here on, whether the daemon has been stopped or has ended and left processes behind. The
 * daemon's own group has been asked before when it was stopped; asked twice, many programs stop without care.
 */
static void
leftovers_stop(struct hold *hold)
{
	int count = kg_holder_tree_signal(hold->stop_signal, hold->stopping ? hold->daemon.pid : 0);

	if (count > 0)
		kg_holder_log_note(&the_log, "it left %d process%s behind, which %s asked to stop", count, count == 1 ? "" : "es",
		    count == 1 ? "is" : "are");
	if (hold->deadline_ns == 0)
		hold->deadline_ns = kg_holder_now_ns() + hold->request->stop_after_ms * 1000000;
}

static void
children_reap(struct hold *hold)
{
	bool ended = false;
	int wait_status;
	pid_t pid;

	while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0) {
		if (pid == hold->daemon.pid) {
			on_daemon_end(hold, wait_status);
			ended = true;
		}
	}
	hold->nothing_left = pid < 0 && errno == ECHILD;
	if (ended && !hold->nothing_left)
		leftovers_stop(hold);
}

/* The daemon's whole group hears it, as it would on a terminal. Asked again, the later limit counts. */
static void
stop(struct hold *hold, const char *why, int64_t after_ms)
{
	hold->deadline_ns = kg_holder_now_ns() + after_ms * 1000000;
	if (hold->stopping)
		return;
	hold->stopping = true;
	kg_holder_log_note(&the_log, "%s by signal %d (%s)", why, hold->stop_signal, strsignal(hold->stop_signal));
	if (!hold->status.ended) {
		kill(-hold->daemon.pid, hold->stop_signal);
		kill(-hold->daemon.pid, SIGCONT);
	}
}

static void
on_term(struct hold *hold, const struct signalfd_siginfo *info)
{
	int64_t after_ms = hold->request->stop_after_ms;

	if (info->ssi_code == SI_QUEUE && info->ssi_ptr >> 32 > 0 && info->ssi_ptr >> 32 < NSIG) {
		hold->stop_signal = (int)(info->ssi_ptr >> 32);
		after_ms = (int64_t)(info->ssi_ptr & UINT32_MAX);
	}
	stop(hold, "asked to stop,", after_ms);
}

static int
lock_watch(const char *path)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	/* Not IN_DELETE_SELF: that comes when the last descriptor is closed, and the lock is open here. */
	if (fd >= 0 && inotify_add_watch(fd, path, IN_ATTRIB) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void
lock_look(struct hold *hold)
{
	char events[1024];
	struct stat stat;

	while (read(hold->watch_fd, events, sizeof(events)) > 0)
		;
	if (fstat(hold->lock_fd, &stat) == 0 && stat.st_nlink == 0)
		stop(hold, "what kgraph knows of it was removed; stopping it", hold->request->stop_after_ms);
}

static void
signals_read(struct hold *hold)
{
	struct signalfd_siginfo info;

	while (read(hold->signals_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGTERM)
			on_term(hold, &info);
		else
			children_reap(hold);
	}
}

/* Over and over, since what is killed may have started something just before. False when it is no use. */
static bool
leftovers_kill(struct hold *hold, int64_t now_ns)
{
	int count = kg_holder_tree_signal(SIGKILL, 0);

	if (hold->give_up_ns == 0) {
		hold->give_up_ns = now_ns + kill_limit_ns;
		kg_holder_log_note(&the_log, "time is up: killed %d process%s", count, count == 1 ? "" : "es");
	}
	hold->deadline_ns = now_ns + kill_pause_ns;
	hold->status.left = count;
	return now_ns < hold->give_up_ns;
}

/* For poll(2): until the deadline, at most an hour; for ever when there is none. */
static int
pause_ms(const struct hold *hold)
{
	int64_t left_ns = hold->deadline_ns - kg_holder_now_ns();

	if (hold->deadline_ns == 0)
		return -1;
	if (left_ns <= 0)
		return 0;
	return left_ns > hour_ns ? 3600000 : (int)((left_ns + 999999) / 1000000);
}

static void
serve(struct hold *hold)
{
	while (!hold->nothing_left) {
		struct pollfd fds[] = { { hold->signals_fd, POLLIN, 0 }, { hold->daemon.output_fd, POLLIN, 0 },
			{ hold->watch_fd, POLLIN, 0 } };

		poll(fds, 3, pause_ms(hold));
		if (fds[1].revents)
			log_drain(hold, 1);
		if (fds[0].revents)
			signals_read(hold);
		if (fds[2].revents)
			lock_look(hold);
		int64_t now_ns = kg_holder_now_ns();
		if (!hold->nothing_left && hold->deadline_ns > 0 && now_ns >= hold->deadline_ns && !leftovers_kill(hold, now_ns))
			return;
	}
	hold->status.left = 0;
}

static void
status_begin(struct hold *hold)
{
	struct kg_holder_status *status = &hold->status;

	*status = (struct kg_holder_status){
		.path = hold->request->status_path,
		.fingerprint = hold->request->fingerprint,
		.holder = getpid(),
		.daemon = hold->daemon.pid,
		.holder_ticks = kg_holder_start_ticks(getpid()),
		.daemon_ticks = kg_holder_start_ticks(hold->daemon.pid),
		.started_ns = kg_holder_wall_ns(),
		.log_inode = the_log.inode,
		.log_from = the_log.size,
		.stop_signal = hold->request->stop_signal,
		.stop_after_ms = hold->request->stop_after_ms,
	};
	kg_holder_boot(status->boot);
}

static struct kg_holder_failure
start(struct hold *hold)
{
	const struct kg_holder_request *request = hold->request;
	char when[32];

	int sys = kg_holder_log_open(&the_log, request->log_path, request->log_limit, request->secrets);
	if (sys != 0)
		return (struct kg_holder_failure){ "cannot open the log", request->log_path, sys };
	struct kg_holder_failure failure = kg_holder_daemon_fork(request, &hold->daemon);
	if (failure.what)
		return failure;
	kg_holder_log_note(&the_log, "%s: starting %s as process %d", kg_holder_wall_tell(kg_holder_wall_ns(), when, sizeof(when)),
	    request->program, (int)hold->daemon.pid);
	status_begin(hold);
	sys = kg_holder_status_write(&hold->status);
	if (sys != 0)
		return (struct kg_holder_failure){ "cannot write", request->status_path, sys };
	failure = kg_holder_daemon_exec(request, &hold->daemon);
	if (failure.what) {
		kg_holder_log_note(&the_log, "%s %s: %s", failure.what, failure.subject, strerror(failure.sys));
		unlink(request->status_path);
	}
	return failure;
}

int
kg_holder_hold(struct kg_holder_request *request, int report_fd, int lock_fd)
{
	static struct hold hold;

	hold = (struct hold){
		.request = request,
		.stop_signal = request->stop_signal,
		.signals_fd = signals_open(),
		.lock_fd = lock_fd,
		.watch_fd = lock_watch(request->lock_path),
	};
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	struct kg_holder_failure failure = start(&hold);
	if (failure.what) {
		dprintf(report_fd, "failed %d %s%s%s\n", failure.sys, failure.what, *failure.subject ? " " : "", failure.subject);
		return 1;
	}
	dprintf(report_fd, "started\n");
	close(report_fd);
	kg_holder_request_forget(request);

	serve(&hold);
	log_drain(&hold, drain_reads);
	if (hold.status.left > 0)
		kg_holder_log_note(&the_log, "%d processes could not be ended", hold.status.left);
	kg_holder_log_close(&the_log);
	return kg_holder_status_write(&hold.status) == 0 ? 0 : 1;
}
