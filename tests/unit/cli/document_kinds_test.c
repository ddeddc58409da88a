#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "engine/cli/document_kinds.h"
#include "engine/cli/kinds.h"

static const char path[] = "docs/kinds.md";

/* With KGRAPH_UPDATE set the page is written anew instead. */
static void
the_page_is_what_the_kinds_say(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_text text = { .arena = arena };
	const char *page;
	size_t size;

	assert_null(kg_file_read(arena, path, &page, &size));
	struct kg_error *error = kg_document_kinds(&text, page, &kg_kinds_facts);
	if (error)
		fail_msg("%s: %s", path, error->message);
	if (getenv("KGRAPH_UPDATE"))
		assert_null(kg_file_write(arena, path, text.bytes, text.size, 0644));
	else if (strcmp(page, kg_text_end(&text)) != 0)
		fail_msg("%s is old: KGRAPH_UPDATE=1 zig build test -- document_kinds", path);
	kg_arena_free(arena);
}

/* The page that comes out with a kind `only` without settings, or the error. */
static void
gives(const char *page, const char *expected)
{
	const struct kg_facts only = { .name = "only", .fields = &(const struct kg_field){ 0 } };
	const struct kg_facts_set set = { .kinds = (const struct kg_facts *const[]){ &only }, .count = 1 };
	struct kg_arena *arena = kg_arena_make();
	struct kg_text text = { .arena = arena };
	struct kg_error *error = kg_document_kinds(&text, page, &set);

	assert_string_equal(error ? error->message : kg_text_end(&text), expected);
	kg_arena_free(arena);
}

static void
a_page_that_names_other_kinds_is_refused(void **)
{
	gives("nothing", "the page says nothing of the kind `only`");
	gives("<!-- settings of only -->\n", "a part of the page has no end: <!-- settings of only -->");
	gives("<!-- settings of only -->\n<!-- end -->\n<!-- settings of other -->\n<!-- end -->\n", "there is no kind `other`");
}

static void
what_stands_around_the_parts_stays(void **)
{
	gives("before\n<!-- settings of only -->\nold\n<!-- end -->\nbehind\n",
	    "before\n<!-- settings of only -->\n| setting | type | default | runs again | meaning |\n|---|---|---|---|---|\n"
	    "<!-- end -->\nbehind\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_page_is_what_the_kinds_say),
		cmocka_unit_test(a_page_that_names_other_kinds_is_refused),
		cmocka_unit_test(what_stands_around_the_parts_stays),
	};

	return cmocka_run_group_tests_name("document_kinds", tests, NULL, NULL);
}
