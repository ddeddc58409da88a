#include "cache/ignore.h"

#include <stdint.h>
#include <string.h>

#include "cache/glob_name.h"
#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/list.h"
#include "engine/base/path.h"

struct name {
	const char *text;
	size_t size;
	bool is_folders; /* `**`: any number of folders */
};

struct rule {
	struct name *names;
	uint32_t count;
	bool is_taken_back; /* "!" */
	bool is_for_folders;
	bool is_anywhere; /* one name that may stand in any folder */
};

struct kg_ignore {
	struct rule *items;
	uint32_t count, room;
};

/* Spaces at the end do not count, unless a backslash stands before them. */
static size_t
line_size(const char *line)
{
	size_t size = strlen(line);

	while (size > 0 && line[size - 1] == ' ' && !(size > 1 && line[size - 2] == '\\'))
		size--;
	return size;
}

static size_t
name_size(const char *text, size_t size)
{
	const char *slash = memchr(text, '/', size);

	return slash ? (size_t)(slash - text) : size;
}

static const char *
names_add(struct kg_arena *arena, struct rule *rule, const char *text, size_t size)
{
	KG_LIST(struct name) names = { 0 };

	for (size_t at = 0; at < size; at++) {
		struct name name = { .text = text + at, .size = name_size(text + at, size - at) };
		const char *wrong = kg_glob_name_check(name.text, name.size);

		if (wrong)
			return wrong;
		at += name.size;
		name.is_folders = name.size == 2 && memcmp(name.text, "**", 2) == 0;
		if (name.size > 0 && !(name.is_folders && names.count > 0 && names.items[names.count - 1].is_folders))
			kg_list_push(arena, &names, name);
	}
	/* At the end it is everything within: any folders, and a name. */
	if (names.count > 0 && names.items[names.count - 1].is_folders)
		kg_list_push(arena, &names, (struct name){ "*", 1, false });
	rule->names = names.items;
	rule->count = names.count;
	return NULL;
}

static const char *
line_read(struct kg_arena *arena, const char *line, struct kg_ignore *ignore)
{
	const char *text = kg_copy(arena, line);
	size_t size = line_size(text);
	struct rule rule = { 0 };

	if (size > 0 && *text == '!') {
		rule.is_taken_back = true;
		text++;
		size--;
	}
	if (size > 0 && text[size - 1] == '/') {
		rule.is_for_folders = true;
		size--;
	}
	rule.is_anywhere = !memchr(text, '/', size);
	const char *wrong = names_add(arena, &rule, text, size);
	if (!wrong && rule.count > 0)
		kg_list_push(arena, ignore, rule);
	return wrong;
}

struct kg_error *
kg_ignore_read(struct kg_arena *arena, const char *const *lines, struct kg_ignore **ret_ignore)
{
	struct kg_ignore *ignore = kg_new(arena, struct kg_ignore);

	for (; lines && *lines; lines++) {
		const char *wrong = **lines == '#' ? NULL : line_read(arena, *lines, ignore);

		if (wrong)
			return kg_error_make(arena, KG_EINPUT, "the ignore pattern `%s` is malformed: %s", *lines, wrong);
	}
	*ret_ignore = ignore;
	return NULL;
}

/* Only the last `**` is ever tried again with one folder more. */
static bool
names_match(const struct rule *rule, const char *path)
{
	const char *again = NULL;
	uint32_t at = 0, behind_folders = 0;

	while (*path) {
		size_t size = strcspn(path, "/");

		if (at < rule->count && rule->names[at].is_folders) {
			behind_folders = ++at;
			again = path;
			continue;
		}
		if (at < rule->count && kg_glob_name_matches(rule->names[at].text, rule->names[at].size, path, size)) {
			at++;
		} else if (again) {
			again += strcspn(again, "/");
			again += *again == '/';
			path = again;
			at = behind_folders;
			continue;
		} else {
			return false;
		}
		path += size + (path[size] == '/');
	}
	return at == rule->count;
}

bool
kg_ignore_matches(const struct kg_ignore *ignore, const char *path, bool is_folder)
{
	const char *name = kg_path_name(path);
	size_t size = strlen(name);

	for (uint32_t i = ignore->count; i-- > 0;) {
		const struct rule *rule = &ignore->items[i];

		if (rule->is_for_folders && !is_folder)
			continue;
		if (rule->is_anywhere ? kg_glob_name_matches(rule->names[0].text, rule->names[0].size, name, size)
				      : names_match(rule, path))
			return !rule->is_taken_back;
	}
	return false;
}
