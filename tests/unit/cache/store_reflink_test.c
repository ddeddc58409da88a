/* Restoring on a file system that can share blocks between files: a btrfs of the test's own, in a mount namespace of its own. */

#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cache/store.h"
#include "tests/unit/cache/scratch.h"

/* Large enough not to stand inside the file system's own records. */
static constexpr size_t content_bytes = 1 << 20;

static bool
does(struct scratch *scratch, const char *command)
{
	return system(kg_format(scratch->arena, "cd %s && { %s; } >setup.log 2>&1", scratch->folder, command)) == 0;
}

/* Mounts it at FOLDER/disk. Why it cannot be had; NULL when it is there. */
static const char *
disk_make(struct scratch *scratch)
{
	if (geteuid() != 0)
		return "only root may mount a file system";
	if (!does(scratch, "command -v mkfs.btrfs"))
		return "mkfs.btrfs (package btrfs-progs) is not installed";
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return strerror(errno);
	if (!does(scratch, "truncate -s 128M image && mkfs.btrfs -q -f image && mkdir disk && mount -o loop image disk"))
		return "no loop device or no btrfs here";
	return NULL;
}

static int
with_disk(void **state)
{
	int made = scratch_make(state);
	const char *why = disk_make(*state);

	if (why) {
		print_message("skipped: %s\n", why);
		scratch_free(state);
		*state = NULL;
	}
	return made;
}

static int
without_disk(void **state)
{
	struct scratch *scratch = *state;

	if (!scratch)
		return 0;
	umount2(scratch_path(scratch, "disk"), MNT_DETACH);
	return scratch_free(state);
}

static const char *
content_make(struct scratch *scratch)
{
	char *content = kg_alloc(scratch->arena, content_bytes + 1);

	for (size_t i = 0; i < content_bytes; i++)
		content[i] = (char)('a' + i % 23);
	return content;
}

/* Where on the disk the file's first block is. */
static uint64_t
first_block(struct scratch *scratch, const char *path)
{
	struct fiemap *map = kg_alloc(scratch->arena, sizeof(*map) + sizeof(struct fiemap_extent));
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	*map = (struct fiemap){ .fm_length = FIEMAP_MAX_OFFSET, .fm_flags = FIEMAP_FLAG_SYNC, .fm_extent_count = 1 };
	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, FS_IOC_FIEMAP, map), 0);
	close(fd);
	assert_int_equal(map->fm_mapped_extents, 1);
	return map->fm_extents[0].fe_physical;
}

static bool
restored(struct scratch *scratch, struct kg_store *store, const char *path)
{
	bool is_hit;

	well(kg_store_restore(
	    store, scratch->arena, (struct kg_digest){ 1, 2 }, &(struct kg_stored){ "path", path }, 1, &is_hit, NULL));
	return is_hit;
}

static struct kg_store *
filled(struct scratch *scratch, const char *folder)
{
	const char *path = scratch_write(scratch, "disk/out/program", content_make(scratch));
	struct kg_store *store;

	assert_int_equal(chmod(path, 0755), 0);
	well(kg_store_open(scratch->arena, scratch_path(scratch, folder), &store));
	well(kg_store_put(store, scratch->arena, (struct kg_digest){ 1, 2 }, &(struct kg_stored){ "path", path }, 1, 0));
	return store;
}

static void
what_is_restored_shares_its_blocks_with_the_store(void **state)
{
	struct scratch *scratch = *state;

	if (!scratch)
		skip();
	struct kg_store *store = filled(scratch, "disk/store");
	const char *made = scratch_path(scratch, "disk/out/program"), *again = scratch_path(scratch, "disk/out/again");
	struct stat stat_buffer;

	assert_true(restored(scratch, store, again));
	assert_true(first_block(scratch, made) == first_block(scratch, again));
	assert_string_equal(scratch_read(scratch, again), content_make(scratch));
	assert_int_equal(stat(again, &stat_buffer), 0);
	assert_int_equal(stat_buffer.st_mode & 07777, 0755);
	assert_int_equal(stat_buffer.st_nlink, 1);
	kg_store_close(store);
}

static void
an_edit_of_what_was_restored_does_not_reach_the_store(void **state)
{
	struct scratch *scratch = *state;

	if (!scratch)
		skip();
	struct kg_store *store = filled(scratch, "disk/store");
	const char *edited = scratch_path(scratch, "disk/out/edited"), *again = scratch_path(scratch, "disk/out/again");

	assert_true(restored(scratch, store, edited));
	int fd = open(edited, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "edited", 6, 0), 6);
	close(fd);
	assert_true(restored(scratch, store, again));
	assert_string_equal(scratch_read(scratch, again), content_make(scratch));
	assert_true(first_block(scratch, edited) != first_block(scratch, again));
	kg_store_close(store);
}

static void
between_two_file_systems_it_is_copied(void **state)
{
	struct scratch *scratch = *state;

	if (!scratch)
		skip();
	struct kg_store *store = filled(scratch, "store");
	const char *again = scratch_path(scratch, "disk/out/again");

	assert_true(restored(scratch, store, again));
	assert_string_equal(scratch_read(scratch, again), content_make(scratch));
	kg_store_close(store);
}

int
main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, with_disk, without_disk)
	const struct CMUnitTest tests[] = {
		STORY(what_is_restored_shares_its_blocks_with_the_store),
		STORY(an_edit_of_what_was_restored_does_not_reach_the_store),
		STORY(between_two_file_systems_it_is_copied),
	};

	return cmocka_run_group_tests_name("store_reflink", tests, NULL, NULL);
}
