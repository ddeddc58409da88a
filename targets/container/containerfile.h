/*
 * A Containerfile (or Dockerfile), read as far as kgraph must understand it: its instructions with their lines, its stages, and the images
 * from outside on which they build.
 *
 *     struct kg_containerfile file;
 *     struct kg_error *error = kg_containerfile_read(arena, "service/Containerfile", bytes, size, &file);
 *     error = kg_containerfile_stages(arena, &file, build_args, automatic, "", &stages);
 *     for (uint32_t i = 0; i < stages.use_count; i++)
 *         if (stages.uses[i].is_needed && stages.uses[i].stage == KG_CONTAINERFILE_OUTSIDE)
 *             need(stages.uses[i].name);
 *
 * It reads what both builders read: parser directives, continued lines, here-documents, stages by name and number. What an instruction
 * means is the builder's affair, and one that is not known here passes. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/error.h"
#include "engine/base/field.h"

struct kg_arena;

/* Instead of the index of a stage: an image from outside, or what stands before the first FROM. */
static constexpr uint32_t KG_CONTAINERFILE_OUTSIDE = UINT32_MAX;

/* Where a stretch of an instruction's text comes from: text from byte `at` on is the file from byte `from` on. */
struct kg_containerfile_span {
	uint32_t at, from;
};

struct kg_containerfile_instruction {
	const char *word; /* in capitals: "RUN" */
	const char *text; /* what follows it: continued lines joined, comments and here-documents left out */
	const struct kg_containerfile_span *spans; /* of text; one for each line that it comes from */
	uint32_t span_count;
	uint32_t line, last_line;
	uint32_t stage; /* KG_CONTAINERFILE_OUTSIDE before the first FROM */
};

struct kg_containerfile {
	const char *path; /* for messages */
	const char *bytes;
	size_t size;
	const char *syntax; /* the image of `# syntax=…`; NULL: not said */
	char escape;
	const struct kg_containerfile_instruction *instructions;
	uint32_t count, stage_count;
};

/*
 * path is for messages; bytes are ended by a zero byte and must live as long as the result. KG_EINPUT with the line: no FROM, an instruction
 * before the first FROM that is not ARG, a here-document without an end.
 */
[[nodiscard]] struct kg_error *kg_containerfile_read(
    struct kg_arena *arena, const char *path, const char *bytes, size_t size, struct kg_containerfile *ret_file);

/* A line with its text, for an error. */
struct kg_place kg_containerfile_place(struct kg_arena *arena, const struct kg_containerfile *file, uint32_t line);

/* An image or an earlier stage that a stage starts from or takes files from. */
struct kg_containerfile_use {
	const char *name;     /* as the builder sees it, arguments put in; NULL when it depends on what only the builder knows */
	const char *said;     /* as it stands in the file */
	const char *platform; /* of FROM, arguments put in; NULL: not said */
	uint32_t stage;       /* the earlier stage that name means, or KG_CONTAINERFILE_OUTSIDE */
	uint32_t user;        /* the stage that uses it */
	uint32_t line;
	size_t at, size; /* bytes of the file that say it */
	bool is_from;    /* of FROM; else of `--from` or `--mount=…,from=` */
	bool is_needed;  /* its stage is part of the target */
};

struct kg_containerfile_stage {
	const char *name; /* of `AS`; NULL: none */
	bool is_needed;
};

struct kg_containerfile_stages {
	const struct kg_containerfile_stage *stages;
	uint32_t count;
	const struct kg_containerfile_use *uses; /* in the order of the file; `scratch` is none */
	uint32_t use_count;
};

/*
 * Follows the stages with these arguments, both ended by a NULL name, or NULL: arguments are the user's for ARG; automatic is what the builder
 * gives by itself in FROM, such as TARGETARCH. target: a stage's name or number; NULL or "" is the last one. KG_EINPUT: no such target, a FROM
 * that names no image.
 */
[[nodiscard]] struct kg_error *kg_containerfile_stages(struct kg_arena *arena, const struct kg_containerfile *file,
    const struct kg_pair *arguments, const struct kg_pair *automatic, const char *target,
    struct kg_containerfile_stages *ret_stages);

/*
 * The file with other texts for some of its uses: texts has one for each use, NULL where it stays. Lines stay where they are. A zero byte ends
 * it.
 */
const char *kg_containerfile_replace(struct kg_arena *arena, const struct kg_containerfile *file,
    const struct kg_containerfile_stages *stages, const char *const *texts, size_t *ret_size);

/*
 * The instruction that a builder means by "STEP number/…: told", or NULL. stage counts from 0, and is KG_CONTAINERFILE_OUTSIDE where number,
 * from 1 on, counts through the whole file. What is told must be what stands there; a number that leads elsewhere (an ONBUILD of the base comes
 * between) is mended by it.
 */
const struct kg_containerfile_instruction *kg_containerfile_step(
    const struct kg_containerfile *file, uint32_t stage, uint32_t number, const char *told);
