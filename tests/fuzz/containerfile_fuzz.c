/*
 * Any bytes as a Containerfile: the reader never reads beyond them, instructions and uses lead back to lines and bytes that are there, and a file
 * in which nothing is replaced is the same file.
 */
#include <stdint.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "targets/container/containerfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const struct kg_pair arguments[] = { { "A", "a" }, { "E", "" }, { NULL, NULL } };

static void
check_stages(struct kg_arena *arena, const struct kg_containerfile *file)
{
	struct kg_containerfile_stages stages;
	size_t size;

	if (kg_containerfile_stages(arena, file, arguments, arguments, "1", &stages) &&
	    kg_containerfile_stages(arena, file, arguments, arguments, "", &stages))
		return;
	for (uint32_t i = 0; i < stages.use_count; i++) {
		const struct kg_containerfile_use *use = &stages.uses[i];

		kg_assert(use->at + use->size <= file->size && use->user < stages.count);
		kg_assert(use->stage == KG_CONTAINERFILE_OUTSIDE || use->stage < use->user);
		kg_assert(use->name || use->stage == KG_CONTAINERFILE_OUTSIDE);
	}
	const char **texts = kg_new_array(arena, const char *, stages.use_count + 1);
	const char *same = kg_containerfile_replace(arena, file, &stages, texts, &size);
	kg_assert(size == file->size && memcmp(same, file->bytes, size) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_containerfile file;
	uint32_t lines = 1;

	for (size_t i = 0; i < size; i++)
		lines += bytes[i] == '\n';
	struct kg_error *error = kg_containerfile_read(arena, "Containerfile", kg_copy_bytes(arena, bytes, size), size, &file);
	if (error)
		kg_assert(error->place.line <= lines);
	for (uint32_t i = 0; !error && i < file.count; i++) {
		const struct kg_containerfile_instruction *instruction = &file.instructions[i];

		kg_assert(instruction->line >= 1 && instruction->line <= instruction->last_line && instruction->last_line <= lines);
		const char *told = kg_format(arena, "%s %s", instruction->word, instruction->text);
		kg_assert(kg_containerfile_step(&file, KG_CONTAINERFILE_OUTSIDE, i + 1, told) == instruction);
	}
	if (!error)
		check_stages(arena, &file);
	kg_arena_free(arena);
	return 0;
}
