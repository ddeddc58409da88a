#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/run/sink_inside.h"
#include "tests/unit/run/screen.h"

static constexpr int64_t second_ns = 1'000'000'000;

struct fixture {
	struct kg_arena *arena;
	struct kg_scene *scene;
	struct kg_live_view view;
	struct screen *screen;
	uint32_t columns, rows;
	int64_t now_ns;
};

static int
set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	fixture->arena = kg_arena_make();
	fixture->scene = kg_scene_make(fixture->arena);
	fixture->columns = 40;
	fixture->rows = 8;
	fixture->screen = screen_make(fixture->columns, fixture->rows);
	fixture->now_ns = second_ns;
	*state = fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	kg_scene_free(fixture->scene);
	kg_live_free(&fixture->view);
	screen_free(fixture->screen);
	kg_arena_free(fixture->arena);
	free(fixture);
	return 0;
}

static void
tell(struct fixture *fixture, enum kg_event_type type, const char *name, const char *text, int64_t count)
{
	kg_scene_take(fixture->scene,
	    &(struct kg_event){
		.type = type, .name = name, .kind = "command", .text = text, .count = count, .at_ns = fixture->now_ns });
}

/* Returns how many bytes went to the screen. */
static size_t
draw(struct fixture *fixture, const char *added, bool is_last)
{
	struct kg_text out = { .arena = fixture->arena };
	struct kg_live_screen screen = { .now_ns = fixture->now_ns, .columns = fixture->columns, .rows = fixture->rows };

	kg_live_draw(&out, &fixture->view, fixture->scene, &kg_style_coloured, screen, added, is_last);
	screen_write(fixture->screen, out.bytes, out.size);
	return out.size;
}

static void
assert_rows(struct fixture *fixture, const char *const *rows)
{
	for (uint32_t row = 0; row < fixture->rows; row++)
		assert_string_equal(screen_row(fixture->screen, row), *rows ? *rows++ : "");
}

#define ASSERT_ROWS(fixture, ...) assert_rows((fixture), (const char *const[]){ __VA_ARGS__ __VA_OPT__(, ) NULL })

static void
start(struct fixture *fixture, const char *name, const char *why)
{
	tell(fixture, KG_EVENT_NODE_STALE, name, why, 0);
	tell(fixture, KG_EVENT_NODE_STARTED, name, NULL, 1);
}

static void
nothing_is_drawn_before_the_run_has_started(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(draw(fixture, "", false), 0);
}

static void
each_running_node_has_a_line_and_all_have_a_summary(void **state)
{
	struct fixture *fixture = *state;

	tell(fixture, KG_EVENT_RUN_STARTED, NULL, "stack", 4);
	tell(fixture, KG_EVENT_NODE_UNCHANGED, "config", NULL, 0);
	start(fixture, "schema", "0002.sql is new");
	start(fixture, "redis", "it was killed");
	tell(fixture, KG_EVENT_NODE_TOLD, "redis", "starting", 0);
	fixture->now_ns += 7 * second_ns;
	draw(fixture, "", false);
	ASSERT_ROWS(
	    fixture, "running   schema    7 s  0002.sql is n…", "running   redis     7 s  starting", "1 of 4 done, 2 running  7 s");
}

static void
what_is_printed_goes_above_and_what_is_over_goes_away(void **state)
{
	struct fixture *fixture = *state;

	tell(fixture, KG_EVENT_RUN_STARTED, NULL, "stack", 2);
	start(fixture, "schema", "");
	start(fixture, "redis", "");
	draw(fixture, "", false);
	tell(fixture, KG_EVENT_NODE_DONE, "redis", NULL, 0);
	draw(fixture, "done      redis\n", false);
	ASSERT_ROWS(fixture, "done      redis", "running   schema", "1 of 2 done, 1 running");
	tell(fixture, KG_EVENT_NODE_DONE, "schema", NULL, 0);
	tell(fixture, KG_EVENT_NODE_WAITING, "schema", NULL, 0);
	draw(fixture, "", false);
	ASSERT_ROWS(fixture, "done      redis", "waiting   schema", "2 of 2 done, 1 waited for");
	tell(fixture, KG_EVENT_NODE_READY, "schema", NULL, 0);
	draw(fixture, "", false);
	ASSERT_ROWS(fixture, "done      redis", "2 of 2 done");
	draw(fixture, "stack is up\n", true);
	ASSERT_ROWS(fixture, "done      redis", "stack is up");
}

static void
lines_that_have_not_changed_are_not_written_again(void **state)
{
	struct fixture *fixture = *state;

	tell(fixture, KG_EVENT_RUN_STARTED, NULL, "stack", 3);
	start(fixture, "a", "");
	start(fixture, "b", "");
	draw(fixture, "", false);
	assert_int_equal(draw(fixture, "", false), 0);
	uint64_t before = screen_characters(fixture->screen);
	tell(fixture, KG_EVENT_NODE_TOLD, "b", "x", 0);
	draw(fixture, "", false);
	assert_int_equal(screen_characters(fixture->screen) - before, strlen("running   b         x"));
	ASSERT_ROWS(fixture, "running   a", "running   b         x", "0 of 3 done, 2 running");
}

static void
more_than_fits_is_counted(void **state)
{
	struct fixture *fixture = *state;

	tell(fixture, KG_EVENT_RUN_STARTED, NULL, "stack", 20);
	for (int i = 0; i < 20; i++)
		start(fixture, kg_format(fixture->arena, "n%02d", i), "");
	draw(fixture, "", false);
	ASSERT_ROWS(fixture, "running   n00", "running   n01", "running   n02", "running   n03", "running   n04",
	    "          and 15 more", "0 of 20 done, 20 running");
	for (int i = 0; i < 18; i++)
		tell(fixture, KG_EVENT_NODE_DONE, kg_format(fixture->arena, "n%02d", i), NULL, 0);
	draw(fixture, "", false);
	ASSERT_ROWS(fixture, "running   n18", "running   n19", "18 of 20 done, 2 running");
	assert_int_equal(screen_scrolled(fixture->screen), 0);
}

static void
no_line_is_as_wide_as_the_screen(void **state)
{
	struct fixture *fixture = *state;

	tell(fixture, KG_EVENT_RUN_STARTED, NULL, "stack", 2);
	start(fixture, "a-node-with-a-name-that-is-wider-than-the-screen-is", "because of a long reason");
	start(fixture, "größe-größe-größe-größe", "日本語日本語日本語");
	draw(fixture, "", false);
	ASSERT_ROWS(fixture, "running   a-node-with-a-…         beca…", "running   größe-größe-gr…         日本…",
	    "0 of 2 done, 2 running");
}

static void
it_scrolls_at_the_bottom_and_keeps_its_place(void **state)
{
	struct fixture *fixture = *state;

	tell(fixture, KG_EVENT_RUN_STARTED, NULL, "stack", 30);
	start(fixture, "long", "");
	for (int i = 0; i < 20; i++)
		draw(fixture, kg_format(fixture->arena, "line %d\n", i), false);
	ASSERT_ROWS(
	    fixture, "line 14", "line 15", "line 16", "line 17", "line 18", "line 19", "running   long", "0 of 30 done, 1 running");
	draw(fixture, "", true);
	ASSERT_ROWS(fixture, "line 14", "line 15", "line 16", "line 17", "line 18", "line 19");
}

static void
a_screen_that_is_too_narrow_gets_no_view(void **state)
{
	struct fixture *fixture = *state;

	fixture->columns = 12;
	tell(fixture, KG_EVENT_RUN_STARTED, NULL, "stack", 30);
	start(fixture, "long", "");
	draw(fixture, "printed\n", false);
	ASSERT_ROWS(fixture, "printed");
}

/* As a terminal that wraps what was drawn wider: the rows that it takes then are cleared. */
static void
a_narrower_screen_is_cleared_of_wrapped_lines(void **state)
{
	struct fixture *fixture = *state;
	struct kg_text out = { .arena = fixture->arena };

	tell(fixture, KG_EVENT_RUN_STARTED, NULL, "stack", 3);
	start(fixture, "schema", "a reason of some length");
	draw(fixture, "", false);
	struct kg_live_screen narrow = { .now_ns = fixture->now_ns, .columns = 25, .rows = 8 };
	kg_live_draw(&out, &fixture->view, fixture->scene, &kg_style_plain, narrow, "", false);
	assert_true(kg_text_starts(kg_text_end(&out), "\r\033[2A\033[J"));
}

static void
what_is_ended_early_goes_away(void **state)
{
	struct fixture *fixture = *state;

	tell(fixture, KG_EVENT_RUN_STARTED, NULL, "stack", 3);
	start(fixture, "a", "");
	start(fixture, "b", "");
	draw(fixture, "", false);
	tell(fixture, KG_EVENT_NODE_ENDED_EARLY, "a", NULL, 0);
	draw(fixture, "", false);
	ASSERT_ROWS(fixture, "running   b", "0 of 3 done, 1 running");
}

static void
down_says_what_is_stopping(void **state)
{
	struct fixture *fixture = *state;

	tell(fixture, KG_EVENT_RUN_STARTED, NULL, "down", 2);
	tell(fixture, KG_EVENT_NODE_TOLD, "redis", "stopping process 12", 0);
	draw(fixture, "", false);
	ASSERT_ROWS(fixture, "stopping  redis         stopping proce…", "0 down, 1 stopping");
	tell(fixture, KG_EVENT_NODE_UNDONE, "redis", NULL, 0);
	draw(fixture, "", false);
	ASSERT_ROWS(fixture, "1 down");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_drawn_before_the_run_has_started),
		TEST(each_running_node_has_a_line_and_all_have_a_summary),
		TEST(what_is_printed_goes_above_and_what_is_over_goes_away),
		TEST(lines_that_have_not_changed_are_not_written_again),
		TEST(more_than_fits_is_counted),
		TEST(no_line_is_as_wide_as_the_screen),
		TEST(it_scrolls_at_the_bottom_and_keeps_its_place),
		TEST(a_screen_that_is_too_narrow_gets_no_view),
		TEST(a_narrower_screen_is_cleared_of_wrapped_lines),
		TEST(what_is_ended_early_goes_away),
		TEST(down_says_what_is_stopping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
