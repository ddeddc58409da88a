/*
 * Whole files: read at once, written so that a reader sees the old or the new content and nothing between.
 *
 *     error = kg_file_read(arena, path, &bytes, &size);
 *     error = kg_file_write(arena, path, bytes, size, 0644);
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct kg_arena;
struct kg_error;

/* Reads a regular file; *ret_bytes is ended by a zero byte that size does not count. KG_ESYSTEM when it cannot be read or is something else. */
[[nodiscard]] struct kg_error *kg_file_read(struct kg_arena *arena, const char *path, const char **ret_bytes, size_t *ret_size);

/*
 * Writes into a neighbour and renames it over path; mode is set exactly, whatever the umask. Not synced to disk: what must survive a power
 * cut goes to the ledger. KG_ESYSTEM, and then path is as it was.
 */
[[nodiscard]] struct kg_error *kg_file_write(struct kg_arena *arena, const char *path, const void *bytes, size_t size, mode_t mode);

/* Makes path and all folders above it that are missing; one that is there is well. */
[[nodiscard]] struct kg_error *kg_file_make_folder(struct kg_arena *arena, const char *path, mode_t mode);

/* Removes a file or a folder with all that is in it, following no links; one that is not there is well. */
[[nodiscard]] struct kg_error *kg_file_remove(struct kg_arena *arena, const char *path);

/* Writes all of it, going on after interruptions and short writes. 0, or an errno. */
int kg_file_write_all(int fd, const void *bytes, size_t size);
