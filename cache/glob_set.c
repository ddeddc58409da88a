#include "cache/glob_set.h"

#include <string.h>

#include "cache/glob_name.h"
#include "engine/base/arena.h"
#include "engine/base/list.h"
#include "engine/base/text.h"

/* {a,b}{c,d}… doubles with each pair: what needs more alternatives than this is a mistake. */
static constexpr uint32_t braces_max = 1024;

static bool
is_wild(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\\')
			i++;
		else if (strchr("*?[", text[i]))
			return true;
	}
	return false;
}

static const char *
unescaped(struct kg_arena *arena, const char *text, uint32_t *size)
{
	char *plain = kg_copy_bytes(arena, text, *size);
	uint32_t to = 0;

	for (uint32_t i = 0; i < *size; i++) {
		i += text[i] == '\\' && i + 1 < *size;
		plain[to++] = text[i];
	}
	plain[to] = '\0';
	*size = to;
	return plain;
}

static bool
is_text(const struct kg_glob_part *part, const char *text)
{
	return part->size == strlen(text) && memcmp(part->text, text, part->size) == 0;
}

/* One name of a pattern. "." is nothing; ".." takes the name before it back, where that is known. */
static const char *
part_add(struct kg_globs *globs, struct kg_glob *glob, const char *text, size_t size)
{
	struct kg_glob_part part = { .text = text, .size = (uint32_t)size, .type = KG_GLOB_NAME };
	const struct kg_glob_part *last = glob->count ? &globs->items[globs->count - 1] : NULL;
	const char *wrong = kg_glob_name_check(text, size);

	if (wrong || is_text(&part, "") || is_text(&part, "."))
		return wrong;
	if (is_text(&part, "**")) {
		part.type = KG_GLOB_FOLDERS;
		if (last && last->type == KG_GLOB_FOLDERS)
			return NULL;
	} else if (!is_wild(text, size)) {
		part.type = KG_GLOB_LITERAL;
		part.text = unescaped(globs->arena, text, &part.size);
	}
	if (is_text(&part, "..") && last && last->type != KG_GLOB_LITERAL)
		return "`..` stands behind a wildcard";
	if (is_text(&part, "..") && last && !is_text(last, "..")) {
		globs->count--;
		glob->count--;
		return NULL;
	}
	if (is_text(&part, "..") && glob->is_absolute)
		return NULL;
	kg_list_push(globs->arena, globs, part);
	glob->count++;
	return NULL;
}

/* The end of the name at text: a slash, or the end; one in a class or behind a backslash does not count. */
static size_t
name_size(const char *text)
{
	size_t size = 0, left = strlen(text);

	while (text[size] && text[size] != '/') {
		size_t class_size = text[size] == '[' ? kg_glob_class_size(text + size, left - size) : 0;

		if (class_size > 0 && !memchr(text + size, '/', class_size))
			size += class_size;
		else
			size += text[size] == '\\' && text[size + 1] && text[size + 1] != '/' ? 2 : 1;
	}
	return size;
}

const char *
kg_globs_add(struct kg_globs *globs, const char *pattern, struct kg_glob *ret_glob)
{
	struct kg_glob_part end = { .type = KG_GLOB_END, .is_folder = kg_text_ends(pattern, "/"), .is_literal = true };
	const char *wrong = *pattern ? NULL : "it is empty";

	*ret_glob = (struct kg_glob){ .first = globs->count, .is_absolute = *pattern == '/' };
	for (const char *at = pattern; *at && !wrong; at += strspn(at, "/")) {
		size_t size = name_size(at);

		wrong = part_add(globs, ret_glob, at, size);
		at += size;
	}
	if (wrong)
		return wrong;
	/* Behind `**` at the end stands any file. */
	if (ret_glob->count > 0 && globs->items[globs->count - 1].type == KG_GLOB_FOLDERS && !end.is_folder) {
		kg_list_push(globs->arena, globs, (struct kg_glob_part){ .text = "*", .size = 1, .type = KG_GLOB_NAME });
		ret_glob->count++;
	}
	for (uint32_t i = 0; i < ret_glob->count; i++)
		end.is_literal &= globs->items[ret_glob->first + i].type == KG_GLOB_LITERAL;
	kg_list_push(globs->arena, globs, end);
	return NULL;
}

static void
step_begin(struct kg_globs *globs)
{
	if (globs->stamp_room < globs->count) {
		globs->stamps = kg_new_array(globs->arena, uint32_t, globs->room);
		globs->stamp_room = globs->room;
		globs->stamp = 0;
	}
	/* After four thousand million steps the old stamps would be taken for new ones. */
	if (++globs->stamp == 0) {
		memset(globs->stamps, 0, globs->stamp_room * sizeof(*globs->stamps));
		globs->stamp = 1;
	}
}

/* True when the part is an END that means a file. */
static bool
state_add(struct kg_globs *globs, struct kg_arena *arena, uint32_t index, bool is_folder, struct kg_glob_states *states)
{
	for (;; index++) {
		const struct kg_glob_part *part = &globs->items[index];

		if (part->type == KG_GLOB_END) {
			states->is_all |= is_folder && (part->is_folder || part->is_literal);
			return !is_folder && !part->is_folder;
		}
		if (globs->stamps[index] == globs->stamp)
			return false;
		globs->stamps[index] = globs->stamp;
		kg_list_push(arena, states, index);
		if (part->type != KG_GLOB_FOLDERS)
			return false;
	}
}

void
kg_globs_start(struct kg_globs *globs, struct kg_arena *arena, uint32_t part, struct kg_glob_states *states)
{
	step_begin(globs);
	for (uint32_t i = 0; i < states->count; i++)
		globs->stamps[states->items[i]] = globs->stamp;
	state_add(globs, arena, part, true, states);
}

bool
kg_globs_step(struct kg_globs *globs, struct kg_arena *arena, const struct kg_glob_states *from, const char *name, uint32_t size,
    bool is_folder, struct kg_glob_states *ret_states)
{
	bool is_hidden = name[0] == '.';
	bool is_ours = (size == 4 && memcmp(name, ".git", 4) == 0) || (size == 7 && memcmp(name, ".kgraph", 7) == 0);
	bool is_met = from->is_all && !is_folder && !is_ours;

	step_begin(globs);
	ret_states->is_all = from->is_all && is_folder && !is_ours;
	for (uint32_t i = 0; i < from->count; i++) {
		uint32_t index = from->items[i];
		const struct kg_glob_part *part = &globs->items[index];
		bool goes_on;

		if (part->type == KG_GLOB_FOLDERS) {
			if (is_folder && !is_hidden)
				state_add(globs, arena, index, is_folder, ret_states);
			continue;
		}
		if (part->type == KG_GLOB_LITERAL)
			goes_on = part->size == size && memcmp(part->text, name, size) == 0;
		else
			goes_on = !is_ours &&
			    (!is_hidden || part->text[0] == '.' || (part->text[0] == '\\' && part->text[1] == '.')) &&
			    kg_glob_name_matches(part->text, part->size, name, size);
		if (goes_on)
			is_met |= state_add(globs, arena, index + 1, is_folder, ret_states);
	}
	return is_met;
}

/* The first brace that opens, or NULL. */
static const char *
brace_find(const char *text)
{
	for (size_t left = strlen(text); left > 0;) {
		size_t class_size = *text == '[' ? kg_glob_class_size(text, left) : 0;
		size_t size = class_size > 0 ? class_size : *text == '\\' && left > 1 ? 2 : 1;

		if (*text == '{')
			return text;
		text += size;
		left -= size;
	}
	return NULL;
}

/* Adds what the first pair of braces in text stands for, one text for each alternative. */
static const char *
brace_open(struct kg_arena *arena, const char *text, const char *open, struct kg_texts *texts)
{
	KG_LIST(const char *) cuts = { 0 };
	const char *close = NULL;
	uint32_t depth = 0;

	kg_list_push(arena, &cuts, open);
	for (const char *at = open; *at && !close; at++) {
		if (*at == '\\' && at[1])
			at++;
		else if (*at == '{')
			depth++;
		else if (*at == ',' && depth == 1)
			kg_list_push(arena, &cuts, at);
		else if (*at == '}' && --depth == 0)
			close = at;
	}
	if (!close)
		return "`{` is not closed";
	kg_list_push(arena, &cuts, close);
	for (uint32_t i = 1; i < cuts.count; i++) {
		const char *start = cuts.items[i - 1] + 1;

		kg_list_push(arena, texts,
		    kg_format(arena, "%.*s%.*s%s", (int)(open - text), text, (int)(cuts.items[i] - start), start, close + 1));
	}
	return NULL;
}

const char *
kg_glob_braces(struct kg_arena *arena, const char *pattern, struct kg_texts *texts)
{
	struct kg_texts open = { 0 };
	const char *wrong = NULL;
	uint32_t done = 0;

	kg_list_push(arena, &open, pattern);
	while (done < open.count && !wrong) {
		const char *text = open.items[done++], *brace = brace_find(text);

		if (open.count - done + texts->count > braces_max)
			return "its braces stand for too many patterns";
		if (brace)
			wrong = brace_open(arena, text, brace, &open);
		else
			kg_list_push(arena, texts, text);
	}
	return wrong;
}
