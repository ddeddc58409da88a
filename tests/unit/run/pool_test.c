/* Pools by themselves: tasks made by hand, no loop. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/run/state.h"

static constexpr uint32_t node_count = 1000;
static constexpr int64_t gib = (int64_t)1 << 30;

static const struct kg_kind computing = { .computes = true };
static const struct kg_kind waiting = { 0 };

static int
make(void **state)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_run *run = kg_new(arena, struct kg_run);

	run->arena = arena;
	run->graph = kg_new(arena, struct kg_graph);
	run->tasks = kg_new_array(arena, struct kg_task, node_count);
	*state = run;
	return 0;
}

static int
drop(void **state)
{
	kg_arena_free(((struct kg_run *)*state)->arena);
	return 0;
}

/* A node that could run: where, with how much memory, and how far it is from the end of the graph. */
static void
queue(struct kg_run *run, uint32_t node, const struct kg_kind *kind, const char *pool, int64_t memory_bytes, int64_t path_ns)
{
	struct kg_operation *operation = kg_new(run->arena, struct kg_operation);
	struct kg_common *common = kg_new(run->arena, struct kg_common);

	common->pool = pool;
	common->memory_bytes = memory_bytes;
	operation->kind = kind;
	operation->job.common = common;
	run->tasks[node].operation = operation;
	run->tasks[node].path_ns = path_ns;
	kg_pool_push(run, node);
}

/* Beside `cpu`, which is as wide as said, and the one without limits. */
static void
pools_make(struct kg_run *run, uint32_t cpu_width, struct kg_pool_state more)
{
	run->pools = kg_new_array(run->arena, struct kg_pool_state, 3);
	run->pools[0] = (struct kg_pool_state){ .name = "cpu", .width = cpu_width };
	run->pools[1] = (struct kg_pool_state){ .name = "" };
	run->pools[2] = more;
	run->pool_count = more.name ? 3 : 2;
}

static void
the_longest_way_goes_first(void **state)
{
	struct kg_run *run = *state;
	int64_t last_ns = INT64_MAX;
	uint32_t last = 0, popped = 0;

	pools_make(run, 0, (struct kg_pool_state){ 0 });
	/* 0, 7919, …: each remainder of 250 four times, in no order. */
	for (uint32_t node = 0; node < node_count; node++)
		queue(run, node, &waiting, NULL, 0, (int64_t)node * 7919 % 250);
	for (uint32_t node; (node = kg_pool_pop(run)) != KG_NO_NODE; popped++) {
		int64_t path_ns = run->tasks[node].path_ns;

		assert_true(path_ns <= last_ns);
		if (path_ns == last_ns)
			assert_true(node > last);
		last_ns = path_ns;
		last = node;
	}
	assert_int_equal(popped, node_count);
}

static void
what_comes_later_and_is_longer_goes_before_what_waits(void **state)
{
	struct kg_run *run = *state;

	pools_make(run, 1, (struct kg_pool_state){ 0 });
	queue(run, 0, &computing, NULL, 0, 10);
	queue(run, 1, &computing, NULL, 0, 20);
	assert_int_equal(kg_pool_pop(run), 1);
	queue(run, 2, &computing, NULL, 0, 30);
	kg_pool_give_back(run, 1);
	assert_int_equal(kg_pool_pop(run), 2);
	kg_pool_give_back(run, 2);
	assert_int_equal(kg_pool_pop(run), 0);
}

static void
a_width_bounds_how_many_run(void **state)
{
	struct kg_run *run = *state;

	pools_make(run, 2, (struct kg_pool_state){ 0 });
	for (uint32_t node = 0; node < 4; node++)
		queue(run, node, &computing, NULL, 0, 0);
	assert_int_equal(kg_pool_pop(run), 0);
	assert_int_equal(kg_pool_pop(run), 1);
	assert_int_equal(kg_pool_pop(run), KG_NO_NODE);
	kg_pool_give_back(run, 0);
	assert_int_equal(kg_pool_pop(run), 2);
	assert_int_equal(kg_pool_pop(run), KG_NO_NODE);
}

static void
a_full_pool_keeps_no_other_waiting(void **state)
{
	struct kg_run *run = *state;

	pools_make(run, 1, (struct kg_pool_state){ .name = "build", .width = 1 });
	queue(run, 0, &computing, NULL, 0, 100);
	queue(run, 1, &computing, NULL, 0, 90);
	queue(run, 2, &computing, "build", 0, 5);
	queue(run, 3, &computing, "build", 0, 4);
	queue(run, 4, &waiting, NULL, 0, 1);
	queue(run, 5, &waiting, NULL, 0, 0);
	assert_int_equal(kg_pool_pop(run), 0);
	assert_int_equal(kg_pool_pop(run), 4);
	assert_int_equal(kg_pool_pop(run), 5);
	assert_int_equal(kg_pool_pop(run), 2);
	assert_int_equal(kg_pool_pop(run), KG_NO_NODE);
	kg_pool_give_back(run, 2);
	assert_int_equal(kg_pool_pop(run), 3);
}

static void
memory_bounds_what_runs_together(void **state)
{
	struct kg_run *run = *state;

	pools_make(run, 1, (struct kg_pool_state){ .name = "image", .memory_bytes = 4 * gib });
	queue(run, 0, &computing, "image", 2 * gib, 3);
	queue(run, 1, &computing, "image", 2 * gib, 2);
	queue(run, 2, &computing, "image", 1, 1);
	assert_int_equal(kg_pool_pop(run), 0);
	assert_int_equal(kg_pool_pop(run), 1);
	assert_int_equal(kg_pool_pop(run), KG_NO_NODE);
	kg_pool_give_back(run, 1);
	assert_int_equal(kg_pool_pop(run), 2);
}

static void
width_and_memory_both_count(void **state)
{
	struct kg_run *run = *state;

	pools_make(run, 1, (struct kg_pool_state){ .name = "image", .width = 2, .memory_bytes = 4 * gib });
	for (uint32_t node = 0; node < 3; node++)
		queue(run, node, &computing, "image", gib, 0);
	assert_int_equal(kg_pool_pop(run), 0);
	assert_int_equal(kg_pool_pop(run), 1);
	assert_int_equal(kg_pool_pop(run), KG_NO_NODE);
}

static void
a_node_larger_than_its_pool_runs_alone(void **state)
{
	struct kg_run *run = *state;

	pools_make(run, 1, (struct kg_pool_state){ .name = "image", .memory_bytes = 4 * gib });
	queue(run, 0, &computing, "image", 9 * gib, 2);
	queue(run, 1, &computing, "image", gib, 1);
	assert_int_equal(kg_pool_pop(run), 0);
	assert_int_equal(kg_pool_pop(run), KG_NO_NODE);
	kg_pool_give_back(run, 0);
	assert_int_equal(kg_pool_pop(run), 1);
}

/* Small ones behind it would always find room: it would never get its turn. */
static void
a_large_node_at_the_front_is_not_overtaken(void **state)
{
	struct kg_run *run = *state;

	pools_make(run, 1, (struct kg_pool_state){ .name = "image", .memory_bytes = 4 * gib });
	queue(run, 0, &computing, "image", gib, 9);
	assert_int_equal(kg_pool_pop(run), 0);
	queue(run, 1, &computing, "image", 4 * gib, 5);
	for (uint32_t node = 2; node < 20; node++) {
		queue(run, node, &computing, "image", gib, 1);
		assert_int_equal(kg_pool_pop(run), KG_NO_NODE);
	}
	kg_pool_give_back(run, 0);
	assert_int_equal(kg_pool_pop(run), 1);
	assert_int_equal(kg_pool_pop(run), KG_NO_NODE);
	kg_pool_give_back(run, 1);
	for (uint32_t node = 2; node < 6; node++)
		assert_int_equal(kg_pool_pop(run), node);
	assert_int_equal(kg_pool_pop(run), KG_NO_NODE);
}

static uint32_t dropped_count;

static void
dropped(struct kg_run *run, uint32_t node)
{
	assert_non_null(run->tasks[node].operation);
	dropped_count++;
}

static void
a_stopped_run_drops_all_that_waits(void **state)
{
	struct kg_run *run = *state;

	pools_make(run, 1, (struct kg_pool_state){ .name = "build", .width = 1 });
	for (uint32_t node = 0; node < 30; node++)
		queue(run, node, node % 2 ? &computing : &waiting, node % 3 ? NULL : "build", 0, node);
	assert_int_not_equal(kg_pool_pop(run), KG_NO_NODE);
	dropped_count = 0;
	kg_pools_empty(run, dropped);
	assert_int_equal(dropped_count, 29);
	assert_int_equal(kg_pool_pop(run), KG_NO_NODE);
}

/* A graph of pools alone; what it says of `cpu` holds unless --jobs says otherwise. */
static void
the_command_line_counts_more_than_the_file(void **state)
{
	struct kg_run *run = *state;
	struct kg_graph graph = {
		.values = { .texts = "\0cpu\0image" },
		.pools = (struct kg_pool[]){ { .name = 1, .width = 3 }, { .name = 5, .memory_bytes = 4 * gib } },
		.pool_count = 2,
	};

	run->graph = &graph;
	kg_pools_make(run);
	assert_int_equal(run->pools[0].width, 3);
	assert_int_equal(run->pools[1].width, 0);
	/* The last one is the graph's own. */
	assert_string_equal(run->pools[run->pool_count - 1].name, "image");
	assert_true(run->pools[run->pool_count - 1].memory_bytes == 4 * gib);
	run->options.jobs = 7;
	kg_pools_make(run);
	assert_int_equal(run->pools[0].width, 7);
}

int
main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, make, drop)
	const struct CMUnitTest tests[] = {
		STORY(the_longest_way_goes_first),
		STORY(what_comes_later_and_is_longer_goes_before_what_waits),
		STORY(a_width_bounds_how_many_run),
		STORY(a_full_pool_keeps_no_other_waiting),
		STORY(memory_bounds_what_runs_together),
		STORY(width_and_memory_both_count),
		STORY(a_node_larger_than_its_pool_runs_alone),
		STORY(a_large_node_at_the_front_is_not_overtaken),
		STORY(a_stopped_run_drops_all_that_waits),
		STORY(the_command_line_counts_more_than_the_file),
	};

	return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
