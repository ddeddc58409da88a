/*
 * Colours, or none: one table of escape sequences that are all empty where the reader is not a person at a terminal.
 *
 *     const struct kg_style *style = kg_style_choose(STDERR_FILENO, KG_COLOUR_AUTO);
 *     fprintf(stderr, "%serror:%s %s\n", style->red, style->end, message);
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum kg_colour { KG_COLOUR_AUTO, KG_COLOUR_ALWAYS, KG_COLOUR_NEVER };

struct kg_style {
	const char *bold, *dim, *red, *green, *yellow, *blue;
	const char *end; /* back to plain */
	bool is_plain;
};

extern const struct kg_style kg_style_plain, kg_style_coloured;

/* AUTO: coloured on a terminal, unless NO_COLOR (no-color.org) is set or TERM is "dumb". */
const struct kg_style *kg_style_choose(int fd, enum kg_colour colour);
/* Columns of the terminal behind fd; 0 when it is none, and then lines are as long as they are. */
uint32_t kg_style_columns(int fd);
