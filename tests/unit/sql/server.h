/*
 * A PostgreSQL of the test's own: made in a temporary folder, on a free port, gone with the test.
 *
 *     struct server *server = server_start(arena, &reason);
 *     if (!server)
 *         skip();                                   reason says why: PostgreSQL is not installed
 *     const char *url = server_database(server, "shop");
 *     assert_string_equal(server_ask(url, "SELECT 1"), "1");
 *     server_stop(server);
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

struct kg_arena;

struct server {
	struct kg_arena *arena;
	const char *programs; /* the folder of postgres and initdb */
	const char *folder;
	uint16_t port;
	pid_t pid;
};

/* NULL and *ret_reason when there is no PostgreSQL to start. */
struct server *server_start(struct kg_arena *arena, const char **ret_reason);
/* Starts or stops the process alone: the data stays. */
void server_run(struct server *server);
void server_halt(struct server *server);
void server_stop(struct server *server);

/* Empties a database that server_database has made, in a tenth of the time. */
void server_empty(struct server *server, const char *url);
/*
 * Makes an empty database and returns its URL, as the superuser postgres, whose password is "s3cret-word". An old one of that
 * name goes.
 */
const char *server_database(struct server *server, const char *name);
/* The first field of the first row, "" when there is none; fails the test when the query does. */
const char *server_ask(struct server *server, const char *url, const char *query);
