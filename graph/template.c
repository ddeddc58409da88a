#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/text.h"
#include "graph/reader.h"

/*
 * A template's settings, with those of all that it extends under them, are put together once and kept. The chain is walked up to the first
 * template that is done, and then down again: no recursion, however long it is.
 */

static const struct kg_toml *
templates_of(const struct kg_scope *scope)
{
	const struct kg_toml *templates = kg_toml_member(scope->file->root, "template");

	return templates && templates->type == KG_VALUE_TABLE ? templates : NULL;
}

/* The index of the template that the settings extend; UINT32_MAX when there is none, or none of that name, which is told. */
static uint32_t
extended_find(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *settings)
{
	const struct kg_toml *templates = templates_of(scope), *extends = kg_toml_member(settings, "extends");

	if (!extends)
		return UINT32_MAX;
	const char *name = kg_reader_closed_text(reader, scope, extends, "`extends`");
	if (!name)
		return UINT32_MAX;
	const struct kg_toml *found = kg_toml_member(templates, name);
	if (found && found->type == KG_VALUE_TABLE)
		return (uint32_t)(found - templates->items);
	if (found)
		return UINT32_MAX;
	struct kg_error *error = kg_reader_complain(reader, kg_reader_place(scope, extends), "there is no template `%s`", name);
	if (templates)
		kg_reader_suggest(reader, error, name, kg_reader_keys(reader, templates));
	else
		(void)kg_error_advise(reader->draft->errors->arena, error, "say it in [template.%s] of this file", name);
	return UINT32_MAX;
}

static const struct kg_toml *
template_finish(struct kg_reader *reader, const struct kg_scope *scope, uint32_t index)
{
	const struct kg_toml *templates = templates_of(scope), *under = NULL;
	KG_LIST(uint32_t) chain = { 0 };

	for (; index != UINT32_MAX; index = extended_find(reader, scope, &templates->items[index])) {
		struct kg_template *template = &scope->templates[index];

		kg_assert(templates);
		if (template->state == KG_READER_DONE) {
			under = template->table;
			break;
		}
		if (template->state == KG_READER_BUSY) {
			kg_assert(chain.count > 0);
			const struct kg_toml *last = &templates->items[chain.items[chain.count - 1]];
			(void)kg_reader_complain(reader, kg_reader_place(scope, kg_toml_member(last, "extends")),
			    "template `%s` extends itself", templates->items[index].key);
			break;
		}
		template->state = KG_READER_BUSY;
		kg_list_push(reader->arena, &chain, index);
	}
	for (uint32_t i = chain.count; i > 0; i--) {
		struct kg_template *template = &scope->templates[chain.items[i - 1]];

		under = template->table = kg_reader_merge(reader, &templates->items[chain.items[i - 1]], under, true);
		template->state = KG_READER_DONE;
	}
	return under;
}

void
kg_reader_templates_open(struct kg_reader *reader, struct kg_scope *scope)
{
	const struct kg_toml *templates = templates_of(scope);
	uint32_t count = templates ? templates->count : 0;

	scope->templates = kg_new_array(reader->arena, struct kg_template, count);
	for (uint32_t i = 0; i < count; i++) {
		const char *subject = kg_format(reader->arena, "[template.%s]", templates->items[i].key);

		(void)kg_reader_check_name(reader, scope, &templates->items[i], "template");
		if (kg_reader_check_type(reader, scope, &templates->items[i], KG_VALUE_TABLE, subject))
			(void)template_finish(reader, scope, i);
	}
}

const struct kg_toml *
kg_reader_extend(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *settings)
{
	uint32_t index = extended_find(reader, scope, settings);

	return index == UINT32_MAX ? settings : kg_reader_merge(reader, settings, scope->templates[index].table, true);
}
