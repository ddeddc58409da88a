#include "tests/unit/sql/goose.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"

#define GOOSE_VERSION "v3.27.3"

/* Go as the machine has it: in PATH, where its own installer puts it, or where Debian and Ubuntu put versions of it. */
#define GO "PATH=$PATH:/usr/local/go/bin:$(ls -d /usr/lib/go-1.*/bin 2>/dev/null | sort -Vr | tr '\\n' :); cd / && "

/* What a shell command prints, NULL when it fails. */
static const char *
output_of(struct kg_arena *arena, const char *command)
{
	struct kg_text output = { .arena = arena };
	FILE *pipe = popen(command, "r");
	char piece[4096];
	size_t size;

	if (!pipe)
		return NULL;
	while ((size = fread(piece, 1, sizeof(piece), pipe)) > 0)
		kg_text_add_bytes(&output, piece, size);
	return pclose(pipe) == 0 ? kg_text_end(&output) : NULL;
}

const char *
goose_source(struct kg_arena *arena)
{
	static const char key[] = "\"Dir\": \"";
	const char *output = output_of(arena, GO "go mod download -json github.com/pressly/goose/v3@" GOOSE_VERSION " 2>/dev/null");
	const char *start = output ? strstr(output, key) : NULL;

	if (!start)
		return NULL;
	start += strlen(key);
	return kg_copy_bytes(arena, start, strcspn(start, "\""));
}

const char *
goose_program(struct kg_arena *arena)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	const char *folder = cache && cache[0] == '/'
	    ? kg_format(arena, "%s/kgraph/goose-" GOOSE_VERSION, cache)
	    : kg_format(arena, "%s/.cache/kgraph/goose-" GOOSE_VERSION, home ? home : "/tmp");
	const char *program = kg_format(arena, "%s/goose", folder);

	if (access(program, X_OK) == 0)
		return program;
	/* Only PostgreSQL's driver: a tenth of the code. */
	const char *command = kg_format(arena,
	    GO "GOBIN='%s' go install -tags 'no_clickhouse no_libsql no_mssql no_mysql no_sqlite3 no_turso no_vertica no_ydb' "
	       "github.com/pressly/goose/v3/cmd/goose@" GOOSE_VERSION " 2>/dev/null",
	    folder);
	return output_of(arena, command) && access(program, X_OK) == 0 ? program : NULL;
}
