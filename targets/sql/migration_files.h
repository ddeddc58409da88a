/*
 * The migrations that a folder holds, in order of their versions, read, checked and hashed.
 *
 *     error = kg_migration_files_read(arena, "/srv/app/migrations", environment, &files);
 *
 * As with goose, a migration is a file in the folder itself whose name is VERSION_anything.sql or .go; other files are passed
 * over. Reads the file system and blocks: for a worker thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "targets/sql/goose_parse.h"

struct kg_arena;
struct kg_error;

/* Lower-case hexadecimal digits of a SHA-256, ended by a zero byte. */
struct kg_sha256 {
	char text[65];
};

struct kg_migration_file {
	int64_t version;  /* from 1 */
	const char *name; /* without its folder */
	bool is_go;       /* kgraph cannot run it, but it may have been applied; nothing below is set */
	struct kg_goose_source source;
	struct kg_sha256 sha256;     /* of all its bytes */
	struct kg_sha256 normalised; /* of what its Up section does: the same when only white space, comments or Down were edited */
	struct kg_error *error;      /* why it cannot be applied, or NULL; up and down are empty then */
	struct kg_goose_section up, down;
};

struct kg_migration_files {
	const struct kg_migration_file *items; /* by version, then name */
	uint32_t count;
	const char *const *ignored; /* names of .sql files that have no version */
	uint32_t ignored_count;
};

/* environment is that of kg_goose_parse. KG_ESYSTEM when the folder or a file in it cannot be read. */
[[nodiscard]] struct kg_error *kg_migration_files_read(
    struct kg_arena *arena, const char *folder, const char *const *environment, struct kg_migration_files *ret_files);

/* The version in front of the first `_` of a migration's name; 0 when there is none. */
int64_t kg_migration_version(const char *name);

/*
 * What the first count statements of a section do, as a hash: it starts with whether a transaction is used, and each statement is
 * added to it in turn, so that progress costs one step a statement.
 */
void kg_migration_hash_statements(const struct kg_goose_section *section, uint32_t count, struct kg_sha256 *ret_hash);
void kg_migration_hash_add(const struct kg_goose_statement *statement, struct kg_sha256 *hash);
