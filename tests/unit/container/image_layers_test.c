#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "targets/container/image_layers.h"

static struct kg_layers layers;

static const char *const base[] = { "a" };
static const char *const middle[] = { "a", "b" };
static const char *const top[] = { "a", "b", "c" };
static const char *const other[] = { "a", "d" };
static const char *const third[] = { "a", "b", "e", "f" };

static int
make_layers(void **)
{
	layers = (struct kg_layers){ .arena = kg_arena_make() };
	kg_layers_know(&layers, base, 1, 100);
	kg_layers_know(&layers, top, 3, 117);
	kg_layers_know(&layers, other, 2, 130);
	kg_layers_know(&layers, third, 4, 150);
	return 0;
}

static int
free_layers(void **)
{
	kg_arena_free(layers.arena);
	return 0;
}

static void
what_is_shared_counts_once(void **)
{
	assert_int_equal(kg_layers_add(&layers, base, 1, 100), 100);
	assert_int_equal(kg_layers_add(&layers, top, 3, 117), 17);
	assert_int_equal(kg_layers_add(&layers, other, 2, 130), 30);
	assert_int_equal(kg_layers_add(&layers, top, 3, 117), 0);
}

static void
the_base_is_free_once_it_was_counted_within_another(void **)
{
	assert_int_equal(kg_layers_add(&layers, top, 3, 117), 117);
	assert_int_equal(kg_layers_add(&layers, base, 1, 100), 0);
	assert_int_equal(kg_layers_add(&layers, other, 2, 130), 30);
}

static void
the_longest_beginning_with_a_known_size_counts(void **)
{
	assert_int_equal(kg_layers_add(&layers, top, 3, 117), 117);
	/* It shares "a b" with it, of which only "a" is known. */
	assert_int_equal(kg_layers_add(&layers, third, 4, 150), 50);
}

static void
a_builders_layer_tells_what_is_between(void **)
{
	kg_layers_know(&layers, middle, 2, 110);
	assert_int_equal(kg_layers_add(&layers, top, 3, 117), 117);
	assert_int_equal(kg_layers_add(&layers, third, 4, 150), 40);
}

static void
an_image_without_layers_is_what_it_says(void **)
{
	assert_int_equal(kg_layers_add(&layers, base, 0, 7), 7);
	kg_layers_know(&layers, base, 0, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_shared_counts_once, make_layers, free_layers),
		cmocka_unit_test_setup_teardown(the_base_is_free_once_it_was_counted_within_another, make_layers, free_layers),
		cmocka_unit_test_setup_teardown(the_longest_beginning_with_a_known_size_counts, make_layers, free_layers),
		cmocka_unit_test_setup_teardown(a_builders_layer_tells_what_is_between, make_layers, free_layers),
		cmocka_unit_test_setup_teardown(an_image_without_layers_is_what_it_says, make_layers, free_layers),
	};

	return cmocka_run_group_tests_name("image_layers", tests, NULL, NULL);
}
