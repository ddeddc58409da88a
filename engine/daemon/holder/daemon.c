#include "engine/daemon/holder/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum stage { STAGE_STREAMS, STAGE_USER, STAGE_FOLDER, STAGE_PROGRAM };

/* What the child says of itself when it cannot become the program. */
struct last_words {
	enum stage stage;
	int sys;
};

/* A signal that is ignored stays so in a program that is started: nothing of the holder's or of kgraph's is to be passed on. */
static void
signals_reset(void)
{
	sigset_t none;

	for (int signal_number = 1; signal_number < NSIG; signal_number++)
		signal(signal_number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool
streams_set(int output_fd)
{
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

	return nothing >= 0 && dup2(nothing, 0) == 0 && dup2(output_fd, 1) == 1 && dup2(output_fd, 2) == 2;
}

static bool
user_change(const struct kg_holder_request *request)
{
	return !request->change_user ||
	    (setgroups(request->group_count, request->groups) == 0 && setgid(request->gid) == 0 && setuid(request->uid) == 0);
}

/*
 * A daemon without its holder would die of SIGPIPE at its next line of log, or go on unseen: it is asked to stop instead. The
 * kernel forgets the wish when the user changes, so it is said after that.
 */
static void
die_with_holder(const struct kg_holder_request *request, pid_t holder)
{
	prctl(PR_SET_PDEATHSIG, request->stop_signal);
	if (getppid() != holder)
		_exit(127);
}

[[noreturn]] static void
become(const struct kg_holder_request *request, int output_fd, int go_fd, int failure_fd, pid_t holder)
{
	struct last_words words = { .stage = STAGE_STREAMS };
	bool is_there;
	char go;

	signals_reset();
	setsid();
	if (read(go_fd, &go, 1) != 1)
		_exit(127);
	if (streams_set(output_fd)) {
		/* Before the user changes: a checkout in root's own folder is one that nobody else can pass through. */
		is_there = chdir(request->cwd) == 0;
		words.stage = STAGE_USER;
		if (user_change(request)) {
			die_with_holder(request, holder);
			words.stage = STAGE_FOLDER;
			if (is_there || chdir(request->cwd) == 0) {
				words.stage = STAGE_PROGRAM;
				execve(request->program, (char *const *)request->arguments, (char *const *)request->environment);
			}
		}
	}
	words.sys = errno;
	_exit(write(failure_fd, &words, sizeof(words)) == sizeof(words) ? 127 : 126);
}

struct kg_holder_failure
kg_holder_daemon_fork(const struct kg_holder_request *request, struct kg_holder_daemon *ret_daemon)
{
	int output[2], go[2], failure[2];
	pid_t holder = getpid();

	if (pipe2(output, O_CLOEXEC) < 0 || pipe2(go, O_CLOEXEC) < 0 || pipe2(failure, O_CLOEXEC) < 0)
		return (struct kg_holder_failure){ "cannot make a pipe", "", errno };
	pid_t pid = fork();
	if (pid < 0)
		return (struct kg_holder_failure){ "cannot start a process", "", errno };
	if (pid == 0) {
		close(go[1]);
		become(request, output[1], go[0], failure[1], holder);
	}
	close(output[1]);
	close(go[0]);
	close(failure[1]);
	fcntl(output[0], F_SETFL, O_NONBLOCK);
	*ret_daemon = (struct kg_holder_daemon){ pid, output[0], go[1], failure[0] };
	return (struct kg_holder_failure){ 0 };
}

static struct kg_holder_failure
failure_of(const struct kg_holder_request *request, struct last_words words)
{
	switch (words.stage) {
	case STAGE_STREAMS: return (struct kg_holder_failure){ "cannot open", "/dev/null", words.sys };
	case STAGE_USER: return (struct kg_holder_failure){ "cannot change the user", "", words.sys };
	case STAGE_FOLDER: return (struct kg_holder_failure){ "cannot start in the folder", request->cwd, words.sys };
	case STAGE_PROGRAM: break;
	}
	return (struct kg_holder_failure){ "cannot run", request->program, words.sys };
}

struct kg_holder_failure
kg_holder_daemon_exec(const struct kg_holder_request *request, struct kg_holder_daemon *daemon)
{
	struct last_words words;
	ssize_t got;

	/* The pipe of failures closes by itself when the program takes the child's place. */
	if (write(daemon->go_fd, "g", 1) != 1)
		return (struct kg_holder_failure){ "the process has gone", "", errno };
	close(daemon->go_fd);
	do
		got = read(daemon->failure_fd, &words, sizeof(words));
	while (got < 0 && errno == EINTR);
	close(daemon->failure_fd);
	if (got == sizeof(words))
		return failure_of(request, words);
	return (struct kg_holder_failure){ 0 };
}
