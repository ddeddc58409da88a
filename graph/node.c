#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "graph/reader.h"

/* What the engine reads of a node itself: not among the settings of its kind. */
static const char *const not_settings[] = { "kind", "needs", "extends", NULL };

/* A node of the scope's file: what the file says, what the chosen profile says, and both made one. */
struct said_node {
	const struct kg_toml *own, *profile; /* NULL: not said there */
	const struct kg_toml *settings;      /* with templates */
};

struct kg_value
kg_reader_value(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *said, struct kg_scalar scalar)
{
	struct kg_value value = {
		.type = scalar.type,
		.flags = scalar.flags,
		.line = said->line,
		.column = said->column,
		.file = scope->file->path_text,
	};

	switch (scalar.type) {
	case KG_VALUE_TEXT:
		value.start = kg_draft_text_bytes(reader->draft, scalar.text, scalar.size);
		value.count = scalar.size;
		break;
	case KG_VALUE_REAL: value.real = scalar.real; break;
	case KG_VALUE_NONE:
		/* Told already: open, so that nobody looks into it and tells more. */
		value.type = KG_VALUE_TEXT;
		value.flags = KG_VALUE_OPEN;
		break;
	default: value.integer = scalar.integer; break;
	}
	return value;
}

static bool
is_among(const char *name, const char *const *names)
{
	for (; names && *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

/* Children stand side by side, so room for all of them is made before the first is filled. */
void
kg_reader_convert(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *said, uint32_t index,
    const char *const *leave_out)
{
	struct kg_draft *draft = reader->draft;

	if (said->type != KG_VALUE_TABLE && said->type != KG_VALUE_LIST) {
		if (said->type == KG_VALUE_NONE) {
			struct kg_error *error =
			    kg_reader_complain(reader, kg_reader_place(scope, said), "dates and times have no meaning here");
			(void)kg_error_advise(draft->errors->arena, error, "write it as a text: \"%s\"", said->text);
			draft->values.items[index] = kg_reader_value(reader, scope, said, (struct kg_scalar){ 0 });
			return;
		}
		draft->values.items[index] = kg_reader_value(reader, scope, said, kg_reader_scalar(reader, scope, said));
		return;
	}

	uint32_t count = 0;
	for (uint32_t i = 0; i < said->count; i++)
		count += said->type == KG_VALUE_LIST || !is_among(said->items[i].key, leave_out);
	uint32_t start = kg_draft_values_add(draft, count), child = start;
	uint8_t flags = 0;
	for (uint32_t i = 0; i < said->count; i++) {
		const struct kg_toml *item = &said->items[i];

		if (said->type == KG_VALUE_TABLE && is_among(item->key, leave_out))
			continue;
		kg_reader_convert(reader, scope, item, child, NULL);
		if (item->key) {
			draft->values.items[child].key = kg_draft_text_shared(draft, item->key);
			draft->keys.items[child] = (struct kg_key_place){ item->key_line, item->key_column };
		}
		flags |= draft->values.items[child++].flags;
	}
	draft->values.items[index] = (struct kg_value){
		.type = said->type,
		.flags = flags,
		.start = count > 0 ? start : 0,
		.count = count,
		.line = said->line,
		.column = said->column,
		.file = scope->file->path_text,
	};
}

/* "postgresql:ready" → name and how far; false when it is wrong, and told. */
static bool
need_read(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *said, struct kg_draft_need *need)
{
	static const char *const states[] = { "ready", "done", NULL };
	const char *text = kg_reader_closed_text(reader, scope, said, "what `needs` names");
	const char *colon = text ? strchr(text, ':') : NULL;

	if (!text)
		return false;
	need->place = kg_reader_place(scope, said);
	need->until = colon && strcmp(colon + 1, "ready") == 0 ? KG_UNTIL_READY : KG_UNTIL_DONE;
	need->name = kg_reader_full_name(reader, scope, colon ? kg_copy_bytes(reader->arena, text, (size_t)(colon - text)) : text);
	if (!colon || is_among(colon + 1, states))
		return true;
	struct kg_error *error = kg_reader_complain(reader, need->place, "a need is of `NAME` or `NAME:ready`, not `%s`", text);
	kg_reader_suggest(reader, error, colon + 1, states);
	return false;
}

static void
needs_read(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *needs)
{
	struct kg_draft *draft = reader->draft;
	bool is_list = needs->type == KG_VALUE_LIST;

	if (!is_list && needs->type != KG_VALUE_TEXT) {
		(void)kg_reader_check_type(reader, scope, needs, KG_VALUE_LIST, "`needs`");
		return;
	}
	for (uint32_t i = 0; i < (is_list ? needs->count : 1); i++) {
		struct kg_draft_need need = { .node = draft->nodes.count };

		if (need_read(reader, scope, is_list ? &needs->items[i] : needs, &need))
			kg_list_push(draft->arena, &draft->needs, need);
	}
}

/* The index of the node's kind; UINT32_MAX when it has none that there is, and that is told. */
static uint32_t
kind_read(struct kg_reader *reader, const struct kg_scope *scope, const struct said_node *node, const struct kg_toml *header)
{
	const struct kg_toml *kind = kg_toml_member(node->settings, "kind");
	const char *text = kind ? kg_reader_closed_text(reader, scope, kind, "`kind`") : NULL;
	struct kg_error *error;
	uint32_t index;

	if (kind && !text)
		return UINT32_MAX;
	if (kind && kg_map_get(&reader->kinds, text, &index))
		return index;
	if (kind)
		error = kg_reader_complain(reader, kg_reader_place(scope, kind), "there is no kind `%s`", text);
	else
		error = kg_reader_complain(reader, kg_reader_key_place(scope, header), "node `%s` has no `kind`", header->key);

	const struct kg_facts_set *facts = reader->draft->facts;
	const char **known = kg_new_array(reader->arena, const char *, (size_t)facts->count + 1);
	for (uint32_t i = 0; i < facts->count; i++)
		known[i] = facts->kinds[i]->name;
	kg_reader_suggest(reader, error, kind ? text : "", known);
	return UINT32_MAX;
}

/* Only in a profile, and without a kind: most likely it was meant to change a node of another name. */
static bool
is_unknown(struct kg_reader *reader, const struct kg_scope *scope, const struct said_node *node, const struct kg_toml *own)
{
	if (node->own || kg_toml_member(node->settings, "kind"))
		return false;
	struct kg_error *error = kg_reader_complain(reader, kg_reader_key_place(scope, node->profile),
	    "the profile changes a node `%s` that this file does not have", node->profile->key);
	const char *nearest = kg_text_nearest(node->profile->key, kg_reader_keys(reader, own));
	if (nearest)
		(void)kg_error_advise(reader->draft->errors->arena, error, "did you mean `%s`?", nearest);
	else
		(void)kg_error_advise(reader->draft->errors->arena, error, "a node that the profile adds needs a `kind`");
	return true;
}

static void
node_read(struct kg_reader *reader, const struct kg_scope *scope, const struct said_node *said)
{
	struct kg_draft *draft = reader->draft;
	const struct kg_toml *header = said->own ? said->own : said->profile;
	const struct kg_toml *needs = kg_toml_member(said->settings, "needs");
	struct kg_draft_node node = {
		.name = kg_reader_full_name(reader, scope, header->key),
		.folder = scope->file->folder,
		.place = kg_reader_key_place(scope, header),
	};

	if (!kg_reader_is_new(reader, &reader->node_names, scope, header, "node", node.name))
		return;
	node.kind = kind_read(reader, scope, said, header);
	if (needs)
		needs_read(reader, scope, needs);
	node.settings = kg_draft_values_add(draft, 1);
	kg_reader_convert(reader, scope, said->settings, node.settings, not_settings);
	/* What is missing in the node is told where its name stands. */
	draft->values.items[node.settings].line = header->key_line;
	draft->values.items[node.settings].column = header->key_column;

	draft->node_names.arena = draft->arena;
	kg_map_put(&draft->node_names, node.name, draft->nodes.count);
	kg_list_push(draft->arena, &draft->nodes, node);
}

/* `remove = true` in a profile: true when the node is to go. */
static bool
is_removed(struct kg_reader *reader, const struct kg_scope *scope, const struct said_node *node, const struct kg_toml *own)
{
	struct kg_draft *draft = reader->draft;
	const struct kg_toml *remove = kg_toml_member(node->profile, "remove");
	struct kg_error *error;

	if (!remove)
		return false;
	if (!kg_reader_check_type(reader, scope, remove, KG_VALUE_FLAG, "`remove`"))
		return true;
	if (!remove->integer) {
		error = kg_reader_complain(reader, kg_reader_key_place(scope, remove), "`remove = false` changes nothing");
		(void)kg_error_advise(draft->errors->arena, error, "leave it out");
	} else if (!node->own) {
		error = kg_reader_complain(reader, kg_reader_key_place(scope, node->profile),
		    "the profile removes a node `%s` that this file does not have", node->profile->key);
		kg_reader_suggest(reader, error, node->profile->key, kg_reader_keys(reader, own));
	} else if (node->profile->count > 1) {
		error =
		    kg_reader_complain(reader, kg_reader_key_place(scope, remove), "a node that is removed has no other settings");
		(void)kg_error_advise(draft->errors->arena, error, "leave out `remove`, or all the others");
	}
	kg_list_push(draft->arena, &draft->removed,
	    (struct kg_draft_removed){
		kg_reader_full_name(reader, scope, node->profile->key), kg_reader_key_place(scope, node->profile) });
	return true;
}

/* A profile that gives a kind, itself or by its template, starts anew; otherwise it changes what the file says. */
static const struct kg_toml *
settings_find(struct kg_reader *reader, const struct kg_scope *scope, const struct said_node *node)
{
	if (!node->profile)
		return kg_reader_extend(reader, scope, node->own);
	if (!node->own)
		return kg_reader_extend(reader, scope, node->profile);

	const struct kg_toml *anew = kg_reader_extend(reader, scope, node->profile);
	if (kg_toml_member(anew, "kind"))
		return anew;
	return kg_reader_extend(reader, scope, kg_reader_merge(reader, node->profile, node->own, true));
}

static int
place_compare(const void *a, const void *b)
{
	const struct said_node *one = a, *other = b;
	const struct kg_toml *first = one->own ? one->own : one->profile, *second = other->own ? other->own : other->profile;

	if (first->key_line != second->key_line)
		return first->key_line < second->key_line ? -1 : 1;
	return (first->key_column > second->key_column) - (first->key_column < second->key_column);
}

/* The nodes of both tables, in the order in which they stand in the file. */
static struct said_node *
nodes_collect(struct kg_reader *reader, const struct kg_toml *own, const struct kg_toml *profile, uint32_t *ret_count)
{
	uint32_t own_count = own ? own->count : 0, profile_count = profile ? profile->count : 0, count = 0;
	struct said_node *nodes = kg_new_array(reader->arena, struct said_node, (size_t)own_count + profile_count);

	for (uint32_t i = 0; i < own_count; i++)
		nodes[count++] = (struct said_node){ .own = &own->items[i], .profile = kg_toml_member(profile, own->items[i].key) };
	for (uint32_t i = 0; i < profile_count; i++)
		if (!kg_toml_member(own, profile->items[i].key))
			nodes[count++] = (struct said_node){ .profile = &profile->items[i] };
	if (count > 0)
		qsort(nodes, count, sizeof(*nodes), place_compare);
	*ret_count = count;
	return nodes;
}

static bool
is_sound(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *said)
{
	return !said ||
	    (kg_reader_check_name(reader, scope, said, "node") &&
		kg_reader_check_type(reader, scope, said, KG_VALUE_TABLE, kg_format(reader->arena, "[node.%s]", said->key)));
}

static const struct kg_toml *
nodes_of(const struct kg_toml *table)
{
	const struct kg_toml *nodes = kg_toml_member(table, "node");

	return nodes && nodes->type == KG_VALUE_TABLE ? nodes : NULL;
}

void
kg_reader_nodes(struct kg_reader *reader, const struct kg_scope *scope)
{
	const struct kg_toml *own = nodes_of(scope->file->root), *profile = nodes_of(scope->profile);
	uint32_t count;
	struct said_node *nodes = nodes_collect(reader, own, profile, &count);

	for (uint32_t i = 0; i < count; i++) {
		struct said_node *node = &nodes[i];

		if (!is_sound(reader, scope, node->own) || !is_sound(reader, scope, node->profile) ||
		    is_removed(reader, scope, node, own))
			continue;
		node->settings = settings_find(reader, scope, node);
		if (!is_unknown(reader, scope, node, own))
			node_read(reader, scope, node);
	}
}
