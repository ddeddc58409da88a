#include "tests/unit/sql/migration_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/path.h"

struct fixture fixture;

static struct kg_arena *arena; /* of the executable */
static const char *reason;

int
fixture_open(void **)
{
	arena = kg_arena_make();
	fixture.server = server_start(arena, &reason);
	return 0;
}

int
fixture_close(void **)
{
	if (fixture.server)
		server_stop(fixture.server);
	kg_arena_free(arena);
	return 0;
}

void
fixture_reset(void)
{
	const struct kg_pair *remembered = fixture.drive.job.remembered, *environment = fixture.drive.common.env;

	drive_start(&fixture.drive, fixture.arena, &kg_kind_migration, &fixture.spec, fixture.folder);
	if (remembered)
		fixture.drive.job.remembered = remembered;
	fixture.drive.common.env = environment;
}

int
fixture_make(void **)
{
	fixture.arena = kg_arena_make();
	if (!fixture.server)
		return 0;
	char *folder = kg_copy(fixture.arena, "/tmp/kgraph-migrations-XXXXXX");
	fixture.folder = mkdtemp(folder);
	if (fixture.url)
		server_empty(fixture.server, fixture.url);
	else
		fixture.url = server_database(fixture.server, "shop");
	fixture.spec = (struct kg_migration_spec){
		.url = fixture.url,
		.dir = folder,
		.table = "goose_db_version",
		.lock_timeout_ms = 2000,
	};
	fixture.drive = (struct drive){ 0 };
	fixture_reset();
	return 0;
}

int
fixture_drop(void **)
{
	struct kg_error *error = fixture.server ? kg_file_remove(fixture.arena, fixture.folder) : NULL;

	kg_arena_free(fixture.arena);
	return error ? -1 : 0;
}

void
fixture_require(void)
{
	if (!fixture.server) {
		print_message("%s\n", reason);
		skip();
	}
}

void
fixture_write(const char *name, const char *text)
{
	assert_null(kg_file_write(fixture.arena, kg_path_join(fixture.arena, fixture.folder, name), text, strlen(text), 0644));
}

void
fixture_remove(const char *name)
{
	assert_null(kg_file_remove(fixture.arena, kg_path_join(fixture.arena, fixture.folder, name)));
}

bool
fixture_run(void)
{
	fixture_reset();
	bool is_done = drive_call(&fixture.drive, kg_kind_migration.run);
	if (is_done)
		drive_remember(&fixture.drive);
	return is_done;
}

const char *
fixture_look(void)
{
	fixture_reset();
	return drive_call(&fixture.drive, kg_kind_migration.look) ? "" : fixture.drive.error->message;
}

bool
fixture_purge(void)
{
	fixture_reset();
	fixture.drive.job.purge = true;
	return drive_call(&fixture.drive, kg_kind_migration.undo);
}

const char *
fixture_ask(const char *query)
{
	return server_ask(fixture.server, fixture.url, query);
}

const char *
fixture_versions(void)
{
	return fixture_ask(
	    "SELECT string_agg(version_id::text, ' ' ORDER BY id) FROM goose_db_version WHERE is_applied AND version_id > 0");
}
