#include <archive.h>
#include <archive_entry.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cache/pack.h"
#include "cache/walk.h"
#include "engine/base/file.h"
#include "tests/unit/cache/scratch.h"

static struct kg_store *
opened(struct scratch *scratch, const char *name)
{
	struct kg_store *store;

	well(kg_store_open(scratch->arena, scratch_path(scratch, name), &store));
	return store;
}

static struct kg_digest
fingerprint_of(uint64_t number)
{
	return (struct kg_digest){ number, ~number };
}

static struct kg_pack
packed(struct scratch *scratch, struct kg_store *store, uint64_t fingerprint, const char *path)
{
	struct kg_pack pack;
	bool is_hit;

	well(kg_pack_write(store, scratch->arena, fingerprint_of(fingerprint), path, &pack, &is_hit));
	assert_true(is_hit);
	return pack;
}

static bool
restored(struct scratch *scratch, struct kg_store *store, uint64_t fingerprint, const struct kg_stored *products, uint32_t count)
{
	bool is_hit;

	well(kg_store_restore(store, scratch->arena, fingerprint_of(fingerprint), products, count, &is_hit, NULL));
	return is_hit;
}

static mode_t
mode_of(const char *path)
{
	struct stat stat;

	assert_int_equal(lstat(path, &stat), 0);
	return stat.st_mode & 07777;
}

/* Files, in all of the store but its lock. */
static uint32_t
files_in(struct scratch *scratch, const char *store)
{
	struct kg_names all = { 0 };
	uint32_t count = 0;

	well(kg_walk_tree(scratch->arena, scratch_path(scratch, store), &all));
	for (uint32_t i = 0; i < all.count; i++)
		count += all.items[i].type == KG_FILE_REGULAR && strcmp(all.items[i].name, "lock") != 0;
	return count;
}

static const char *
link_text(struct scratch *scratch, const char *path)
{
	char target[4096] = { 0 };

	assert_true(readlink(path, target, sizeof(target) - 1) >= 0);
	return kg_copy(scratch->arena, target);
}

static void
a_pack_brings_an_entry_to_another_store(void **state)
{
	struct scratch *scratch = *state;
	struct kg_store *from = opened(scratch, "from"), *to = opened(scratch, "to");
	const char *path = scratch_path(scratch, "pack");
	const char *long_name = kg_format(scratch->arena, "tree/%0200d/%0200d", 1, 2);
	const struct kg_stored products[] = {
		{ "path", scratch_write(scratch, "program", "#!/bin/sh\n") },
		{ "tree", scratch_path(scratch, "tree") },
		{ "link", scratch_path(scratch, "link") },
	};

	chmod(products[0].path, 0751);
	scratch_write(scratch, "tree/a", "same");
	scratch_write(scratch, "tree/sub/b", "same");
	scratch_write(scratch, "tree/sub/empty", "");
	scratch_write(scratch, long_name, "far");
	scratch_write(scratch, "tree/not \xff utf-8 \xc3\xa9", "bytes");
	chmod(scratch_path(scratch, "tree/sub"), 0555);
	assert_int_equal(symlink("../program", scratch_path(scratch, "tree/up")), 0);
	assert_int_equal(symlink("/nowhere", products[2].path), 0);
	well(kg_store_put(from, scratch->arena, fingerprint_of(1), products, 3, 2000000000));

	struct kg_pack pack = packed(scratch, from, 1, path);
	assert_int_equal(pack.content_bytes, 10 + 4 + 4 + 0 + 3 + 5);
	assert_int_equal(pack.made_ns, 2000000000);
	assert_int_equal(pack.item_count, 11);
	assert_true(pack.file_bytes > 0);
	well(kg_pack_read(to, scratch->arena, fingerprint_of(2), path, pack.content_bytes, 0));

	for (int i = 0; i < 3; i++)
		well(kg_file_remove(scratch->arena, products[i].path));
	assert_true(restored(scratch, to, 2, products, 3));
	assert_string_equal(scratch_read(scratch, products[0].path), "#!/bin/sh\n");
	assert_int_equal(mode_of(products[0].path), 0751);
	assert_string_equal(scratch_read(scratch, scratch_path(scratch, "tree/sub/b")), "same");
	assert_string_equal(scratch_read(scratch, scratch_path(scratch, "tree/sub/empty")), "");
	assert_string_equal(scratch_read(scratch, scratch_path(scratch, long_name)), "far");
	assert_string_equal(scratch_read(scratch, scratch_path(scratch, "tree/not \xff utf-8 \xc3\xa9")), "bytes");
	assert_int_equal(mode_of(scratch_path(scratch, "tree/sub")), 0555);
	assert_string_equal(link_text(scratch, scratch_path(scratch, "tree/up")), "../program");
	assert_string_equal(link_text(scratch, products[2].path), "/nowhere");
	chmod(scratch_path(scratch, "tree/sub"), 0755);
}

static void
the_same_content_gives_the_same_bytes(void **state)
{
	struct scratch *scratch = *state;
	const char *packs[2];

	for (int i = 0; i < 2; i++) {
		const char *name = kg_format(scratch->arena, "store%d", i);
		struct kg_store *store = opened(scratch, name);
		const struct kg_stored product = { "tree", scratch_path(scratch, "tree") };

		scratch_write(scratch, "tree/x", "1");
		scratch_write(scratch, "tree/y", "2");
		well(kg_store_put(store, scratch->arena, fingerprint_of(7), &product, 1, 0));
		well(kg_file_remove(scratch->arena, product.path));
		packs[i] = scratch_path(scratch, kg_format(scratch->arena, "pack%d", i));
		packed(scratch, store, 7, packs[i]);
		usleep(10000);
	}
	const char *one, *other;
	size_t size, other_size;
	well(kg_file_read(scratch->arena, packs[0], &one, &size));
	well(kg_file_read(scratch->arena, packs[1], &other, &other_size));
	assert_int_equal(size, other_size);
	assert_memory_equal(one, other, size);
}

static void
what_the_store_does_not_have_or_has_damaged_is_not_packed(void **state)
{
	struct scratch *scratch = *state;
	struct kg_store *store = opened(scratch, "store");
	const char *path = scratch_path(scratch, "pack");
	const struct kg_stored product = { "path", scratch_write(scratch, "file", "content") };
	struct kg_names objects = { 0 };
	struct kg_pack pack;
	bool is_hit = true;

	well(kg_pack_write(store, scratch->arena, fingerprint_of(1), path, &pack, &is_hit));
	assert_false(is_hit);
	well(kg_store_put(store, scratch->arena, fingerprint_of(1), &product, 1, 0));
	well(kg_walk_tree(scratch->arena, scratch_path(scratch, "store/objects"), &objects));
	const char *object =
	    scratch_path(scratch, kg_format(scratch->arena, "store/objects/%s", objects.items[objects.count - 1].name));
	chmod(object, 0644);
	well(kg_file_write(scratch->arena, object, "CONTENT", 7, 0444));
	well(kg_pack_write(store, scratch->arena, fingerprint_of(1), path, &pack, &is_hit));
	assert_false(is_hit);
	assert_int_not_equal(access(path, F_OK), 0);
}

/* A member of a pack that nobody but an enemy makes. */
struct member {
	const char *path, *content, *link, *hard_link;
	mode_t type;
	int64_t says; /* its size; 0: that of the content */
};

static const char *
made_by_an_enemy(struct scratch *scratch, const struct member *members)
{
	const char *path = scratch_path(scratch, "enemy");
	struct archive *archive = archive_write_new();
	struct archive_entry *entry = archive_entry_new();

	archive_write_set_format_gnutar(archive);
	archive_write_add_filter_zstd(archive);
	archive_write_open_filename(archive, path);
	for (; members->path; members++) {
		size_t size = members->content ? strlen(members->content) : 0;

		archive_entry_clear(entry);
		archive_entry_set_pathname(entry, members->path);
		archive_entry_set_filetype(entry, members->type ? members->type : S_IFREG);
		archive_entry_set_perm(entry, 06755);
		archive_entry_set_size(entry, members->says ? members->says : (int64_t)size);
		if (members->link)
			archive_entry_set_symlink(entry, members->link);
		if (members->hard_link)
			archive_entry_set_hardlink(entry, members->hard_link);
		archive_write_header(archive, entry);
		if (size > 0)
			archive_write_data(archive, members->content, size);
	}
	archive_write_close(archive);
	archive_write_free(archive);
	archive_entry_free(entry);
	return path;
}

static void
refuses(struct scratch *scratch, const char *path, int64_t content_bytes, const char *why)
{
	struct kg_store *store = opened(scratch, "victim");
	struct kg_error *error = kg_pack_read(store, scratch->arena, fingerprint_of(1), path, content_bytes, 0);

	assert_non_null(error);
	assert_int_equal(error->code, KG_EDATA);
	if (why)
		assert_string_equal(error->message, why);
	assert_int_equal(files_in(scratch, "victim"), 0);
}

#define REFUSES(bytes, why, ...) \
	refuses(scratch, made_by_an_enemy(scratch, (const struct member[]){ __VA_ARGS__, { 0 } }), bytes, why)

static void
paths_that_lead_elsewhere_are_refused(void **state)
{
	static const char why[] = "it holds a path that does not belong there";
	struct scratch *scratch = *state;

	REFUSES(1, why, { .path = "/etc/evil", .content = "x" });
	REFUSES(1, why, { .path = "../evil", .content = "x" });
	REFUSES(1, why, { .path = "..", .content = "x" });
	REFUSES(1, why, { .path = ".", .content = "x" });
	REFUSES(1, why, { .path = "a/../../evil", .content = "x" });
	REFUSES(1, why, { .path = "a", .type = S_IFDIR }, { .path = "a/../b", .content = "x" });
	REFUSES(1, why, { .path = "a", .type = S_IFDIR }, { .path = "a//b", .content = "x" });
	REFUSES(1, why, { .path = "a", .type = S_IFDIR }, { .path = "a/./b", .content = "x" });
	/* Through a link, or below a file, or into a folder that never came. */
	REFUSES(1, why, { .path = "a", .type = S_IFLNK, .link = "/etc" }, { .path = "a/evil", .content = "x" });
	REFUSES(2, why, { .path = "a", .content = "x" }, { .path = "a/evil", .content = "x" });
	REFUSES(1, why, { .path = "a/evil", .content = "x" });
	/* Twice, or apart from its product. */
	REFUSES(2, why, { .path = "a", .content = "x" }, { .path = "a", .content = "y" });
	REFUSES(1, why, { .path = "a", .type = S_IFDIR }, { .path = "b", .type = S_IFDIR }, { .path = "a/c", .content = "x" });
	REFUSES(1, why, { .path = "a", .content = "x" }, { .path = "b", .hard_link = "/etc/passwd" });
}

static void
only_files_links_and_folders_are_taken(void **state)
{
	static const char why[] = "it holds something else than files, links and folders";
	struct scratch *scratch = *state;

	REFUSES(0, why, { .path = "a", .type = S_IFCHR });
	REFUSES(0, why, { .path = "a", .type = S_IFBLK });
	REFUSES(0, why, { .path = "a", .type = S_IFIFO });
}

static void
what_does_not_hold_what_it_says_is_refused(void **state)
{
	struct scratch *scratch = *state;

	REFUSES(3, "it holds more than it says", { .path = "a", .content = "four" });
	REFUSES(5, "it holds less than it says", { .path = "a", .content = "four" });
	REFUSES(7, "it holds more than it says", { .path = "a", .content = "four" }, { .path = "b", .content = "four" });
	REFUSES(1 << 20, "it holds more than it says", { .path = "a", .content = "x", .says = 1 << 22 });
	refuses(scratch, made_by_an_enemy(scratch, (const struct member[]){ { 0 } }), 0, "it holds less than it says");
}

static void
what_is_no_pack_is_refused(void **state)
{
	struct scratch *scratch = *state;

	refuses(scratch, scratch_write(scratch, "text", "not an archive at all, but long enough to look like one"), 4, NULL);
	refuses(scratch, scratch_write(scratch, "empty", ""), 0, NULL);
	refuses(scratch, scratch_path(scratch, "missing"), 0, NULL);
}

static void
bits_that_give_rights_do_not_travel(void **state)
{
	struct scratch *scratch = *state;
	struct kg_store *store = opened(scratch, "store");
	const struct kg_stored product = { "a", scratch_path(scratch, "out") };
	const char *path = made_by_an_enemy(scratch, (const struct member[]){ { .path = "a", .content = "x" }, { 0 } });

	well(kg_pack_read(store, scratch->arena, fingerprint_of(1), path, 1, 0));
	assert_true(restored(scratch, store, 1, &product, 1));
	assert_int_equal(mode_of(product.path), 0755);
}

/* Every byte flipped, and every length cut: either refused, or (where zstd has no checksum to tell by) a pack of the agreed size. Never a crash. */
static void
damage_anywhere_leaves_the_store_as_it_was(void **state)
{
	struct scratch *scratch = *state;
	const char *path = made_by_an_enemy(scratch,
	    (const struct member[]){ { .path = "a", .type = S_IFDIR }, { .path = "a/b", .content = "some content" },
		{ .path = "a/l", .type = S_IFLNK, .link = "b" }, { 0 } });
	const char *bytes;
	size_t size;

	well(kg_file_read(scratch->arena, path, &bytes, &size));
	for (size_t i = 0; i < 2 * size; i++) {
		char *copy = kg_copy_bytes(scratch->arena, bytes, size);
		struct kg_store *store = opened(scratch, "victim");

		if (i < size)
			copy[i] = (char)(copy[i] ^ 0x55);
		well(kg_file_write(scratch->arena, path, copy, i < size ? size : i - size, 0644));
		struct kg_error *error = kg_pack_read(store, scratch->arena, fingerprint_of(1), path, 12, 0);
		assert_true(error || i < size);
		if (error)
			assert_int_equal(files_in(scratch, "victim"), 0);
		well(kg_file_remove(scratch->arena, scratch_path(scratch, "victim")));
	}
}

/* A limit of the file size stands for a full disk. */
static int
on_a_full_disk(struct scratch *scratch, struct kg_store *store, const char *path, bool is_write)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct kg_pack pack;
		bool is_hit;

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 50000, 50000 });
		struct kg_error *error = is_write ? kg_pack_write(store, scratch->arena, fingerprint_of(1), path, &pack, &is_hit)
						  : kg_pack_read(store, scratch->arena, fingerprint_of(1), path, 200000, 0);
		_exit(error && error->code == KG_ESYSTEM ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
a_full_disk_leaves_nothing_behind(void **state)
{
	struct scratch *scratch = *state;
	struct kg_store *from = opened(scratch, "from"), *to = opened(scratch, "to");
	const struct kg_stored product = { "path", scratch_path(scratch, "large") };
	const char *path = scratch_path(scratch, "pack");
	static unsigned large[50000];
	unsigned number = 1;

	/* That zstd cannot make small. */
	for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++)
		large[i] = number = number * 1664525 + 1013904223;
	well(kg_file_write(scratch->arena, product.path, large, sizeof(large), 0644));
	well(kg_store_put(from, scratch->arena, fingerprint_of(1), &product, 1, 0));
	assert_int_equal(on_a_full_disk(scratch, from, path, true), 0);
	assert_int_not_equal(access(path, F_OK), 0);
	packed(scratch, from, 1, path);
	assert_int_equal(on_a_full_disk(scratch, to, path, false), 0);
	assert_int_equal(files_in(scratch, "to"), 0);
}

int
main(void)
{
#define PACK_TEST(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_free)
	const struct CMUnitTest tests[] = {
		PACK_TEST(a_pack_brings_an_entry_to_another_store),
		PACK_TEST(the_same_content_gives_the_same_bytes),
		PACK_TEST(what_the_store_does_not_have_or_has_damaged_is_not_packed),
		PACK_TEST(paths_that_lead_elsewhere_are_refused),
		PACK_TEST(only_files_links_and_folders_are_taken),
		PACK_TEST(what_does_not_hold_what_it_says_is_refused),
		PACK_TEST(what_is_no_pack_is_refused),
		PACK_TEST(bits_that_give_rights_do_not_travel),
		PACK_TEST(damage_anywhere_leaves_the_store_as_it_was),
		PACK_TEST(a_full_disk_leaves_nothing_behind),
	};

	return cmocka_run_group_tests_name("pack", tests, NULL, NULL);
}
