#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/file.h"
#include "engine/base/mask.h"
#include "engine/run/node_log.h"

struct scratch {
	struct kg_arena *arena;
	struct kg_mask mask;
	struct kg_node_log log;
	char path[64];
};

static int
make(void **state)
{
	struct kg_arena *arena = kg_arena_make();
	struct scratch *scratch = kg_new(arena, struct scratch);
	int fd;

	strcpy(scratch->path, "/tmp/kgraph-node-log-test.XXXXXX");
	fd = mkstemp(scratch->path);
	if (fd < 0)
		return -1;
	close(fd);
	unlink(scratch->path);
	scratch->arena = arena;
	scratch->mask.arena = arena;
	kg_mask_add(&scratch->mask, "hunter2secret");
	kg_node_log_start(&scratch->log, scratch->path, &scratch->mask);
	*state = scratch;
	return 0;
}

static int
drop(void **state)
{
	struct scratch *scratch = *state;

	kg_node_log_close(&scratch->log);
	unlink(scratch->path);
	kg_arena_free(scratch->arena);
	return 0;
}

static void
add(struct scratch *scratch, const char *text)
{
	kg_node_log_add(&scratch->log, text, strlen(text));
}

static const char *
written(struct scratch *scratch, size_t *ret_size)
{
	const char *bytes;

	assert_null(kg_file_read(scratch->arena, scratch->path, &bytes, ret_size));
	return bytes;
}

static void
a_secret_in_two_writes_is_masked(void **state)
{
	struct scratch *scratch = *state;
	size_t size;

	add(scratch, "one\npassword hunter2");
	add(scratch, "secret!\ntail");
	kg_node_log_flush(&scratch->log);
	assert_string_equal(written(scratch, &size), "one\npassword ***!\ntail\n");
}

static void
a_zero_byte_does_not_let_a_secret_pass(void **state)
{
	struct scratch *scratch = *state;
	static const char bytes[] = "a\0hunter2secret\0b\n";
	size_t size;

	kg_node_log_add(&scratch->log, bytes, sizeof(bytes) - 1);
	assert_memory_equal(written(scratch, &size), "a\0***\0b\n", 8);
	assert_int_equal(size, 8);
}

static void
the_tail_is_the_last_lines(void **state)
{
	struct scratch *scratch = *state;

	add(scratch, "1\n2\n3\n4");
	kg_node_log_flush(&scratch->log);
	assert_string_equal(kg_node_log_tail(&scratch->log, scratch->arena, 2), "3\n4");
	assert_string_equal(kg_node_log_tail(&scratch->log, scratch->arena, 9), "1\n2\n3\n4");
}

static void
the_tail_of_much_starts_at_a_line(void **state)
{
	struct scratch *scratch = *state;

	for (int i = 0; i < 5000; i++)
		add(scratch, "0123456789\n");
	const char *tail = kg_node_log_tail(&scratch->log, scratch->arena, 10000);
	assert_memory_equal(tail, "0123456789\n", 11);
	assert_true(strlen(tail) <= KG_NODE_LOG_TAIL_BYTES);
}

static void
a_line_without_an_end_is_written_in_pieces(void **state)
{
	struct scratch *scratch = *state;
	size_t size;

	for (int i = 0; i < 20000; i++)
		add(scratch, "0123456789");
	kg_node_log_flush(&scratch->log);
	written(scratch, &size);
	assert_int_equal(size, 200001);
}

static void
what_comes_after_closing_goes_on_in_the_same_file(void **state)
{
	struct scratch *scratch = *state;
	size_t size;

	assert_false(scratch->log.is_written);
	add(scratch, "one\n");
	kg_node_log_close(&scratch->log);
	assert_true(scratch->log.is_written);
	add(scratch, "two\n");
	assert_string_equal(written(scratch, &size), "one\ntwo\n");
}

static void
a_file_that_cannot_be_written_keeps_the_tail(void **state)
{
	struct scratch *scratch = *state;

	kg_node_log_start(&scratch->log, "/nowhere/at/all", &scratch->mask);
	add(scratch, "said\n");
	assert_string_equal(kg_node_log_tail(&scratch->log, scratch->arena, 5), "said");
	assert_false(scratch->log.is_written);
}

int
main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, make, drop)
	const struct CMUnitTest tests[] = {
		STORY(a_secret_in_two_writes_is_masked),
		STORY(a_zero_byte_does_not_let_a_secret_pass),
		STORY(the_tail_is_the_last_lines),
		STORY(the_tail_of_much_starts_at_a_line),
		STORY(a_line_without_an_end_is_written_in_pieces),
		STORY(what_comes_after_closing_goes_on_in_the_same_file),
		STORY(a_file_that_cannot_be_written_keeps_the_tail),
	};

	return cmocka_run_group_tests_name("node_log", tests, NULL, NULL);
}
