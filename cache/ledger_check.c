#include "cache/ledger_check.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache/ledger_entry.h"
#include "cache/ledger_layout.h"
#include "engine/base/arena.h"
#include "engine/base/list.h"

struct table {
	struct kg_ledger_bytes name;
	struct kg_ledger_tree tree;
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
	if (kg_ledger_read_64(*ret_page) != number)
		return kg_format(check->arena, "page %ju is another one", (uintmax_t)number);
	return NULL;
}

/* A walk over one tree: where it stands on each level, and the last key that it met, as keys only ever grow. */
struct walk {
	struct check *check;
	struct kg_ledger_tree tree;
	struct kg_ledger_tree counted;
	bool is_free;    /* the tree of free pages: keys are numbers */
	bool is_tables;  /* the tree of tables */
	bool is_entries; /* the ledger's entries: their checksums are added up */
	bool is_head;    /* its head: handed out */
	bool has_key;
	struct kg_ledger_bytes key;   /* the last one of a leaf */
	struct kg_ledger_bytes bound; /* the next key is not less; size 0: no bound */
	uint32_t depth;
	struct level {
		const unsigned char *page;
		uint32_t next, count;
	} levels[depth_max];
};

static const char *
page_damage(struct walk *walk, const unsigned char *page)
{
	return kg_format(walk->check->arena, "page %ju is damaged", (uintmax_t)kg_ledger_read_64(page));
}

static int
key_order(const struct walk *walk, struct kg_ledger_bytes a, struct kg_ledger_bytes b)
{
	if (walk->is_free) {
		uint64_t left = kg_ledger_read_64(a.at), right = kg_ledger_read_64(b.at);

		return (left > right) - (left < right);
	}
	int order = memcmp(a.at, b.at, a.size < b.size ? a.size : b.size);
	return order ? order : (a.size > b.size) - (a.size < b.size);
}

/* A node's bytes in its page, filled up to an even number as LMDB does. The node's head lies within the page. */
static size_t
node_size(const unsigned char *node, bool is_leaf)
{
	size_t size = node_head + kg_ledger_read_16(node + 6);

	if (is_leaf)
		size += kg_ledger_read_16(node + 4) == NODE_BIG
		    ? sizeof(uint64_t)
		    : kg_ledger_read_16(node) | (size_t)kg_ledger_read_16(node + 2) << 16;
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
	size_t upper = kg_ledger_read_16(page + 14), first = page_size, sum = 0;

	memset(starts, 0, page_size / 2 / 8);
	for (uint32_t i = 0; i < count; i++) {
		size_t start = kg_ledger_read_16(page + page_head + (size_t)2 * i);

		if (start % 2 != 0 || start < upper || start > page_size - node_head)
			return false;
		starts[start / 2 / 64] |= (uint64_t)1 << start / 2 % 64;
		first = start < first ? start : first;
	}
	for (uint32_t i = 0; i < count; i++) {
		size_t start = kg_ledger_read_16(page + page_head + (size_t)2 * i), size = node_size(page + start, is_leaf),
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
	uint16_t flags = kg_ledger_read_16(page + 10), lower = kg_ledger_read_16(page + 12), upper = kg_ledger_read_16(page + 14);
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
node_find(const unsigned char *page, uint32_t index, struct kg_ledger_bytes *ret_key)
{
	const unsigned char *node = page + kg_ledger_read_16(page + page_head + (size_t)2 * index);

	*ret_key = (struct kg_ledger_bytes){ node + node_head, kg_ledger_read_16(node + 6) };
	return node;
}

static const char *
branch_visit(struct walk *walk, const unsigned char *page, uint32_t index)
{
	struct kg_ledger_bytes key;
	const unsigned char *node = node_find(page, index, &key);

	/* The first node's key stands for "less than all" and is not used. */
	if (index > 0) {
		if (key.size == 0 || (walk->is_free && key.size != 8) || (walk->has_key && key_order(walk, walk->key, key) >= 0))
			return page_damage(walk, page);
		walk->bound = key;
	}
	uint64_t child =
	    kg_ledger_read_16(node) | (uint64_t)kg_ledger_read_16(node + 2) << 16 | (uint64_t)kg_ledger_read_16(node + 4) << 32;
	return level_enter(walk, child);
}

/* The data of a leaf's node: in the page, or in pages of its own. */
static const char *
data_find(struct walk *walk, const unsigned char *page, const unsigned char *node, struct kg_ledger_bytes key,
    struct kg_ledger_bytes *ret_data)
{
	struct check *check = walk->check;
	size_t size = kg_ledger_read_16(node) | (size_t)kg_ledger_read_16(node + 2) << 16;
	bool is_big = kg_ledger_read_16(node + 4) == NODE_BIG;

	*ret_data = (struct kg_ledger_bytes){ key.at + key.size, size };
	if (kg_ledger_read_16(node + 4) != (walk->is_tables ? NODE_TREE : is_big ? NODE_BIG : 0))
		return page_damage(walk, page);
	if (!is_big)
		return NULL;

	const unsigned char *big = NULL;
	uint64_t number = kg_ledger_read_64(ret_data->at);
	const char *damage = page_find(check, number, &big);
	if (damage)
		return damage;
	uint64_t pages = kg_ledger_read_32(big + 12), needed = (page_head - 1 + size) / check->page_size + 1;
	if (kg_ledger_read_16(big + 10) != PAGE_OVERFLOW || pages < needed)
		return page_damage(walk, big);
	damage = pages_use(check, number, pages);
	if (!damage && (number + needed) * check->page_size > check->size_bytes)
		damage = page_damage(walk, big);
	walk->counted.overflows += pages;
	*ret_data = (struct kg_ledger_bytes){ big + page_head, size };
	return damage;
}

/* A list of free pages: how many, then their numbers from the highest down. */
static const char *
free_list_check(struct walk *walk, const unsigned char *page, struct kg_ledger_bytes data)
{
	uint64_t count = data.size >= 8 ? kg_ledger_read_64(data.at) : no_page, last = no_page;
	const char *damage = NULL;

	if (count > data.size / 8 - 1)
		return page_damage(walk, page);
	for (uint64_t i = 1; i <= count && !damage; i++) {
		uint64_t number = kg_ledger_read_64(data.at + 8 * i);

		damage = number < last ? pages_use(walk->check, number, 1) : page_damage(walk, page);
		last = number;
	}
	return damage;
}

static bool
is_named(struct kg_ledger_bytes key, const char *name)
{
	return key.size == strlen(name) && memcmp(key.at, name, key.size) == 0;
}

static const char *
leaf_visit(struct walk *walk, const unsigned char *page, uint32_t index)
{
	struct kg_ledger_bytes key, data;
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
		kg_list_push(walk->check->arena, &walk->check->tables, (struct table){ key, kg_ledger_tree_read(data.at) });
	return NULL;
}

static const char *
tree_walk(struct walk *walk)
{
	const struct kg_ledger_tree *tree = &walk->tree, *counted = &walk->counted;
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
trees_check(struct check *check, const struct kg_ledger_meta *meta)
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
	uint32_t page_size = kg_ledger_meta_read(check->map + page_head).page_size;
	const unsigned char *page = check->map + (transaction & 1) * page_size;

	if ((transaction & 1 ? 2 : 1) * (size_t)page_size > check->size_bytes || page_size > page_size_max)
		return "it is cut short";
	struct kg_ledger_meta meta = kg_ledger_meta_read(page + page_head);
	const char *damage = kg_ledger_meta_check(&meta, map_size);
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
