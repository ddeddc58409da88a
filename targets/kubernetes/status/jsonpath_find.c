#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/list.h"
#include "targets/kubernetes/status/jsonpath_inside.h"

typedef KG_LIST(const cJSON *) hits;

enum kg_comparison
kg_comparison_read(const char *text, uint32_t *ret_length)
{
	static const struct {
		const char *word;
		enum kg_comparison comparison;
	} words[] = {
		{ "==", KG_COMPARISON_EQUAL },
		{ "!=", KG_COMPARISON_NOT_EQUAL },
		{ "<=", KG_COMPARISON_LESS_EQUAL },
		{ ">=", KG_COMPARISON_GREATER_EQUAL },
		{ "=", KG_COMPARISON_EQUAL },
		{ "<", KG_COMPARISON_LESS },
		{ ">", KG_COMPARISON_GREATER },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		*ret_length = (uint32_t)strlen(words[i].word);
		if (strncmp(text, words[i].word, *ret_length) == 0)
			return words[i].comparison;
	}
	*ret_length = 0;
	return KG_COMPARISON_PRESENT;
}

bool
kg_comparison_holds(enum kg_comparison comparison, int order)
{
	switch (comparison) {
	case KG_COMPARISON_PRESENT: return true;
	case KG_COMPARISON_EQUAL: return order == 0;
	case KG_COMPARISON_NOT_EQUAL: return order != 0;
	case KG_COMPARISON_LESS: return order < 0;
	case KG_COMPARISON_LESS_EQUAL: return order <= 0;
	case KG_COMPARISON_GREATER: return order > 0;
	case KG_COMPARISON_GREATER_EQUAL: return order >= 0;
	}
	return false;
}

/* A side of a filter for one element: the path's only hit, or the value itself. False when there is nothing to compare. */
static bool
operand_value(
    struct kg_arena *arena, const struct kg_jsonpath_operand *operand, const cJSON *element, struct kg_jsonpath_operand *ret_value)
{
	*ret_value = *operand;
	if (!operand->path)
		return true;
	struct kg_json_hits hits = kg_jsonpath_find(arena, operand->path, element);
	if (hits.count != 1)
		return false;
	const cJSON *hit = hits.items[0];
	*ret_value = (struct kg_jsonpath_operand){
		.text = cJSON_GetStringValue(hit),
		.number = cJSON_IsNumber(hit) ? hit->valuedouble : cJSON_IsTrue(hit),
		.is_flag = cJSON_IsBool(hit),
	};
	return ret_value->text || ret_value->is_flag || cJSON_IsNumber(hit);
}

/* Values of different types are different, and in no order. */
static bool
filter_holds(struct kg_arena *arena, const struct kg_jsonpath_step *step, const cJSON *element)
{
	struct kg_jsonpath_operand left, right;

	if (step->comparison == KG_COMPARISON_PRESENT)
		return kg_jsonpath_find(arena, step->left.path, element).count > 0;
	if (!operand_value(arena, &step->left, element, &left) || !operand_value(arena, &step->right, element, &right))
		return false;
	if (!left.text != !right.text || left.is_flag != right.is_flag)
		return step->comparison == KG_COMPARISON_NOT_EQUAL;
	int order = left.text ? strcmp(left.text, right.text) : (left.number > right.number) - (left.number < right.number);
	return kg_comparison_holds(step->comparison, order);
}

static void
take_slice(struct kg_arena *arena, const struct kg_jsonpath_step *step, const cJSON *value, hits *found)
{
	int64_t count = cJSON_IsArray(value) ? cJSON_GetArraySize(value) : 0, index = 0;
	int64_t from = step->has_from ? step->from : 0, to = step->has_to ? step->to : count;
	const cJSON *one;

	from += from < 0 ? count : 0;
	to += to < 0 ? count : 0;
	if (step->is_index)
		to = from + 1;
	else if (from < 0)
		from = 0;
	if (!cJSON_IsArray(value) || from < 0)
		return;
	cJSON_ArrayForEach(one, value)
	{
		if (index >= from && index < to && (index - from) % step->by == 0)
			kg_list_push(arena, found, one);
		index++;
	}
}

/* Deep objects are walked by a list of what is still to be seen, in the order in which they are printed. */
static void
take_below(struct kg_arena *arena, const cJSON *value, hits *found)
{
	hits open = { 0 };

	kg_list_push(arena, &open, value);
	while (open.count > 0) {
		const cJSON *one = open.items[--open.count];
		uint32_t first = open.count;

		if ((!cJSON_IsObject(one) && !cJSON_IsArray(one)) || !one->child)
			continue;
		kg_list_push(arena, found, one);
		for (const cJSON *child = one->child; child; child = child->next)
			kg_list_push(arena, &open, child);
		/* The last is taken first, so turn them round. */
		for (uint32_t last = open.count; last > first + 1; first++, last--) {
			const cJSON *swapped = open.items[first];

			open.items[first] = open.items[last - 1];
			open.items[last - 1] = swapped;
		}
	}
}

static void
take_step(struct kg_arena *arena, const struct kg_jsonpath_step *step, const cJSON *value, hits *found)
{
	const cJSON *one;

	switch (step->type) {
	case KG_JSONPATH_FIELD:
		one = cJSON_IsObject(value) ? cJSON_GetObjectItemCaseSensitive(value, step->name) : NULL;
		if (one)
			kg_list_push(arena, found, one);
		return;
	case KG_JSONPATH_WILDCARD:
		if (cJSON_IsObject(value) || cJSON_IsArray(value))
			cJSON_ArrayForEach(one, value) kg_list_push(arena, found, one);
		return;
	case KG_JSONPATH_SLICE: take_slice(arena, step, value, found); return;
	case KG_JSONPATH_UNION:
		for (uint32_t i = 0; i < step->parts->count; i++)
			take_step(arena, &step->parts->steps[i], value, found);
		return;
	case KG_JSONPATH_RECURSIVE: take_below(arena, value, found); return;
	case KG_JSONPATH_FILTER:
		if (!cJSON_IsArray(value))
			return;
		cJSON_ArrayForEach(one, value)
		{
			if (filter_holds(arena, step, one))
				kg_list_push(arena, found, one);
		}
		return;
	}
}

struct kg_json_hits
kg_jsonpath_find(struct kg_arena *arena, const struct kg_jsonpath *path, const cJSON *object)
{
	hits now = { 0 };

	kg_list_push(arena, &now, object);
	for (uint32_t i = 0; i < path->count; i++) {
		hits next = { 0 };

		for (uint32_t j = 0; j < now.count; j++)
			take_step(arena, &path->steps[i], now.items[j], &next);
		now = next;
	}
	return (struct kg_json_hits){ now.items, now.count };
}
