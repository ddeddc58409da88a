#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cache/ledger.h"
#include "engine/base/file.h"
#include "tests/unit/cache/scratch.h"

/* A fixed sequence: what fails once fails again. */
static uint64_t
next_random(uint64_t *random)
{
	*random = *random * 6364136223846793005u + 1442695040888963407u;
	return *random >> 33;
}

/* A node's settings are made of its number, so that a mixture of two entries would be seen. */
static void
node_put(struct kg_ledger *ledger, struct kg_arena *arena, uint32_t node, uint32_t turn)
{
	char settings[700];
	struct kg_parts parts = { .arena = arena };
	struct kg_entry entry = {
		.name = kg_format(arena, "node-%03u", node),
		.kind = "command",
		.folder = "/srv",
		.order = node,
		.kind_version = turn,
		.settings = { settings, 100 + node * 3 % 600 },
	};

	memset(settings, (int)(node * 31 + turn), sizeof(settings));
	for (uint32_t i = 0; i < 40; i++)
		kg_parts_add(&parts, KG_PART_FILE, kg_format(arena, "a/source/file/of/some/length/%u.c", i),
		    (struct kg_digest){ node, turn });
	kg_parts_seal(&parts);
	well(kg_ledger_put(ledger, arena, &entry, &parts));
}

static void
entry_assert_whole(const struct kg_entry *entry)
{
	const unsigned char *settings = entry->settings.bytes;

	assert_int_equal(entry->settings.size, 100 + entry->order * 3 % 600);
	for (uint32_t i = 0; i < entry->settings.size; i++)
		assert_int_equal(settings[i], (unsigned char)(entry->order * 31 + entry->kind_version));
}

/* A ledger with all that a real one has: several levels, large values, free pages. */
static void
ledger_fill(struct scratch *scratch)
{
	struct kg_ledger *ledger;
	const char *damage;

	well(kg_ledger_open(scratch->arena, scratch->folder, &ledger, &damage));
	for (uint32_t i = 0; i < 300; i++)
		node_put(ledger, scratch->arena, i * 7 % 200, i);
	for (uint32_t i = 0; i < 200; i += 9)
		well(kg_ledger_remove(ledger, scratch->arena, kg_format(scratch->arena, "node-%03u", i)));
	well(kg_ledger_set_fact(ledger, scratch->arena, "port.http", "8080"));
	kg_ledger_close(ledger);
}

/* Opens whatever is there, reads it all, and goes on with it as a run would. True when it had to be set aside. */
static bool
ledger_use(struct kg_arena *arena, const char *folder)
{
	const struct kg_entry *const *entries;
	struct kg_ledger *ledger;
	const char *damage, *fact;
	uint32_t count;

	well(kg_ledger_open(arena, folder, &ledger, &damage));
	well(kg_ledger_all(ledger, arena, &entries, &count));
	if (damage)
		assert_int_equal(count, 0);
	for (uint32_t i = 0; i < count; i++) {
		struct kg_parts parts;

		entry_assert_whole(entries[i]);
		well(kg_ledger_parts(ledger, arena, entries[i]->name, &parts));
	}
	for (uint32_t i = 0; i < 20; i++)
		node_put(ledger, arena, i * 13 % 220, 1000 + i);
	well(kg_ledger_remove(ledger, arena, "node-050"));
	well(kg_ledger_fact(ledger, arena, "port.http", &fact));
	kg_ledger_close(ledger);
	return damage != NULL;
}

struct copy {
	const char *bytes;
	size_t size;
};

static struct copy
ledger_copy(struct scratch *scratch)
{
	struct copy copy;

	ledger_fill(scratch);
	well(kg_file_read(scratch->arena, scratch_path(scratch, "ledger.mdb"), &copy.bytes, &copy.size));
	return copy;
}

/* Puts a changed copy into a folder of its own and uses it, in a process of its own when it may crash. */
static bool
copy_use(struct scratch *scratch, const char *bytes, size_t size)
{
	struct kg_arena *arena = kg_arena_make();
	const char *folder = scratch_path(scratch, "copy");

	well(kg_file_make_folder(arena, folder, 0700));
	well(kg_file_write(arena, scratch_path(scratch, "copy/ledger.mdb"), bytes, size, 0600));
	bool is_aside = ledger_use(arena, folder);
	assert_false(ledger_use(arena, folder));
	well(kg_file_remove(arena, folder));
	kg_arena_free(arena);
	return is_aside;
}

static void
a_sound_ledger_is_not_set_aside(void **state)
{
	struct copy copy = ledger_copy(*state);

	assert_false(copy_use(*state, copy.bytes, copy.size));
	for (int i = 0; i < 3; i++)
		assert_false(ledger_use(((struct scratch *)*state)->arena, ((struct scratch *)*state)->folder));
}

static void
a_ledger_cut_short_is_set_aside(void **state)
{
	struct copy copy = ledger_copy(*state);

	for (size_t size = 1; size < copy.size - 4096; size += size < 9000 ? 511 : 20011)
		assert_true(copy_use(*state, copy.bytes, size));
	assert_false(copy_use(*state, copy.bytes, 0));
}

static void
what_is_set_aside_is_kept_and_told(void **state)
{
	struct scratch *scratch = *state;
	struct kg_ledger *ledger;
	const char *damage;

	for (int i = 1; i <= 3; i++) {
		scratch_write(scratch, "ledger.mdb",
		    "this was never a database, but it is long enough to be looked at: it has more bytes "
		    "than the first page's head, so that it is the content that is refused .......");
		struct kg_error *error = kg_ledger_open_reading(scratch->arena, scratch->folder, &ledger);
		assert_int_equal(error->code, KG_EDATA);
		well(kg_ledger_open(scratch->arena, scratch->folder, &ledger, &damage));
		assert_non_null(strstr(damage, kg_format(scratch->arena, "ledger.damaged-%d", i)));
		assert_int_equal(access(scratch_path(scratch, kg_format(scratch->arena, "ledger.damaged-%d", i)), F_OK), 0);
		kg_ledger_close(ledger);
	}
}

static void
changed_bytes_anywhere_never_crash_and_never_give_a_wrong_entry(void **state)
{
	struct scratch *scratch = *state;
	struct copy copy = ledger_copy(scratch);
	char *changed = kg_alloc(scratch->arena, copy.size);
	uint64_t random = 42;
	uint32_t aside = 0;

	for (uint32_t round = 0; round < 400; round++) {
		memcpy(changed, copy.bytes, copy.size);
		size_t page = next_random(&random) % (copy.size / 4096) * 4096;
		/* Half of the changes into the structures at a page's start, where they are felt most. */
		size_t within = round % 2 ? 64 : 4096;
		for (uint32_t i = 0; i <= round % 8; i++)
			changed[page + next_random(&random) % within] = (char)next_random(&random);
		aside += copy_use(scratch, changed, copy.size);
	}
	assert_true(aside > 100);
}

static void
whole_pages_of_zeros_or_of_another_place_are_noticed(void **state)
{
	struct scratch *scratch = *state;
	struct copy copy = ledger_copy(scratch);
	char *changed = kg_alloc(scratch->arena, copy.size);
	size_t pages = copy.size / 4096;
	uint64_t random = 7;

	for (uint32_t round = 0; round < 200; round++) {
		size_t to = next_random(&random) % pages, from = next_random(&random) % pages;

		memcpy(changed, copy.bytes, copy.size);
		if (round % 2)
			memcpy(changed + to * 4096, copy.bytes + from * 4096, 4096);
		else
			memset(changed + to * 4096, 0, 4096);
		copy_use(scratch, changed, copy.size);
	}
}

static void
an_older_state_of_some_pages_is_a_mixture_and_set_aside(void **state)
{
	struct scratch *scratch = *state;
	struct copy old = ledger_copy(scratch), new;
	char *mixed;

	assert_false(ledger_use(scratch->arena, scratch->folder));
	assert_false(ledger_use(scratch->arena, scratch->folder));
	well(kg_file_read(scratch->arena, scratch_path(scratch, "ledger.mdb"), &new.bytes, &new.size));
	mixed = kg_copy_bytes(scratch->arena, new.bytes, new.size);
	/* Every second page did not reach the disk; the first ones, which say what belongs together, did. */
	for (size_t at = 8192; at + 4096 <= old.size; at += 8192)
		memcpy(mixed + at, old.bytes + at, 4096);
	assert_true(copy_use(scratch, mixed, new.size));
}

constexpr uint32_t killed_nodes = 50;

/* Turn after turn a node is put, and the turn told when it is done, until somebody kills this process. */
[[noreturn]] static void
put_until_killed(const char *folder, uint32_t turn, int told_fd)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_ledger *ledger;
	const char *damage;

	if (kg_ledger_open(arena, folder, &ledger, &damage) || damage)
		_exit(1);
	for (;; turn++) {
		node_put(ledger, arena, turn % killed_nodes, turn);
		if (write(told_fd, &turn, sizeof(turn)) != sizeof(turn))
			_exit(1);
	}
}

/* The last turn that was told, 0 when it was killed before the first. */
static uint32_t
put_and_kill(const char *folder, uint32_t turn, useconds_t after_us)
{
	int told[2], status;
	uint32_t last = 0, got;

	assert_int_equal(pipe(told), 0);
	pid_t pid = fork();
	if (pid == 0)
		put_until_killed(folder, turn, told[1]);
	close(told[1]);
	usleep(after_us);
	kill(pid, SIGKILL);
	while (read(told[0], &got, sizeof(got)) == sizeof(got))
		last = got;
	close(told[0]);
	waitpid(pid, &status, 0);
	assert_true(WIFSIGNALED(status));
	return last;
}

static uint32_t
turn_of(struct kg_ledger *ledger, struct kg_arena *arena, uint32_t node)
{
	const struct kg_entry *entry;

	well(kg_ledger_find(ledger, arena, kg_format(arena, "node-%03u", node), &entry));
	return entry ? entry->kind_version : 0;
}

static void
a_kill_at_any_moment_loses_nothing_that_was_finished(void **state)
{
	struct scratch *scratch = *state;
	uint64_t random = 99;
	uint32_t turn = 0;

	for (uint32_t round = 0; round < 60; round++) {
		uint32_t told = put_and_kill(scratch->folder, turn + 1, (useconds_t)(next_random(&random) % 12000));
		struct kg_ledger *ledger;
		const char *damage;

		well(kg_ledger_open(scratch->arena, scratch->folder, &ledger, &damage));
		assert_null(damage);
		turn = told > turn ? told : turn;
		/* One more may have been finished without having been told. */
		turn += turn_of(ledger, scratch->arena, (turn + 1) % killed_nodes) == turn + 1;
		for (uint32_t i = turn >= killed_nodes ? turn - killed_nodes + 1 : 1; i <= turn; i++)
			assert_int_equal(turn_of(ledger, scratch->arena, i % killed_nodes), i);
		kg_ledger_close(ledger);
	}
	assert_true(turn > 0);
}

static void
a_ledger_of_another_version_is_set_aside(void **state)
{
	struct scratch *scratch = *state;
	struct copy copy = ledger_copy(scratch);
	char *changed = kg_copy_bytes(scratch->arena, copy.bytes, copy.size);
	uint32_t found = 0;

	/* The head's value follows its key; old states of the page carry it as well. */
	for (size_t at = 0; at + 12 < copy.size; at++) {
		if (memcmp(changed + at, "\4\0head\1\0\0\0", 10) == 0) {
			changed[at + 6] = 2;
			found++;
		}
	}
	assert_true(found > 0);
	assert_true(copy_use(scratch, changed, copy.size));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_sound_ledger_is_not_set_aside, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(a_ledger_cut_short_is_set_aside, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(what_is_set_aside_is_kept_and_told, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(
		    changed_bytes_anywhere_never_crash_and_never_give_a_wrong_entry, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(whole_pages_of_zeros_or_of_another_place_are_noticed, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(
		    an_older_state_of_some_pages_is_a_mixture_and_set_aside, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(a_kill_at_any_moment_loses_nothing_that_was_finished, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(a_ledger_of_another_version_is_set_aside, scratch_make, scratch_free),
	};

	return cmocka_run_group_tests_name("ledger_damage", tests, nullptr, nullptr);
}
