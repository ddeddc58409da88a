#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/graph/reading.h"

static int
setup(void **state)
{
	*state = reading_make();
	return 0;
}

static int
teardown(void **state)
{
	reading_free(*state);
	return 0;
}

static void
nodes_stand_in_the_order_of_the_file_and_their_settings_by_key(void **state)
{
	reading_file(*state, "kgraph.toml",
	    "[node.b]\n"
	    "kind = \"process\"\n"
	    "needs = [\"a\", \"z:ready\"]\n"
	    "user = \"x\"\n"
	    "env = { Z = 1, A = true, M = 1.5 }\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "command = [\"cc\", [\"x\"]]\n");
	assert_string_equal(reading_told(*state),
	    "b process needs a, z:ready {env={A=true M=1.5 Z=1} user=\"x\"}\n"
	    "a command {command=[\"cc\" [\"x\"]]}\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nodes_stand_in_the_order_of_the_file_and_their_settings_by_key, setup, teardown),
	};

	return cmocka_run_group_tests_name("read", tests, nullptr, nullptr);
}
