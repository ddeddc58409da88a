#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/graph/reading.h"

static void
name_and_instance_have_defaults_and_may_be_made_of_variables(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml", "");
	assert_string_equal(reading_told(reading), "");
	assert_string_equal(reading->draft.name, strrchr(reading->folder, '/') + 1);
	assert_string_equal(reading->draft.instance, "default");
	assert_string_equal(reading->draft.folder, reading->folder);
	assert_string_equal(reading->draft.profile, "");
	assert_null(reading->draft.default_target);

	reading_file(reading, "kgraph.toml",
	    "[graph]\n"
	    "name = \"${vars.consumer}-tests\"\n"
	    "instance = \"${vars.consumer}\"\n"
	    "default = \"${vars.consumer}-stack\"\n"
	    "[vars]\n"
	    "consumer = \"gateway\"\n");
	assert_string_equal(reading_told(reading), "");
	assert_string_equal(reading->draft.name, "gateway-tests");
	assert_string_equal(reading->draft.instance, "gateway");
	assert_string_equal(reading->draft.default_target, "gateway-stack");
	assert_int_equal(reading->draft.default_place.line, 4);
	assert_int_equal(reading->draft.default_place.column, 11);
}

static void
a_value_and_its_key_know_where_they_stand(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "a/b.toml", "[node.n]\nkind = \"command\"\n  env = { X = \"1\" }\n");
	reading_file(reading, "kgraph.toml", "include = \"a/b.toml\"\n");
	assert_string_equal(reading_told(reading), "n command {env={X=\"1\"}}\n");

	struct kg_values values = kg_draft_values(&reading->draft);
	const struct kg_draft_node *node = &reading->draft.nodes.items[0];
	const struct kg_value *settings = &values.items[node->settings];
	const struct kg_value *env = kg_value_member(&values, settings, "env"), *x = kg_value_member(&values, env, "X");
	struct kg_place place = kg_value_place(&values, x), key = kg_value_key_place(&values, x);

	assert_string_equal(place.file, "a/b.toml");
	assert_int_equal(place.line, 3);
	assert_int_equal(place.column, 15);
	assert_int_equal(key.line, 3);
	assert_int_equal(key.column, 11);
	assert_int_equal(kg_value_key_place(&values, env).column, 3);
	assert_int_equal(settings->line, 1);
	assert_int_equal(settings->column, 7);
	assert_string_equal(node->folder, kg_format(reading->arena, "%s/a", reading->folder));
	assert_string_equal(kg_draft_line(&reading->draft, "a/b.toml", 2), "kind = \"command\"");
	assert_null(kg_draft_line(&reading->draft, "a/b.toml", 5));
	assert_null(kg_draft_line(&reading->draft, "c.toml", 1));
}

static void
files_and_variables_that_were_asked_for_are_remembered(void **state)
{
	struct reading *reading = *state;
	static const char *const expected[][2] = { { "A", "1" }, { "KGRAPH_VAR_x", NULL }, { "KGRAPH_VAR_i_y", "2" } };

	reading_file(reading, "kgraph.toml",
	    "include = { file = \"${env.A}.toml\", as = \"i\" }\n"
	    "[vars]\nx = \"\"\nunused = \"\"\nset = \"\"\n"
	    "[node.a]\nkind = \"command\"\nv = \"${vars.x}${vars.set}${env.A}\"\n");
	reading_file(reading, "1.toml", "[vars]\ny = \"\"\n[node.a]\nkind = \"command\"\nv = \"${vars.y}\"\n");
	reading->environment[0] = "A=1";
	reading->environment[1] = "KGRAPH_VAR_i_y=2";
	reading->sets[0] = "set=3";
	assert_string_equal(reading_told(reading), "a command {v=\"31\"}\ni.a command {v=\"2\"}\n");

	const struct kg_graph_origin *origin = &reading->origin;
	assert_int_equal(origin->file_count, 2);
	assert_string_equal(origin->files[0].path, kg_format(reading->arena, "%s/kgraph.toml", reading->folder));
	assert_string_equal(origin->files[1].path, kg_format(reading->arena, "%s/1.toml", reading->folder));
	assert_true(origin->files[1].size > 0 && origin->files[1].inode != 0 && origin->files[1].mtime_ns > 0);
	assert_int_equal(origin->variable_count, 3);
	for (uint32_t i = 0; i < 3; i++) {
		assert_string_equal(origin->variables[i].name, expected[i][0]);
		if (expected[i][1])
			assert_string_equal(origin->variables[i].value, expected[i][1]);
		else
			assert_null(origin->variables[i].value);
	}
}

static void
what_only_other_profiles_have_and_what_this_one_removes_is_remembered(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "include = { file = \"i.toml\", as = \"i\" }\n"
	    "[node.a]\nkind = \"command\"\n"
	    "[profile.p.node.a]\nremove = true\n"
	    "[profile.q.node.a]\nx = 1\n"
	    "[profile.q.node.b]\nkind = \"command\"\n");
	reading_file(reading, "i.toml", "[profile.q.node.c]\nkind = \"command\"\n");
	reading->profile = "p";
	assert_string_equal(reading_told(reading), "");

	const struct kg_draft *draft = &reading->draft;
	assert_string_equal(draft->profile, "p");
	assert_int_equal(draft->removed.count, 1);
	assert_string_equal(draft->removed.items[0].node, "a");
	assert_int_equal(draft->removed.items[0].place.line, 4);
	assert_int_equal(draft->elsewhere.count, 2);
	assert_string_equal(draft->elsewhere.items[0].node, "b");
	assert_string_equal(draft->elsewhere.items[0].profile, "q");
	assert_string_equal(draft->elsewhere.items[1].node, "i.c");
}

static void
includes_that_double_at_each_step_come_to_an_end(void **state)
{
	struct reading *reading = *state;

	for (uint32_t i = 0; i < 16; i++)
		reading_file(reading, i == 0 ? "kgraph.toml" : kg_format(reading->arena, "%u.toml", i),
		    kg_format(reading->arena,
			"include = [{ file = \"%u.toml\", as = \"a\" }, { file = \"%u.toml\", as = \"b\" }]\n", i + 1, i + 1));
	reading_file(reading, "16.toml", "");
	assert_string_equal(reading_told(reading),
	    "12.toml:1:53: more than 10000 includes, counting each time a file is used\n"
	    "    include = [{ file = \"13.toml\", as = \"a\" }, { file = \"13.toml\", as = \"b\" }]\n"
	    "                                                        ^^^^^^^^^\n");
}

static void
a_file_outside_of_the_current_folder_is_told_by_its_whole_path(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml", "include = \"../elsewhere.toml\"\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:1:11: cannot read /tmp/elsewhere.toml: No such file or directory\n"
	    "    include = \"../elsewhere.toml\"\n"
	    "              ^^^^^^^^^^^^^^^^^^^\n");
	assert_true(reading->draft.is_incomplete);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		READING_TEST(name_and_instance_have_defaults_and_may_be_made_of_variables),
		READING_TEST(a_value_and_its_key_know_where_they_stand),
		READING_TEST(files_and_variables_that_were_asked_for_are_remembered),
		READING_TEST(what_only_other_profiles_have_and_what_this_one_removes_is_remembered),
		READING_TEST(includes_that_double_at_each_step_come_to_an_end),
		READING_TEST(a_file_outside_of_the_current_folder_is_told_by_its_whole_path),
	};

	return cmocka_run_group_tests_name("draft", tests, nullptr, nullptr);
}
