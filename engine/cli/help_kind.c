#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/list.h"
#include "engine/base/text.h"
#include "engine/cli/help.h"
#include "engine/cli/kinds.h"
#include "engine/base/style.h"
#include "engine/cli/table.h"
#include "engine/target.h"

/* Settings within settings within settings: no kind goes deeper than this. */
static constexpr uint32_t deepest = 4;

static const char *
words_tell(struct kg_arena *arena, const char *const *words, const char *join)
{
	uint32_t count = 0;

	while (words[count])
		count++;
	return kg_text_enumerate(arena, words, count, join);
}

/* "what it is asked to stop with: TERM, INT or KILL (default: TERM)" */
static const char *
meaning_tell(struct kg_arena *arena, const struct kg_field *field)
{
	const char *meaning = field->meaning;

	if (field->choices)
		meaning = kg_format(arena, "%s: %s", meaning, words_tell(arena, field->choices, " or "));
	if (field->fallback)
		meaning = kg_format(arena, "%s (default: %s)", meaning, field->fallback);
	return field->flags & KG_REQUIRED ? kg_format(arena, "%s (required)", meaning) : meaning;
}

/* The fields of a table with those of the tables in it below, set in by two spaces a level. */
static void
fields_add(struct kg_table *table, const struct kg_style *style, const struct kg_field *fields)
{
	const struct kg_field *stack[deepest];
	uint32_t depth = 1;

	stack[0] = fields;
	while (depth > 0) {
		const struct kg_field *field = stack[depth - 1]++;

		if (!field->name) {
			depth--;
			continue;
		}
		kg_table_row(table,
		    (struct kg_cell[]){ { kg_format(table->arena, "%*s%s", (int)(2 * (depth - 1)), "", field->name), style->bold },
			{ field->type == KG_CHOICE ? "word" : kg_field_type_tell(field->type), style->dim },
			{ meaning_tell(table->arena, field), NULL } });
		if (field->fields && depth < deepest)
			stack[depth++] = field->fields;
	}
}

void
kg_help_kind(struct kg_text *text, const struct kg_style *style, uint32_t columns, const struct kg_facts *facts)
{
	struct kg_table own = { .arena = text->arena, .columns = 3, .indent = 2, .is_wrapped = true, .widest = 28 };
	struct kg_table common = own;

	kg_text_format(text, "%s%s%s: %s\n", style->bold, facts->name, style->end, facts->summary);
	kg_text_format(text, "\n%ssettings%s\n", style->bold, style->end);
	fields_add(&own, style, facts->fields);
	kg_table_add(&own, text, style, columns);
	kg_text_format(text, "\n%ssettings of every kind, beside kind, needs and extends%s\n", style->bold, style->end);
	fields_add(&common, style, kg_common_fields);
	kg_table_add(&common, text, style, columns);
	if (!facts->outputs || !facts->outputs[0])
		return;
	struct kg_table outputs = { .arena = text->arena, .columns = 1, .indent = 2, .is_wrapped = true };
	kg_text_format(text, "\n%soutputs%s, as in ${node.NAME.%s}\n", style->bold, style->end, facts->outputs[0]);
	kg_table_row(&outputs, (struct kg_cell[]){ { words_tell(text->arena, facts->outputs, " and "), NULL } });
	kg_table_add(&outputs, text, style, columns);
}

void
kg_help_kinds(struct kg_text *text, const struct kg_style *style, uint32_t columns)
{
	struct kg_table table = { .arena = text->arena, .columns = 2, .indent = 2, .is_wrapped = true };

	kg_text_format(text, "%skinds of nodes%s\n", style->bold, style->end);
	for (uint32_t i = 0; i < kg_kinds_facts.count; i++)
		kg_table_row(&table,
		    (struct kg_cell[]){
			{ kg_kinds_facts.kinds[i]->name, style->bold }, { kg_kinds_facts.kinds[i]->summary, NULL } });
	kg_table_add(&table, text, style, columns);
	kg_text_add(text, "\n`kgraph help KIND` tells its settings.\n");
}
