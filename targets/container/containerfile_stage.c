/*
 * The stages of a Containerfile and what they take from each other and from outside. Arguments are followed as far as names of images can
 * depend on them: ARG before the first FROM is for FROM alone, and reaches a stage only when the stage asks for it by an ARG of its own.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/arena.h"
#include "engine/base/list.h"
#include "engine/base/text.h"
#include "targets/container/containerfile.h"
#include "targets/container/containerfile_word.h"

struct walk {
	struct kg_arena *arena;
	const struct kg_containerfile *file;
	const struct kg_pair *arguments;
	struct kg_containerfile_scope outside; /* what FROM sees */
	struct kg_containerfile_scope inside;  /* what the current stage sees */
	const struct kg_containerfile_instruction *instruction;
	struct kg_containerfile_stage *stages;
	uint32_t stage;
	KG_LIST(struct kg_containerfile_use) uses;
};

static const char *
pair_value(const struct kg_pair *pairs, const char *name)
{
	for (; pairs && pairs->name; pairs++)
		if (strcmp(pairs->name, name) == 0)
			return pairs->value;
	return NULL;
}

static const char *
expand(const struct walk *walk, const char *bytes, size_t size, const struct kg_containerfile_scope *scope)
{
	return kg_containerfile_word_expand(walk->arena, bytes, size, walk->file->escape, scope);
}

static struct kg_error *
wrong(const struct walk *walk, const char *what)
{
	return kg_error_at(
	    walk->arena, KG_EINPUT, kg_containerfile_place(walk->arena, walk->file, walk->instruction->line), "%s", what);
}

/* The earlier stage that is called name, or has that number where numbers count. */
static uint32_t
stage_find(const struct walk *walk, const char *name, uint32_t count, bool by_number)
{
	for (uint32_t i = count; i > 0; i--)
		if (walk->stages[i - 1].name && strcasecmp(walk->stages[i - 1].name, name) == 0)
			return i - 1;
	if (by_number && isdigit((unsigned char)*name) && strspn(name, "0123456789") == strlen(name) && strlen(name) < 9) {
		uint32_t number = (uint32_t)strtoul(name, NULL, 10);

		return number < count ? number : KG_CONTAINERFILE_OUTSIDE;
	}
	return KG_CONTAINERFILE_OUTSIDE;
}

/* The byte of the file that stands at this byte of the instruction's text. */
static size_t
file_offset(const struct kg_containerfile_instruction *instruction, size_t at)
{
	uint32_t i = 0;

	while (i + 1 < instruction->span_count && instruction->spans[i + 1].at <= at)
		i++;
	return instruction->spans[i].from + (at - instruction->spans[i].at);
}

static void
use_add(struct walk *walk, const char *bytes, size_t size, bool is_from, const char *platform)
{
	const struct kg_containerfile_instruction *instruction = walk->instruction;
	size_t first = (size_t)(bytes - instruction->text);
	struct kg_containerfile_use use = {
		.name = expand(walk, bytes, size, is_from ? &walk->outside : &walk->inside),
		.said = kg_copy_bytes(walk->arena, bytes, size),
		.platform = platform,
		.stage = KG_CONTAINERFILE_OUTSIDE,
		.user = walk->stage,
		.is_from = is_from,
		.line = instruction->line,
		.at = file_offset(instruction, first),
	};

	use.size = file_offset(instruction, first + size - 1) + 1 - use.at;
	if (use.name && !*use.name)
		use.name = NULL;
	if (use.name)
		use.stage = stage_find(walk, use.name, walk->stage, !is_from);
	if (!use.name || strcmp(use.name, "scratch") != 0 || use.stage != KG_CONTAINERFILE_OUTSIDE)
		kg_list_push(walk->arena, &walk->uses, use);
}

/* FROM [--platform=P] IMAGE [AS NAME] */
static struct kg_error *
from_take(struct walk *walk)
{
	const char *rest = walk->instruction->text, *platform = NULL;
	char escape = walk->file->escape;
	struct kg_containerfile_word word;
	bool is_there;

	walk->stage = walk->instruction->stage;
	walk->inside = (struct kg_containerfile_scope){ .arena = walk->arena };
	while ((is_there = kg_containerfile_word_next(&rest, escape, &word)) && kg_text_starts(word.bytes, "--"))
		if (kg_text_starts(word.bytes, "--platform="))
			platform = expand(walk, word.bytes + 11, word.size - 11, &walk->outside);
	if (!is_there)
		return wrong(walk, "FROM names no image");
	use_add(walk, word.bytes, word.size, true, platform);
	if (kg_containerfile_word_next(&rest, escape, &word) && word.size == 2 && strncasecmp(word.bytes, "AS", 2) == 0 &&
	    kg_containerfile_word_next(&rest, escape, &word))
		walk->stages[walk->stage].name = kg_copy_bytes(walk->arena, word.bytes, word.size);
	return NULL;
}

/* ARG NAME[=DEFAULT] … */
static void
arguments_take(struct walk *walk)
{
	bool is_outside = walk->instruction->stage == KG_CONTAINERFILE_OUTSIDE;
	struct kg_containerfile_scope *scope = is_outside ? &walk->outside : &walk->inside;
	const char *rest = walk->instruction->text;
	struct kg_containerfile_word word;

	while (kg_containerfile_word_next(&rest, walk->file->escape, &word)) {
		const char *equals = memchr(word.bytes, '=', word.size);
		size_t length = equals ? (size_t)(equals - word.bytes) : word.size;
		const char *name = kg_copy_bytes(walk->arena, word.bytes, length);
		const char *value = pair_value(walk->arguments, name);

		if (!value && equals)
			value = expand(walk, equals + 1, word.size - length - 1, scope);
		if (!value && !is_outside)
			value = kg_containerfile_scope_get(&walk->outside, name, length);
		if (value)
			kg_containerfile_scope_set(scope, name, value);
	}
}

/* ENV NAME=VALUE …, or ENV NAME VALUE */
static void
environment_take(struct walk *walk)
{
	const char *rest = walk->instruction->text;
	struct kg_containerfile_word word;

	while (kg_containerfile_word_next(&rest, walk->file->escape, &word)) {
		const char *equals = memchr(word.bytes, '=', word.size);
		size_t length = equals ? (size_t)(equals - word.bytes) : word.size;
		const char *name = kg_copy_bytes(walk->arena, word.bytes, length), *value;

		if (equals) {
			value = expand(walk, equals + 1, word.size - length - 1, &walk->inside);
		} else {
			rest += strspn(rest, " \t");
			value = expand(walk, rest, strlen(rest), &walk->inside);
			rest = "";
		}
		if (value)
			kg_containerfile_scope_set(&walk->inside, name, value);
	}
}

/* The value of `from` in `type=bind,from=IMAGE,target=…`. */
static void
mount_take(struct walk *walk, const char *bytes, size_t size)
{
	for (const char *at = bytes, *end = bytes + size; at < end;) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		size_t length = (size_t)((comma ? comma : end) - at);

		if (length > 5 && strncmp(at, "from=", 5) == 0)
			use_add(walk, at + 5, length - 5, false, NULL);
		at += length + 1;
	}
}

/* COPY --from=IMAGE …, RUN --mount=…,from=IMAGE … */
static void
flags_take(struct walk *walk)
{
	const char *rest = walk->instruction->text;
	bool copies = strcmp(walk->instruction->word, "COPY") == 0;
	struct kg_containerfile_word word;

	while (kg_containerfile_word_next(&rest, walk->file->escape, &word) && word.size > 2 && strncmp(word.bytes, "--", 2) == 0) {
		if (copies && word.size > 7 && strncmp(word.bytes, "--from=", 7) == 0)
			use_add(walk, word.bytes + 7, word.size - 7, false, NULL);
		if (!copies && word.size > 8 && strncmp(word.bytes, "--mount=", 8) == 0)
			mount_take(walk, word.bytes + 8, word.size - 8);
	}
}

static struct kg_error *
instruction_take(struct walk *walk)
{
	const char *word = walk->instruction->word;

	if (strcmp(word, "FROM") == 0)
		return from_take(walk);
	if (strcmp(word, "ARG") == 0)
		arguments_take(walk);
	else if (strcmp(word, "ENV") == 0)
		environment_take(walk);
	else if (strcmp(word, "COPY") == 0 || strcmp(word, "RUN") == 0)
		flags_take(walk);
	return NULL;
}

/* A stage uses earlier ones alone, so that one pass from the last to the first finds all that the target needs. */
static void
needed_mark(struct walk *walk, uint32_t target)
{
	walk->stages[target].is_needed = true;
	for (uint32_t i = walk->uses.count; i > 0; i--) {
		struct kg_containerfile_use *use = &walk->uses.items[i - 1];

		use->is_needed = walk->stages[use->user].is_needed;
		if (use->is_needed && use->stage != KG_CONTAINERFILE_OUTSIDE)
			walk->stages[use->stage].is_needed = true;
	}
}

static struct kg_error *
target_find(const struct walk *walk, const char *target, uint32_t *ret_stage)
{
	KG_LIST(const char *) names = { 0 };

	*ret_stage = walk->file->stage_count - 1;
	if (!target || !*target)
		return NULL;
	*ret_stage = stage_find(walk, target, walk->file->stage_count, true);
	if (*ret_stage != KG_CONTAINERFILE_OUTSIDE)
		return NULL;
	for (uint32_t i = 0; i < walk->file->stage_count; i++)
		if (walk->stages[i].name)
			kg_list_push(walk->arena, &names, walk->stages[i].name);
	uint32_t count = names.count;
	kg_list_push(walk->arena, &names, NULL);
	struct kg_error *error =
	    kg_error_at(walk->arena, KG_EINPUT, (struct kg_place){ .file = walk->file->path }, "it has no stage `%s`", target);
	const char *nearest = kg_text_nearest(target, names.items);
	if (nearest)
		return kg_error_advise(walk->arena, error, "did you mean `%s`?", nearest);
	if (count == 0)
		return kg_error_advise(walk->arena, error, "name one by FROM … AS %s", target);
	return kg_error_advise(
	    walk->arena, error, "its stages are %s", kg_text_enumerate(walk->arena, names.items, count, " and "));
}

struct kg_error *
kg_containerfile_stages(struct kg_arena *arena, const struct kg_containerfile *file, const struct kg_pair *arguments,
    const struct kg_pair *automatic, const char *target, struct kg_containerfile_stages *ret_stages)
{
	struct walk walk = { .arena = arena, .file = file, .arguments = arguments, .outside.arena = arena, .inside.arena = arena };
	uint32_t last;

	walk.stages = kg_new_array(arena, struct kg_containerfile_stage, file->stage_count);
	for (; automatic && automatic->name; automatic++)
		kg_containerfile_scope_set(&walk.outside, automatic->name, automatic->value);
	for (uint32_t i = 0; i < file->count; i++) {
		walk.instruction = &file->instructions[i];
		struct kg_error *error = instruction_take(&walk);
		if (error)
			return error;
	}
	struct kg_error *error = target_find(&walk, target, &last);
	if (error)
		return error;
	needed_mark(&walk, last);
	*ret_stages = (struct kg_containerfile_stages){ walk.stages, file->stage_count, walk.uses.items, walk.uses.count };
	return NULL;
}

const char *
kg_containerfile_replace(struct kg_arena *arena, const struct kg_containerfile *file, const struct kg_containerfile_stages *stages,
    const char *const *texts, size_t *ret_size)
{
	struct kg_text text = { .arena = arena };
	size_t done = 0;

	for (uint32_t i = 0; i < stages->use_count; i++) {
		const struct kg_containerfile_use *use = &stages->uses[i];

		if (!texts[i] || use->at < done)
			continue;
		kg_text_add_bytes(&text, file->bytes + done, use->at - done);
		kg_text_add(&text, texts[i]);
		done = use->at + use->size;
	}
	kg_text_add_bytes(&text, file->bytes + done, file->size - done);
	*ret_size = text.size;
	return kg_text_end(&text);
}
