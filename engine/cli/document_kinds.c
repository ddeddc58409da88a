#include "engine/cli/document_kinds.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/facts.h"
#include "engine/base/list.h"
#include "engine/base/text.h"
#include "engine/probe.h"
#include "engine/target.h"

static const char part_opening[] = "<!-- settings of ", part_opening_end[] = " -->\n", part_end[] = "<!-- end -->\n";

/* Settings within settings within settings: no kind goes deeper than this. */
static constexpr uint32_t deepest = 4;

/* A bar would end the cell. */
static void
cell_add(struct kg_text *text, const char *content)
{
	for (const char *at = content; *at; at++)
		kg_text_add(text, *at == '|' ? "\\|" : (const char[]){ *at, '\0' });
	kg_text_add(text, " | ");
}

static const char *
type_tell(struct kg_arena *arena, const struct kg_field *field)
{
	struct kg_text text = { .arena = arena };

	if (field->type != KG_CHOICE)
		return kg_field_type_tell(field->type);
	for (const char *const *choice = field->choices; *choice; choice++)
		kg_text_format(&text, "%s`%s`", choice == field->choices ? "" : ", ", *choice);
	return kg_text_end(&text);
}

static const char *
fallback_tell(struct kg_arena *arena, const struct kg_field *field)
{
	if (field->flags & KG_REQUIRED)
		return "required";
	return field->fallback ? kg_format(arena, "`%s`", field->fallback) : "";
}

static void
row_add(struct kg_text *text, const char *prefix, const struct kg_field *field, bool counts)
{
	kg_text_add(text, "| ");
	cell_add(text, kg_format(text->arena, "`%s%s`", prefix, field->name));
	cell_add(text, type_tell(text->arena, field));
	cell_add(text, fallback_tell(text->arena, field));
	cell_add(text, counts ? "yes" : "no");
	cell_add(text, field->meaning);
	text->size--;
	kg_text_add(text, "\n");
}

/* A table and those in it; `ready` has a part of its own. */
static void
fields_add(struct kg_text *text, const struct kg_field *fields, bool counts)
{
	struct {
		const struct kg_field *field;
		const char *prefix;
		bool counts;
	} stack[deepest] = { { fields, "", counts } };
	uint32_t depth = 1;

	kg_text_add(text, "| setting | type | default | runs again | meaning |\n|---|---|---|---|---|\n");
	while (depth > 0) {
		const struct kg_field *field = stack[depth - 1].field++;
		const char *prefix = stack[depth - 1].prefix;

		if (!field->name) {
			depth--;
			continue;
		}
		bool field_counts = stack[depth - 1].counts && !(field->flags & KG_NOT_HASHED);
		row_add(text, prefix, field, field_counts);
		if (!field->fields || field->fields == kg_probe_fields || depth == deepest)
			continue;
		stack[depth].field = field->fields;
		stack[depth].prefix = kg_format(text->arena, "%s%s.", prefix, field->name);
		stack[depth++].counts = field_counts;
	}
}

static void
kind_add(struct kg_text *text, const struct kg_facts *facts)
{
	fields_add(text, facts->fields, true);
	for (const char *const *output = facts->outputs; output && *output; output++)
		kg_text_format(text, "%s`%s`", output == facts->outputs ? "\nOutputs: " : ", ", *output);
	if (facts->outputs && facts->outputs[0])
		kg_text_add(text, ".\n");
}

static bool
part_add(struct kg_text *text, const char *about, const struct kg_facts_set *set)
{
	if (strcmp(about, "every kind") == 0) {
		fields_add(text, set->common, true);
		return true;
	}
	if (strcmp(about, "ready") == 0) {
		fields_add(text, kg_probe_fields, false);
		return true;
	}
	for (uint32_t i = 0; i < set->count; i++)
		if (strcmp(about, set->kinds[i]->name) == 0) {
			kind_add(text, set->kinds[i]);
			return true;
		}
	return false;
}

struct kg_error *
kg_document_kinds(struct kg_text *text, const char *page, const struct kg_facts_set *set)
{
	struct kg_arena *arena = text->arena;
	const char *part, *end;

	for (uint32_t i = 0; i < set->count; i++)
		if (!strstr(page, kg_format(arena, "%s%s%s", part_opening, set->kinds[i]->name, part_opening_end)))
			return kg_error_make(arena, KG_EDATA, "the page says nothing of the kind `%s`", set->kinds[i]->name);
	for (; (part = strstr(page, part_opening)); page = end) {
		const char *about = part + strlen(part_opening), *about_end = strstr(about, part_opening_end);

		end = strstr(part, part_end);
		if (!end || !about_end || about_end > end)
			return kg_error_make(
			    arena, KG_EDATA, "a part of the page has no end: %.*s", (int)strcspn(part, "\n"), part);
		kg_text_add_bytes(text, page, (size_t)(about_end + strlen(part_opening_end) - page));
		about = kg_copy_bytes(arena, about, (size_t)(about_end - about));
		if (!part_add(text, about, set))
			return kg_error_make(arena, KG_EDATA, "there is no kind `%s`", about);
	}
	kg_text_add(text, page);
	return NULL;
}
