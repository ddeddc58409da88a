/*
 * Which files a compiler read, from the dependency file that it wrote for make (gcc -MD -MF, clang, and what follows them).
 *
 *     error = kg_depfile_read(arena, bytes, size, "/srv/app", &files);
 *
 * All prerequisites of all rules; targets are not told, and neither are the rules without prerequisites that -MP adds. Names follow GNU make and
 * what compilers write: a backslash at the end of a line goes on in the next, `\ ` is a space, `\#` a number sign, `$$` a dollar, `\:` a colon;
 * any other backslash is itself.
 */
#pragma once

#include <stddef.h>

#include "cache/glob.h"

struct kg_arena;
struct kg_error;

/*
 * Adds to *files, sorted and each once; relative names are relative to folder, where the compiler ran. KG_EINPUT for bytes that are no such file.
 * Pure.
 */
[[nodiscard]] struct kg_error *kg_depfile_read(
    struct kg_arena *arena, const char *bytes, size_t size, const char *folder, struct kg_files *files);
