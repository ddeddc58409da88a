#include "tests/unit/loop/child_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/base/arena.h"

static const char *const no_env[] = { "PATH=/usr/bin:/bin", NULL };

static void
on_output(void *context, int stream, const char *bytes, size_t size)
{
	struct child_fixture *fixture = context;

	kg_text_add_bytes(&fixture->output[stream - 1], bytes, size);
}

static void
on_ended(struct kg_wait *wait)
{
	struct child_fixture *fixture = wait->context;

	fixture->ended++;
}

int
fixture_set_up(void **state)
{
	struct child_fixture *fixture = calloc(1, sizeof(*fixture));

	fixture->arena = kg_arena_make();
	fixture->output[0].arena = fixture->output[1].arena = fixture->arena;
	assert_null(kg_loop_make(fixture->arena, &fixture->loop));
	fixture->wait = (struct kg_wait){ .ended = on_ended, .context = fixture };
	fixture->start = (struct kg_child_start){ .env = no_env, .on_output = on_output, .context = fixture };
	*state = fixture;
	return 0;
}

int
fixture_tear_down(void **state)
{
	struct child_fixture *fixture = *state;

	kg_loop_free(fixture->loop);
	kg_arena_free(fixture->arena);
	free(fixture);
	return 0;
}

void
start_shell(struct child_fixture *fixture, const char *script)
{
	const char **argv = kg_new_array(fixture->arena, const char *, 4);

	argv[0] = "sh";
	argv[1] = "-c";
	argv[2] = script;
	fixture->start.program = "/bin/sh";
	fixture->start.argv = argv;
	kg_child_start(fixture->loop, &fixture->wait, &fixture->start);
}

void
run_shell(struct child_fixture *fixture, const char *script)
{
	start_shell(fixture, script);
	kg_loop_run(fixture->loop);
	assert_int_equal(fixture->ended, 1);
	assert_true(fixture->start.is_over);
}

const char *
fixture_output(struct child_fixture *fixture)
{
	return kg_text_end(&fixture->output[0]);
}
