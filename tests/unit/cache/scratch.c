#include "tests/unit/cache/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/file.h"
#include "engine/base/path.h"

int
scratch_make(void **state)
{
	const char *under = getenv("TMPDIR");
	struct scratch *scratch = calloc(1, sizeof(*scratch));

	scratch->arena = kg_arena_make();
	scratch->folder = mkdtemp(kg_format(scratch->arena, "%s/kgraph-cache-XXXXXX", under ? under : "/tmp"));
	*state = scratch;
	return scratch->folder ? 0 : -1;
}

int
scratch_free(void **state)
{
	struct scratch *scratch = *state;
	struct kg_error *error = kg_file_remove(scratch->arena, scratch->folder);

	kg_arena_free(scratch->arena);
	free(scratch);
	return error ? -1 : 0;
}

void
well_at(struct kg_error *error, const char *file, int line)
{
	if (!error)
		return;
	struct kg_arena *arena = kg_arena_make();
	print_error("%s\n", kg_error_text(arena, error));
	kg_arena_free(arena);
	_fail(file, line);
}

const char *
scratch_path(const struct scratch *scratch, const char *name)
{
	return kg_format(scratch->arena, "%s/%s", scratch->folder, name);
}

const char *
scratch_write(const struct scratch *scratch, const char *name, const char *content)
{
	const char *path = scratch_path(scratch, name);

	well(kg_file_make_folder(scratch->arena, kg_path_folder(scratch->arena, path), 0755));
	well(kg_file_write(scratch->arena, path, content, strlen(content), 0644));
	return path;
}

const char *
scratch_read(const struct scratch *scratch, const char *path)
{
	const char *bytes;
	size_t size;

	well(kg_file_read(scratch->arena, path, &bytes, &size));
	return bytes;
}
