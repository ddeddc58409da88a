#include "tests/unit/registry/registry_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/file.h"
#include "engine/base/text.h"

static const char program[] = "/usr/bin/docker-registry";

static uint16_t
free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	kg_assert(fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0);
	kg_assert(getsockname(fd, (struct sockaddr *)&address, &size) == 0);
	close(fd);
	return ntohs(address.sin_port);
}

static bool
answers(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool is_well = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

	close(fd);
	return is_well;
}

int
run_program(const char *const *argv)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	kg_assert(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void
config_write(struct kg_arena *arena, const char *folder, const char *path, uint16_t port, struct registry_options options)
{
	struct kg_text text = { .arena = arena };

	kg_text_format(&text, "version: 0.1\nlog:\n  level: error\n  accesslog:\n    disabled: true\n");
	kg_text_format(&text, "storage:\n  filesystem:\n    rootdirectory: %s/data\n", folder);
	kg_text_format(&text, "http:\n  addr: 127.0.0.1:%u\n", port);
	if (options.certificate)
		kg_text_format(&text, "  tls:\n    certificate: %s\n    key: %s\n", options.certificate, options.key);
	if (options.more)
		kg_text_add(&text, options.more);
	if (options.user) {
		const char *file = kg_format(arena, "%s/htpasswd", folder);

		kg_assert(run_program(
			      (const char *[]){ "htpasswd", "-Bbc", "-C", "4", file, options.user, options.password, NULL }) == 0);
		kg_text_format(&text, "auth:\n  htpasswd:\n    realm: test\n    path: %s\n", file);
	}
	kg_assert(!kg_file_write(arena, path, text.bytes, text.size, 0600));
}

void
registry_server_again(struct kg_arena *arena, struct registry_server *server)
{
	pid_t parent = getpid();

	(void)arena;
	server->pid = fork();
	if (server->pid == 0) {
		int null = open("/dev/null", O_RDWR);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		dup2(null, 1);
		dup2(null, 2);
		execl(program, program, "serve", server->config, (char *)NULL);
		_exit(127);
	}
	while (!answers(server->port)) {
		kg_assert(waitpid(server->pid, NULL, WNOHANG) == 0);
		poll(NULL, 0, 10);
	}
}

struct registry_server *
registry_server_start(struct kg_arena *arena, const char *folder, struct registry_options options)
{
	struct registry_server *server = kg_new(arena, struct registry_server);

	if (access(program, X_OK) != 0)
		return NULL;
	kg_assert(!kg_file_make_folder(arena, folder, 0700));
	server->port = options.port ? options.port : free_port();
	server->host = kg_format(arena, "127.0.0.1:%u", server->port);
	server->config = kg_format(arena, "%s/config.yml", folder);
	config_write(arena, folder, server->config, server->port, options);
	registry_server_again(arena, server);
	return server;
}

void
registry_server_stop(struct registry_server *server)
{
	if (server->pid <= 0)
		return;
	kill(server->pid, SIGKILL);
	waitpid(server->pid, NULL, 0);
	server->pid = 0;
}
