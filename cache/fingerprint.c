#include "cache/fingerprint.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/list.h"

void
kg_parts_add(struct kg_parts *parts, enum kg_part_type type, const char *name, struct kg_digest digest)
{
	kg_parts_add_noted(parts, type, name, NULL, digest);
}

void
kg_parts_add_noted(struct kg_parts *parts, enum kg_part_type type, const char *name, const char *note, struct kg_digest digest)
{
	kg_assert(!parts->is_sealed);
	/* The high half keeps a secret whose cut digest is zero apart from one that is not set. */
	if (type == KG_PART_SECRET && !kg_digest_is_none(digest))
		digest = (struct kg_digest){ .high = 1, .low = digest.low & 0xffff };
	kg_list_push(parts->arena, parts, (struct kg_part){ .type = type, .name = name, .note = note, .digest = digest });
}

static int
number_order(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* By what the part is about; the same on both sides of a comparison. */
static int
subject_order(const struct kg_part *a, const struct kg_part *b)
{
	if (a->type != b->type)
		return number_order(a->type, b->type);
	/* A node has one kind: another name is a change of it, not one kind gone and one new. */
	return a->type == KG_PART_KIND ? 0 : strcmp(a->name, b->name);
}

static int
part_order(const void *left, const void *right)
{
	const struct kg_part *a = left, *b = right;
	int order = number_order(a->type, b->type);

	if (order == 0)
		order = strcmp(a->name, b->name);
	if (order == 0)
		order = number_order(a->digest.high, b->digest.high);
	return order ? order : number_order(a->digest.low, b->digest.low);
}

/* The last item goes where it belongs among those before it, which are in order. */
static void
last_insert(struct kg_part *items, uint32_t count)
{
	struct kg_part last = items[count - 1];
	uint32_t low = 0, high = count - 1;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (part_order(&items[middle], &last) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	memmove(items + low + 1, items + low, (count - 1 - low) * sizeof(*items));
	items[low] = last;
}

/* Most come in order already, but for a few, and then qsort's copies of the array are not worth it. */
static void
items_sort(struct kg_part *items, uint32_t count)
{
	uint32_t few = 8;

	for (uint32_t i = 1; i < count; i++) {
		if (part_order(&items[i - 1], &items[i]) <= 0)
			continue;
		if (few-- == 0) {
			qsort(items, count, sizeof(*items), part_order);
			return;
		}
		last_insert(items, i + 1);
	}
}

static bool
is_sorted_by_type(const struct kg_parts *parts)
{
	for (uint32_t i = 1; i < parts->count; i++)
		if (parts->items[i - 1].type > parts->items[i].type)
			return false;
	return true;
}

/* Each type by itself, in the order in which they came: a node may have many thousands of files, and they come in order. */
static void
types_part(struct kg_parts *parts)
{
	struct kg_part *sorted = kg_new_array(parts->arena, struct kg_part, parts->count);
	uint32_t next[KG_PART_PLACE + 2] = { 0 };

	for (uint32_t i = 0; i < parts->count; i++)
		next[parts->items[i].type + 1]++;
	for (uint32_t type = 0; type <= KG_PART_PLACE; type++)
		next[type + 1] += next[type];
	for (uint32_t i = 0; i < parts->count; i++)
		sorted[next[parts->items[i].type]++] = parts->items[i];
	parts->items = sorted;
	parts->room = parts->count;
}

static void
parts_sort(struct kg_parts *parts)
{
	uint32_t kept = 0;

	if (!is_sorted_by_type(parts))
		types_part(parts);
	for (uint32_t start = 0, end; start < parts->count; start = end) {
		for (end = start + 1; end < parts->count && parts->items[end].type == parts->items[start].type;)
			end++;
		items_sort(parts->items + start, end - start);
	}
	for (uint32_t i = 0; i < parts->count; i++) {
		if (kept == 0 || part_order(&parts->items[kept - 1], &parts->items[i]) != 0)
			parts->items[kept++] = parts->items[i];
	}
	parts->count = kept;
}

struct kg_digest
kg_parts_seal(struct kg_parts *parts)
{
	struct kg_digest_state state;

	if (!parts->is_sealed)
		parts_sort(parts);
	parts->is_sealed = true;

	kg_digest_start(&state);
	for (uint32_t i = 0; i < parts->count; i++) {
		const struct kg_part *part = &parts->items[i];

		kg_digest_add_number(&state, part->type);
		kg_digest_add_text(&state, part->name);
		kg_digest_add_number(&state, part->digest.high);
		kg_digest_add_number(&state, part->digest.low);
	}
	return kg_digest_end(&state);
}

static bool
is_changed(const struct kg_part *before, const struct kg_part *after)
{
	return !kg_digest_equal(before->digest, after->digest) || strcmp(before->name, after->name) != 0;
}

struct kg_changes
kg_parts_compare(struct kg_arena *arena, const struct kg_parts *before, const struct kg_parts *after)
{
	struct kg_changes changes = { 0 };
	uint32_t b = 0, a = 0;

	kg_assert(before->count == 0 || before->is_sealed);
	kg_assert(after->count == 0 || after->is_sealed);
	while (b < before->count || a < after->count) {
		const struct kg_part *was = b < before->count ? &before->items[b] : NULL;
		const struct kg_part *is = a < after->count ? &after->items[a] : NULL;
		int order = !was ? 1 : !is ? -1 : subject_order(was, is);

		if (order < 0)
			kg_list_push(arena, &changes, (struct kg_change){ .before = was });
		else if (order > 0)
			kg_list_push(arena, &changes, (struct kg_change){ .after = is });
		else if (is_changed(was, is))
			kg_list_push(arena, &changes, (struct kg_change){ .before = was, .after = is });
		b += order <= 0;
		a += order >= 0;
	}
	return changes;
}

enum change_way { WAY_NEW, WAY_GONE, WAY_CHANGED };

static const char *
subject_tell(struct kg_arena *arena, const struct kg_part *part)
{
	switch (part->type) {
	case KG_PART_KIND: return kg_format(arena, "kind `%s`", part->name);
	case KG_PART_SETTING: return kg_format(arena, "setting `%s`", part->name);
	case KG_PART_FILE: return part->name;
	case KG_PART_TOOL: return kg_format(arena, "program `%s`", part->name);
	case KG_PART_OUTPUT: return kg_format(arena, "output %s", part->name);
	case KG_PART_ENVIRONMENT: return kg_format(arena, "environment variable %s", part->name);
	case KG_PART_SECRET: return kg_format(arena, "secret `%s`", part->name);
	case KG_PART_PLACE:
		if (strncmp(part->name, "port.", 5) == 0)
			return kg_format(arena, "port `%s`", part->name + 5);
		if (strncmp(part->name, "dir.", 4) == 0)
			return kg_format(arena, "folder `%s`", part->name + 4);
		break;
	}
	return part->name;
}

/* What has become of the subject, when there is nothing more to say of it. */
static const char *
way_tell(enum kg_part_type type, enum change_way way)
{
	static const char *const files[] = { "is new", "is gone", "changed" };
	static const char *const settings[] = { "was added", "was removed", "changed" };
	static const char *const uses[] = { "is used now", "is not used any more", "changed" };
	static const char *const variables[] = { "is set now", "is not set any more", "changed" };

	switch (type) {
	case KG_PART_FILE: return files[way];
	case KG_PART_KIND:
	case KG_PART_SETTING: return settings[way];
	case KG_PART_ENVIRONMENT:
	case KG_PART_SECRET: return variables[way];
	case KG_PART_TOOL:
	case KG_PART_OUTPUT:
	case KG_PART_PLACE: break;
	}
	return uses[way];
}

static const char *
tool_tell(struct kg_arena *arena, const struct kg_part *before, const struct kg_part *after)
{
	if (kg_digest_is_none(after->digest))
		return kg_format(arena, "program `%s` is missing", after->name);
	if (!before->note || !after->note)
		return kg_format(arena, "program `%s` changed", after->name);
	if (strcmp(before->note, after->note) != 0)
		return kg_format(arena, "program `%s` is %s now, was %s", after->name, after->note, before->note);
	return kg_format(arena, "program `%s` changed (%s)", after->name, after->note);
}

static const char *
kind_tell(struct kg_arena *arena, const struct kg_part *before, const struct kg_part *after)
{
	if (strcmp(before->name, after->name) != 0)
		return kg_format(arena, "the kind is `%s` now, was `%s`", after->name, before->name);
	return kg_format(arena, "kind `%s` works differently in this version of kgraph", after->name);
}

const char *
kg_change_tell(struct kg_arena *arena, struct kg_change change)
{
	const struct kg_part *before = change.before, *after = change.after, *part = after ? after : before;
	bool was = before && !kg_digest_is_none(before->digest), is = after && !kg_digest_is_none(after->digest);

	kg_assert(part);
	if (before && after && part->type == KG_PART_KIND)
		return kind_tell(arena, before, after);
	if (before && after && part->type == KG_PART_TOOL)
		return tool_tell(arena, before, after);
	/* Named for the first time or no more, and missing on the side where it is named. */
	if (!was && !is)
		return kg_format(
		    arena, "%s is %s", subject_tell(arena, part), after ? "named now, and missing" : "not named any more");
	enum change_way way = !is ? WAY_GONE : !was ? WAY_NEW : WAY_CHANGED;
	return kg_format(arena, "%s %s", subject_tell(arena, part), way_tell(part->type, way));
}

const char *
kg_changes_tell(struct kg_arena *arena, const struct kg_changes *changes)
{
	if (changes->count == 0)
		return "nothing changed";

	const char *first = kg_change_tell(arena, changes->items[0]);
	uint32_t more = changes->count - 1;
	return more == 0 ? first : kg_format(arena, "%s, %u more change%s", first, more, more == 1 ? "" : "s");
}
