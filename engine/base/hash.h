/*
 * A fast hash for tables in memory. It is not stable between versions and never leaves the process: what is stored or compared between
 * runs is a digest (cache/digest.h).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

uint64_t kg_hash_bytes(const void *bytes, size_t size_bytes);
uint64_t kg_hash_text(const char *text);
