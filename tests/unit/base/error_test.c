#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"

static void
a_wrap_keeps_the_code_and_says_what_was_done(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_error *cause = kg_error_system(arena, ENOENT, "cannot open %s", "x");
	struct kg_error *error = kg_error_wrap(arena, cause, "while reading %s", "y");

	assert_int_equal(cause->code, KG_ESYSTEM);
	assert_int_equal(cause->sys, ENOENT);
	assert_int_equal(error->code, KG_ESYSTEM);
	assert_ptr_equal(error->cause, cause);
	assert_string_equal(kg_error_text(arena, error), "while reading y: cannot open x: No such file or directory");
	kg_arena_free(arena);
}

static void
a_copy_shares_nothing_with_the_arena_it_came_from(void **)
{
	struct kg_arena *old = kg_arena_make(), *new = kg_arena_make();
	struct kg_place place = { .file = kg_copy(old, "f"), .line_text = kg_copy(old, "l"), .line = 3, .column = 4, .length = 5 };
	struct kg_error *error = kg_error_advise(old, kg_error_at(old, KG_EINPUT, place, "wrong %d", 1), "do %s", "this");

	error->detail = kg_copy(old, "detail");
	error = kg_error_wrap(old, error, "outer");
	error->next = error;
	struct kg_error *copy = kg_error_copy(new, error);
	kg_arena_free(old);
	assert_string_equal(kg_error_text(new, copy), "outer: wrong 1");
	assert_null(copy->next);
	assert_string_equal(copy->cause->place.file, "f");
	assert_string_equal(copy->cause->place.line_text, "l");
	assert_int_equal(copy->cause->place.column, 4);
	assert_string_equal(copy->cause->advice, "do this");
	assert_string_equal(copy->cause->detail, "detail");
	assert_null(kg_error_copy(new, NULL));
	kg_arena_free(new);
}

static void
errors_are_kept_in_the_order_in_which_they_came(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_errors errors = { .arena = arena };

	kg_errors_add(&errors, kg_error_make(arena, KG_EINPUT, "one"));
	kg_errors_add(&errors, kg_error_make(arena, KG_EINPUT, "two"));
	assert_int_equal(errors.count, 2);
	assert_string_equal(errors.first->message, "one");
	assert_string_equal(errors.first->next->message, "two");
	assert_null(errors.last->next);
	kg_arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wrap_keeps_the_code_and_says_what_was_done),
		cmocka_unit_test(a_copy_shares_nothing_with_the_arena_it_came_from),
		cmocka_unit_test(errors_are_kept_in_the_order_in_which_they_came),
	};

	return cmocka_run_group_tests_name("error", tests, nullptr, nullptr);
}
