#include "tests/unit/loop/peer.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { most_arguments = 16, most_tries = 3 };

const char peer_port[] = "PORT", peer_address[] = "127.0.0.1:PORT";

static struct sockaddr_in
address_of(uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
}

static uint16_t
port_find(void)
{
	struct sockaddr_in address = address_of(0);
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	close(fd);
	return ntohs(address.sin_port);
}

/* Debian keeps servers where only root's PATH looks. */
[[noreturn]] static void
program_become(const char *folder, const char *const *argv, uint16_t port)
{
	char port_text[8], address[32];
	const char *arguments[most_arguments + 1] = {};
	int null = open("/dev/null", O_RDWR), log;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(port_text, sizeof(port_text), "%u", port);
	snprintf(address, sizeof(address), "127.0.0.1:%u", port);
	for (int i = 0; i < most_arguments && argv[i]; i++)
		arguments[i] = argv[i] == peer_port ? port_text : argv[i] == peer_address ? address : argv[i];
	if (chdir(folder) != 0 || (log = open("peer.log", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600)) < 0)
		_exit(126);
	dup2(null, 0);
	dup2(log, 1);
	dup2(log, 2);
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	execvp(arguments[0], (char *const *)arguments);
	dprintf(2, "cannot run %s\n", arguments[0]);
	_exit(127);
}

/* Until it takes a connection. False when it has ended instead: somebody else may have taken the port. */
static bool
is_listening(struct peer *peer)
{
	struct sockaddr_in address = address_of(peer->port);

	for (;;) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		bool is_taken = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

		close(fd);
		if (waitpid(peer->pid, NULL, WNOHANG) == peer->pid)
			return false;
		if (is_taken)
			return true;
		usleep(5000);
	}
}

struct peer
peer_start(const char *folder, const char *const *argv)
{
	for (int i = 0; i < most_tries; i++) {
		struct peer peer = { .port = port_find() };

		peer.pid = fork();
		assert_true(peer.pid >= 0);
		if (peer.pid == 0)
			program_become(folder, argv, peer.port);
		if (is_listening(&peer))
			return peer;
	}
	fail_msg("%s does not start", argv[0]);
	abort();
}

void
peer_stop(struct peer *peer)
{
	if (peer->pid == 0)
		return;
	kill(peer->pid, SIGKILL);
	assert_int_equal(waitpid(peer->pid, NULL, 0), peer->pid);
	peer->pid = 0;
}
