/*
 * One name against one pattern without slashes: `*`, `?`, `[a-z]`, `\x`.
 *
 *     kg_glob_name_matches("*.[ch]", 6, "main.c", 6)      true
 *
 * Characters are those of UTF-8; a byte that is not part of one is a character of its own. Classes are those of POSIX: `[!a-z]` and `[^a-z]` for
 * all others, `[[:digit:]]`, `]` as the first one stands for itself. Pure; the time is at most the product of both lengths.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

bool kg_glob_name_matches(const char *pattern, size_t pattern_size, const char *name, size_t name_size);
/* What is wrong with a pattern, or NULL: "`[` is not closed". */
const char *kg_glob_name_check(const char *pattern, size_t size);
/* The bytes that the class at the start of pattern takes, both brackets counted; 0 when it is not closed. */
size_t kg_glob_class_size(const char *pattern, size_t size);
