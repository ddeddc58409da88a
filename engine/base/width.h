/*
 * How wide a text is on a terminal: columns are not bytes, and not characters either.
 *
 *     uint32_t columns = kg_width("schéma");                    6
 *     const char *cell = kg_width_cut(arena, name, 20);         at most 20 columns, the last one "…" when something is missing
 *
 * Chinese, Japanese and Korean characters and most emoji take two columns, combining marks none (Unicode's East Asian Width).
 * Independent of the locale. A byte that is not UTF-8 takes one.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct kg_arena;

/* Of the whole text. Control characters count as one, as kg_width_plain shows them. */
uint32_t kg_width(const char *text);
/* Of the first character of bytes, which holds at least one byte; *ret_length: how many bytes it has. */
uint32_t kg_width_first(const char *bytes, size_t size_bytes, size_t *ret_length);
/* The text itself when it fits. */
const char *kg_width_cut(struct kg_arena *arena, const char *text, uint32_t columns);
/*
 * The text with what would upset a terminal taken out: control characters and bytes that are not UTF-8 become "?", tabs spaces up to the next
 * multiple of four columns. The text itself when there is nothing of the kind.
 */
const char *kg_width_plain(struct kg_arena *arena, const char *text);
