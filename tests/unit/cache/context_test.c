#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "cache/context.h"
#include "cache/context_rules.h"
#include "cache/stat_cache.h"
#include "engine/base/file.h"
#include "tests/unit/cache/scratch.h"

static struct kg_context_files
read_with(struct scratch *scratch, const char *ignore, const char *prefix)
{
	struct kg_context_files files;
	struct kg_context_rules *rules;
	struct kg_stat_cache *cache;

	well(kg_stat_cache_open(scratch->arena, scratch_path(scratch, "cache"), &cache));
	well(kg_context_rules_read(scratch->arena, "", ignore, strlen(ignore), &rules));
	well(kg_context_read(scratch->arena, cache, scratch_path(scratch, "tree"), rules, prefix, &files));
	well(kg_stat_cache_close(cache, scratch->arena));
	return files;
}

/* Of all together. */
static struct kg_digest
digest_of(struct scratch *scratch)
{
	struct kg_context_files files = read_with(scratch, "", "");
	struct kg_digest_state state;

	kg_digest_start(&state);
	for (uint32_t i = 0; i < files.count; i++) {
		kg_digest_add_text(&state, files.items[i].name);
		kg_digest_add(&state, &files.items[i].digest, sizeof(files.items[i].digest));
	}
	return kg_digest_end(&state);
}

static void
assert_changed(struct scratch *scratch, struct kg_digest *before)
{
	struct kg_digest now = digest_of(scratch);

	assert_false(kg_digest_equal(*before, now));
	*before = now;
}

static void
names_are_sorted_as_bytes_with_a_slash_behind_folders(void **state)
{
	struct scratch *scratch = *state;
	static const char *const paths[] = { "a-b", "a.c", "a/b", "a/c/d", "a0", "ab/x", "z" };
	static const char *const names[] = { "p/a-b", "p/a.c", "p/a/", "p/a/b", "p/a/c/", "p/a/c/d", "p/a0", "p/ab/", "p/ab/x",
		"p/empty/", "p/z" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		scratch_write(scratch, kg_format(scratch->arena, "tree/%s", paths[i]), "");
	assert_int_equal(mkdir(scratch_path(scratch, "tree/empty"), 0755), 0);
	struct kg_context_files files = read_with(scratch, "", "p/");
	assert_int_equal(files.count, sizeof(names) / sizeof(names[0]));
	for (uint32_t i = 0; i < files.count; i++) {
		assert_string_equal(files.items[i].name, names[i]);
		assert_true(i == 0 || strcmp(files.items[i - 1].name, files.items[i].name) < 0);
	}
}

static void
content_place_links_and_permissions_count(void **state)
{
	struct scratch *scratch = *state;
	const char *file = scratch_write(scratch, "tree/folder/file", "one"), *link = scratch_path(scratch, "tree/link");
	struct kg_digest digest = digest_of(scratch);

	scratch_write(scratch, "tree/folder/file", "two");
	assert_changed(scratch, &digest);
	assert_int_equal(chmod(file, 0600), 0);
	assert_changed(scratch, &digest);
	assert_int_equal(chmod(file, 04600), 0);
	assert_changed(scratch, &digest);
	assert_int_equal(chmod(scratch_path(scratch, "tree/folder"), 01777), 0);
	assert_changed(scratch, &digest);
	assert_int_equal(symlink("folder", link), 0);
	assert_changed(scratch, &digest);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink("elsewhere", link), 0);
	assert_changed(scratch, &digest);
	assert_int_equal(mkdir(scratch_path(scratch, "tree/empty"), 0755), 0);
	assert_changed(scratch, &digest);
	assert_int_equal(mkfifo(scratch_path(scratch, "tree/pipe"), 0644), 0);
	assert_changed(scratch, &digest);
	assert_int_equal(rename(file, scratch_path(scratch, "tree/file")), 0);
	assert_changed(scratch, &digest);
}

static void
times_umask_sockets_and_kgraphs_own_folder_do_not_count(void **state)
{
	struct scratch *scratch = *state;
	const char *file = scratch_write(scratch, "tree/folder/file", "one");
	struct kg_digest digest = digest_of(scratch);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_int_equal(chmod(file, 0664), 0);
	assert_int_equal(chmod(scratch_path(scratch, "tree/folder"), 0775), 0);
	assert_int_equal(chmod(scratch_path(scratch, "tree"), 0700), 0);
	assert_int_equal(utimensat(AT_FDCWD, file, (struct timespec[]){ { .tv_sec = 1 }, { .tv_sec = 1 } }, 0), 0);
	strcpy(address.sun_path, scratch_path(scratch, "tree/socket"));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	scratch_write(scratch, "tree/.kgraph/ledger", "written by a run");
	assert_true(kg_digest_equal(digest, digest_of(scratch)));
}

static void
a_large_tree_comes_out_the_same_cold_and_warm_on_any_number_of_threads(void **state)
{
	struct scratch *scratch = *state;

	for (int i = 0; i < 600; i++)
		scratch_write(scratch, kg_format(scratch->arena, "tree/flat/%d", i), kg_format(scratch->arena, "%d", i));
	for (int i = 0; i < 300; i++)
		scratch_write(scratch, kg_format(scratch->arena, "tree/deep/%d/%d/%d", i % 7, i % 31, i), "same");
	struct kg_digest digest = digest_of(scratch);
	for (int i = 0; i < 20; i++) {
		if (i % 4 == 0)
			unlink(scratch_path(scratch, "cache"));
		assert_true(kg_digest_equal(digest, digest_of(scratch)));
	}
	assert_int_equal(read_with(scratch, "deep\n", "").count, 601);
	assert_int_equal(read_with(scratch, "*\n!deep/3\n", "").count, read_with(scratch, "flat\n!deep\ndeep/[^3]\n", "").count);
}

static void
what_cannot_be_read_is_told_and_what_is_left_out_need_not_be(void **state)
{
	struct scratch *scratch = *state;
	struct kg_context_files files;
	struct kg_context_rules *rules;
	struct kg_stat_cache *cache;

	scratch_write(scratch, "tree/closed/file", "");
	assert_int_equal(chmod(scratch_path(scratch, "tree/closed"), 0), 0);
	well(kg_stat_cache_open(scratch->arena, scratch_path(scratch, "cache"), &cache));
	well(kg_context_rules_read(scratch->arena, "", "", 0, &rules));
	struct kg_error *error = kg_context_read(scratch->arena, cache, scratch_path(scratch, "no"), rules, "", &files);
	assert_non_null(error);
	assert_int_equal(error->sys, ENOENT);
	error = kg_context_read(scratch->arena, cache, scratch_path(scratch, "tree"), rules, "", &files);
	/* root reads everything. */
	assert_true(geteuid() == 0 ? error == NULL : error != NULL && error->sys == EACCES);
	well(kg_stat_cache_close(cache, scratch->arena));
	assert_int_equal(read_with(scratch, "closed\n", "").count, 0);
	assert_int_equal(chmod(scratch_path(scratch, "tree/closed"), 0755), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(names_are_sorted_as_bytes_with_a_slash_behind_folders, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(content_place_links_and_permissions_count, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(
		    times_umask_sockets_and_kgraphs_own_folder_do_not_count, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(
		    a_large_tree_comes_out_the_same_cold_and_warm_on_any_number_of_threads, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(
		    what_cannot_be_read_is_told_and_what_is_left_out_need_not_be, scratch_make, scratch_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
