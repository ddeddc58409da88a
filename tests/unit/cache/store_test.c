#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cache/store.h"
#include "cache/walk.h"
#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "tests/unit/cache/scratch.h"

static struct kg_store *
opened(struct scratch *scratch)
{
	struct kg_store *store;

	well(kg_store_open(scratch->arena, scratch_path(scratch, "store"), &store));
	return store;
}

static struct kg_digest
fingerprint_of(uint64_t number)
{
	return (struct kg_digest){ number, ~number };
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

/* All files in the store below a folder of it. */
static struct kg_names
stored_in(struct scratch *scratch, const char *folder)
{
	struct kg_names all = { 0 }, files = { 0 };

	well(kg_walk_tree(scratch->arena, scratch_path(scratch, kg_format(scratch->arena, "store/%s", folder)), &all));
	files.items = kg_new_array(scratch->arena, struct kg_name, all.count + 1);
	for (uint32_t i = 0; i < all.count; i++)
		if (all.items[i].type == KG_FILE_REGULAR)
			files.items[files.count++] = all.items[i];
	return files;
}

static void
files_links_and_folders_come_back_with_their_modes(void **state)
{
	struct scratch *scratch = *state;
	struct kg_store *store = opened(scratch);
	const struct kg_stored products[] = {
		{ "path", scratch_write(scratch, "out/program", "#!/bin/sh\n") },
		{ "tree", scratch_path(scratch, "out/tree") },
		{ "link", scratch_path(scratch, "out/link") },
	};

	chmod(products[0].path, 0750);
	scratch_write(scratch, "out/tree/a", "1");
	scratch_write(scratch, "out/tree/below/b", "");
	mkdir(scratch_path(scratch, "out/tree/empty"), 0755);
	assert_int_equal(symlink("../program", scratch_path(scratch, "out/tree/link")), 0);
	assert_int_equal(symlink("nowhere", products[2].path), 0);
	chmod(scratch_path(scratch, "out/tree/a"), 0600);
	chmod(scratch_path(scratch, "out/tree/below"), 0555);
	well(kg_store_put(store, scratch->arena, fingerprint_of(1), products, 3, 0));
	chmod(scratch_path(scratch, "out/tree/below"), 0755);
	well(kg_file_remove(scratch->arena, scratch_path(scratch, "out")));

	assert_true(restored(scratch, store, 1, products, 3));
	assert_string_equal(scratch_read(scratch, products[0].path), "#!/bin/sh\n");
	assert_int_equal(mode_of(products[0].path), 0750);
	assert_string_equal(scratch_read(scratch, scratch_path(scratch, "out/tree/a")), "1");
	assert_int_equal(mode_of(scratch_path(scratch, "out/tree/a")), 0600);
	assert_int_equal(mode_of(scratch_path(scratch, "out/tree/below")), 0555);
	assert_int_equal(mode_of(scratch_path(scratch, "out/tree/empty")), 0755);
	assert_string_equal(scratch_read(scratch, scratch_path(scratch, "out/tree/below/b")), "");
	char target[64] = { 0 };
	assert_true(readlink(products[2].path, target, sizeof(target) - 1) > 0);
	assert_string_equal(target, "nowhere");
	chmod(scratch_path(scratch, "out/tree/below"), 0755);
	struct kg_names left = { 0 };
	well(kg_walk_folder(scratch->arena, scratch_path(scratch, "out"), &left));
	assert_int_equal(left.count, 3);
	kg_store_close(store);
}

static void
what_stands_there_is_replaced_whatever_it_is(void **state)
{
	struct scratch *scratch = *state;
	struct kg_store *store = opened(scratch);
	const struct kg_stored file = { "path", scratch_write(scratch, "file", "stored") };
	const struct kg_stored folder = { "path", scratch_path(scratch, "folder") };

	scratch_write(scratch, "folder/a", "stored");
	well(kg_store_put(store, scratch->arena, fingerprint_of(1), &file, 1, 0));
	well(kg_store_put(store, scratch->arena, fingerprint_of(2), &folder, 1, 0));
	for (int i = 0; i < 3; i++) {
		well(kg_file_remove(scratch->arena, file.path));
		well(kg_file_remove(scratch->arena, folder.path));
		if (i == 0) {
			scratch_write(scratch, "file", "something else");
			scratch_write(scratch, "folder/b", "something else");
		} else if (i == 1) {
			scratch_write(scratch, "file/a/b", "in the way");
			scratch_write(scratch, "folder", "in the way");
		} else {
			assert_int_equal(symlink("elsewhere", file.path), 0);
			assert_int_equal(symlink(".", folder.path), 0);
		}
		assert_true(restored(scratch, store, 1, &file, 1));
		assert_true(restored(scratch, store, 2, &folder, 1));
		assert_string_equal(scratch_read(scratch, file.path), "stored");
		assert_string_equal(scratch_read(scratch, scratch_path(scratch, "folder/a")), "stored");
		assert_int_equal(access(scratch_path(scratch, "folder/b"), F_OK), -1);
	}
}

static void
another_fingerprint_or_other_products_are_a_miss(void **state)
{
	struct scratch *scratch = *state;
	struct kg_store *store = opened(scratch);
	const struct kg_stored products[] = {
		{ "a", scratch_write(scratch, "a", "1") },
		{ "b", scratch_write(scratch, "b", "2") },
	};
	const struct kg_stored turned[] = { products[1], products[0] };
	const struct kg_stored renamed[] = { products[0], { "c", scratch_path(scratch, "c") } };

	well(kg_store_put(store, scratch->arena, fingerprint_of(1), products, 2, 0));
	assert_false(restored(scratch, store, 2, products, 2));
	assert_false(restored(scratch, store, 1, products, 1));
	assert_false(restored(scratch, store, 1, renamed, 2));
	assert_true(restored(scratch, store, 1, turned, 2));
	assert_string_equal(scratch_read(scratch, products[0].path), "1");
	assert_string_equal(scratch_read(scratch, products[1].path), "2");
}

static void
equal_contents_are_stored_once_and_read_only(void **state)
{
	struct scratch *scratch = *state;
	struct kg_store *store = opened(scratch);
	const struct kg_stored one = { "path", scratch_write(scratch, "one", "same") };
	const struct kg_stored other = { "path", scratch_write(scratch, "other", "same") };

	well(kg_store_put(store, scratch->arena, fingerprint_of(1), &one, 1, 0));
	well(kg_store_put(store, scratch->arena, fingerprint_of(2), &other, 1, 0));
	struct kg_names objects = stored_in(scratch, "objects");
	assert_int_equal(objects.count, 1);
	const char *object = scratch_path(scratch, kg_format(scratch->arena, "store/objects/%s", objects.items[0].name));
	assert_int_equal(mode_of(object), 0444);

	/* An edit of what was given out does not reach the store. */
	assert_true(restored(scratch, store, 1, &one, 1));
	int fd = open(one.path, O_WRONLY | O_TRUNC);
	assert_int_equal(write(fd, "edited", 6), 6);
	close(fd);
	assert_true(restored(scratch, store, 2, &other, 1));
	assert_string_equal(scratch_read(scratch, other.path), "same");
	assert_int_equal(mode_of(scratch_path(scratch, "store")), 0700);
}

static void
damaged_content_is_a_miss_that_touches_nothing(void **state)
{
	struct scratch *scratch = *state;
	struct kg_store *store = opened(scratch);
	const struct kg_stored products[] = {
		{ "a", scratch_write(scratch, "a", "first") },
		{ "b", scratch_write(scratch, "b", "second") },
	};

	for (int i = 0; i < 2; i++) {
		well(kg_store_put(store, scratch->arena, fingerprint_of(1), products, 2, 0));
		struct kg_names objects = stored_in(scratch, "objects");
		assert_int_equal(objects.count, 2);
		const char *object = scratch_path(scratch, kg_format(scratch->arena, "store/objects/%s", objects.items[i].name));
		if (i == 0) {
			well(kg_file_write(scratch->arena, object, "wrong", 5, 0444));
		} else {
			unlink(object);
		}
		scratch_write(scratch, "a", "mine");
		scratch_write(scratch, "b", "mine");
		assert_false(restored(scratch, store, 1, products, 2));
		assert_string_equal(scratch_read(scratch, products[0].path), "mine");
		assert_string_equal(scratch_read(scratch, products[1].path), "mine");
		assert_int_equal(stored_in(scratch, "entries").count, 0);
		scratch_write(scratch, "a", "first");
		scratch_write(scratch, "b", "second");
	}
	/* What was damaged is made anew by the next put. */
	well(kg_store_put(store, scratch->arena, fingerprint_of(1), products, 2, 0));
	assert_true(restored(scratch, store, 1, products, 2));
}

static void
a_damaged_entry_is_a_miss(void **state)
{
	struct scratch *scratch = *state;
	struct kg_store *store = opened(scratch);
	const struct kg_stored product = { "path", scratch_path(scratch, "tree") };
	const char *bytes;
	size_t size;

	scratch_write(scratch, "tree/a", "1");
	well(kg_store_put(store, scratch->arena, fingerprint_of(1), &product, 1, 0));
	const char *path =
	    scratch_path(scratch, kg_format(scratch->arena, "store/entries/%s", stored_in(scratch, "entries").items[0].name));
	well(kg_file_read(scratch->arena, path, &bytes, &size));
	for (size_t at = 0; at < size; at++) {
		char *changed = kg_copy_bytes(scratch->arena, bytes, size);

		changed[at] ^= 4;
		well(kg_file_write(scratch->arena, path, changed, at % 2 ? at : size, 0600));
		assert_false(restored(scratch, store, 1, &product, 1));
		assert_int_equal(access(path, F_OK), -1);
	}
}

static void
the_least_recently_used_entries_go_first(void **state)
{
	struct scratch *scratch = *state;
	struct kg_store *store = opened(scratch);
	struct kg_store_usage usage;
	struct kg_stored products[4];
	char content[10001] = { 0 };

	for (int i = 0; i < 4; i++) {
		memset(content, 'a' + i, sizeof(content) - 1);
		products[i] =
		    (struct kg_stored){ "path", scratch_write(scratch, kg_format(scratch->arena, "file-%d", i), content) };
		well(kg_store_put(store, scratch->arena, fingerprint_of((uint64_t)i), &products[i], 1, 0));
		usleep(20000);
	}
	assert_true(restored(scratch, store, 0, &products[0], 1));

	well(kg_store_collect(store, scratch->arena, 1000000, &usage));
	assert_int_equal(usage.entries_before, 4);
	assert_int_equal(usage.entries_after, 4);
	assert_int_equal(usage.before_bytes, usage.after_bytes);
	assert_true(usage.before_bytes > 40000 && usage.before_bytes < 42000);

	well(kg_store_collect(store, scratch->arena, 25000, &usage));
	assert_int_equal(usage.entries_after, 2);
	assert_true(usage.after_bytes > 20000 && usage.after_bytes <= 25000);
	assert_int_equal(stored_in(scratch, "objects").count, 2);
	assert_true(restored(scratch, store, 0, &products[0], 1));
	assert_false(restored(scratch, store, 1, &products[1], 1));
	assert_false(restored(scratch, store, 2, &products[2], 1));
	assert_true(restored(scratch, store, 3, &products[3], 1));

	well(kg_store_collect(store, scratch->arena, 0, &usage));
	assert_int_equal(usage.after_bytes, 0);
	assert_int_equal(stored_in(scratch, "").count, 1);
}

static void
collecting_takes_what_nobody_names(void **state)
{
	struct scratch *scratch = *state;
	struct kg_store *store = opened(scratch);
	const struct kg_stored product = { "path", scratch_write(scratch, "file", "first") };
	struct kg_store_usage usage;

	well(kg_store_put(store, scratch->arena, fingerprint_of(1), &product, 1, 0));
	scratch_write(scratch, "file", "second");
	well(kg_store_put(store, scratch->arena, fingerprint_of(1), &product, 1, 0));
	scratch_write(scratch, "store/tmp/put-killed/0", "half a file");
	assert_int_equal(stored_in(scratch, "objects").count, 2);
	well(kg_store_collect(store, scratch->arena, 1000000, &usage));
	assert_int_equal(stored_in(scratch, "objects").count, 1);
	assert_int_equal(stored_in(scratch, "tmp").count, 0);
	assert_true(restored(scratch, store, 1, &product, 1));
	assert_string_equal(scratch_read(scratch, product.path), "second");
}

static void
a_put_that_fails_leaves_the_store_as_it_was(void **state)
{
	struct scratch *scratch = *state;
	struct kg_store *store = opened(scratch);
	const struct kg_stored products[] = {
		{ "a", scratch_write(scratch, "a", "small") },
		{ "b", scratch_path(scratch, "large") },
	};
	static char large[200000];

	memset(large, 'x', sizeof(large));
	well(kg_file_write(scratch->arena, products[1].path, large, sizeof(large), 0644));
	/* A limit of the file size stands for a full disk. */
	pid_t pid = fork();
	if (pid == 0) {
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 100000, 100000 });
		struct kg_error *error = kg_store_put(store, scratch->arena, fingerprint_of(1), products, 2, 0);
		_exit(error && error->sys == EFBIG ? 0 : 1);
	}
	int status;
	waitpid(pid, &status, 0);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(stored_in(scratch, "objects").count, 0);
	assert_int_equal(stored_in(scratch, "entries").count, 0);
	assert_int_equal(stored_in(scratch, "tmp").count, 0);

	const struct kg_stored missing = { "a", scratch_path(scratch, "missing") };
	struct kg_error *error = kg_store_put(store, scratch->arena, fingerprint_of(1), &missing, 1, 0);
	assert_int_equal(error->sys, ENOENT);
	const struct kg_stored pipe = { "a", scratch_path(scratch, "pipe") };
	assert_int_equal(mkfifo(pipe.path, 0600), 0);
	error = kg_store_put(store, scratch->arena, fingerprint_of(1), &pipe, 1, 0);
	assert_int_equal(error->code, KG_EINPUT);
}

struct crowd {
	struct scratch *scratch;
	struct kg_store *store;
	int number;
	bool is_wrong;
};

static void *
crowd_work(void *argument)
{
	struct crowd *crowd = argument;
	struct kg_arena *arena = kg_arena_make();

	for (uint64_t i = 0; i < 40; i++) {
		const char *path = kg_format(arena, "%s/work-%d", crowd->scratch->folder, crowd->number);
		struct kg_stored product = { "path", path };
		struct kg_store_usage usage;
		const char *content = kg_format(arena, "content %d", (int)(i % 5)), *got;
		bool is_hit = false;
		size_t size;

		if (crowd->number == 0) {
			crowd->is_wrong |= kg_store_collect(crowd->store, arena, i % 2 ? 0 : 100000, &usage) != NULL;
			continue;
		}
		crowd->is_wrong |= kg_store_restore(crowd->store, arena, fingerprint_of(i % 5), &product, 1, &is_hit, NULL) != NULL;
		if (!is_hit) {
			crowd->is_wrong |= kg_file_write(arena, path, content, strlen(content), 0644) != NULL;
			crowd->is_wrong |= kg_store_put(crowd->store, arena, fingerprint_of(i % 5), &product, 1, 0) != NULL;
		}
		crowd->is_wrong |= kg_file_read(arena, path, &got, &size) || strcmp(got, content) != 0;
	}
	kg_arena_free(arena);
	return NULL;
}

static void
many_put_restore_and_collect_at_once(void **state)
{
	struct scratch *scratch = *state;
	struct crowd crowd[4];
	pthread_t threads[4];

	for (int i = 0; i < 4; i++) {
		crowd[i] = (struct crowd){ scratch, opened(scratch), i, false };
		assert_int_equal(pthread_create(&threads[i], NULL, crowd_work, &crowd[i]), 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		assert_false(crowd[i].is_wrong);
	}
	assert_int_equal(stored_in(scratch, "tmp").count, 0);
}

static void
how_long_making_took_is_told(void **state)
{
	struct scratch *scratch = *state;
	struct kg_store *store = opened(scratch);
	const struct kg_stored product = { "path", scratch_write(scratch, "a", "x") };
	int64_t made_ns = -1;
	bool is_hit;

	well(kg_store_put(store, scratch->arena, fingerprint_of(1), &product, 1, 1500999999));
	well(kg_store_restore(store, scratch->arena, fingerprint_of(1), &product, 1, &is_hit, &made_ns));
	assert_true(is_hit);
	assert_int_equal(made_ns, 1500000000);
	well(kg_store_restore(store, scratch->arena, fingerprint_of(2), &product, 1, &is_hit, &made_ns));
	assert_false(is_hit);
	assert_int_equal(made_ns, 0);
}

static void
what_a_shared_cache_has_is_noted_for_a_week(void **state)
{
	struct scratch *scratch = *state;
	struct kg_store *store = opened(scratch);
	struct kg_arena *arena = scratch->arena;
	int64_t last_week_s = kg_clock_wall_ns() / 1000000000 - 7 * 24 * 3600;
	struct kg_store_usage usage;

	assert_false(kg_store_is_shared(store, arena, fingerprint_of(1), "one.test/shop"));
	kg_store_note_shared(store, arena, fingerprint_of(1), "one.test/shop");
	assert_true(kg_store_is_shared(store, arena, fingerprint_of(1), "one.test/shop"));
	assert_false(kg_store_is_shared(store, arena, fingerprint_of(2), "one.test/shop"));
	assert_false(kg_store_is_shared(store, arena, fingerprint_of(1), "two.test/shop"));
	well(kg_store_collect(store, arena, 0, &usage));
	assert_true(kg_store_is_shared(store, arena, fingerprint_of(1), "one.test/shop"));

	struct kg_names notes = stored_in(scratch, "shared");
	assert_int_equal(notes.count, 1);
	const char *path = scratch_path(scratch, kg_format(arena, "store/shared/%s", notes.items[0].name));
	assert_int_equal(utimensat(AT_FDCWD, path, (struct timespec[]){ { last_week_s, 0 }, { last_week_s, 0 } }, 0), 0);
	assert_false(kg_store_is_shared(store, arena, fingerprint_of(1), "one.test/shop"));
	well(kg_store_collect(store, arena, 0, &usage));
	assert_int_equal(stored_in(scratch, "shared").count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files_links_and_folders_come_back_with_their_modes, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(what_stands_there_is_replaced_whatever_it_is, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(another_fingerprint_or_other_products_are_a_miss, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(equal_contents_are_stored_once_and_read_only, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(damaged_content_is_a_miss_that_touches_nothing, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(a_damaged_entry_is_a_miss, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(the_least_recently_used_entries_go_first, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(collecting_takes_what_nobody_names, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(a_put_that_fails_leaves_the_store_as_it_was, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(how_long_making_took_is_told, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(what_a_shared_cache_has_is_noted_for_a_week, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(many_put_restore_and_collect_at_once, scratch_make, scratch_free),
	};

	return cmocka_run_group_tests_name("store", tests, nullptr, nullptr);
}
