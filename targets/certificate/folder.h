/*
 * A folder that is replaced as a whole: whoever looks sees all old files or all new ones, also when its writer is killed. Files that belong together,
 * such as a key and its certificate, are never those of two writings.
 *
 *     const struct kg_folder_file files[] = { { "tls.crt", certificate, 0644 }, { "tls.key", key, 0600 }, { 0 } };
 *     error = kg_folder_replace(arena, "/srv/app/tls", files, NULL);
 */
#pragma once

#include <sys/types.h>

struct kg_arena;
struct kg_error;

struct kg_folder_file {
	const char *name; /* NULL ends the list */
	const char *text;
	mode_t mode;
};

/*
 * user: whom folder and files are given when kgraph runs as root; NULL: nobody. Folders above path are made. KG_EBUSY when there are other files in the
 * folder than these: they would go with it. KG_EINPUT for a user that is not there, KG_ESYSTEM.
 */
[[nodiscard]] struct kg_error *kg_folder_replace(
    struct kg_arena *arena, const char *path, const struct kg_folder_file *files, const char *user);
/* Removes what a writer that was killed has left beside path. */
[[nodiscard]] struct kg_error *kg_folder_tidy(struct kg_arena *arena, const char *path);
