#include "engine/base/path.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/arena.h"

/* Tidies in place: what is written never overtakes what is read. Above the root ".." is dropped, before a relative start it is kept. */
static void
path_tidy(char *path)
{
	char *start = *path == '/' ? path + 1 : path, *out = start;
	uint32_t named = 0; /* components that a ".." can take back */

	for (const char *in = start; *in; in += strspn(in, "/")) {
		size_t length = strcspn(in, "/");
		bool is_here = length == 0 || (length == 1 && in[0] == '.');
		bool is_up = length == 2 && in[0] == '.' && in[1] == '.';

		if (is_up && named > 0) {
			while (out > start && out[-1] != '/')
				out--;
			out -= out > start;
			named--;
		} else if (!is_here && !(is_up && start > path)) {
			if (out > start)
				*out++ = '/';
			memmove(out, in, length);
			out += length;
			named += !is_up;
		}
		in += length;
	}
	if (out == path)
		*out++ = '.';
	*out = '\0';
}

const char *
kg_path_join(struct kg_arena *arena, const char *folder, const char *path)
{
	char *joined = *path == '/' ? kg_copy(arena, path) : kg_format(arena, "%s/%s", *folder ? folder : ".", path);

	path_tidy(joined);
	return joined;
}

const char *
kg_path_folder(struct kg_arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return ".";
	return slash == path ? "/" : kg_copy_bytes(arena, path, (size_t)(slash - path));
}

const char *
kg_path_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

const char *
kg_path_inside(const char *folder, const char *path)
{
	size_t length = strlen(folder);

	if (strncmp(folder, path, length) != 0)
		return path;
	if (strcmp(folder, "/") == 0 && path[1] != '\0')
		return path + 1;
	if (path[length] == '/' && path[length + 1] != '\0')
		return path + length + 1;
	if (path[length] == '\0')
		return ".";
	return path;
}

const char *
kg_path_here(struct kg_arena *arena)
{
	char here[PATH_MAX];

	return kg_copy(arena, getcwd(here, sizeof(here)) ? here : "/");
}
