#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/container/containerfile.h"

static struct kg_arena *arena;

static const struct kg_pair arguments[] = { { "BASE", "given" }, { "EMPTY", "" }, { NULL, NULL } };
static const struct kg_pair automatic[] = { { "BUILDPLATFORM", "linux/amd64" }, { "TARGETARCH", "arm64" }, { NULL, NULL } };

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

static struct kg_error *
read_file(const char *text, struct kg_containerfile *file)
{
	return kg_containerfile_read(arena, "Containerfile", text, strlen(text), file);
}

static const char *
error_tell(const struct kg_error *error)
{
	return kg_format(arena, "%u:%u %s", error->place.line, error->place.column, error->message);
}

/* "LINE WORD[text]" of each instruction; "LINE-LAST" where it has more lines. */
static const char *
instructions_of(const char *text)
{
	struct kg_containerfile file;
	struct kg_text told = { .arena = arena };
	struct kg_error *error = read_file(text, &file);

	if (error)
		return error_tell(error);
	for (uint32_t i = 0; i < file.count; i++) {
		const struct kg_containerfile_instruction *one = &file.instructions[i];

		kg_text_format(&told, "%s%u", i ? " " : "", one->line);
		if (one->last_line != one->line)
			kg_text_format(&told, "-%u", one->last_line);
		kg_text_format(&told, " %s[%s]", one->word, one->text);
	}
	return kg_text_end(&told);
}

static const struct {
	const char *text, *expected;
} reading[] = {
	{ "FROM a", "1 FROM[ a]" },
	{ "from a\r\n  run b\r\n", "1 FROM[ a] 2 RUN[ b]" },
	{ "\xef\xbb\xbf# c\n\nFROM a\n", "3 FROM[ a]" },
	{ "FROM a\nRUN x && \\\n    y", "1 FROM[ a] 2-3 RUN[ x &&     y]" },
	{ "FROM a\nRUN x \\\n  # comment\n\n  y\nRUN z", "1 FROM[ a] 2-5 RUN[ x   y] 6 RUN[ z]" },
	{ "FROM a\nRUN x \\  \n  y", "1 FROM[ a] 2-3 RUN[ x   y]" },
	{ "FROM a\nRUN x \\\\\nRUN y", "1 FROM[ a] 2 RUN[ x \\\\] 3 RUN[ y]" },
	{ "FROM a\nRUN x # no comment", "1 FROM[ a] 2 RUN[ x # no comment]" },
	{ "FROM a\nRUN x \\", "1 FROM[ a] 2 RUN[ x ]" },
	{ "# escape=`\nFROM a\nCOPY x `\n c:\\", "2 FROM[ a] 3-4 COPY[ x  c:\\]" },
	{ "# syntax=docker/dockerfile:1\n# escape = `\nFROM a\nRUN x `\ny", "3 FROM[ a] 4-5 RUN[ x y]" },
	{ "# a comment first\n# escape=`\nFROM a\nRUN x `\nRUN y", "3 FROM[ a] 4 RUN[ x `] 5 RUN[ y]" },
	{ "\n# escape=`\nFROM a\nRUN x `\nRUN y", "3 FROM[ a] 4 RUN[ x `] 5 RUN[ y]" },
	{ "FROM a\nRUN <<EOF\nFROM b\nEOF\nRUN y", "1 FROM[ a] 2-4 RUN[ <<EOF] 5 RUN[ y]" },
	{ "FROM a\nRUN <<-'E O'\nx\n\tE O\nRUN y", "1 FROM[ a] 2-4 RUN[ <<-'E O'] 5 RUN[ y]" },
	{ "FROM a\nCOPY <<A <<\"B\" /x/\n1\nB\nA\n2\nB\nRUN y", "1 FROM[ a] 2-7 COPY[ <<A <<\"B\" /x/] 8 RUN[ y]" },
	{ "FROM a\nRUN python3 3<<EOF \\\n  && z\nx\nEOF\nRUN y", "1 FROM[ a] 2-5 RUN[ python3 3<<EOF   && z] 6 RUN[ y]" },
	{ "FROM a\nRUN echo $((1<<2)) '<<EOF'x <<<x 1 << 2\nRUN y",
	    "1 FROM[ a] 2 RUN[ echo $((1<<2)) '<<EOF'x <<<x 1 << 2] 3 RUN[ y]" },
	{ "FROM a\nLABEL x=<<EOF\nRUN y", "1 FROM[ a] 2 LABEL[ x=<<EOF] 3 RUN[ y]" },
	{ "FROM a\nRUN <<EOF\nx", "2:1 the here-document `EOF` is not ended" },
	{ "", "0:0 it has no FROM" },
	{ "# only this\nARG a", "0:0 it has no FROM" },
	{ "ARG a\n  RUN b\nFROM c", "2:3 `RUN` stands before the first FROM" },
};

static void
instructions_are_read_as_the_builders_do(void **)
{
	for (size_t i = 0; i < sizeof(reading) / sizeof(reading[0]); i++)
		assert_string_equal(instructions_of(reading[i].text), reading[i].expected);
}

/* "name" of an image, "=N" of an earlier stage, "?" of an unknown one; in brackets when it is not needed; then its platform. */
static const char *
uses_of(const char *text, const char *target)
{
	struct kg_containerfile file;
	struct kg_containerfile_stages stages;
	struct kg_text told = { .arena = arena };
	struct kg_error *error = read_file(text, &file);

	if (!error)
		error = kg_containerfile_stages(arena, &file, arguments, automatic, target, &stages);
	if (error && error->advice)
		return kg_format(arena, "%s; %s", error_tell(error), error->advice);
	if (error)
		return error_tell(error);
	for (uint32_t i = 0; i < stages.use_count; i++) {
		const struct kg_containerfile_use *use = &stages.uses[i];

		kg_text_add(&told, i ? " " : "");
		kg_text_add(&told, use->is_needed ? "" : "(");
		if (use->stage != KG_CONTAINERFILE_OUTSIDE)
			kg_text_format(&told, "=%u", use->stage);
		else
			kg_text_add(&told, use->name ? use->name : "?");
		if (use->platform)
			kg_text_format(&told, "@%s", use->platform);
		kg_text_add(&told, use->is_needed ? "" : ")");
		assert_memory_equal(text + use->at, use->said, use->size);
	}
	return kg_text_end(&told);
}

static const struct {
	const char *text, *target, *expected;
} using[] = {
	{ "FROM scratch", "", "" },
	{ "FROM a:1 AS x\nFROM X\nCOPY --from=x / /", "", "a:1 =0 =0" },
	{ "FROM a\nFROM b\nCOPY --chown=1 --from=0 / /", "", "a b =0" },
	{ "FROM a\nFROM b\nCOPY --from=1 / /\nCOPY --from=7 / /", "", "(a) b 1 7" },
	{ "FROM a AS a\nFROM b", "", "(a) b" },
	{ "FROM a AS x\nFROM b AS y\nFROM x", "y", "(a) b (=0)" },
	{ "FROM a AS x\nFROM b AS y\nFROM x", "0", "a (b) (=0)" },
	{ "FROM a AS x\nFROM b AS x\nFROM x", "", "(a) b =1" },
	{ "FROM x AS x\nFROM a\nCOPY --from=x / /", "", "x a =0" },
	{ "FROM a\nRUN --mount=type=cache,target=/c --mount=type=bind,from=tools:2,target=/t make", "", "a tools:2" },
	{ "FROM a\nRUN make --mount=type=bind,from=b", "", "a" },
	{ "FROM a\nRUN --mount=from=b,target=/x --mount=from=scratch true", "", "a b" },
	{ "ARG BASE=default\nFROM $BASE", "", "given" },
	{ "ARG OTHER=default\nFROM ${OTHER}:1", "", "default:1" },
	{ "FROM ${BASE}", "", "?" },
	{ "FROM ${BASE:-b}", "", "b" },
	{ "ARG EMPTY\nFROM ${EMPTY:-b}", "", "b" },
	{ "ARG EMPTY\nFROM b${EMPTY-c}", "", "b" },
	{ "ARG BASE\nFROM a${BASE:+:1}${NONE:+:2}", "", "a:1" },
	{ "ARG BASE\nFROM ${NONE:-${BASE}-x}", "", "given-x" },
	{ "FROM ${NONE:?must be}", "", "?" },
	{ "ARG V=1.2.3\nFROM a:${V%.*}", "", "?" },
	{ "ARG V=a W=\"$V b\"\nFROM \"${V}\":'$V'", "", "a:$V" },
	{ "ARG V=1\nARG W=a:$V\nFROM $W", "", "a:1" },
	{ "ARG V=1\nFROM a\nARG V\nCOPY --from=b:$V / /", "", "a b:1" },
	{ "ARG V=1\nFROM a\nCOPY --from=b$V / /", "", "a b" },
	{ "FROM a\nARG V=2\nENV W=3 X=$V\nCOPY --from=b:$W$X / /", "", "a b:32" },
	{ "FROM a\nENV W 3 4\nCOPY --from=$W / /", "", "a 3 4" },
	{ "FROM --platform=$BUILDPLATFORM a\nFROM --platform=linux/${TARGETARCH} b", "", "(a@linux/amd64) b@linux/arm64" },
	{ "FROM a \\\n  # why\n  AS x\nFROM \\\n x", "", "a =0" },
	{ "FROM \\\n  --platform=x \\\n  a:1", "", "a:1@x" },
	{ "FROM a\\$b", "", "a$b" },
	{ "FROM", "", "1:1 FROM names no image" },
	{ "FROM --platform=x", "", "1:1 FROM names no image" },
	{ "FROM a AS build\nFROM b", "biuld", "0:0 it has no stage `biuld`; did you mean `build`?" },
	{ "FROM a AS build\nFROM b AS run", "unrelated", "0:0 it has no stage `unrelated`; its stages are build and run" },
	{ "FROM a\nFROM b", "test", "0:0 it has no stage `test`; name one by FROM … AS test" },
};

static void
stages_and_images_are_told_apart(void **)
{
	for (size_t i = 0; i < sizeof(using) / sizeof(using[0]); i++)
		assert_string_equal(uses_of(using[i].text, using[i].target), using[i].expected);
}

static void
the_syntax_is_known(void **)
{
	struct kg_containerfile file;

	assert_null(read_file("# syntax = docker/dockerfile:1.7\nFROM a", &file));
	assert_string_equal(file.syntax, "docker/dockerfile:1.7");
	assert_null(read_file("# SYNTAX: no\nFROM a", &file));
	assert_null(file.syntax);
}

static void
images_are_replaced_where_they_stand(void **)
{
	const char *text = "ARG A=x\nFROM \\\n  ${A}:1 AS a # c\nFROM b\nCOPY --from=c / /\nRUN --mount=from=b,target=/t x\n";
	const char *texts[] = { "new/a", NULL, "localhost/c:2", "d" };
	struct kg_containerfile file;
	struct kg_containerfile_stages stages;
	size_t size;

	assert_null(read_file(text, &file));
	assert_null(kg_containerfile_stages(arena, &file, NULL, NULL, NULL, &stages));
	assert_int_equal(stages.use_count, 4);
	assert_string_equal(kg_containerfile_replace(arena, &file, &stages, texts, &size),
	    "ARG A=x\nFROM \\\n  new/a AS a # c\nFROM b\nCOPY --from=localhost/c:2 / /\nRUN --mount=from=d,target=/t x\n");
	texts[0] = texts[2] = texts[3] = NULL;
	assert_string_equal(kg_containerfile_replace(arena, &file, &stages, texts, &size), text);
	assert_int_equal(size, strlen(text));
}

static uint32_t
step_line(const struct kg_containerfile *file, uint32_t stage, uint32_t number, const char *told)
{
	const struct kg_containerfile_instruction *found = kg_containerfile_step(file, stage, number, told);

	return found ? found->line : 0;
}

static void
a_step_leads_to_its_line(void **)
{
	struct kg_containerfile file;

	assert_null(
	    read_file("ARG V\nFROM a AS a\nRUN make &&  \\\n  make test\nRUN x\n\nFROM b\nRUN x\nRUN x\nRUN <<E\ny\nE\n", &file));
	assert_int_equal(step_line(&file, 0, 1, "FROM a AS a"), 2);
	assert_int_equal(step_line(&file, 0, 2, "RUN make &&    make test"), 3);
	assert_int_equal(step_line(&file, 1, 1, "FROM b"), 7);
	assert_int_equal(step_line(&file, 1, 2, "RUN x"), 8);
	assert_int_equal(step_line(&file, 1, 3, "RUN x"), 9);
	/* Two triggers of the base came first. */
	assert_int_equal(step_line(&file, 0, 5, "RUN x"), 5);
	/* A builder may tell a here-document in its own way. */
	assert_int_equal(step_line(&file, 1, 4, "RUN y"), 10);
	/* Numbers through the whole file. */
	assert_int_equal(step_line(&file, KG_CONTAINERFILE_OUTSIDE, 3, "RUN make && make test"), 3);
	assert_int_equal(step_line(&file, KG_CONTAINERFILE_OUTSIDE, 7, "RUN x"), 9);
	assert_int_equal(step_line(&file, 1, 9, "COPY z"), 0);
	assert_int_equal(step_line(&file, 5, 1, "FROM b"), 0);
}

static void
a_place_has_the_text_of_its_line(void **)
{
	struct kg_containerfile file;

	assert_null(read_file("FROM a\n  RUN é\r\n", &file));
	struct kg_place place = kg_containerfile_place(arena, &file, 2);
	assert_string_equal(place.line_text, "  RUN é");
	assert_int_equal(place.column, 3);
	assert_int_equal(place.length, 5);
	assert_string_equal(kg_containerfile_place(arena, &file, 1).line_text, "FROM a");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(instructions_are_read_as_the_builders_do, make_arena, free_arena),
		cmocka_unit_test_setup_teardown(stages_and_images_are_told_apart, make_arena, free_arena),
		cmocka_unit_test_setup_teardown(the_syntax_is_known, make_arena, free_arena),
		cmocka_unit_test_setup_teardown(images_are_replaced_where_they_stand, make_arena, free_arena),
		cmocka_unit_test_setup_teardown(a_step_leads_to_its_line, make_arena, free_arena),
		cmocka_unit_test_setup_teardown(a_place_has_the_text_of_its_line, make_arena, free_arena),
	};

	return cmocka_run_group_tests_name("containerfile", tests, NULL, NULL);
}
