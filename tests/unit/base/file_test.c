#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"

struct scratch {
	struct kg_arena *arena;
	char folder[64];
};

static int
scratch_make(void **state)
{
	struct kg_arena *arena = kg_arena_make();
	struct scratch *scratch = kg_new(arena, struct scratch);

	scratch->arena = arena;
	strcpy(scratch->folder, "/tmp/kgraph-file.XXXXXX");
	*state = scratch;
	return mkdtemp(scratch->folder) ? 0 : -1;
}

static int
scratch_free(void **state)
{
	struct scratch *scratch = *state;
	bool is_gone = !kg_file_remove(scratch->arena, scratch->folder);

	kg_arena_free(scratch->arena);
	return is_gone ? 0 : -1;
}

static const char *
within(const struct scratch *scratch, const char *name)
{
	return kg_format(scratch->arena, "%s/%s", scratch->folder, name);
}

static uint32_t
entries_count(const struct scratch *scratch)
{
	char command[128], line[16] = "";

	snprintf(command, sizeof(command), "ls -A %s | wc -l", scratch->folder);
	FILE *out = popen(command, "r");
	assert_non_null(out);
	assert_non_null(fgets(line, sizeof(line), out));
	pclose(out);
	return (uint32_t)atoi(line);
}

static void
what_was_written_is_read(void **state)
{
	struct scratch *scratch = *state;
	const char *path = within(scratch, "a"), *bytes;
	size_t size;

	assert_null(kg_file_write(scratch->arena, path, "one\0two", 7, 0600));
	assert_null(kg_file_read(scratch->arena, path, &bytes, &size));
	assert_int_equal(size, 7);
	assert_memory_equal(bytes, "one\0two", 8);
	assert_null(kg_file_write(scratch->arena, path, "", 0, 0600));
	assert_null(kg_file_read(scratch->arena, path, &bytes, &size));
	assert_int_equal(size, 0);
	assert_string_equal(bytes, "");
	assert_int_equal(entries_count(scratch), 1);
}

static void
the_mode_is_what_was_asked_for_whatever_the_umask(void **state)
{
	struct scratch *scratch = *state;
	const char *path = within(scratch, "a");
	mode_t before = umask(077);
	struct stat stat_buffer;

	assert_null(kg_file_write(scratch->arena, path, "x", 1, 0644));
	umask(before);
	assert_int_equal(stat(path, &stat_buffer), 0);
	assert_int_equal(stat_buffer.st_mode & 07777, 0644);
}

static void
a_write_that_fails_leaves_nothing_and_harms_nothing(void **state)
{
	struct scratch *scratch = *state;
	const char *path = within(scratch, "folder");

	assert_int_equal(mkdir(path, 0700), 0);
	struct kg_error *error = kg_file_write(scratch->arena, path, "x", 1, 0644);
	assert_non_null(error);
	assert_int_equal(error->code, KG_ESYSTEM);
	assert_int_equal(entries_count(scratch), 1);
	error = kg_file_write(scratch->arena, within(scratch, "no/x"), "x", 1, 0644);
	assert_int_equal(error->sys, ENOENT);
}

static void
files_that_do_not_know_their_size_are_read_whole(void **state)
{
	struct scratch *scratch = *state;
	const char *bytes;
	size_t size;

	assert_null(kg_file_read(scratch->arena, "/proc/self/stat", &bytes, &size));
	assert_true(size > 10);
	assert_int_equal(bytes[size], '\0');
}

static void
what_is_not_a_regular_file_is_refused_without_waiting(void **state)
{
	struct scratch *scratch = *state;
	const char *pipe = within(scratch, "pipe"), *bytes;
	size_t size;

	assert_int_equal(mkfifo(pipe, 0600), 0);
	struct kg_error *error = kg_file_read(scratch->arena, pipe, &bytes, &size);
	assert_int_equal(error->code, KG_ESYSTEM);
	assert_int_equal(error->sys, EINVAL);
	assert_int_equal(kg_file_read(scratch->arena, scratch->folder, &bytes, &size)->sys, EISDIR);
	assert_int_equal(kg_file_read(scratch->arena, within(scratch, "no"), &bytes, &size)->sys, ENOENT);
	assert_int_equal(kg_file_read(scratch->arena, "/dev/zero", &bytes, &size)->sys, EINVAL);
}

static void
folders_are_made_with_all_above_them(void **state)
{
	struct scratch *scratch = *state;
	struct stat stat_buffer;

	assert_null(kg_file_make_folder(scratch->arena, within(scratch, "a/b//c/"), 0700));
	assert_int_equal(stat(within(scratch, "a/b/c"), &stat_buffer), 0);
	assert_true(S_ISDIR(stat_buffer.st_mode));
	assert_null(kg_file_make_folder(scratch->arena, within(scratch, "a/b/c"), 0700));
	assert_null(kg_file_make_folder(scratch->arena, "/", 0700));
	assert_null(kg_file_make_folder(scratch->arena, "/proc", 0700));
	assert_int_equal(symlink("a", within(scratch, "link")), 0);
	assert_null(kg_file_make_folder(scratch->arena, within(scratch, "link/d"), 0700));
	assert_int_equal(kg_file_make_folder(scratch->arena, "", 0700)->sys, ENOENT);
}

static void
a_file_in_the_way_of_a_folder_is_told(void **state)
{
	struct scratch *scratch = *state;

	assert_null(kg_file_write(scratch->arena, within(scratch, "a"), "x", 1, 0600));
	assert_int_equal(kg_file_make_folder(scratch->arena, within(scratch, "a"), 0700)->sys, ENOTDIR);
	assert_int_equal(kg_file_make_folder(scratch->arena, within(scratch, "a/b"), 0700)->sys, ENOTDIR);
	assert_int_equal(symlink("nowhere", within(scratch, "link")), 0);
	assert_int_equal(kg_file_make_folder(scratch->arena, within(scratch, "link"), 0700)->sys, ENOTDIR);
}

static void
removing_takes_all_and_follows_no_link(void **state)
{
	struct scratch *scratch = *state;
	struct stat stat_buffer;

	assert_null(kg_file_make_folder(scratch->arena, within(scratch, "a/b"), 0700));
	assert_null(kg_file_write(scratch->arena, within(scratch, "kept"), "x", 1, 0600));
	assert_int_equal(symlink("../kept", within(scratch, "a/link")), 0);
	assert_int_equal(symlink("..", within(scratch, "a/up")), 0);
	assert_null(kg_file_remove(scratch->arena, within(scratch, "a")));
	assert_int_equal(lstat(within(scratch, "a"), &stat_buffer), -1);
	assert_int_equal(lstat(within(scratch, "kept"), &stat_buffer), 0);
	assert_null(kg_file_remove(scratch->arena, within(scratch, "kept")));
	assert_null(kg_file_remove(scratch->arena, within(scratch, "kept")));
	assert_null(kg_file_remove(scratch->arena, within(scratch, "no/such")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_written_is_read, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(the_mode_is_what_was_asked_for_whatever_the_umask, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(a_write_that_fails_leaves_nothing_and_harms_nothing, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(files_that_do_not_know_their_size_are_read_whole, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(what_is_not_a_regular_file_is_refused_without_waiting, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(folders_are_made_with_all_above_them, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(a_file_in_the_way_of_a_folder_is_told, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(removing_takes_all_and_follows_no_link, scratch_make, scratch_free),
	};

	return cmocka_run_group_tests_name("file", tests, nullptr, nullptr);
}
