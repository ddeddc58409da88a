/*
 * A terminal of a few rows, as far as the live view needs one: it wraps and scrolls as real ones do.
 *
 *     struct screen *screen = screen_make(80, 24);
 *     screen_write(screen, bytes, size);
 *     assert_string_equal(screen_row(screen, 0), "running   schema");
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct screen;

struct screen *screen_make(uint32_t columns, uint32_t rows);
/* Understands text (a column a character), \r, \n as in cooked mode, ESC[nA, ESC[K, ESC[J and colours; aborts on anything else. */
void screen_write(struct screen *screen, const char *bytes, size_t size);
/* Without the spaces at its end; good until the next call. */
const char *screen_row(struct screen *screen, uint32_t row);
/* How often a character was written: what a person sees flicker. */
uint64_t screen_characters(const struct screen *screen);
/* Rows that went out at the top. */
uint32_t screen_scrolled(const struct screen *screen);
void screen_free(struct screen *screen);
