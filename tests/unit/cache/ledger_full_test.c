/* A ledger whose map is full: it becomes larger as long as there is room, beside those that read, and says so when there is none. */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cache/ledger.h"
#include "cache/ledger_file.h"
#include "tests/unit/cache/scratch.h"

static constexpr size_t first_bytes = 256 << 10;
static constexpr uint32_t entry_count = 600;
static size_t most_bytes;

/* In place of those of the cache. */
size_t
kg_ledger_map_first(uint32_t tries)
{
	return tries == 0 ? first_bytes : 0;
}

size_t
kg_ledger_map_larger(size_t bytes)
{
	return bytes * 2 <= most_bytes ? bytes * 2 : 0;
}

static int
make(void **state)
{
	most_bytes = (size_t)1 << 30;
	return scratch_make(state);
}

static struct kg_ledger *
opened(struct scratch *scratch)
{
	struct kg_ledger *ledger;
	const char *damage;

	well(kg_ledger_open(scratch->arena, scratch->folder, &ledger, &damage));
	assert_null(damage);
	return ledger;
}

/* About four KB: one with a long reason. */
static struct kg_error *
entry_put(struct scratch *scratch, struct kg_ledger *ledger, uint32_t number)
{
	static char why[4000];
	struct kg_entry entry = {
		.name = kg_format(scratch->arena, "n%u", number),
		.kind = "command",
		.folder = ".",
		.order = number,
		.why = why,
	};

	memset(why, 'x', sizeof(why) - 1);
	return kg_ledger_put(ledger, scratch->arena, &entry, NULL);
}

static bool
is_there(struct scratch *scratch, struct kg_ledger *ledger, uint32_t number)
{
	const struct kg_entry *entry;

	well(kg_ledger_find(ledger, scratch->arena, kg_format(scratch->arena, "n%u", number), &entry));
	return entry && entry->order == number;
}

static off_t
size_of(struct scratch *scratch)
{
	struct stat stat_buffer;

	assert_int_equal(stat(scratch_path(scratch, "ledger.mdb"), &stat_buffer), 0);
	return stat_buffer.st_size;
}

static void
a_full_ledger_becomes_larger(void **state)
{
	struct scratch *scratch = *state;
	struct kg_ledger *ledger = opened(scratch);

	for (uint32_t i = 0; i < entry_count; i++)
		well(entry_put(scratch, ledger, i));
	assert_true((size_t)size_of(scratch) > 8 * first_bytes);
	for (uint32_t i = 0; i < entry_count; i++)
		assert_true(is_there(scratch, ledger, i));
	kg_ledger_close(ledger);

	/* The next run begins with the small map again. */
	ledger = opened(scratch);
	for (uint32_t i = 0; i < entry_count; i++)
		assert_true(is_there(scratch, ledger, i));
	well(entry_put(scratch, ledger, entry_count));
	well(kg_ledger_remove(ledger, scratch->arena, "n0"));
	well(kg_ledger_set_fact(ledger, scratch->arena, "port.http", "8080 8080"));
	kg_ledger_close(ledger);
}

struct reading {
	struct kg_ledger *ledger;
	_Atomic bool is_over;
	uint32_t wrong;
};

static void *
read_on(void *data)
{
	struct reading *reading = data;
	struct kg_arena *arena = kg_arena_make();

	while (!reading->is_over) {
		const struct kg_entry *entry;

		if (kg_ledger_find(reading->ledger, arena, "n0", &entry) || !entry || entry->order != 0)
			reading->wrong++;
		kg_arena_empty(arena);
	}
	kg_arena_free(arena);
	return NULL;
}

static void
threads_that_read_are_not_disturbed(void **state)
{
	struct scratch *scratch = *state;
	struct reading reading = { .ledger = opened(scratch) };
	pthread_t threads[2];

	well(entry_put(scratch, reading.ledger, 0));
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_on, &reading), 0);
	for (uint32_t i = 1; i < entry_count; i++)
		well(entry_put(scratch, reading.ledger, i));
	reading.is_over = true;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(reading.wrong, 0);
	kg_ledger_close(reading.ledger);
}

/* Its own map is too small from then on. */
static void
reader_run(struct scratch *scratch, int told, int asked)
{
	struct kg_ledger *ledger;
	char byte;

	if (kg_ledger_open_reading(scratch->arena, scratch->folder, &ledger) || !is_there(scratch, ledger, 0) ||
	    write(told, "", 1) != 1 || read(asked, &byte, 1) != 1)
		_exit(2);
	for (uint32_t i = 0; i < entry_count; i++)
		if (!is_there(scratch, ledger, i))
			_exit(3);
	kg_ledger_close(ledger);
	_exit(0);
}

static void
another_process_that_reads_follows(void **state)
{
	struct scratch *scratch = *state;
	struct kg_ledger *ledger = opened(scratch);
	int told[2], asked[2], status;
	char byte;

	well(entry_put(scratch, ledger, 0));
	kg_ledger_close(ledger);
	assert_int_equal(pipe(told), 0);
	assert_int_equal(pipe(asked), 0);
	pid_t pid = fork();
	if (pid == 0)
		reader_run(scratch, told[1], asked[0]);
	assert_int_equal(read(told[0], &byte, 1), 1);
	ledger = opened(scratch);
	for (uint32_t i = 1; i < entry_count; i++)
		well(entry_put(scratch, ledger, i));
	assert_int_equal(write(asked[1], "", 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	kg_ledger_close(ledger);
	for (int i = 0; i < 2; i++) {
		close(told[i]);
		close(asked[i]);
	}
}

static void
without_room_it_says_so_and_keeps_what_it_has(void **state)
{
	struct scratch *scratch = *state;
	struct kg_ledger *ledger = opened(scratch);
	struct kg_error *error = NULL;
	uint32_t put = 0;

	most_bytes = 4 * first_bytes;
	while (put < entry_count && !(error = entry_put(scratch, ledger, put)))
		put++;
	assert_non_null(error);
	assert_true(put > 50);
	assert_non_null(strstr(error->message, "it is full, and no address space is left to make it larger"));
	assert_non_null(error->advice);
	for (uint32_t i = 0; i < put; i++)
		assert_true(is_there(scratch, ledger, i));
	assert_false(is_there(scratch, ledger, put));
	kg_ledger_close(ledger);

	most_bytes *= 2;
	ledger = opened(scratch);
	well(entry_put(scratch, ledger, put));
	assert_true(is_there(scratch, ledger, put));
	kg_ledger_close(ledger);
}

int
main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, make, scratch_free)
	const struct CMUnitTest tests[] = {
		STORY(a_full_ledger_becomes_larger),
		STORY(threads_that_read_are_not_disturbed),
		STORY(another_process_that_reads_follows),
		STORY(without_room_it_says_so_and_keeps_what_it_has),
	};

	return cmocka_run_group_tests_name("ledger_full", tests, NULL, NULL);
}
