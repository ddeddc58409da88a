#include <string.h>

#include "targets/kubernetes/status/member.h"
#include "targets/kubernetes/status/surroundings.h"

static const char *
label(const cJSON *labels, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(labels, key));
}

bool
kg_selector_pairs_match(const cJSON *pairs, const cJSON *labels)
{
	const cJSON *one;

	if (!cJSON_IsObject(pairs))
		return false;
	cJSON_ArrayForEach(one, pairs)
	{
		const char *value = label(labels, one->string);

		if (!value || !cJSON_IsString(one) || strcmp(value, one->valuestring) != 0)
			return false;
	}
	return true;
}

static bool
is_among(const cJSON *values, const char *value)
{
	const cJSON *one;

	cJSON_ArrayForEach(one, values)
	{
		if (value && cJSON_IsString(one) && strcmp(one->valuestring, value) == 0)
			return true;
	}
	return false;
}

static bool
expression_matches(const cJSON *expression, const cJSON *labels)
{
	const char *operator= kg_member_text(expression, "operator", "");
	const char *value = label(labels, kg_member_text(expression, "key", ""));
	const cJSON *values = kg_member(expression, "values");

	if (strcmp(operator, "In") == 0)
		return is_among(values, value);
	if (strcmp(operator, "NotIn") == 0)
		return !is_among(values, value);
	if (strcmp(operator, "Exists") == 0)
		return value != NULL;
	return strcmp(operator, "DoesNotExist") == 0 && !value;
}

bool
kg_selector_matches(const cJSON *selector, const cJSON *labels)
{
	const cJSON *pairs = kg_member(selector, "matchLabels"), *one;

	if (!cJSON_IsObject(selector) || (pairs && !kg_selector_pairs_match(pairs, labels)))
		return false;
	cJSON_ArrayForEach(one, kg_member(selector, "matchExpressions"))
	{
		if (!expression_matches(one, labels))
			return false;
	}
	return true;
}
