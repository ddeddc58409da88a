/*
 * Bytes for people: "512 bytes", "1.4 MiB".
 */
#pragma once

#include <stdint.h>

struct kg_arena;

const char *kg_size_tell(struct kg_arena *arena, int64_t bytes);
