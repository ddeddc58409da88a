#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "targets/container/containerfile.h"
#include "targets/container/image_build.h"

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

/* "STAGE NUMBER text", with - for the whole file, or "" for a line that begins no step. */
static const char *
step_of(const char *line)
{
	struct kg_build_step step;

	if (!kg_build_step_read(line, &step))
		return "";
	if (step.stage == KG_CONTAINERFILE_OUTSIDE)
		return kg_format(arena, "- %u %s", step.number, step.text);
	return kg_format(arena, "%u %u %s", step.stage, step.number, step.text);
}

static void
steps_of_every_builder_are_read(void **)
{
	assert_string_equal(step_of("STEP 2/3: RUN make"), "0 2 RUN make");
	assert_string_equal(step_of("[2/3] STEP 12/13: COPY --from=a : /"), "1 12 COPY --from=a : /");
	assert_string_equal(step_of("Step 2/3 : RUN make"), "- 2 RUN make");
	assert_string_equal(step_of("#7 [build 2/4] RUN make"), "- 0 RUN make");
	assert_string_equal(step_of("#7 [2/4] RUN make"), "- 0 RUN make");
	assert_string_equal(step_of("#7 [linux/arm64 build 2/4] RUN make"), "- 0 RUN make");
}

static void
other_lines_are_no_steps(void **)
{
	static const char *const lines[] = { "", "STEP", "STEP 2: RUN", "STEP 2/x: RUN", " STEP 2/3: RUN", "[2/3 STEP 1/2: RUN",
		"[0/3] STEP 1/2: RUN", "STEP 99999999999/3: RUN", "#7 0.204 make: [x 1/2] Error 2",
		"#7 [internal] load build context", "#7 CACHED", "#7 [2/4] ", "Stepping 1/2: x" };

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_string_equal(step_of(lines[i]), "");
}

static void
the_line_that_buildkit_names_is_read(void **)
{
	assert_int_equal(kg_build_line_read("Dockerfile:12", "Dockerfile"), 12);
	assert_int_equal(kg_build_line_read("Dockerfile:12 ", "Dockerfile"), 0);
	assert_int_equal(kg_build_line_read("Dockerfile:", "Dockerfile"), 0);
	assert_int_equal(kg_build_line_read("Dockerfile.x:12", "Dockerfile"), 0);
	assert_int_equal(kg_build_line_read("Dockerfile:123456789", "Dockerfile"), 0);
}

static const struct {
	const char *lines, *step, *reason, *printed;
} failures[] = {
	{ "STEP 2/2: RUN make\ncc: no\nError: building at STEP \"RUN make\": while running runtime: exit status 2", "RUN make",
	    "exit status 2", "cc: no" },
	{ "Error: building at STEP \"RUN echo \": \"\": while running runtime: exit status 2", "RUN echo \": \"", "exit status 2",
	    "" },
	{ "Error: building at STEP \"COPY a /\": checking on sources under \"/c\": copier: stat: \"/a\": no such file or directory",
	    "COPY a /", "checking on sources under \"/c\": copier: stat: \"/a\": no such file or directory", "" },
	{ "time=\"x\" level=error msg=\"+(UNHANDLED LOGLEVEL) &imagebuilder.Step{}\"\n"
	  "Error: building at STEP \"RUNN \": Build error: Unknown instruction: \"RUNN\" &imagebuilder.Step{Env:[]string{}}",
	    "RUNN x", "Unknown instruction: \"RUNN\"", "" },
	{ "Error: building at STEP \"RUNN \": Build error: &imagebuilder.Step{}", "RUNN x", "Build error: &imagebuilder.Step{}",
	    "" },
	{ "Trying to pull x\nError: creating build container: x: connection refused", NULL,
	    "creating build container: x: connection refused", "Trying to pull x" },
	{ "Step 1/2 : FROM a\nStep 2/2 : RUN make\n ---> Running in 1\ncc: no\n"
	  "The command '/bin/sh -c make' returned a non-zero code: 2",
	    "RUN make", "exit status 2", " ---> Running in 1\ncc: no" },
	{ "#5 [2/2] RUN make\n#5 0.2 cc: no\n"
	  "ERROR: failed to solve: process \"/bin/sh -c make\" did not complete successfully: exit code: 2",
	    "RUN make", "exit status 2", "cc: no" },
	{ "#5 [2/2] RUN make\n#5 sha256:12\n#5 0.2 cc: no\n#5 ERROR: executor failed running [/bin/sh -c make]: exit code: 2\n"
	  "------\n > [2/2] RUN make:\n#5 0.2 cc: no\n------\nexecutor failed running [/bin/sh -c make]: exit code: 2",
	    "RUN make", "exit status 2", "cc: no" },
	{ "ERROR: failed to solve: a: not found", NULL, "a: not found", "" },
	{ "something else", "RUN x", "", "something else" },
	{ "", NULL, "", "" },
};

static void
failures_say_why_and_what_was_printed(void **)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		struct kg_build_failure failure;

		kg_build_failure_read(arena, failures[i].lines, failures[i].step, &failure);
		assert_string_equal(failure.reason ? failure.reason : "", failures[i].reason);
		assert_string_equal(failure.printed, failures[i].printed);
		assert_false(failure.is_disk_full);
	}
}

static void
what_was_killed_and_what_was_full_is_seen(void **)
{
	struct kg_build_failure failure;

	assert_true(kg_build_tells_killed("x\nError: building at STEP \"RUN x\": while running runtime: exit status 137"));
	assert_true(kg_build_tells_killed("did not complete successfully: exit code: 137"));
	assert_true(kg_build_tells_killed("clang: error: unable to execute command: signal: killed"));
	assert_false(kg_build_tells_killed("exit status 1370"));
	assert_false(kg_build_tells_killed("exit status 1"));
	kg_build_failure_read(arena, "write /x: no space left on device", NULL, &failure);
	assert_true(failure.is_disk_full);
}

static void
a_long_step_is_told_on_one_short_line(void **)
{
	assert_string_equal(kg_build_step_short(arena, "RUN a &&     b\t\tc"), "RUN a && b c");
	const char *told = kg_build_step_short(
	    arena, "RUN 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789");
	assert_string_equal(told, "RUN 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 01…");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(steps_of_every_builder_are_read, make_arena, free_arena),
		cmocka_unit_test_setup_teardown(other_lines_are_no_steps, make_arena, free_arena),
		cmocka_unit_test_setup_teardown(the_line_that_buildkit_names_is_read, make_arena, free_arena),
		cmocka_unit_test_setup_teardown(failures_say_why_and_what_was_printed, make_arena, free_arena),
		cmocka_unit_test_setup_teardown(what_was_killed_and_what_was_full_is_seen, make_arena, free_arena),
		cmocka_unit_test_setup_teardown(a_long_step_is_told_on_one_short_line, make_arena, free_arena),
	};

	return cmocka_run_group_tests_name("image_words", tests, NULL, NULL);
}
