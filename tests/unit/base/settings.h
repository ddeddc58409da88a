/*
 * Settings made from a short notation, for tests of what reads them.
 *
 *     struct kg_values values = settings_make(arena, "{a: 'text', b: [1, 2.5, true], c: {d: 'x'}}");
 *
 * The root is items[0]. Members may stand in any order. Every value is at line 1 of "f", at the column where it is written. A text with
 * ${ in it is open, one with ${secrets. secret.
 */
#pragma once

#include "engine/base/value.h"

struct kg_values settings_make(struct kg_arena *arena, const char *said);
