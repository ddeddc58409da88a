/*
 * A database, a folder of migrations and a node of the kind `migration` for a test.
 *
 *     static int setup(void **) { return fixture_make(); }        per test; fixture_open once per executable
 *
 *     fixture_write("1_a.sql", "-- +goose Up\nCREATE TABLE a ();\n");
 *     assert_true(fixture_run());
 */
#pragma once

#include "targets/sql/migration.h"
#include "targets/sql/migration_inside.h"
#include "tests/unit/sql/drive.h"
#include "tests/unit/sql/server.h"

struct fixture {
	struct kg_arena *arena; /* of the test */
	struct server *server;
	const char *folder, *url;
	struct kg_migration_spec spec;
	struct drive drive;
};
extern struct fixture fixture;

/* Starts the server; without one every fixture_make skips its test. For cmocka_run_group_tests. */
int fixture_open(void **);
int fixture_close(void **);
/* For each test. */
int fixture_make(void **);
int fixture_drop(void **);
/* First in each test: skips it when there is no server. */
void fixture_require(void);

void fixture_write(const char *name, const char *text);
void fixture_remove(const char *name);
/* A drive as a new process would have it, to be called by the test itself. */
void fixture_reset(void);
/* Up, as a new process would do it; the error is in fixture.drive.error. */
bool fixture_run(void);
/* What the look says: "" when all is as remembered. */
const char *fixture_look(void);
bool fixture_purge(void);
const char *fixture_ask(const char *query);
/* "1 2 3": the versions that goose's table calls applied. */
const char *fixture_versions(void);
