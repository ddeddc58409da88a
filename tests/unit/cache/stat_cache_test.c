#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "cache/file_hash.h"
#include "cache/stat_cache.h"
#include "cache/stat_file.h"
#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "tests/unit/cache/scratch.h"

static struct kg_stat_cache *
opened(struct scratch *scratch)
{
	struct kg_stat_cache *cache;

	well(kg_stat_cache_open(scratch->arena, scratch_path(scratch, "stat.cache"), &cache));
	return cache;
}

static struct kg_file_state
look(struct scratch *scratch, struct kg_stat_cache *cache, const char *path)
{
	struct kg_file_state state;

	well(kg_stat_cache_look(cache, scratch->arena, path, &state));
	return state;
}

static void
closed(struct scratch *scratch, struct kg_stat_cache *cache)
{
	well(kg_stat_cache_close(cache, scratch->arena));
}

/* A file system stamps files with a clock of its own grain: lets it go on until what was written is no longer of this moment. */
static void
grain_pass(void)
{
	usleep(60000);
}

static void
the_digest_is_of_content_and_executable_bit(void **state)
{
	struct scratch *scratch = *state;
	struct kg_stat_cache *cache = opened(scratch);
	struct kg_digest one = look(scratch, cache, scratch_write(scratch, "a", "content")).digest;
	const char *path = scratch_write(scratch, "b", "content");

	assert_true(kg_digest_equal(one, look(scratch, cache, path).digest));
	assert_false(kg_digest_equal(one, look(scratch, cache, scratch_write(scratch, "c", "other")).digest));
	chmod(path, 0755);
	struct kg_file_state executable = look(scratch, cache, path);
	assert_true(executable.is_executable);
	assert_int_equal(executable.size_bytes, 7);
	assert_false(kg_digest_equal(one, executable.digest));
	closed(scratch, cache);
}

static void
each_type_of_file_is_told(void **state)
{
	struct scratch *scratch = *state;
	struct kg_stat_cache *cache = opened(scratch);
	const char *link = scratch_path(scratch, "link"), *pipe = scratch_path(scratch, "pipe");

	assert_int_equal(look(scratch, cache, scratch_path(scratch, "nothing")).type, KG_FILE_MISSING);
	assert_int_equal(look(scratch, cache, scratch_write(scratch, "file", "")).type, KG_FILE_REGULAR);
	assert_int_equal(look(scratch, cache, scratch_path(scratch, "file/below")).type, KG_FILE_MISSING);
	assert_int_equal(look(scratch, cache, scratch->folder).type, KG_FILE_FOLDER);
	assert_true(kg_digest_is_none(look(scratch, cache, scratch->folder).digest));
	assert_int_equal(mkfifo(pipe, 0600), 0);
	assert_int_equal(look(scratch, cache, pipe).type, KG_FILE_OTHER);

	assert_int_equal(symlink("file", link), 0);
	struct kg_file_state first = look(scratch, cache, link);
	assert_int_equal(first.type, KG_FILE_LINK);
	unlink(link);
	assert_int_equal(symlink("elsewhere", link), 0);
	assert_false(kg_digest_equal(first.digest, look(scratch, cache, link).digest));
	closed(scratch, cache);
}

static void
a_file_is_hashed_once_a_run_and_not_at_all_in_the_next(void **state)
{
	struct scratch *scratch = *state;
	const char *path = scratch_write(scratch, "main.c", "int main;");
	struct kg_stat_cache *cache = opened(scratch);
	struct kg_digest digest;

	grain_pass();
	for (int i = 0; i < 3; i++)
		digest = look(scratch, cache, path).digest;
	assert_int_equal(kg_stat_cache_hashed(cache), 1);
	closed(scratch, cache);

	cache = opened(scratch);
	struct kg_file_state again = look(scratch, cache, path);
	assert_int_equal(kg_stat_cache_hashed(cache), 0);
	assert_true(kg_digest_equal(digest, again.digest));
	assert_int_equal(again.size_bytes, 9);
	closed(scratch, cache);
}

static void
a_file_changed_within_the_clocks_grain_is_not_kept(void **state)
{
	struct scratch *scratch = *state;
	struct kg_stat_cache *cache = opened(scratch);
	const char *path = scratch_write(scratch, "main.c", "one");

	look(scratch, cache, path);
	closed(scratch, cache);
	cache = opened(scratch);
	look(scratch, cache, path);
	assert_int_equal(kg_stat_cache_hashed(cache), 1);
	closed(scratch, cache);
}

static void
same_size_and_same_mtime_do_not_hide_a_change(void **state)
{
	struct scratch *scratch = *state;
	const char *path = scratch_write(scratch, "main.c", "one");
	struct stat before;
	struct kg_stat_cache *cache = opened(scratch);

	grain_pass();
	struct kg_digest digest = look(scratch, cache, path).digest;
	closed(scratch, cache);

	stat(path, &before);
	int fd = open(path, O_WRONLY);
	assert_int_equal(write(fd, "two", 3), 3);
	futimens(fd, (struct timespec[]){ before.st_atim, before.st_mtim });
	close(fd);
	cache = opened(scratch);
	assert_false(kg_digest_equal(digest, look(scratch, cache, path).digest));
	closed(scratch, cache);
}

static void
what_we_wrote_ourselves_is_read_again_when_it_was_forgotten(void **state)
{
	struct scratch *scratch = *state;
	const char *paths[] = { scratch_write(scratch, "out/a", "1"), scratch_write(scratch, "out/below/b", "2") };
	struct kg_stat_cache *cache = opened(scratch);

	grain_pass();
	for (int i = 0; i < 2; i++)
		look(scratch, cache, paths[i]);
	closed(scratch, cache);
	cache = opened(scratch);
	kg_stat_cache_forget(cache, scratch_path(scratch, "nothing"));
	for (int round = 1; round <= 3; round++) {
		kg_stat_cache_forget(cache, scratch_path(scratch, "out"));
		for (int i = 0; i < 2; i++)
			look(scratch, cache, paths[i]);
		assert_int_equal(kg_stat_cache_hashed(cache), 2 * round);
	}
	closed(scratch, cache);
}

static void
a_file_that_cannot_be_looked_at_is_an_error_with_its_path(void **state)
{
	struct scratch *scratch = *state;
	struct kg_stat_cache *cache = opened(scratch);
	char name[300];
	struct kg_file_state got;

	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	struct kg_error *error = kg_stat_cache_look(cache, scratch->arena, scratch_path(scratch, name), &got);
	assert_non_null(error);
	assert_int_equal(error->code, KG_ESYSTEM);
	assert_int_equal(error->sys, ENAMETOOLONG);
	assert_non_null(strstr(error->message, name));
	closed(scratch, cache);
}

static void
a_tree_is_its_names_types_bits_and_contents(void **state)
{
	struct scratch *scratch = *state;
	struct kg_stat_cache *cache = opened(scratch);
	const char *folder = scratch_path(scratch, "tree");
	struct kg_digest digests[7];
	struct kg_file_state got;

	scratch_write(scratch, "tree/a", "1");
	scratch_write(scratch, "tree/below/b", "22");
	for (int i = 0; i < 7; i++) {
		switch (i) {
		case 1: chmod(scratch_path(scratch, "tree/a"), 0755); break;
		case 2: scratch_write(scratch, "tree/a", "changed"); break;
		case 3: mkdir(scratch_path(scratch, "tree/empty"), 0755); break;
		case 4: rename(scratch_path(scratch, "tree/below/b"), scratch_path(scratch, "tree/below/c")); break;
		case 5: unlink(scratch_path(scratch, "tree/below/c")); break;
		case 6: assert_int_equal(symlink("a", scratch_path(scratch, "tree/link")), 0); break;
		default: break;
		}
		well(kg_stat_cache_tree(cache, scratch->arena, folder, &got));
		assert_int_equal(got.type, KG_FILE_FOLDER);
		digests[i] = got.digest;
		if (i == 0)
			assert_int_equal(got.size_bytes, 3);
		for (int j = 0; j < i; j++)
			assert_false(kg_digest_equal(digests[i], digests[j]));
	}
	rename(folder, scratch_path(scratch, "moved"));
	well(kg_stat_cache_tree(cache, scratch->arena, scratch_path(scratch, "moved"), &got));
	assert_true(kg_digest_equal(got.digest, digests[6]));
	well(kg_stat_cache_tree(cache, scratch->arena, scratch_path(scratch, "moved/a"), &got));
	assert_true(kg_digest_equal(got.digest, look(scratch, cache, scratch_path(scratch, "moved/a")).digest));
	closed(scratch, cache);
}

static void
a_damaged_cache_is_an_empty_one(void **state)
{
	struct scratch *scratch = *state;
	const char *path = scratch_write(scratch, "main.c", "int main;"), *bytes;
	const char *cache_path = scratch_path(scratch, "stat.cache");
	struct kg_stat_cache *cache = opened(scratch);
	size_t size;

	grain_pass();
	look(scratch, cache, path);
	closed(scratch, cache);
	well(kg_file_read(scratch->arena, cache_path, &bytes, &size));
	for (size_t at = 0; at < size; at++) {
		char *changed = kg_copy_bytes(scratch->arena, bytes, size);
		struct kg_stat_file file;

		changed[at] ^= 1;
		well(kg_file_write(scratch->arena, cache_path, changed, at % 2 ? size : at, 0600));
		kg_stat_file_map(cache_path, &file);
		assert_int_equal(file.count, 0);
		kg_stat_file_unmap(&file);
	}
	cache = opened(scratch);
	look(scratch, cache, path);
	assert_int_equal(kg_stat_cache_hashed(cache), 1);
	closed(scratch, cache);
}

static void
many_files_are_found_again(void **state)
{
	struct scratch *scratch = *state;
	const char *path = scratch_path(scratch, "stat.cache");
	struct kg_stat_record records[1000] = { 0 };
	struct kg_stat_file file;

	for (uint32_t i = 0; i < 1000; i++) {
		records[i].device = i % 3;
		records[i].inode = i * 4096;
		records[i].size_bytes = i;
	}
	well(kg_stat_file_write(scratch->arena, path, records, 1000));
	kg_stat_file_map(path, &file);
	assert_int_equal(file.count, 1000);
	for (uint32_t i = 0; i < 1000; i++) {
		assert_int_equal(kg_stat_file_find(&file, i % 3, i * 4096)->size_bytes, i);
		assert_null(kg_stat_file_find(&file, i % 3 + 3, i * 4096));
	}
	kg_stat_file_unmap(&file);
	well(kg_stat_file_write(scratch->arena, path, NULL, 0));
	kg_stat_file_map(path, &file);
	assert_null(kg_stat_file_find(&file, 1, 4096));
	kg_stat_file_unmap(&file);
}

static void
files_that_no_run_asks_for_are_dropped_after_a_month(void **state)
{
	struct scratch *scratch = *state;
	const char *path = scratch_path(scratch, "stat.cache");
	uint32_t today = (uint32_t)(kg_clock_wall_ns() / (86400ll * 1000000000));
	struct kg_stat_record records[] = { { .inode = 1, .seen_day = today - 29 }, { .inode = 2, .seen_day = today - 32 } };
	struct kg_stat_file file;

	well(kg_stat_file_write(scratch->arena, path, records, 2));
	closed(scratch, opened(scratch));
	kg_stat_file_map(path, &file);
	assert_int_equal(file.count, 1);
	assert_int_equal(file.records[0].inode, 1);
	kg_stat_file_unmap(&file);
}

static void
a_run_that_finds_nothing_new_writes_nothing(void **state)
{
	struct scratch *scratch = *state;
	const char *path = scratch_write(scratch, "main.c", "int main;");
	struct kg_stat_cache *cache = opened(scratch);
	struct stat before, after;

	grain_pass();
	look(scratch, cache, path);
	closed(scratch, cache);
	stat(scratch_path(scratch, "stat.cache"), &before);
	cache = opened(scratch);
	look(scratch, cache, path);
	closed(scratch, cache);
	stat(scratch_path(scratch, "stat.cache"), &after);
	assert_int_equal(before.st_ino, after.st_ino);
}

constexpr int crowd_files = 40;

struct crowd {
	struct scratch *scratch;
	struct kg_stat_cache *cache;
	struct kg_digest expected[crowd_files];
	_Atomic int wrong;
};

static void *
crowd_look(void *argument)
{
	struct crowd *crowd = argument;
	struct kg_arena *arena = kg_arena_make();

	for (int i = 0; i < crowd_files; i++) {
		struct kg_file_state state;
		const char *path = kg_format(arena, "%s/file-%d", crowd->scratch->folder, i);

		if (kg_stat_cache_look(crowd->cache, arena, path, &state) || !kg_digest_equal(state.digest, crowd->expected[i]))
			crowd->wrong++;
	}
	kg_arena_free(arena);
	return NULL;
}

static void
threads_that_ask_for_the_same_files_hash_each_once(void **state)
{
	struct scratch *scratch = *state;
	struct crowd crowd = { .scratch = scratch };
	pthread_t threads[8];

	for (int i = 0; i < crowd_files; i++) {
		char content[40000];
		struct kg_file_hash hash;

		memset(content, 'a' + i, sizeof(content) - 1);
		content[sizeof(content) - 1] = '\0';
		assert_int_equal(kg_file_hash(scratch_write(scratch, kg_format(scratch->arena, "file-%d", i), content), &hash), 0);
		crowd.expected[i] = hash.digest;
	}
	crowd.cache = opened(scratch);
	for (int i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, crowd_look, &crowd), 0);
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(crowd.wrong, 0);
	assert_int_equal(kg_stat_cache_hashed(crowd.cache), crowd_files);
	closed(scratch, crowd.cache);
}

static void *
crowd_disturb(void *argument)
{
	struct crowd *crowd = argument;
	struct kg_arena *arena = kg_arena_make();

	for (int i = 0; i < crowd_files * 20; i++) {
		const char *path = kg_format(arena, "%s/file-%d", crowd->scratch->folder, i % crowd_files);

		if (i % 3)
			kg_stat_cache_forget(crowd->cache, path);
		else if (kg_file_write(arena, path, i % 2 ? "odd" : "even", i % 2 ? 3 : 4, 0644))
			crowd->wrong++;
	}
	kg_arena_free(arena);
	return NULL;
}

static void
files_may_change_and_be_forgotten_while_others_look(void **state)
{
	struct scratch *scratch = *state;
	struct crowd crowd = { .scratch = scratch }, disturbing;
	struct kg_file_hash hash;
	pthread_t threads[5];

	for (int i = 0; i < crowd_files; i++)
		scratch_write(scratch, kg_format(scratch->arena, "file-%d", i), "first");
	crowd.cache = opened(scratch);
	disturbing = crowd;
	for (int i = 0; i < 5; i++)
		pthread_create(&threads[i], NULL, i < 4 ? crowd_look : crowd_disturb, i < 4 ? &crowd : &disturbing);
	for (int i = 0; i < 5; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(disturbing.wrong, 0);
	for (int i = 0; i < crowd_files; i++) {
		const char *path = scratch_path(scratch, kg_format(scratch->arena, "file-%d", i));

		kg_stat_cache_forget(crowd.cache, path);
		assert_int_equal(kg_file_hash(path, &hash), 0);
		assert_true(kg_digest_equal(look(scratch, crowd.cache, path).digest, hash.digest));
	}
	closed(scratch, crowd.cache);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_digest_is_of_content_and_executable_bit, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(each_type_of_file_is_told, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(a_file_is_hashed_once_a_run_and_not_at_all_in_the_next, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(a_file_changed_within_the_clocks_grain_is_not_kept, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(same_size_and_same_mtime_do_not_hide_a_change, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(
		    what_we_wrote_ourselves_is_read_again_when_it_was_forgotten, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(
		    a_file_that_cannot_be_looked_at_is_an_error_with_its_path, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(a_tree_is_its_names_types_bits_and_contents, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(a_damaged_cache_is_an_empty_one, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(many_files_are_found_again, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(files_that_no_run_asks_for_are_dropped_after_a_month, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(a_run_that_finds_nothing_new_writes_nothing, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(threads_that_ask_for_the_same_files_hash_each_once, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(files_may_change_and_be_forgotten_while_others_look, scratch_make, scratch_free),
	};

	return cmocka_run_group_tests_name("stat_cache", tests, nullptr, nullptr);
}
