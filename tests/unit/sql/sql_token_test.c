#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "targets/sql/sql_token.h"

static struct kg_arena *arena;

static int
make_arena(void **)
{
	arena = kg_arena_make();
	return 0;
}

static int
free_arena(void **)
{
	kg_arena_free(arena);
	return 0;
}

static void
assert_normalised(const char *text, const char *expected)
{
	assert_string_equal(kg_sql_normalise(arena, text, strlen(text)), expected);
}

static void
white_space_and_comments_become_one_blank(void **)
{
	assert_normalised("  SELECT\n\t1 -- one\n , /* a /* b */ c */ 2;\n", "SELECT 1 , 2;");
}

static void
quoted_text_stays_as_it_is(void **)
{
	assert_normalised("SELECT 'a  -- b''  c'  ,\"x  /* y\"", "SELECT 'a  -- b''  c' ,\"x  /* y\"");
	assert_normalised("AS $$ a  b; -- c\n$$  ; $x$ $$  $x$ $1  $2", "AS $$ a  b; -- c\n$$ ; $x$ $$  $x$ $1 $2");
}

static void
a_backslash_escapes_behind_e_alone(void **)
{
	assert_normalised("E'it\\'s  --'  , 'a\\'  -- gone", "E'it\\'s  --' , 'a\\'");
	assert_normalised("some  'x\\'  ,  name'", "some 'x\\' , name'");
}

static void
a_dollar_within_a_name_quotes_nothing(void **)
{
	assert_normalised("a$b$  c$b$  d", "a$b$ c$b$ d");
}

static void
what_does_not_end_goes_to_the_end(void **)
{
	assert_normalised("SELECT 'a  b", "SELECT 'a  b");
	assert_normalised("SELECT $x$ a  b", "SELECT $x$ a  b");
	assert_normalised("SELECT /* a  b", "SELECT");
}

static void
assert_copies(const char *text, bool expected)
{
	assert_int_equal(kg_sql_copies_in(text, strlen(text)), expected);
}

static void
copy_from_the_client_is_seen(void **)
{
	assert_copies("-- c\ncopy public.t (a, b) from\n stdin with csv;\n1\t2\n", true);
	assert_copies("COPY t FROM '/srv/stdin';", false);
	assert_copies("COPY t TO STDOUT;", false);
	assert_copies("SELECT 'COPY t FROM STDIN';", false);
	assert_copies("INSERT INTO t SELECT * FROM stdin;", false);
}

static void
assert_index(const char *text, const char *schema, const char *table, const char *name)
{
	struct kg_sql_index index;

	assert_true(kg_sql_concurrent_index(arena, text, strlen(text), &index));
	assert_string_equal(index.table, table);
	assert_string_equal(index.name, name);
	if (schema)
		assert_string_equal(index.schema, schema);
	else
		assert_null(index.schema);
}

static void
the_index_of_a_concurrent_create_is_found(void **)
{
	assert_index("CREATE INDEX CONCURRENTLY By_Name ON Users (name);", NULL, "users", "by_name");
	assert_index("/* c */ create unique index concurrently if not exists \"A \"\"b\" on only \"S\".t (x);", "S", "t", "A \"b");
}

static void
other_statements_have_no_concurrent_index(void **)
{
	struct kg_sql_index index;
	const char *const others[] = { "CREATE INDEX a ON t (x);", "CREATE INDEX CONCURRENTLY ON t (x);",
		"DROP INDEX CONCURRENTLY a;", "CREATE INDEX CONCURRENTLY", "" };

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_false(kg_sql_concurrent_index(arena, others[i], strlen(others[i]), &index));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(white_space_and_comments_become_one_blank),
		cmocka_unit_test(quoted_text_stays_as_it_is),
		cmocka_unit_test(a_backslash_escapes_behind_e_alone),
		cmocka_unit_test(a_dollar_within_a_name_quotes_nothing),
		cmocka_unit_test(what_does_not_end_goes_to_the_end),
		cmocka_unit_test(copy_from_the_client_is_seen),
		cmocka_unit_test(the_index_of_a_concurrent_create_is_found),
		cmocka_unit_test(other_statements_have_no_concurrent_index),
	};

	return cmocka_run_group_tests_name("sql_token", tests, make_arena, free_arena);
}
