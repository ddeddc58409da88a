#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cache/fingerprint.h"
#include "engine/base/arena.h"

static const struct kg_digest none = { 0 };

static int
arena_make(void **state)
{
	*state = kg_arena_make();
	return 0;
}

static int
arena_free(void **state)
{
	kg_arena_free(*state);
	return 0;
}

/* One part before and one after, each with the digest of a text; NULL: the part is not there, "": it is there without a digest. */
static void
assert_change(
    struct kg_arena *arena, enum kg_part_type type, const char *name, const char *was, const char *is, const char *expected)
{
	struct kg_parts before = { .arena = arena }, after = { .arena = arena };

	if (was)
		kg_parts_add(&before, type, name, *was ? kg_digest_text(was) : none);
	if (is)
		kg_parts_add(&after, type, name, *is ? kg_digest_text(is) : none);
	kg_parts_seal(&before);
	kg_parts_seal(&after);
	struct kg_changes changes = kg_parts_compare(arena, &before, &after);
	assert_string_equal(kg_changes_tell(arena, &changes), expected);
}

static void
the_order_of_adding_does_not_matter_and_doubles_count_once(void **state)
{
	struct kg_parts one = { .arena = *state }, other = { .arena = *state };

	kg_parts_add(&one, KG_PART_FILE, "a.c", kg_digest_text("1"));
	kg_parts_add(&one, KG_PART_FILE, "b.c", kg_digest_text("2"));
	kg_parts_add(&one, KG_PART_SETTING, "command", kg_digest_text("3"));
	kg_parts_add(&other, KG_PART_FILE, "b.c", kg_digest_text("2"));
	kg_parts_add(&other, KG_PART_SETTING, "command", kg_digest_text("3"));
	kg_parts_add(&other, KG_PART_FILE, "a.c", kg_digest_text("1"));
	kg_parts_add(&other, KG_PART_FILE, "b.c", kg_digest_text("2"));
	assert_true(kg_digest_equal(kg_parts_seal(&one), kg_parts_seal(&other)));
	assert_int_equal(other.count, 3);
	assert_string_equal(other.items[0].name, "command");
}

static void
type_name_and_digest_all_count(void **state)
{
	struct kg_parts parts[4] = { { .arena = *state }, { .arena = *state }, { .arena = *state }, { .arena = *state } };
	struct kg_digest digests[4];

	kg_parts_add(&parts[0], KG_PART_FILE, "a", kg_digest_text("1"));
	kg_parts_add(&parts[1], KG_PART_SETTING, "a", kg_digest_text("1"));
	kg_parts_add(&parts[2], KG_PART_FILE, "b", kg_digest_text("1"));
	kg_parts_add(&parts[3], KG_PART_FILE, "a", kg_digest_text("2"));
	for (int i = 0; i < 4; i++)
		digests[i] = kg_parts_seal(&parts[i]);
	for (int i = 0; i < 4; i++)
		for (int j = 0; j < i; j++)
			assert_false(kg_digest_equal(digests[i], digests[j]));
}

static void
a_note_is_not_in_the_fingerprint(void **state)
{
	struct kg_parts one = { .arena = *state }, other = { .arena = *state };

	kg_parts_add_noted(&one, KG_PART_TOOL, "cc", "/usr/bin/cc", kg_digest_text("1"));
	kg_parts_add(&other, KG_PART_TOOL, "cc", kg_digest_text("1"));
	assert_true(kg_digest_equal(kg_parts_seal(&one), kg_parts_seal(&other)));
}

static void
a_secret_keeps_16_bits_of_its_digest(void **state)
{
	struct kg_parts parts = { .arena = *state };
	struct kg_digest digest = kg_digest_text("test_password");

	kg_parts_add(&parts, KG_PART_SECRET, "db", digest);
	kg_parts_add(&parts, KG_PART_SECRET, "unset", none);
	kg_parts_seal(&parts);
	assert_int_equal(parts.items[0].digest.low, digest.low & 0xffff);
	assert_int_equal(parts.items[0].digest.high, 1);
	assert_true(kg_digest_is_none(parts.items[1].digest));
}

static void
each_change_is_a_sentence(void **state)
{
	struct kg_arena *arena = *state;

	assert_change(arena, KG_PART_FILE, "service/main.c", "1", "2", "service/main.c changed");
	assert_change(arena, KG_PART_FILE, "service/new.c", NULL, "2", "service/new.c is new");
	assert_change(arena, KG_PART_FILE, "service/new.c", "", "2", "service/new.c is new");
	assert_change(arena, KG_PART_FILE, "service/old.c", "1", NULL, "service/old.c is gone");
	assert_change(arena, KG_PART_FILE, "service/old.c", "1", "", "service/old.c is gone");
	assert_change(arena, KG_PART_FILE, "x.c", NULL, "", "x.c is named now, and missing");
	assert_change(arena, KG_PART_FILE, "x.c", "", NULL, "x.c is not named any more");
	assert_change(arena, KG_PART_SETTING, "command", "1", "2", "setting `command` changed");
	assert_change(arena, KG_PART_SETTING, "command", NULL, "2", "setting `command` was added");
	assert_change(arena, KG_PART_SETTING, "command", "1", NULL, "setting `command` was removed");
	assert_change(arena, KG_PART_OUTPUT, "binary.path", "1", "2", "output binary.path changed");
	assert_change(arena, KG_PART_OUTPUT, "binary.path", NULL, "2", "output binary.path is used now");
	assert_change(arena, KG_PART_OUTPUT, "binary.path", "1", NULL, "output binary.path is not used any more");
	assert_change(arena, KG_PART_ENVIRONMENT, "CC", "1", "2", "environment variable CC changed");
	assert_change(arena, KG_PART_ENVIRONMENT, "CC", "", "2", "environment variable CC is set now");
	assert_change(arena, KG_PART_ENVIRONMENT, "CC", "1", "", "environment variable CC is not set any more");
	assert_change(arena, KG_PART_SECRET, "db", "1", "2", "secret `db` changed");
	assert_change(arena, KG_PART_PLACE, "port.postgresql", "1", "2", "port `postgresql` changed");
	assert_change(arena, KG_PART_PLACE, "dir.data", "1", "2", "folder `data` changed");
	assert_change(arena, KG_PART_TOOL, "cc", "1", "2", "program `cc` changed");
	assert_change(arena, KG_PART_TOOL, "cc", "1", "", "program `cc` is missing");
	assert_change(arena, KG_PART_TOOL, "cc", NULL, "2", "program `cc` is used now");
	assert_change(arena, KG_PART_KIND, "process", "1", "2", "kind `process` works differently in this version of kgraph");
	assert_change(arena, KG_PART_FILE, "same.c", "1", "1", "nothing changed");
}

static void
a_program_is_told_with_where_it_was_found(void **state)
{
	struct kg_arena *arena = *state;
	const char *const found[] = { "/usr/bin/cc", "/opt/bin/cc" };
	const char *const expected[] = { "program `cc` changed (/usr/bin/cc)", "program `cc` is /opt/bin/cc now, was /usr/bin/cc" };

	for (int i = 0; i < 2; i++) {
		struct kg_parts before = { .arena = arena }, after = { .arena = arena };

		kg_parts_add_noted(&before, KG_PART_TOOL, "cc", "/usr/bin/cc", kg_digest_text("1"));
		kg_parts_add_noted(&after, KG_PART_TOOL, "cc", found[i], kg_digest_text("2"));
		kg_parts_seal(&before);
		kg_parts_seal(&after);
		struct kg_changes changes = kg_parts_compare(arena, &before, &after);
		assert_string_equal(kg_changes_tell(arena, &changes), expected[i]);
	}
}

static void
another_kind_is_one_change(void **state)
{
	struct kg_parts before = { .arena = *state }, after = { .arena = *state };

	kg_parts_add(&before, KG_PART_KIND, "process", kg_digest_text("1"));
	kg_parts_add(&after, KG_PART_KIND, "command", kg_digest_text("1"));
	kg_parts_seal(&before);
	kg_parts_seal(&after);
	struct kg_changes changes = kg_parts_compare(*state, &before, &after);
	assert_string_equal(kg_changes_tell(*state, &changes), "the kind is `command` now, was `process`");
}

static void
many_changes_are_told_as_the_first_and_a_count(void **state)
{
	struct kg_parts before = { .arena = *state }, after = { .arena = *state };

	kg_parts_add(&before, KG_PART_FILE, "a.c", kg_digest_text("1"));
	kg_parts_add(&before, KG_PART_FILE, "b.c", kg_digest_text("1"));
	kg_parts_add(&before, KG_PART_FILE, "d.c", kg_digest_text("1"));
	kg_parts_add(&after, KG_PART_SETTING, "command", kg_digest_text("2"));
	kg_parts_add(&after, KG_PART_FILE, "c.c", kg_digest_text("1"));
	kg_parts_add(&after, KG_PART_FILE, "b.c", kg_digest_text("2"));
	kg_parts_add(&after, KG_PART_FILE, "d.c", kg_digest_text("1"));
	kg_parts_seal(&before);
	kg_parts_seal(&after);
	struct kg_changes changes = kg_parts_compare(*state, &before, &after);
	assert_int_equal(changes.count, 4);
	assert_string_equal(kg_changes_tell(*state, &changes), "setting `command` was added, 3 more changes");
	assert_string_equal(kg_change_tell(*state, changes.items[1]), "a.c is gone");
	assert_string_equal(kg_change_tell(*state, changes.items[2]), "b.c changed");
	assert_string_equal(kg_change_tell(*state, changes.items[3]), "c.c is new");
}

static void
empty_lists_can_be_compared(void **state)
{
	struct kg_parts before = { .arena = *state }, after = { .arena = *state };

	kg_parts_add(&after, KG_PART_FILE, "a.c", kg_digest_text("1"));
	kg_parts_seal(&after);
	assert_int_equal(kg_parts_compare(*state, &before, &after).count, 1);
	assert_int_equal(kg_parts_compare(*state, &before, &before).count, 0);
}

/* 500 files of which a few, or all, come out of order, with parts of other types between. */
static void
many_parts_come_out_the_same_in_whatever_order(void **state)
{
	struct kg_arena *arena = *state;
	static const uint32_t steps[] = { 1, 3, 499, 1, 1 }; /* with 500 without a common factor, each visits all */
	struct kg_digest first = { 0 };

	for (uint32_t round = 0; round < sizeof(steps) / sizeof(steps[0]); round++) {
		struct kg_parts parts = { .arena = arena };

		for (uint32_t i = 0; i < 500; i++) {
			uint32_t file = i * steps[round] % 500;

			/* Some files last. */
			if (round >= 3 && file % (round == 3 ? 100 : 3) == 0)
				continue;
			kg_parts_add(
			    &parts, i % 2 ? KG_PART_FILE : KG_PART_OUTPUT, kg_format(arena, "%03u", file), kg_digest_text("x"));
			kg_parts_add(
			    &parts, i % 2 ? KG_PART_OUTPUT : KG_PART_FILE, kg_format(arena, "%03u", file), kg_digest_text("x"));
		}
		for (uint32_t file = 0; round >= 3 && file < 500; file += round == 3 ? 100 : 3) {
			kg_parts_add(&parts, KG_PART_FILE, kg_format(arena, "%03u", file), kg_digest_text("x"));
			kg_parts_add(&parts, KG_PART_OUTPUT, kg_format(arena, "%03u", file), kg_digest_text("x"));
		}
		struct kg_digest digest = kg_parts_seal(&parts);
		assert_int_equal(parts.count, 1000);
		assert_true(round == 0 || kg_digest_equal(first, digest));
		first = digest;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(many_parts_come_out_the_same_in_whatever_order, arena_make, arena_free),
		cmocka_unit_test_setup_teardown(the_order_of_adding_does_not_matter_and_doubles_count_once, arena_make, arena_free),
		cmocka_unit_test_setup_teardown(type_name_and_digest_all_count, arena_make, arena_free),
		cmocka_unit_test_setup_teardown(a_note_is_not_in_the_fingerprint, arena_make, arena_free),
		cmocka_unit_test_setup_teardown(a_secret_keeps_16_bits_of_its_digest, arena_make, arena_free),
		cmocka_unit_test_setup_teardown(each_change_is_a_sentence, arena_make, arena_free),
		cmocka_unit_test_setup_teardown(a_program_is_told_with_where_it_was_found, arena_make, arena_free),
		cmocka_unit_test_setup_teardown(another_kind_is_one_change, arena_make, arena_free),
		cmocka_unit_test_setup_teardown(many_changes_are_told_as_the_first_and_a_count, arena_make, arena_free),
		cmocka_unit_test_setup_teardown(empty_lists_can_be_compared, arena_make, arena_free),
	};

	return cmocka_run_group_tests_name("fingerprint", tests, nullptr, nullptr);
}
