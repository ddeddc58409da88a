/* Where a mistake in what a command has printed stands, and what of it may be shown. */

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
#include "targets/kubernetes/kubernetes_inside.h"

static struct kubernetes_reading
reading_of(struct kg_arena *arena, const char *folder, const char *printed)
{
	struct kubernetes_reading reading = { .arena = arena, .node = "web" };

	kg_kubernetes_rendered_set(&reading, arena, folder, "0123", printed, strlen(printed));
	return reading;
}

/* What is told of an error in a line of it, and which part of the line. */
static const char *
told(struct kg_arena *arena, const struct kubernetes_reading *reading, uint32_t line)
{
	struct kg_errors errors = { .arena = arena };
	struct kg_place place = {
		.file = kg_copy(arena, reading->rendered_file), .line_text = "the line", .line = line, .column = 3
	};

	kg_errors_add(&errors, kg_error_at(arena, KG_EINPUT, place, "wrong"));
	kg_kubernetes_rendered_tell(&errors, reading, 1);
	return kg_format(arena, "%s|%s|%u", errors.first->message, errors.first->place.line_text, errors.first->place.column);
}

static void
a_line_is_of_the_template_above_it(void **state)
{
	struct kg_arena *arena = *state;
	struct kubernetes_reading reading =
	    reading_of(arena, "/x", "a: 1\n---\n# Source: web/a.yaml\na: 2\n---\n# Source: web/b.yaml\r\nb: 3\n---\nc: 4\n");

	assert_string_equal(reading.rendered_file, "/x/rendered.yaml");
	assert_string_equal(told(arena, &reading, 2), "wrong|the line|3");
	assert_string_equal(told(arena, &reading, 5), "wrong (rendered from web/a.yaml)|the line|3");
	assert_string_equal(told(arena, &reading, 8), "wrong (rendered from web/b.yaml)|the line|3");
	assert_string_equal(told(arena, &reading, 10), "wrong|the line|3");
	assert_string_equal(told(arena, &reading, 99), "wrong|the line|3");
}

static void
no_line_of_a_secret_is_shown(void **state)
{
	static const char *const kinds[] = { "kind: Secret", "\"kind\" : \"Secret\",", "items: [{kind: Secret}]",
		"kind: SecretList" };
	struct kg_arena *arena = *state;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const char *printed = kg_format(arena, "a: 1\n---\nb: {broken\n%s\n---\nc: 1\n", kinds[i]);
		struct kubernetes_reading reading = reading_of(arena, "/x", printed);

		assert_string_equal(told(arena, &reading, 2), "wrong|the line|3");
		assert_string_equal(told(arena, &reading, 4), "wrong|…|0");
		assert_string_equal(told(arena, &reading, 7), "wrong|the line|3");
	}
}

static void
other_files_are_left_alone(void **state)
{
	struct kg_arena *arena = *state;
	struct kubernetes_reading reading = reading_of(arena, "/x", "kind: Secret\n");

	reading.rendered_file = "/x/another.yaml";
	struct kubernetes_reading other = reading_of(arena, "/x", "");
	struct kg_errors errors = { .arena = arena };
	kg_errors_add(&errors, kg_error_at(arena, KG_EINPUT, (struct kg_place){ other.rendered_file, "it", 2, 1, 1 }, "wrong"));
	kg_kubernetes_rendered_tell(&errors, &reading, 1);
	assert_string_equal(errors.first->place.line_text, "it");
}

static void
what_was_kept_is_good_for_what_it_was_made_of(void **state)
{
	struct kg_arena *arena = *state;
	char folder[] = "/tmp/kgraph-rendered.XXXXXX";
	struct kubernetes_reading again = { .arena = arena, .node = "web" };

	assert_non_null(mkdtemp(folder));
	assert_false(kg_kubernetes_rendered_read(&again, folder, "0123"));
	struct kubernetes_reading reading = reading_of(arena, folder, "\xef\xbb\xbf{a: 1}\n");
	assert_null(kg_file_write(arena, reading.rendered_file, reading.rendered, reading.rendered_size, 0600));
	assert_false(kg_kubernetes_rendered_read(&again, folder, "012"));
	assert_false(kg_kubernetes_rendered_read(&again, folder, "0124"));
	assert_null(again.rendered);
	assert_true(kg_kubernetes_rendered_read(&again, folder, "0123"));
	assert_true(kg_text_ends(again.rendered, "\n{a: 1}\n"));
	assert_int_equal(again.rendered_size, reading.rendered_size);
	assert_null(kg_file_remove(arena, folder));
}

static int
make(void **state)
{
	*state = kg_arena_make();
	return 0;
}

static int
drop(void **state)
{
	kg_arena_free(*state);
	return 0;
}

int
main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, make, drop)
	const struct CMUnitTest tests[] = {
		STORY(a_line_is_of_the_template_above_it),
		STORY(no_line_of_a_secret_is_shown),
		STORY(other_files_are_left_alone),
		STORY(what_was_kept_is_good_for_what_it_was_made_of),
	};

	return cmocka_run_group_tests_name("kubernetes_rendered", tests, NULL, NULL);
}
