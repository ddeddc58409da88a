#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cache/ledger.h"
#include "tests/unit/cache/scratch.h"

static struct kg_ledger *
opened(struct scratch *scratch)
{
	struct kg_ledger *ledger;
	const char *damage;

	well(kg_ledger_open(scratch->arena, scratch->folder, &ledger, &damage));
	assert_null(damage);
	return ledger;
}

static struct kg_entry
entry_of(const char *name, uint32_t number)
{
	return (struct kg_entry){
		.name = name,
		.kind = "command",
		.folder = "/srv/app",
		.fingerprint = { number, 1 },
		.duration_ns = number,
	};
}

static void
nothing_has_run_in_a_new_folder(void **state)
{
	struct scratch *scratch = *state;
	struct kg_ledger *ledger;
	struct kg_error *error = kg_ledger_open_reading(scratch->arena, scratch->folder, &ledger);
	const struct kg_entry *const *entries, *entry;
	struct kg_parts parts;
	const char *fact;
	uint32_t count;

	assert_int_equal(error->code, KG_EINPUT);
	assert_string_equal(error->message, "nothing has run here yet");

	ledger = opened(scratch);
	well(kg_ledger_all(ledger, scratch->arena, &entries, &count));
	assert_int_equal(count, 0);
	well(kg_ledger_find(ledger, scratch->arena, "schema", &entry));
	assert_null(entry);
	well(kg_ledger_parts(ledger, scratch->arena, "schema", &parts));
	assert_int_equal(parts.count, 0);
	assert_true(parts.is_sealed);
	well(kg_ledger_fact(ledger, scratch->arena, "port.http", &fact));
	assert_null(fact);
	well(kg_ledger_remove(ledger, scratch->arena, "schema"));
	kg_ledger_close(ledger);
}

static void
an_entry_comes_back_as_it_was_put(void **state)
{
	struct scratch *scratch = *state;
	static const char settings[] = "\x01\0\0\0settings of any length";
	const struct kg_entry_output outputs[] = {
		{ .key = "path", .value = "/srv/app/bin/service", .digest = { 3, 4 }, .is_product = true },
		{ .key = "version", .value = "17", .digest = { 5, 6 }, .is_data = true },
	};
	const struct kg_entry put = {
		.name = "schema",
		.kind = "migration",
		.folder = "/srv/app",
		.kind_version = 7,
		.is_started = false,
		.fingerprint = { 1, 2 },
		.outputs_digest = { 8, 9 },
		.outputs = outputs,
		.output_count = 2,
		.order = 5,
		.duration_ns = 123456789012,
		.ready_ns = -1,
		.finished_wall_ns = 1790000000000000000,
		.settings = { settings, sizeof(settings) },
		.why = "setting `dir` changed",
		.needs = (const char *const[]){ "postgresql", "redis:ready", NULL },
	};
	const struct kg_entry *got;
	struct kg_ledger *ledger = opened(scratch);

	well(kg_ledger_put(ledger, scratch->arena, &put, NULL));
	kg_ledger_close(ledger);
	well(kg_ledger_open_reading(scratch->arena, scratch->folder, &ledger));
	well(kg_ledger_find(ledger, scratch->arena, "schema", &got));
	kg_ledger_close(ledger);

	assert_non_null(got);
	assert_string_equal(got->name, "schema");
	assert_string_equal(got->kind, "migration");
	assert_string_equal(got->folder, "/srv/app");
	assert_int_equal(got->kind_version, 7);
	assert_false(got->is_started);
	assert_true(kg_digest_equal(got->fingerprint, put.fingerprint));
	assert_true(kg_digest_equal(got->outputs_digest, put.outputs_digest));
	assert_int_equal(got->output_count, 2);
	for (int i = 0; i < 2; i++) {
		assert_string_equal(got->outputs[i].key, outputs[i].key);
		assert_string_equal(got->outputs[i].value, outputs[i].value);
		assert_true(kg_digest_equal(got->outputs[i].digest, outputs[i].digest));
		assert_int_equal(got->outputs[i].is_product, outputs[i].is_product);
		assert_int_equal(got->outputs[i].is_data, outputs[i].is_data);
	}
	assert_int_equal(got->order, 5);
	assert_int_equal(got->duration_ns, put.duration_ns);
	assert_int_equal(got->ready_ns, -1);
	assert_int_equal(got->finished_wall_ns, put.finished_wall_ns);
	assert_int_equal(got->settings.size, sizeof(settings));
	assert_memory_equal(got->settings.bytes, settings, sizeof(settings));
	assert_int_equal((uintptr_t)got->settings.bytes % 8, 0);
	assert_string_equal(got->needs[0], "postgresql");
	assert_string_equal(got->needs[1], "redis:ready");
	assert_null(got->needs[2]);
	assert_string_equal(got->why, "setting `dir` changed");
}

static void
parts_stay_when_an_entry_is_put_without_them(void **state)
{
	struct scratch *scratch = *state;
	struct kg_parts parts = { .arena = scratch->arena }, got;
	struct kg_entry entry = entry_of("binary", 1);
	struct kg_ledger *ledger = opened(scratch);

	kg_parts_add(&parts, KG_PART_FILE, "main.c", (struct kg_digest){ 1, 2 });
	kg_parts_add_noted(&parts, KG_PART_TOOL, "cc", "/usr/bin/cc", (struct kg_digest){ 3, 4 });
	struct kg_digest sealed = kg_parts_seal(&parts);
	well(kg_ledger_put(ledger, scratch->arena, &entry, &parts));
	entry.is_started = true;
	entry.fingerprint = (struct kg_digest){ 0 };
	well(kg_ledger_put(ledger, scratch->arena, &entry, NULL));

	well(kg_ledger_parts(ledger, scratch->arena, "binary", &got));
	assert_int_equal(got.count, 2);
	assert_null(got.items[0].note);
	assert_string_equal(got.items[1].note, "/usr/bin/cc");
	assert_true(kg_digest_equal(kg_parts_seal(&got), sealed));
	assert_int_equal(kg_parts_compare(scratch->arena, &parts, &got).count, 0);

	parts = (struct kg_parts){ .arena = scratch->arena, .is_sealed = true };
	well(kg_ledger_put(ledger, scratch->arena, &entry, &parts));
	well(kg_ledger_parts(ledger, scratch->arena, "binary", &got));
	assert_int_equal(got.count, 0);
	kg_ledger_close(ledger);
}

static void
a_removed_node_is_gone_with_its_parts(void **state)
{
	struct scratch *scratch = *state;
	struct kg_parts parts = { .arena = scratch->arena }, got;
	struct kg_entry entry = entry_of("binary", 1);
	const struct kg_entry *found;
	struct kg_ledger *ledger = opened(scratch);

	kg_parts_add(&parts, KG_PART_FILE, "main.c", (struct kg_digest){ 1, 2 });
	kg_parts_seal(&parts);
	well(kg_ledger_put(ledger, scratch->arena, &entry, &parts));
	well(kg_ledger_remove(ledger, scratch->arena, "binary"));
	well(kg_ledger_find(ledger, scratch->arena, "binary", &found));
	assert_null(found);
	well(kg_ledger_parts(ledger, scratch->arena, "binary", &got));
	assert_int_equal(got.count, 0);
	kg_ledger_close(ledger);
	kg_ledger_close(opened(scratch));
}

static void
facts_are_set_changed_and_taken_away(void **state)
{
	struct scratch *scratch = *state;
	struct kg_ledger *ledger = opened(scratch);
	const char *const values[] = { "25432", "25432", "", "15432", NULL };
	const char *got;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		well(kg_ledger_set_fact(ledger, scratch->arena, "port.postgresql", values[i]));
		well(kg_ledger_fact(ledger, scratch->arena, "port.postgresql", &got));
		if (values[i])
			assert_string_equal(got, values[i]);
		else
			assert_null(got);
	}
	kg_ledger_close(ledger);
}

static const char *
long_name(struct kg_arena *arena, size_t length, char last)
{
	char *name = kg_alloc(arena, length + 1);

	memset(name, 'n', length);
	name[length - 1] = last;
	return name;
}

static void
names_of_any_length_are_told_apart_and_sorted(void **state)
{
	struct scratch *scratch = *state;
	struct kg_arena *arena = scratch->arena;
	const char *const names[] = { "a", long_name(arena, 499, 'a'), long_name(arena, 500, 'x'), long_name(arena, 500, 'y'),
		long_name(arena, 5000, 'a'), long_name(arena, 5000, 'b'), long_name(arena, 5000, 'c'), "z" };
	constexpr uint32_t name_count = sizeof(names) / sizeof(names[0]);
	struct kg_ledger *ledger = opened(scratch);
	const struct kg_entry *const *entries, *found;
	uint32_t count;

	for (uint32_t i = name_count; i-- > 0;) {
		struct kg_entry entry = entry_of(names[i], i);

		well(kg_ledger_put(ledger, arena, &entry, NULL));
	}
	well(kg_ledger_all(ledger, arena, &entries, &count));
	assert_int_equal(count, name_count);
	for (uint32_t i = 1; i < count; i++)
		assert_true(strcmp(entries[i - 1]->name, entries[i]->name) < 0);
	for (uint32_t i = 0; i < name_count; i++) {
		well(kg_ledger_find(ledger, arena, names[i], &found));
		assert_string_equal(found->name, names[i]);
		assert_int_equal(found->duration_ns, i);
	}
	well(kg_ledger_find(ledger, arena, long_name(arena, 5000, 'd'), &found));
	assert_null(found);
	kg_ledger_close(ledger);
}

static void
many_entries_are_put_at_once_changed_and_read_back(void **state)
{
	struct scratch *scratch = *state;
	constexpr uint32_t node_count = 5000;
	struct kg_ledger *ledger = opened(scratch);
	struct kg_entry *put = kg_new_array(scratch->arena, struct kg_entry, node_count);
	const struct kg_entry **pointers = kg_new_array(scratch->arena, const struct kg_entry *, node_count);
	const struct kg_entry *const *entries;
	uint32_t count;

	for (uint32_t round = 0; round < 4; round++) {
		for (uint32_t i = 0; i < node_count; i++) {
			put[i] = entry_of(kg_format(scratch->arena, "node-%05u", i), i * 3 + round);
			put[i].settings = (struct kg_block){ kg_alloc(scratch->arena, (i * 7 + round * 211) % 5000),
				(i * 7 + round * 211) % 5000 };
			pointers[i] = &put[i];
		}
		well(kg_ledger_put_all(ledger, scratch->arena, pointers, NULL, node_count));
		for (uint32_t i = round; i < node_count; i += 7)
			well(kg_ledger_remove(ledger, scratch->arena, put[i].name));
		kg_ledger_close(ledger);
		ledger = opened(scratch);
	}
	well(kg_ledger_put_all(ledger, scratch->arena, pointers, NULL, node_count));
	well(kg_ledger_all(ledger, scratch->arena, &entries, &count));
	assert_int_equal(count, node_count);
	for (uint32_t i = 0; i < count; i++) {
		assert_string_equal(entries[i]->name, put[i].name);
		assert_int_equal(entries[i]->duration_ns, put[i].duration_ns);
	}
	kg_ledger_close(ledger);
}

static void
a_large_ledger_is_read_whole(void **state)
{
	struct scratch *scratch = *state;
	constexpr uint32_t node_count = 20000;
	struct kg_ledger *ledger = opened(scratch);
	struct kg_entry *put = kg_new_array(scratch->arena, struct kg_entry, node_count);
	const struct kg_entry **pointers = kg_new_array(scratch->arena, const struct kg_entry *, node_count);
	const char *const needs[] = { "node-00000", NULL };
	const struct kg_entry *const *entries;
	uint32_t count;

	for (uint32_t i = 0; i < node_count; i++) {
		put[i] = entry_of(kg_format(scratch->arena, "node-%05u", i), i);
		put[i].needs = needs;
		pointers[i] = &put[i];
	}
	well(kg_ledger_put_all(ledger, scratch->arena, pointers, NULL, node_count));
	well(kg_ledger_all(ledger, scratch->arena, &entries, &count));
	kg_ledger_close(ledger);
	assert_int_equal(count, node_count);
	for (uint32_t i = 0; i < count; i++) {
		assert_string_equal(entries[i]->name, put[i].name);
		assert_int_equal(entries[i]->duration_ns, i);
		assert_string_equal(entries[i]->needs[0], "node-00000");
		assert_null(entries[i]->needs[1]);
	}
}

static void
files_are_the_users_alone_and_no_child_gets_them(void **state)
{
	struct scratch *scratch = *state;
	const char *const names[] = { ".kgraph/ledger.mdb", ".kgraph/ledger.mdb-lock" };
	struct kg_ledger *ledger;
	const char *damage;
	struct stat stat_buffer;

	well(kg_ledger_open(scratch->arena, scratch_path(scratch, ".kgraph"), &ledger, &damage));
	assert_int_equal(stat(scratch_path(scratch, ".kgraph"), &stat_buffer), 0);
	assert_int_equal(stat_buffer.st_mode & 07777, 0700);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(stat(scratch_path(scratch, names[i]), &stat_buffer), 0);
		assert_int_equal(stat_buffer.st_mode & 07777, 0600);
	}

	DIR *fds = opendir("/proc/self/fd");
	for (struct dirent *one; (one = readdir(fds));) {
		char target[4096] = { 0 };

		if (readlinkat(dirfd(fds), one->d_name, target, sizeof(target) - 1) > 0 && strstr(target, "ledger.mdb"))
			assert_true(fcntl(atoi(one->d_name), F_GETFD) & FD_CLOEXEC);
	}
	closedir(fds);
	kg_ledger_close(ledger);
}

struct reading {
	struct kg_ledger *ledger;
	_Atomic bool is_over;
	bool is_wrong;
};

static void *
read_along(void *argument)
{
	struct reading *reading = argument;
	struct kg_arena *arena = kg_arena_make();

	while (!reading->is_over) {
		const struct kg_entry *entry;
		struct kg_parts parts;

		if (kg_ledger_find(reading->ledger, arena, "binary", &entry) ||
		    kg_ledger_parts(reading->ledger, arena, "binary", &parts) || !entry || parts.count != 1)
			reading->is_wrong = true;
		kg_arena_empty(arena);
	}
	kg_arena_free(arena);
	return NULL;
}

static void
other_threads_read_while_one_writes(void **state)
{
	struct scratch *scratch = *state;
	struct reading reading = { .ledger = opened(scratch) };
	struct kg_parts parts = { .arena = scratch->arena };
	struct kg_entry entry = entry_of("binary", 1);
	pthread_t threads[2];

	kg_parts_add(&parts, KG_PART_FILE, "main.c", (struct kg_digest){ 1, 2 });
	kg_parts_seal(&parts);
	well(kg_ledger_put(reading.ledger, scratch->arena, &entry, &parts));
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_along, &reading), 0);
	for (uint32_t i = 0; i < 300; i++) {
		entry.duration_ns = i;
		well(kg_ledger_put(reading.ledger, scratch->arena, &entry, &parts));
	}
	reading.is_over = true;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	assert_false(reading.is_wrong);
	kg_ledger_close(reading.ledger);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_has_run_in_a_new_folder, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(an_entry_comes_back_as_it_was_put, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(parts_stay_when_an_entry_is_put_without_them, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(a_removed_node_is_gone_with_its_parts, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(facts_are_set_changed_and_taken_away, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(names_of_any_length_are_told_apart_and_sorted, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(many_entries_are_put_at_once_changed_and_read_back, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(a_large_ledger_is_read_whole, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(files_are_the_users_alone_and_no_child_gets_them, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(other_threads_read_while_one_writes, scratch_make, scratch_free),
	};

	return cmocka_run_group_tests_name("ledger", tests, nullptr, nullptr);
}
