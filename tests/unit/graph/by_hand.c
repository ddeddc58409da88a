#include "tests/unit/graph/by_hand.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/field.h"
#include "engine/base/text.h"

static const char file_name[] = "/g/kgraph.toml";

struct output_spec {
	const char *path, *as;
};
static const struct kg_field output_fields[] = {
	KG_FIELD(output_spec, path, KG_PATH, KG_REQUIRED, "what is made"),
	KG_FIELD(output_spec, as, KG_TEXT, 0, "the output's key", .fallback = "result"),
	{ 0 },
};

struct command_spec {
	const char *const *command;
	const struct output_spec *const *outputs;
	const char *shell;
	int64_t port;
};
static const struct kg_field command_fields[] = {
	KG_FIELD(command_spec, command, KG_TEXTS, KG_NO_SECRET, "program and arguments"),
	KG_FIELD(command_spec, outputs, KG_RECORDS, KG_OUTPUT_KEYS, "what it makes", .fields = output_fields,
	    .size = sizeof(struct output_spec)),
	KG_FIELD(command_spec, shell, KG_TEXT, 0, "a shell's text in the place of `command`"),
	KG_FIELD(command_spec, port, KG_PORT, 0, "where it listens"),
	{ 0 },
};

static struct kg_error *
command_check(struct kg_arena *arena, const void *spec_of_node)
{
	const struct command_spec *spec = spec_of_node;

	if (!spec->command == !spec->shell)
		return kg_error_make(arena, KG_EINPUT, "either `command` or `shell` must be given");
	return NULL;
}

struct file_spec {
	const char *path, *content;
};
static const struct kg_field file_fields[] = {
	KG_FIELD(file_spec, path, KG_PATH, KG_REQUIRED, "where it is written"),
	KG_FIELD(file_spec, content, KG_TEXT, 0, "what it holds"),
	{ 0 },
};

static const struct kg_facts command_facts = {
	.name = "command",
	.version = 1,
	.fields = command_fields,
	.outputs = (const char *const[]){ "path", NULL },
	.spec_size = sizeof(struct command_spec),
	.check = command_check,
};
static const struct kg_facts file_facts = {
	.name = "file",
	.version = 1,
	.fields = file_fields,
	.outputs = (const char *const[]){ "path", NULL },
	.spec_size = sizeof(struct file_spec),
};
static const struct kg_facts *const kinds[] = { &command_facts, &file_facts };

struct common_spec {
	const char *pool;
	int64_t timeout;
};
static const struct kg_field common_fields[] = {
	KG_FIELD(common_spec, pool, KG_TEXT, 0, "with whom it shares a limit"),
	KG_FIELD(common_spec, timeout, KG_DURATION, 0, "of the run"),
	{ 0 },
};
static const struct kg_facts_set facts = { .kinds = kinds, .count = 2, .common = common_fields };

static const char *lines[64];

static const char *
line_of(const struct kg_draft *draft, const char *file, uint32_t line)
{
	(void)draft;
	return strcmp(file, file_name) == 0 && line < 64 ? lines[line] : NULL;
}

struct by_hand *
by_hand_make(void)
{
	struct kg_arena *arena = kg_arena_make();
	struct by_hand *hand = kg_new(arena, struct by_hand);

	memset(lines, 0, sizeof(lines));
	hand->arena = arena;
	hand->errors.arena = arena;
	hand->draft = (struct kg_draft){
		.arena = arena,
		.errors = &hand->errors,
		.facts = &facts,
		.texts.arena = arena,
		.node_names.arena = arena,
		.folder = "/g",
		.line_of = line_of,
	};
	kg_draft_values_add(&hand->draft, 0);
	return hand;
}

void
by_hand_free(struct by_hand *hand)
{
	kg_arena_free(hand->arena);
}

void
by_hand_line(uint32_t line, const char *text)
{
	lines[line] = text;
}

static struct kg_value
value_make(struct by_hand *hand, const char *key, enum kg_value_type type)
{
	return (struct kg_value){
		.type = type,
		.key = key ? kg_draft_text(&hand->draft, key) : 0,
		.file = kg_draft_text(&hand->draft, file_name),
		.line = hand->line,
		.column = 1,
	};
}

struct kg_value
by_hand_text(struct by_hand *hand, const char *key, const char *text)
{
	struct kg_value value = value_make(hand, key, KG_VALUE_TEXT);

	value.start = kg_draft_text(&hand->draft, text);
	value.count = (uint32_t)strlen(text);
	value.flags = strstr(text, "${") ? KG_VALUE_OPEN : 0;
	return value;
}

struct kg_value
by_hand_integer(struct by_hand *hand, const char *key, int64_t number)
{
	struct kg_value value = value_make(hand, key, KG_VALUE_INTEGER);

	value.integer = number;
	return value;
}

static struct kg_value
children_add(struct by_hand *hand, struct kg_value value, uint32_t count, const struct kg_value *children)
{
	value.start = hand->values.count;
	value.count = count;
	for (uint32_t i = 0; i < count; i++) {
		kg_list_push(hand->arena, &hand->values, children[i]);
		value.flags |= children[i].flags;
	}
	return value;
}

struct kg_value
by_hand_list(struct by_hand *hand, const char *key, uint32_t count, const struct kg_value *items)
{
	return children_add(hand, value_make(hand, key, KG_VALUE_LIST), count, items);
}

struct kg_value
by_hand_table(struct by_hand *hand, const char *key, uint32_t count, const struct kg_value *members)
{
	return children_add(hand, value_make(hand, key, KG_VALUE_TABLE), count, members);
}

/* Moves a value with all below it into the draft and gives its index. */
static uint32_t
settle(struct by_hand *hand, struct kg_value value)
{
	struct kg_draft *draft = &hand->draft;
	uint32_t index = kg_draft_values_add(draft, 1);

	draft->values.items[index] = value;
	for (uint32_t i = index; i < draft->values.count; i++) {
		struct kg_value parent = draft->values.items[i];

		if (parent.type != KG_VALUE_LIST && parent.type != KG_VALUE_TABLE)
			continue;
		uint32_t first = kg_draft_values_add(draft, parent.count);
		draft->values.items[i].start = first;
		for (uint32_t child = 0; child < parent.count; child++)
			draft->values.items[first + child] = hand->values.items[parent.start + child];
	}
	return index;
}

uint32_t
by_hand_node(
    struct by_hand *hand, const char *name, const char *kind, uint32_t line, uint32_t count, const struct kg_value *settings)
{
	struct kg_draft *draft = &hand->draft;
	uint32_t index = draft->nodes.count, at = UINT32_MAX;
	struct kg_value table = by_hand_table(hand, NULL, count, settings);

	for (uint32_t i = 0; i < facts.count; i++)
		if (strcmp(kinds[i]->name, kind) == 0)
			at = i;
	kg_list_push(hand->arena, &draft->nodes,
	    (struct kg_draft_node){
		.name = kg_copy(hand->arena, name),
		.folder = "/g",
		.kind = at,
		.settings = settle(hand, table),
		.place = { .file = file_name, .line = line, .column = 1 },
	    });
	kg_map_put(&draft->node_names, draft->nodes.items[index].name, index);
	return index;
}

uint32_t
by_hand_command(struct by_hand *hand, const char *name, uint32_t line, const char *argument)
{
	hand->line = line;
	struct kg_value text = by_hand_text(hand, NULL, argument);
	struct kg_value list = by_hand_list(hand, "command", 1, &text);

	return by_hand_node(hand, name, "command", line, 1, &list);
}

static void
need_add(struct by_hand *hand, uint32_t node, const char *name, enum kg_edge_until until, uint32_t line, uint32_t column)
{
	kg_list_push(hand->arena, &hand->draft.needs,
	    (struct kg_draft_need){
		.node = node,
		.name = kg_copy(hand->arena, name),
		.until = until,
		.place = { .file = file_name, .line = line, .column = column },
	    });
}

void
by_hand_need(struct by_hand *hand, uint32_t node, const char *name, uint32_t line, uint32_t column)
{
	need_add(hand, node, name, KG_UNTIL_DONE, line, column);
}

void
by_hand_need_ready(struct by_hand *hand, uint32_t node, const char *name, uint32_t line, uint32_t column)
{
	need_add(hand, node, name, KG_UNTIL_READY, line, column);
}

void
by_hand_target(struct by_hand *hand, const char *name, uint32_t line, const char *const *names)
{
	struct kg_draft_target target = { .name = name, .place = { .file = file_name, .line = line, .column = 1 } };

	for (uint32_t i = 0; names[i]; i++) {
		kg_list_push(hand->arena, &target.nodes, names[i]);
		kg_list_push(hand->arena, &target.places, (struct kg_place){ .file = file_name, .line = line, .column = 10 + i });
	}
	kg_list_push(hand->arena, &hand->draft.targets, target);
}

void
by_hand_export(struct by_hand *hand, const char *name, const char *text)
{
	struct kg_value value = by_hand_text(hand, NULL, text);

	kg_list_push(hand->arena, &hand->draft.exports,
	    (struct kg_draft_export){ .name = name, .value = settle(hand, value), .place = { .file = file_name } });
}

void
by_hand_secret(struct by_hand *hand, const char *name)
{
	kg_list_push(hand->arena, &hand->draft.secrets, (struct kg_secret){ .name = kg_draft_text(&hand->draft, name) });
}

void
by_hand_port(struct by_hand *hand, const char *name)
{
	kg_list_push(hand->arena, &hand->draft.ports, (struct kg_port){ .name = kg_draft_text(&hand->draft, name) });
}

void
by_hand_pool(struct by_hand *hand, const char *name)
{
	kg_list_push(hand->arena, &hand->draft.pools, (struct kg_pool){ .name = kg_draft_text(&hand->draft, name), .width = 1 });
}

static int
error_compare(const void *a, const void *b)
{
	const struct kg_error *one = *(const struct kg_error *const *)a, *other = *(const struct kg_error *const *)b;

	if (one->place.line != other->place.line)
		return one->place.line < other->place.line ? -1 : 1;
	if (one->place.column != other->place.column)
		return one->place.column < other->place.column ? -1 : 1;
	return strcmp(one->message, other->message);
}

const char *
by_hand_told(struct by_hand *hand)
{
	struct kg_text told = { .arena = hand->arena };
	const struct kg_error **errors = kg_new_array(hand->arena, const struct kg_error *, hand->errors.count + 1);
	uint32_t count = 0;

	for (const struct kg_error *error = hand->errors.first; error; error = error->next)
		errors[count++] = error;
	qsort(errors, count, sizeof(*errors), error_compare);
	for (uint32_t i = 0; i < count; i++) {
		const struct kg_error *error = errors[i];

		kg_text_format(&told, "%u:%u %s", error->place.line, error->place.column, error->message);
		if (error->advice)
			kg_text_format(&told, " (%s)", error->advice);
		kg_text_add(&told, "\n");
		if (error->detail)
			kg_text_format(&told, "%s\n", error->detail);
	}
	return kg_text_end(&told);
}
