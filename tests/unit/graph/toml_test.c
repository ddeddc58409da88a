#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/graph/reading.h"

static void
a_text_without_quotes_is_told(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[node.a]\n"
	    "kind = process\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:2:8: this value is no number, flag, list or table, and no text without quotes\n"
	    "    kind = process\n"
	    "           ^^^^^^^\n"
	    "  write it in quotes: \"…\"\n");
	reading_file(reading, "kgraph.toml", "a = true1\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:1:5: this value is neither true nor false, and no text without quotes\n"
	    "    a = true1\n"
	    "        ^^^^^\n"
	    "  write it in quotes: \"…\"\n");
	reading_file(reading, "kgraph.toml", "a = fetch\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:1:5: this value is neither true nor false, and no text without quotes\n"
	    "    a = fetch\n"
	    "        ^^^^^\n"
	    "  write it in quotes: \"…\"\n");
}

static void
a_text_that_is_not_closed_is_told(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "a = \"x\n"
	    "b = 2\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:1:7: this text has no closing quote in its line\n"
	    "    a = \"x\n"
	    "          ^\n"
	    "  a text of several lines stands between \"\"\" and \"\"\"\n");
	reading_file(reading, "kgraph.toml", "a = ''' x\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:1:11: this text is not closed by a quote\n"
	    "    a = ''' x\n"
	    "              ^\n"
	    "  add the quotes at its end\n");
}

static void
a_duration_or_permissions_without_quotes_are_told(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml", "a = 30s\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:1:5: this value is no number, and no text without quotes\n"
	    "    a = 30s\n"
	    "        ^^^\n"
	    "  a duration, size or address is a text in quotes: \"30s\"\n");
	reading_file(reading, "kgraph.toml", "a = 0644\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:1:5: a number does not start with 0\n"
	    "    a = 0644\n"
	    "        ^^^^\n"
	    "  permissions are a text in quotes: \"0644\"\n");
}

static void
a_header_that_stands_twice_is_told_with_the_first(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[node.a]\n"
	    "kind = \"x\"\n"
	    "[node.b]\n"
	    "[ node.a ]\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:4:3: `[node.a]` stands here for the second time\n"
	    "    [ node.a ]\n"
	    "      ^^^^^^\n"
	    "  the first one is in line 1; keep one of them\n");
	reading_file(reading, "kgraph.toml",
	    "[node.a]\n"
	    "[[node.a]]\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:2:3: `[node.a]` stands here for the second time\n"
	    "    [[node.a]]\n"
	    "      ^^^^^^\n"
	    "  the first one is in line 1; keep one of them\n");
}

static void
a_key_that_is_given_twice_is_told_with_the_first(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[node.a]\n"
	    "kind = \"x\"\n"
	    "b = 1\n"
	    "kind = \"y\"\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:4:1: `kind` is given for the second time\n"
	    "    kind = \"y\"\n"
	    "    ^^^^\n"
	    "  the first one is in line 2; keep one of them\n");
	reading_file(reading, "kgraph.toml",
	    "[node.a]\n"
	    "x.kind = \"x\"\n"
	    "b = 1\n"
	    "x.kind = \"y\"\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:4:1: `x.kind` is given for the second time\n"
	    "    x.kind = \"y\"\n"
	    "    ^^^^^^\n"
	    "  the first one is in line 2; keep one of them\n");
	reading_file(reading, "kgraph.toml", "a = { x = 1, x = 2 }\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:1:14: `x` is given for the second time\n"
	    "    a = { x = 1, x = 2 }\n"
	    "                 ^\n");
	reading_file(reading, "kgraph.toml",
	    "[[node]]\n"
	    "x = 1\n"
	    "[[node]]\n"
	    "y = 1\n"
	    "y = 2\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:5:1: `y` is given for the second time\n"
	    "    y = 2\n"
	    "    ^\n"
	    "  the first one is in line 4; keep one of them\n");
}

static void
what_is_not_toml_is_told(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml", "a b = 2\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:1:3: not valid TOML: while reading a key-value pair: expected '=', saw 'b'\n"
	    "    a b = 2\n"
	    "      ^\n");
	reading_file(reading, "kgraph.toml", "[=]\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:1:2: not valid TOML: while reading a key: expected bare key starting character or string delimiter, saw "
	    "'='\n"
	    "    [=]\n"
	    "     ^\n");
	reading_file(reading, "kgraph.toml", "[a\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:1:3: not valid TOML: while reading a table header: expected ']', saw '\\n'\n"
	    "    [a\n"
	    "      ^\n");
	reading_file(reading, "kgraph.toml", "needs: [\"a\"]\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:1:6: not valid TOML: while reading a key-value pair: expected '=', saw ':'\n"
	    "    needs: [\"a\"]\n"
	    "         ^\n"
	    "  TOML has `key = value`\n");
	reading_file(reading, "kgraph.toml", "[node.a\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:1:8: not valid TOML: while reading a table header: expected ']', saw '\\n'\n"
	    "    [node.a\n"
	    "           ^\n");
	reading_file(reading, "kgraph.toml", "a = \n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:1:5: not valid TOML: while reading a key-value pair: expected value, saw '\\n'\n"
	    "    a = \n"
	    "        ^\n");
	reading_file(reading, "kgraph.toml",
	    "a = [1,\n"
	    "2\n"
	    "b = 2\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:3:1: a comma or the closing ] of a list is missing before this\n"
	    "    b = 2\n"
	    "    ^\n"
	    "  add it\n");
	reading_file(reading, "kgraph.toml",
	    "a = { x = 1\n"
	    ", x = 2 }\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:1:12: a table in braces ends with its line\n"
	    "    a = { x = 1\n"
	    "               ^\n"
	    "  put it in one line, or open a table with a [header]\n");
	reading_file(reading, "kgraph.toml", "a = \"\\q\"\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:1:7: not valid TOML: while reading a string: unknown escape sequence '\\q'\n"
	    "    a = \"\\q\"\n"
	    "          ^^\n"
	    "  write \\\\ for a backslash, or put the text in single quotes: '…'\n");
}

static void
what_stands_too_deep_is_told(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "a=[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
	    "]]]]]]]]]]]]]]\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:1:67: tables and lists stand more than 64 deep in one another\n"
	    "    "
	    "a=[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
	    "]]]]]]]]]]]]]]\n"
	    "                                                                      ^^\n"
	    "  make it flatter\n");
	reading_file(reading, "kgraph.toml",
	    "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a."
	    "a.a.a.a.a.a.a=1\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:1:130: a key of more than 64 parts\n"
	    "    "
	    "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a."
	    "a.a.a.a.a.a.a=1\n"
	    "                                                                                                                      "
	    "               ^^\n");
	reading_file(reading, "kgraph.toml",
	    "a={a.a.a.a.a.a.a.a.a.a={a.a.a.a.a.a.a.a.a.a={a.a.a.a.a.a.a.a.a.a={a.a.a.a.a.a.a.a.a.a={a.a.a.a.a.a.a.a.a.a={a.a.a.a.a."
	    "a.a.a.a.a={a.a.a.a.a.a.a.a.a.a={a.a.a.a.a.a.a.a.a.a=1}}}}}}}}\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:1:136: tables and lists stand more than 64 deep in one another\n"
	    "    "
	    "a={a.a.a.a.a.a.a.a.a.a={a.a.a.a.a.a.a.a.a.a={a.a.a.a.a.a.a.a.a.a={a.a.a.a.a.a.a.a.a.a={a.a.a.a.a.a.a.a.a.a={a.a.a.a.a."
	    "a.a.a.a.a={a.a.a.a.a.a.a.a.a.a={a.a.a.a.a.a.a.a.a.a=1}}}}}}}}\n"
	    "                                                                                                                      "
	    "                     ^^^^^^^^^^^^^\n");
}

static void
a_zero_byte_in_a_text_is_told(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml", "a = \"x\\u0000\"\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:1:5: a text may not hold the character U+0000\n"
	    "    a = \"x\\u0000\"\n"
	    "        ^^^^^^^^^\n");
}

static void
quotes_brackets_and_comments_in_texts_are_no_depth(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = "
	    "[\".a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a."
	    "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a\", "
	    "'\"................................................................................', \"\"\"\n"
	    "\"\" ................................................................................ \"\"\" ] # "
	    "................................................................................\n");
	assert_string_equal(reading_told(reading),
	    "a command "
	    "{v=[\".a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a."
	    "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a\" "
	    "\"\"................................................................................\" \"\"\" "
	    "................................................................................ \"]}\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		READING_TEST(a_text_without_quotes_is_told),
		READING_TEST(a_text_that_is_not_closed_is_told),
		READING_TEST(a_duration_or_permissions_without_quotes_are_told),
		READING_TEST(a_header_that_stands_twice_is_told_with_the_first),
		READING_TEST(a_key_that_is_given_twice_is_told_with_the_first),
		READING_TEST(what_is_not_toml_is_told),
		READING_TEST(what_stands_too_deep_is_told),
		READING_TEST(a_zero_byte_in_a_text_is_told),
		READING_TEST(quotes_brackets_and_comments_in_texts_are_no_depth),
	};

	return cmocka_run_group_tests_name("toml", tests, nullptr, nullptr);
}
