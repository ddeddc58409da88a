/*
 * The bytes of an LMDB file as they lie on the disk, for the two files of ledger_check.h alone.
 *
 *     struct kg_ledger_meta meta = kg_ledger_meta_read(page + page_head);
 *     const char *damage = kg_ledger_meta_check(&meta, map_size);
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * The layout of LMDB 0.9's file, on 64-bit machines. Page 0 and 1 are meta pages, written in turns; the others hold B+ trees: of free pages, of
 * tables, and one for each table.
 *
 *     page:  u64 number, u16 unused, u16 flags, u16 lower, u16 upper (overflow: u32 pages), u16 offset of each node …, nodes
 *     node:  u16 low, u16 high, u16 flags, u16 key size, key, data.      leaf: low and high are the data's size;
 *                                                                        branch: low, high and flags are the child's number
 *     meta:  u32 magic, u32 version, u64 address, u64 map size, tree of free pages, tree of tables, u64 last page, u64 transaction
 *     tree:  u32 page size (of free pages) or 0, u16 flags, u16 depth, u64 branches, leaves, overflows, entries, root
 */
enum page_flags : uint16_t { PAGE_BRANCH = 0x01, PAGE_LEAF = 0x02, PAGE_OVERFLOW = 0x04 };
enum node_flags : uint16_t { NODE_BIG = 0x01, NODE_TREE = 0x02 };
enum tree_flags : uint16_t { TREE_INTEGER_KEY = 0x08, TREE_OF_ONE_FILE = 0x4000 };

static constexpr uint32_t magic = 0xBEEFC0DE;
static constexpr size_t page_head = 16, node_head = 8, tree_size = 48, meta_size = 24 + 2 * tree_size + 16;
static constexpr uint64_t no_page = UINT64_MAX;
static constexpr uint32_t depth_max = 32;
static constexpr size_t page_size_max = 65536;

struct kg_ledger_tree {
	uint16_t flags, depth;
	uint64_t branches, leaves, overflows, entries, root;
};

struct kg_ledger_meta {
	uint64_t map_size, last_page, transaction;
	uint32_t magic, version, page_size;
	struct kg_ledger_tree free, tables;
};

struct kg_ledger_bytes {
	const unsigned char *at;
	size_t size;
};

static inline uint16_t
kg_ledger_read_16(const unsigned char *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline uint32_t
kg_ledger_read_32(const unsigned char *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline uint64_t
kg_ledger_read_64(const unsigned char *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline struct kg_ledger_tree
kg_ledger_tree_read(const unsigned char *at)
{
	return (struct kg_ledger_tree){
		.flags = kg_ledger_read_16(at + 4),
		.depth = kg_ledger_read_16(at + 6),
		.branches = kg_ledger_read_64(at + 8),
		.leaves = kg_ledger_read_64(at + 16),
		.overflows = kg_ledger_read_64(at + 24),
		.entries = kg_ledger_read_64(at + 32),
		.root = kg_ledger_read_64(at + 40),
	};
}

struct kg_ledger_meta kg_ledger_meta_read(const unsigned char *at);
/* NULL when the numbers that LMDB reads from a meta page before any transaction are sound; else what is wrong. */
const char *kg_ledger_meta_check(const struct kg_ledger_meta *meta, size_t map_size);
