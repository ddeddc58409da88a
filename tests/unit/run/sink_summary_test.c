#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/run/sink_inside.h"

struct page {
	struct kg_arena *arena;
	struct kg_scene *scene;
	struct kg_sink_summary summary;
};

static int
make(void **state)
{
	struct kg_arena *arena = kg_arena_make();
	struct page *page = kg_new(arena, struct page);

	page->arena = arena;
	page->scene = kg_scene_make(arena);
	page->summary =
	    (struct kg_sink_summary){ .arena = arena, .failures.arena = arena, .blocked.arena = arena, .warnings.arena = arena };
	*state = page;
	return 0;
}

static int
drop(void **state)
{
	struct page *page = *state;

	kg_scene_free(page->scene);
	kg_arena_free(page->arena);
	return 0;
}

static void
take(struct page *page, struct kg_event event)
{
	kg_scene_take(page->scene, &event);
	kg_sink_summary_take(&page->summary, page->scene, &event);
}

static const char *
told(struct page *page, const char *outcome, struct kg_summary counts)
{
	struct kg_text text = { .arena = page->arena };
	struct kg_event event = {
		.type = KG_EVENT_RUN_ENDED, .text = outcome, .duration_ns = 2000000000, .spared_ns = 90000000000, .summary = &counts
	};

	take(page, event);
	kg_sink_summary_tell(&text, &page->summary, page->scene, &event);
	return kg_text_end(&text);
}

static void
node(struct page *page, enum kg_event_type type, const char *name, const char *text, int64_t took_ms, int64_t spared_ms)
{
	take(page,
	    (struct kg_event){ .type = type,
		.name = name,
		.kind = "command",
		.text = text,
		.duration_ns = took_ms * 1000000,
		.spared_ns = spared_ms * 1000000 });
}

static void
a_run_is_told_with_what_it_spared(void **state)
{
	struct page *page = *state;

	take(page, (struct kg_event){ .type = KG_EVENT_RUN_STARTED, .text = "shop", .count = 4 });
	node(page, KG_EVENT_NODE_UNCHANGED, "a", NULL, 0, 10000);
	node(page, KG_EVENT_NODE_STALE, "b", "setting `x` changed", 0, 0);
	node(page, KG_EVENT_NODE_DONE, "b", "same", 1500, 0);
	node(page, KG_EVENT_NODE_RESTORED, "c", "from the shared cache", 40, 90000);
	node(page, KG_EVENT_NODE_RESTORED, "d", NULL, 3, 0);
	assert_string_equal(
	    told(page, "up",
		(struct kg_summary){ .chosen = 4, .unchanged = 1, .made = 1, .restored = 2, .fetched = 1, .published = 1 }),
	    "### shop is up\n"
	    "\n"
	    "1 made, 1 restored, 1 from the shared cache, 1 unchanged in 2.0 s; making what was there already takes 1 min 40 s, "
	    "one "
	    "after the other; 1 handed on to the shared cache\n"
	    "\n"
	    "| node | kind | what happened | took | spared |\n"
	    "|---|---|---|--:|--:|\n"
	    "| c | command | from the shared cache | 40 ms | 1 min 30 s |\n"
	    "| b | command | made: setting \\`x\\` changed; it came out the same | 1.5 s |  |\n"
	    "| d | command | found on this machine | 3.0 ms |  |\n"
	    "\n");
}

static void
what_failed_is_told_with_its_last_lines(void **state)
{
	struct page *page = *state;
	struct kg_error *error = kg_error_make(page->arena, KG_ECHILD, "it ended with exit status 1");

	error->detail = "a ``` fence | and <b>\n\x1b[31mred";
	error->advice = "look at it\nclosely";
	take(page, (struct kg_event){ .type = KG_EVENT_RUN_STARTED, .text = "shop", .count = 2 });
	take(page, (struct kg_event){ .type = KG_EVENT_NODE_FAILED, .name = "b", .kind = "command", .error = error });
	node(page, KG_EVENT_NODE_BLOCKED, "c", "b", 0, 0);
	take(page, (struct kg_event){ .type = KG_EVENT_WARNING, .text = "a [link](http://x) <script>" });
	const char *text = told(page, "failed", (struct kg_summary){ .chosen = 2, .failed = 1, .blocked = 1 });
	assert_non_null(strstr(text, "### shop is not up\n"));
	assert_non_null(strstr(text, "**`b`** failed: it ended with exit status 1\n\nlook at it\n\n````\na ``` fence | and <b>\n"));
	assert_null(strchr(text, '\x1b'));
	assert_non_null(strstr(text, "Not begun, since what they need has failed:\n\n- c needs b\n"));
	assert_non_null(strstr(text, "- a \\[link\\](http://x) &lt;script>\n"));
}

static void
long_lists_are_cut_with_the_longest_first(void **state)
{
	struct page *page = *state;

	take(page, (struct kg_event){ .type = KG_EVENT_RUN_STARTED, .text = "shop", .count = 1000 });
	for (int i = 0; i < 1000; i++)
		node(page, KG_EVENT_NODE_DONE, kg_format(page->arena, "n%d", i), NULL, i + 1, 0);
	const char *text = told(page, "up", (struct kg_summary){ .chosen = 1000, .made = 1000 });
	assert_non_null(strstr(text, "|--:|--:|\n| n999 | "));
	assert_null(strstr(text, "| n899 |"));
	assert_non_null(strstr(text, "\nand 900 more that took less\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_run_is_told_with_what_it_spared, make, drop),
		cmocka_unit_test_setup_teardown(what_failed_is_told_with_its_last_lines, make, drop),
		cmocka_unit_test_setup_teardown(long_lists_are_cut_with_the_longest_first, make, drop),
	};

	return cmocka_run_group_tests_name("summary", tests, NULL, NULL);
}
