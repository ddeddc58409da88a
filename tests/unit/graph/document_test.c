#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/text.h"
#include "tests/unit/graph/reading.h"

static const char document[] = {
#embed "../../../docs/graph-file.md" suffix(, 0)
};

/* The document's next block of TOML, its name in the first line's comment; NULL behind the last one. */
static const char *
block_next(struct reading *reading, const char **at, const char **ret_name)
{
	static const char opening[] = "```toml\n# ";
	const char *start = strstr(*at, opening);

	if (!start)
		return NULL;
	start += strlen(opening);
	const char *name_end = strchr(start, '\n'), *end = strstr(start, "\n```");
	*ret_name = kg_copy_bytes(reading->arena, start, (size_t)(name_end - start));
	*at = end;
	return kg_copy_bytes(reading->arena, name_end, (size_t)(end + 1 - name_end));
}

static void
every_example_of_the_document_can_be_read(void **state)
{
	struct reading *reading = *state;
	const char *at = document, *name, *text;
	uint32_t count = 0;

	while ((text = block_next(reading, &at, &name)))
		reading_file(reading, name, text);
	for (at = document; (text = block_next(reading, &at, &name)); count++) {
		if (strcmp(name, "kgraph.toml") != 0)
			continue;
		reading_file(reading, name, text);
		(void)reading_told(reading);
		for (const struct kg_error *error = reading->errors.first; error; error = error->next)
			fail_msg("%s\n%s", error->message, text);
	}
	assert_int_equal(count, 8);
}

static void
the_example_of_includes_does_what_the_document_says(void **state)
{
	struct reading *reading = *state;
	const char *at = strstr(document, "\n## Includes"), *name, *text;

	for (uint32_t i = 0; i < 2 && (text = block_next(reading, &at, &name)); i++)
		reading_file(reading, name, text);
	const char *told = reading_told(reading);
	assert_non_null(strstr(told, "audit.database command needs audit.server:ready "));
	assert_non_null(strstr(told, "command=[\"createdb\" \"-p\" \"${port.audit.server}\"? \"audit\"]?"));
	assert_non_null(strstr(told, "PGPASSWORD=\"${secrets.pg.password}\"?!"));
	assert_non_null(strstr(told, "target stack = orders, audit.all\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		READING_TEST(every_example_of_the_document_can_be_read),
		READING_TEST(the_example_of_includes_does_what_the_document_says),
	};

	return cmocka_run_group_tests_name("document", tests, nullptr, nullptr);
}
