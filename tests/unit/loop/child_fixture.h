/*
 * One child and its loop, as the tests of children need them.
 *
 *     run_shell(fixture, "echo out; exit 7");
 *     assert_string_equal(fixture_output(fixture), "out\n");
 */
#pragma once

#include "engine/base/text.h"
#include "engine/loop/child.h"

struct child_fixture {
	struct kg_arena *arena;
	struct kg_loop *loop;
	struct kg_wait wait;
	struct kg_child_start start;
	struct kg_text output[2];
	uint32_t ended;
};

int fixture_set_up(void **state);
int fixture_tear_down(void **state);
/* Starts `sh -c script`; the loop is not run yet. */
void start_shell(struct child_fixture *fixture, const char *script);
/* Runs it to its end. */
void run_shell(struct child_fixture *fixture, const char *script);
/* Its standard output so far. */
const char *fixture_output(struct child_fixture *fixture);
