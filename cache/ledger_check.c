#include "cache/ledger_check.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache/ledger_entry.h"
#include "engine/base/arena.h"
#include "engine/base/list.h"

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

struct tree {
	uint16_t flags, depth;
	uint64_t branches, leaves, overflows, entries, root;
};

struct meta {
	uint64_t map_size, last_page, transaction;
	uint32_t magic, version, page_size;
	struct tree free, tables;
};

struct bytes {
	const unsigned char *at;
	size_t size;
};

struct table {
	struct bytes name;
	struct tree tree;
};

struct check {
	struct kg_arena *arena;
	const unsigned char *map;
	size_t size_bytes;
	uint32_t page_size;
	uint64_t
	    page_count; /* that the snapshot may use; the last ones may lie behind the end of the file while nobody wrote to them */
	uint64_t *is_used; /* a bit for each */
	struct kg_ledger_found *found;
	KG_LIST(struct table) tables;
};

static uint16_t
read_16(const unsigned char *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint32_t
read_32(const unsigned char *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint64_t
read_64(const unsigned char *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static struct tree
tree_read(const unsigned char *at)
{
	return (struct tree){
		.flags = read_16(at + 4),
		.depth = read_16(at + 6),
		.branches = read_64(at + 8),
		.leaves = read_64(at + 16),
		.overflows = read_64(at + 24),
		.entries = read_64(at + 32),
		.root = read_64(at + 40),
	};
}

static struct meta
meta_read(const unsigned char *at)
{
	return (struct meta){
		.magic = read_32(at),
		.version = read_32(at + 4),
		.map_size = read_64(at + 16),
		.page_size = read_32(at + 24),
		.free = tree_read(at + 24),
		.tables = tree_read(at + 24 + tree_size),
		.last_page = read_64(at + 24 + 2 * tree_size),
		.transaction = read_64(at + 32 + 2 * tree_size),
	};
}

/* The numbers that LMDB reads from a meta page before any transaction. */
static const char *
meta_check(const struct meta *meta, size_t map_size)
{
	if (meta->magic != magic || meta->version != 1)
		return "it is not a database";
	if (meta->page_size < 512 || meta->page_size > page_size_max || (meta->page_size & (meta->page_size - 1)) != 0)
		return "its page size is wrong";
	if (meta->last_page >= map_size / meta->page_size || meta->map_size > (uint64_t)1 << 46)
		return "its size is wrong";
	if ((meta->free.flags & ~TREE_OF_ONE_FILE) != TREE_INTEGER_KEY || meta->tables.flags != 0)
		return "its flags are wrong";
	return NULL;
}

const char *
kg_ledger_check_head(struct kg_arena *arena, const char *path, size_t map_size)
{
	unsigned char head[page_head + meta_size];
	uint32_t page_size = 0;
	struct stat stat;
	const char *damage = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? NULL : kg_format(arena, "it cannot be read: %s", strerror(errno));
	if (fstat(fd, &stat) == 0 && stat.st_size == 0) {
		close(fd);
		return NULL;
	}
	for (uint32_t page = 0; page < 2 && !damage; page++) {
		if (pread(fd, head, sizeof(head), (off_t)page * page_size) != (ssize_t)sizeof(head)) {
			damage = "it is cut short";
			break;
		}
		struct meta meta = meta_read(head + page_head);
		damage = meta_check(&meta, map_size);
		if (!damage && page == 1 && meta.page_size != page_size)
			damage = "its page size is wrong";
		page_size = meta.page_size;
	}
	if (!damage && stat.st_size < (off_t)page_size * 2)
		damage = "it is cut short";
	close(fd);
	return damage;
}

/* Takes pages for one use: each has but one. */
static const char *
pages_use(struct check *check, uint64_t first, uint64_t count)
{
	if (first < 2 || count > check->page_count || first > check->page_count - count)
		return kg_format(check->arena, "page %ju does not exist", (uintmax_t)first);
	for (uint64_t page = first; page < first + count; page++) {
		uint64_t bit = (uint64_t)1 << page % 64;

		if (check->is_used[page / 64] & bit)
			return kg_format(check->arena, "page %ju is used twice", (uintmax_t)page);
		check->is_used[page / 64] |= bit;
	}
	return NULL;
}

static const char *
page_find(struct check *check, uint64_t number, const unsigned char **ret_page)
{
	if (number >= check->page_count || (number + 1) * check->page_size > check->size_bytes)
		return kg_format(check->arena, "page %ju lies behind its end", (uintmax_t)number);
	*ret_page = check->map + number * check->page_size;
	if (read_64(*ret_page) != number)
		return kg_format(check->arena, "page %ju is another one", (uintmax_t)number);
	return NULL;
}

/* A walk over one tree: where it stands on each level, and the last key that it met, as keys only ever grow. */
struct walk {
	struct check *check;
	struct tree tree;
	struct tree counted;
	bool is_free;    /* the tree of free pages: keys are numbers */
	bool is_tables;  /* the tree of tables */
	bool is_entries; /* the ledger's entries: their checksums are added up */
	bool is_head;    /* its head: handed out */
	bool has_key;
	struct bytes key;   /* the last one of a leaf */
	struct bytes bound; /* the next key is not less; size 0: no bound */
	uint32_t depth;
	struct level {
		const unsigned char *page;
		uint32_t next, count;
	} levels[depth_max];
};

static const char *
page_damage(struct walk *walk, const unsigned char *page)
{
	return kg_format(walk->check->arena, "page %ju is damaged", (uintmax_t)read_64(page));
}

static int
key_order(const struct walk *walk, struct bytes a, struct bytes b)
{
	if (walk->is_free) {
		uint64_t left = read_64(a.at), right = read_64(b.at);

		return (left > right) - (left < right);
	}
	int order = memcmp(a.at, b.at, a.size < b.size ? a.size : b.size);
	return order ? order : (a.size > b.size) - (a.size < b.size);
}

/* A node's bytes in its page, filled up to an even number as LMDB does. The node's head lies within the page. */
static size_t
node_size(const unsigned char *node, bool is_leaf)
{
	size_t size = node_head + read_16(node + 6);

	if (is_leaf)
		size += read_16(node + 4) == NODE_BIG ? sizeof(uint64_t) : read_16(node) | (size_t)read_16(node + 2) << 16;
	return (size + 1) & ~(size_t)1;
}

/*
 * Whether the nodes fill the page from upper to its end, one behind the other: LMDB moves them by their sizes when one goes or grows, so a wrong size
 * would make it damage the others. Each node ends where another starts or the page ends, the first starts at upper, and the sizes add up.
 */
static bool
nodes_fill(const unsigned char *page, size_t page_size, bool is_leaf, uint32_t count)
{
	uint64_t starts[page_size_max / 2 / 64];
	size_t upper = read_16(page + 14), first = page_size, sum = 0;

	memset(starts, 0, page_size / 2 / 8);
	for (uint32_t i = 0; i < count; i++) {
		size_t start = read_16(page + page_head + (size_t)2 * i);

		if (start % 2 != 0 || start < upper || start > page_size - node_head)
			return false;
		starts[start / 2 / 64] |= (uint64_t)1 << start / 2 % 64;
		first = start < first ? start : first;
	}
	for (uint32_t i = 0; i < count; i++) {
		size_t start = read_16(page + page_head + (size_t)2 * i), size = node_size(page + start, is_leaf),
		       end = start + size;

		if (end > page_size || (end < page_size && !(starts[end / 2 / 64] >> end / 2 % 64 & 1)))
			return false;
		sum += size;
	}
	return first == upper && sum == page_size - upper;
}

static const char *
level_enter(struct walk *walk, uint64_t number)
{
	const unsigned char *page = NULL;
	size_t page_size = walk->check->page_size;
	const char *damage = pages_use(walk->check, number, 1);

	if (!damage)
		damage = page_find(walk->check, number, &page);
	if (damage)
		return damage;

	bool is_leaf = walk->depth + 1 == walk->tree.depth;
	uint16_t flags = read_16(page + 10), lower = read_16(page + 12), upper = read_16(page + 14);
	uint32_t count = lower > page_head ? (uint32_t)(lower - page_head) / 2 : 0;
	if (flags != (is_leaf ? PAGE_LEAF : PAGE_BRANCH) || count == 0 || lower % 2 != 0 || lower > upper || upper > page_size ||
	    !nodes_fill(page, page_size, is_leaf, count))
		return page_damage(walk, page);
	walk->counted.branches += !is_leaf;
	walk->counted.leaves += is_leaf;
	walk->levels[walk->depth++] = (struct level){ .page = page, .count = count };
	return NULL;
}

/* The node at an index, and its key: both lie within the page. */
static const unsigned char *
node_find(const unsigned char *page, uint32_t index, struct bytes *ret_key)
{
	const unsigned char *node = page + read_16(page + page_head + (size_t)2 * index);

	*ret_key = (struct bytes){ node + node_head, read_16(node + 6) };
	return node;
}

static const char *
branch_visit(struct walk *walk, const unsigned char *page, uint32_t index)
{
	struct bytes key;
	const unsigned char *node = node_find(page, index, &key);

	/* The first node's key stands for "less than all" and is not used. */
	if (index > 0) {
		if (key.size == 0 || (walk->is_free && key.size != 8) || (walk->has_key && key_order(walk, walk->key, key) >= 0))
			return page_damage(walk, page);
		walk->bound = key;
	}
	uint64_t child = read_16(node) | (uint64_t)read_16(node + 2) << 16 | (uint64_t)read_16(node + 4) << 32;
	return level_enter(walk, child);
}

/* The data of a leaf's node: in the page, or in pages of its own. */
static const char *
data_find(struct walk *walk, const unsigned char *page, const unsigned char *node, struct bytes key, struct bytes *ret_data)
{
	struct check *check = walk->check;
	size_t size = read_16(node) | (size_t)read_16(node + 2) << 16;
	bool is_big = read_16(node + 4) == NODE_BIG;

	*ret_data = (struct bytes){ key.at + key.size, size };
	if (read_16(node + 4) != (walk->is_tables ? NODE_TREE : is_big ? NODE_BIG : 0))
		return page_damage(walk, page);
	if (!is_big)
		return NULL;

	const unsigned char *big = NULL;
	uint64_t number = read_64(ret_data->at);
	const char *damage = page_find(check, number, &big);
	if (damage)
		return damage;
	uint64_t pages = read_32(big + 12), needed = (page_head - 1 + size) / check->page_size + 1;
	if (read_16(big + 10) != PAGE_OVERFLOW || pages < needed)
		return page_damage(walk, big);
	damage = pages_use(check, number, pages);
	if (!damage && (number + needed) * check->page_size > check->size_bytes)
		damage = page_damage(walk, big);
	walk->counted.overflows += pages;
	*ret_data = (struct bytes){ big + page_head, size };
	return damage;
}

/* A list of free pages: how many, then their numbers from the highest down. */
static const char *
free_list_check(struct walk *walk, const unsigned char *page, struct bytes data)
{
	uint64_t count = data.size >= 8 ? read_64(data.at) : no_page, last = no_page;
	const char *damage = NULL;

	if (count > data.size / 8 - 1)
		return page_damage(walk, page);
	for (uint64_t i = 1; i <= count && !damage; i++) {
		uint64_t number = read_64(data.at + 8 * i);

		damage = number < last ? pages_use(walk->check, number, 1) : page_damage(walk, page);
		last = number;
	}
	return damage;
}

static bool
is_named(struct bytes key, const char *name)
{
	return key.size == strlen(name) && memcmp(key.at, name, key.size) == 0;
}

static const char *
leaf_visit(struct walk *walk, const unsigned char *page, uint32_t index)
{
	struct bytes key, data;
	const unsigned char *node = node_find(page, index, &key);
	const char *damage = NULL;

	if (key.size == 0 || key.size > 511 || (walk->is_free && key.size != 8))
		damage = page_damage(walk, page);
	if (!damage &&
	    ((walk->has_key && key_order(walk, walk->key, key) >= 0) ||
		(walk->bound.size > 0 && key_order(walk, walk->bound, key) > 0)))
		damage = page_damage(walk, page);
	if (!damage)
		damage = data_find(walk, page, node, key, &data);
	if (damage)
		return damage;

	walk->key = key;
	walk->has_key = true;
	walk->bound.size = 0;
	walk->counted.entries++;
	if (walk->is_free)
		return free_list_check(walk, page, data);
	if (walk->is_entries)
		walk->check->found->entries_sum += kg_entry_checksum(data.at, data.size);
	if (walk->is_head) {
		if (!is_named(key, "head") || data.size != sizeof(struct kg_ledger_head))
			return page_damage(walk, page);
		memcpy(&walk->check->found->head, data.at, data.size);
		walk->check->found->has_head = true;
	}
	if (walk->is_tables && data.size != tree_size)
		return page_damage(walk, page);
	if (walk->is_tables)
		kg_list_push(walk->check->arena, &walk->check->tables, (struct table){ key, tree_read(data.at) });
	return NULL;
}

static const char *
tree_walk(struct walk *walk)
{
	const struct tree *tree = &walk->tree, *counted = &walk->counted;
	const char *damage;

	if (tree->root == no_page)
		return tree->entries == 0 && tree->depth == 0 ? NULL : "a table has lost its pages";
	if (tree->depth == 0 || tree->depth > depth_max)
		return "a table is too deep";

	damage = level_enter(walk, tree->root);
	while (!damage && walk->depth > 0) {
		struct level *level = &walk->levels[walk->depth - 1];

		if (level->next == level->count)
			walk->depth--;
		else if (walk->depth == tree->depth)
			damage = leaf_visit(walk, level->page, level->next++);
		else
			damage = branch_visit(walk, level->page, level->next++);
	}
	if (damage)
		return damage;
	if (counted->entries != tree->entries || counted->branches != tree->branches || counted->leaves != tree->leaves ||
	    counted->overflows != tree->overflows)
		return "a table has lost entries";
	return NULL;
}

static const char *
trees_check(struct check *check, const struct meta *meta)
{
	struct walk tables = { .check = check, .tree = meta->tables, .is_tables = true };
	struct walk free = { .check = check, .tree = meta->free, .is_free = true };
	const char *damage = tree_walk(&tables);

	for (uint32_t i = 0; i < check->tables.count && !damage; i++) {
		struct table *table = &check->tables.items[i];
		struct walk walk = {
			.check = check,
			.tree = table->tree,
			.is_entries = is_named(table->name, "entries"),
			.is_head = is_named(table->name, "head"),
		};

		damage = table->tree.flags == 0 ? tree_walk(&walk) : "a table's flags are wrong";
	}
	return damage ? damage : tree_walk(&free);
}

static const char *
map_check(struct check *check, size_t map_size, uint64_t transaction)
{
	uint32_t page_size = meta_read(check->map + page_head).page_size;
	const unsigned char *page = check->map + (transaction & 1) * page_size;

	if ((transaction & 1 ? 2 : 1) * (size_t)page_size > check->size_bytes || page_size > page_size_max)
		return "it is cut short";
	struct meta meta = meta_read(page + page_head);
	const char *damage = meta_check(&meta, map_size);
	if (damage)
		return damage;
	if (meta.transaction != transaction || meta.page_size != page_size)
		return "its first pages do not fit together";
	check->page_size = page_size;
	check->page_count = meta.last_page + 1;
	check->is_used = kg_new_array(check->arena, uint64_t, check->page_count / 64 + 1);
	return trees_check(check, &meta);
}

const char *
kg_ledger_check(struct kg_arena *arena, const char *path, size_t map_size, uint64_t transaction, struct kg_ledger_found *ret_found)
{
	struct kg_arena *scratch = kg_arena_make();
	struct check check = { .arena = scratch, .found = ret_found };
	struct stat stat;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const char *damage = "it cannot be read";

	*ret_found = (struct kg_ledger_found){ 0 };
	if (fd >= 0 && fstat(fd, &stat) == 0 && (size_t)stat.st_size >= page_head + meta_size) {
		check.size_bytes = (size_t)stat.st_size;
		void *map = mmap(NULL, check.size_bytes, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
		if (map != MAP_FAILED) {
			check.map = map;
			damage = kg_copy(arena, map_check(&check, map_size, transaction));
			munmap(map, check.size_bytes);
		}
	}
	if (fd >= 0)
		close(fd);
	kg_arena_free(scratch);
	return damage;
}
