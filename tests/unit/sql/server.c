#include "tests/unit/sql/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <libpq-fe.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"

static const char *
find_programs(struct kg_arena *arena)
{
	static const char *const patterns[] = { "/usr/lib/postgresql/*/bin/initdb", "/usr/local/pgsql/bin/initdb",
		"/usr/local/bin/initdb", "/usr/bin/initdb" };
	const char *found = NULL;

	for (size_t i = 0; !found && i < sizeof(patterns) / sizeof(*patterns); i++) {
		glob_t paths = { 0 };

		if (glob(patterns[i], 0, NULL, &paths) == 0)
			found = kg_copy_bytes(arena, paths.gl_pathv[paths.gl_pathc - 1],
			    strlen(paths.gl_pathv[paths.gl_pathc - 1]) - strlen("/initdb"));
		globfree(&paths);
	}
	return found;
}

/* Runs a program as the user postgres when we are root, who may not run PostgreSQL; its output goes to a file. It dies with us. */
static pid_t
start_program(struct server *server, const char *const *argv)
{
	const char *log = kg_format(server->arena, "%s/log", server->folder);
	struct passwd *user = geteuid() == 0 ? getpwnam("postgres") : NULL;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
	dup2(out, 1);
	dup2(out, 2);
	if (user && (setgroups(0, NULL) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
		_exit(126);
	prctl(PR_SET_PDEATHSIG, SIGQUIT);
	setenv("PGTZ", "UTC", 1);
	execv(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

static uint16_t
find_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	close(fd);
	return ntohs(address.sin_port);
}

static void
make_cluster(struct server *server)
{
	const char *const word_file = kg_format(server->arena, "%s/word", server->folder);
	const char *const argv[] = { kg_format(server->arena, "%s/initdb", server->programs), "-D",
		kg_format(server->arena, "%s/data", server->folder), "-U", "postgres", "-A", "scram-sha-256", "--pwfile", word_file,
		"--no-sync", "--locale=C", "--encoding=UTF8", NULL };
	int status;

	assert_null(kg_file_write(server->arena, word_file, "s3cret-word\n", 12, 0644));
	assert_int_equal(waitpid(start_program(server, argv), &status, 0) > 0, 1);
	assert_int_equal(status, 0);
}

static void
drop_notice(void *, const char *)
{
}

static PGconn *
connect_to(const char *url)
{
	PGconn *link = PQconnectdb(url);

	for (int i = 0; i < 400 && PQstatus(link) != CONNECTION_OK; i++) {
		usleep(25000);
		PQreset(link);
	}
	if (PQstatus(link) != CONNECTION_OK)
		fail_msg("%s", PQerrorMessage(link));
	PQsetNoticeProcessor(link, drop_notice, NULL);
	return link;
}

static const char *
url_of(struct server *server, const char *database)
{
	return kg_format(server->arena, "postgresql://postgres:s3cret-word@127.0.0.1:%u/%s", server->port, database);
}

void
server_run(struct server *server)
{
	const char *const argv[] = { kg_format(server->arena, "%s/postgres", server->programs), "-D",
		kg_format(server->arena, "%s/data", server->folder), "-p", kg_format(server->arena, "%u", server->port), "-c",
		"listen_addresses=127.0.0.1", "-c", kg_format(server->arena, "unix_socket_directories=%s", server->folder), "-c",
		"fsync=off", "-c", "max_connections=20", "-c", "shared_buffers=8MB", "-c", "timezone=UTC", NULL };

	server->pid = start_program(server, argv);
}

struct server *
server_start(struct kg_arena *arena, const char **ret_reason)
{
	struct server *server = kg_new(arena, struct server);
	char *folder = kg_copy(arena, "/tmp/kgraph-postgres-XXXXXX");

	*server = (struct server){ .arena = arena, .programs = find_programs(arena), .port = find_port() };
	*ret_reason = "PostgreSQL is not installed";
	if (!server->programs)
		return NULL;
	*ret_reason = "root may not run PostgreSQL, and there is no user postgres";
	if (geteuid() == 0 && !getpwnam("postgres"))
		return NULL;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chmod(folder, 0777), 0);
	server->folder = folder;
	make_cluster(server);
	server_run(server);
	PQfinish(connect_to(url_of(server, "postgres")));
	return server;
}

void
server_halt(struct server *server)
{
	int status;

	if (server->pid > 0) {
		kill(server->pid, SIGQUIT);
		waitpid(server->pid, &status, 0);
	}
	server->pid = 0;
}

void
server_stop(struct server *server)
{
	server_halt(server);
	(void)!kg_file_remove(server->arena, server->folder);
}

const char *
server_ask(struct server *server, const char *url, const char *query)
{
	PGconn *link = connect_to(url);
	PGresult *result = PQexec(link, query);
	ExecStatusType status = PQresultStatus(result);

	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
		fail_msg("%s: %s", query, PQerrorMessage(link));
	const char *field = kg_copy(server->arena, PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
	PQclear(result);
	PQfinish(link);
	return field;
}

const char *
server_database(struct server *server, const char *name)
{
	const char *main = url_of(server, "postgres");

	server_ask(server, main, kg_format(server->arena, "DROP DATABASE IF EXISTS %s WITH (FORCE)", name));
	server_ask(server, main, kg_format(server->arena, "CREATE DATABASE %s", name));
	return url_of(server, name);
}

void
server_empty(struct server *server, const char *url)
{
	server_ask(server, url,
	    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
	    "pg_backend_pid()");
	server_ask(
	    server, url, "DROP SCHEMA IF EXISTS public, s CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC");
}
