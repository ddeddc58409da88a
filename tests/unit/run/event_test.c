#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "engine/run/event.h"

static void
every_event_has_its_key(void **)
{
	assert_string_equal(kg_event_key(KG_EVENT_RUN_STARTED), "run_started");
	assert_string_equal(kg_event_key(KG_EVENT_RUN_ENDED), "run_ended");
}

/* With KGRAPH_UPDATE set the page is written anew instead. */
static void
the_page_is_what_the_table_says(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_text text = { .arena = arena };
	const char *page;
	size_t size;

	kg_events_document(&text);
	if (getenv("KGRAPH_UPDATE"))
		assert_null(kg_file_write(arena, "docs/events.md", text.bytes, text.size, 0644));
	assert_null(kg_file_read(arena, "docs/events.md", &page, &size));
	assert_string_equal(page, kg_text_end(&text));
	kg_arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event_has_its_key),
		cmocka_unit_test(the_page_is_what_the_table_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
