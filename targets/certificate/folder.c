#include "targets/certificate/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/path.h"

/* Beside it, since a rename does not cross file systems. */
static const char *
new_path(struct kg_arena *arena, const char *path)
{
	return kg_format(arena, "%s/.%s.kgraph-new", kg_path_folder(arena, path), kg_path_name(path));
}

static const char *
old_path(struct kg_arena *arena, const char *path)
{
	return kg_format(arena, "%s/.%s.kgraph-old", kg_path_folder(arena, path), kg_path_name(path));
}

struct kg_error *
kg_folder_tidy(struct kg_arena *arena, const char *path)
{
	struct kg_error *error = kg_file_remove(arena, new_path(arena, path));

	return error ? error : kg_file_remove(arena, old_path(arena, path));
}

static bool
is_ours(const struct kg_folder_file *files, const char *name)
{
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return true;
	for (; files->name; files++)
		if (strcmp(files->name, name) == 0)
			return true;
	return false;
}

static struct kg_error *
strangers_refuse(struct kg_arena *arena, const char *path, const struct kg_folder_file *files)
{
	DIR *folder = opendir(path);
	const char *stranger = NULL;

	if (!folder)
		return errno == ENOENT ? NULL : kg_error_system(arena, errno, "cannot read the folder %s", path);
	for (struct dirent *entry; !stranger && (entry = readdir(folder));)
		if (!is_ours(files, entry->d_name))
			stranger = kg_copy(arena, entry->d_name);
	closedir(folder);
	if (!stranger)
		return NULL;
	return kg_error_advise(arena,
	    kg_error_make(arena, KG_EBUSY, "%s holds %s, which would be lost: the folder is replaced as a whole", path, stranger),
	    "`out` has to be a folder of the certificate's own");
}

static struct kg_error *
owner_find(struct kg_arena *arena, const char *user, struct passwd *ret_owner)
{
	struct passwd *found;
	char buffer[4096];

	if (getpwnam_r(user, ret_owner, buffer, sizeof(buffer), &found) != 0 || !found)
		return kg_error_make(arena, KG_EINPUT, "there is no user `%s` on this machine", user);
	return NULL;
}

static struct kg_error *
files_write(struct kg_arena *arena, const char *folder, const struct kg_folder_file *files, const char *user)
{
	struct passwd owner;
	bool is_given = user && geteuid() == 0;
	struct kg_error *error = is_given ? owner_find(arena, user, &owner) : NULL;

	for (; !error && files->name; files++) {
		const char *path = kg_path_join(arena, folder, files->name);

		error = kg_file_write(arena, path, files->text, strlen(files->text), files->mode);
		if (!error && is_given && chown(path, owner.pw_uid, owner.pw_gid) < 0)
			error = kg_error_system(arena, errno, "cannot give %s to %s", path, user);
	}
	/* Until now nobody else could look inside. */
	if (!error && is_given && chown(folder, owner.pw_uid, owner.pw_gid) < 0)
		error = kg_error_system(arena, errno, "cannot give %s to %s", folder, user);
	if (!error && chmod(folder, 0755) < 0)
		error = kg_error_system(arena, errno, "cannot open %s to others", folder);
	return error;
}

/*
 * Exchanged in one step where the file system can do that. Where it cannot, the old one is put aside first: for a moment there is none, which is
 * seen as such, and still never half of each.
 */
static struct kg_error *
exchange(struct kg_arena *arena, const char *path, const char *new_one)
{
	const char *old_one = old_path(arena, path);

	if (renameat2(AT_FDCWD, new_one, AT_FDCWD, path, RENAME_EXCHANGE) == 0)
		return kg_file_remove(arena, new_one);
	if (errno != ENOENT && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
		return kg_error_system(arena, errno, "cannot put %s in place", path);
	if (rename(path, old_one) < 0 && errno != ENOENT)
		return kg_error_system(arena, errno, "cannot put %s aside", path);
	if (rename(new_one, path) < 0)
		return kg_error_system(arena, errno, "cannot put %s in place", path);
	return kg_file_remove(arena, old_one);
}

struct kg_error *
kg_folder_replace(struct kg_arena *arena, const char *path, const struct kg_folder_file *files, const char *user)
{
	const char *new_one = new_path(arena, path);
	struct kg_error *error = strangers_refuse(arena, path, files);

	if (!error)
		error = kg_folder_tidy(arena, path);
	if (!error)
		error = kg_file_make_folder(arena, kg_path_folder(arena, path), 0755);
	if (!error)
		error = kg_file_make_folder(arena, new_one, 0700);
	if (!error)
		error = files_write(arena, new_one, files, user);
	return error ? error : exchange(arena, path, new_one);
}
