/*
 * Any bytes as a migration file: the parser never reads beyond them, its statements lead back to lines that are there, and cutting the same
 * file twice gives the same.
 */
#include <stdint.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "targets/sql/goose_parse.h"
#include "targets/sql/sql_token.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const char *const environment[] = { "A=a", "EMPTY=", "LINES=x;\ny", NULL };

static void
check_statement(struct kg_arena *arena, const struct kg_goose_statement *statement, uint32_t line_count)
{
	uint32_t ends = 0;

	kg_assert(statement->size > 0 && strlen(statement->text) == statement->size);
	for (size_t i = 0; i < statement->size; i++)
		ends += statement->text[i] == '\n';
	kg_assert(statement->line_count == ends + 1);
	for (uint32_t i = 0; i < statement->line_count; i++)
		kg_assert(statement->lines[i] >= 1 && statement->lines[i] <= line_count);

	struct kg_sql_index index;
	const char *normalised = kg_sql_normalise(arena, statement->text, statement->size);
	kg_assert(strcmp(kg_sql_normalise(arena, normalised, strlen(normalised)), normalised) == 0);
	(void)kg_sql_concurrent_index(arena, statement->text, statement->size, &index);
	(void)kg_sql_copies_in(statement->text, statement->size);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_goose_source source = { "1_x.sql", kg_copy_bytes(arena, bytes, size), size };
	uint32_t line_count = 1;

	for (size_t i = 0; i < size; i++)
		line_count += bytes[i] == '\n';
	for (enum kg_goose_direction direction = KG_GOOSE_UP; direction <= KG_GOOSE_DOWN; direction++) {
		struct kg_goose_section section;
		struct kg_error *error = kg_goose_parse(arena, &source, direction, environment, &section);

		if (error)
			kg_assert(error->place.line <= line_count);
		for (uint32_t i = 0; !error && i < section.count; i++)
			check_statement(arena, &section.statements[i], line_count);
	}
	kg_arena_free(arena);
	return 0;
}
