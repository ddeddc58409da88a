#include "cache/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/list.h"

static enum kg_file_type
type_of(int folder_fd, const struct dirent *entry)
{
	struct stat stat;

	switch (entry->d_type) {
	case DT_REG: return KG_FILE_REGULAR;
	case DT_DIR: return KG_FILE_FOLDER;
	case DT_LNK: return KG_FILE_LINK;
	case DT_UNKNOWN: break; /* the file system does not tell */
	default: return KG_FILE_OTHER;
	}
	if (fstatat(folder_fd, entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) < 0)
		return KG_FILE_MISSING;
	return S_ISREG(stat.st_mode) ? KG_FILE_REGULAR
	    : S_ISDIR(stat.st_mode)  ? KG_FILE_FOLDER
	    : S_ISLNK(stat.st_mode)  ? KG_FILE_LINK
				     : KG_FILE_OTHER;
}

struct kg_error *
kg_walk_folder(struct kg_arena *arena, const char *path, struct kg_names *names)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);

	if (!folder) {
		int sys = errno;

		if (fd >= 0)
			close(fd);
		return kg_error_system(arena, sys, "cannot read the folder %s", path);
	}
	errno = 0;
	for (struct dirent *entry; (entry = readdir(folder)); errno = 0) {
		const char *name = entry->d_name;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			continue;
		enum kg_file_type type = type_of(fd, entry);
		if (type != KG_FILE_MISSING)
			kg_list_push(arena, names, (struct kg_name){ kg_copy(arena, name), type });
	}
	int sys = errno;
	closedir(folder);
	return sys ? kg_error_system(arena, sys, "cannot read the folder %s", path) : NULL;
}

static int
name_order(const void *left, const void *right)
{
	const struct kg_name *a = left, *b = right;

	return strcmp(a->name, b->name);
}

struct kg_error *
kg_walk_tree(struct kg_arena *arena, const char *path, struct kg_names *names)
{
	uint32_t start = names->count, next = start;
	struct kg_error *error = kg_walk_folder(arena, path, names);

	/* The list is its own queue: folders that were found wait in it to be read. */
	for (; !error && next < names->count; next++) {
		const char *folder = names->items[next].name;
		uint32_t before = names->count;

		if (names->items[next].type != KG_FILE_FOLDER)
			continue;
		error = kg_walk_folder(arena, kg_format(arena, "%s/%s", path, folder), names);
		if (error && (error->sys == ENOENT || error->sys == ENOTDIR))
			error = NULL;
		for (uint32_t i = before; i < names->count; i++)
			names->items[i].name = kg_format(arena, "%s/%s", folder, names->items[i].name);
	}
	if (!error && names->count > start)
		qsort(names->items + start, names->count - start, sizeof(*names->items), name_order);
	return error;
}
