/*
 * Memory named by lifetime: everything that lives as long as a run, a graph or one operation comes from one arena and is freed whole.
 *
 *     struct kg_arena *run = kg_arena_make();
 *     struct kg_job *jobs = kg_new_array(run, struct kg_job, count);
 *     const char *path = kg_format(run, "%s/%s", folder, name);
 *     kg_arena_free(run);
 *
 * An arena belongs to one thread at a time. Nothing here returns NULL: when memory runs out the program says so and exits.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>

struct kg_arena;

struct kg_arena *kg_arena_make(void);

/* Gives size_bytes of zeroed memory, aligned for any type. */
[[gnu::returns_nonnull]] void *kg_alloc(struct kg_arena *arena, size_t size_bytes);
/* The same for count elements; a product that overflows counts as out of memory. */
[[gnu::returns_nonnull]] void *kg_alloc_array(struct kg_arena *arena, size_t count, size_t size_bytes);

#define kg_new(arena, type) ((type *)kg_alloc((arena), sizeof(type)))
#define kg_new_array(arena, type, count) ((type *)kg_alloc_array((arena), (count), sizeof(type)))

/* Copies of what is given, ended by a zero byte. A NULL text stays NULL. */
char *kg_copy(struct kg_arena *arena, const char *text);
char *kg_copy_bytes(struct kg_arena *arena, const void *bytes, size_t size_bytes);

/* printf into the arena. */
[[gnu::returns_nonnull, gnu::format(printf, 2, 3)]] char *kg_format(struct kg_arena *arena, const char *format, ...);
[[gnu::returns_nonnull, gnu::format(printf, 2, 0)]] char *kg_format_list(struct kg_arena *arena, const char *format, va_list list);

/* Bytes handed out since the arena was made or emptied. */
size_t kg_arena_size_bytes(const struct kg_arena *arena);

/* Takes back all that was handed out and keeps the newest block, usually the largest, for what comes next. */
void kg_arena_empty(struct kg_arena *arena);
void kg_arena_free(struct kg_arena *arena);

/* One message, exit status 1. */
[[noreturn]] void kg_out_of_memory(void);
