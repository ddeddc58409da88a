#include "targets/kubernetes/status/ready_when.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/status/condition.h"
#include "targets/kubernetes/status/diagnosis.h"
#include "targets/kubernetes/status/jsonpath_inside.h"
#include "targets/kubernetes/status/member.h"
#include "targets/kubernetes/status/status_inside.h"

struct kg_ready_when {
	const char *condition, *status; /* condition NULL: a path */
	const struct kg_jsonpath *path;
	const char *path_text;
	enum kg_comparison comparison;
	const char *value;
	double amount; /* of value, when it is one */
	bool is_amount;
};

/* A number, or a quantity as Kubernetes writes it: 500m is 0.5, 2Gi is 2147483648. */
static bool
read_amount(const char *text, double *ret_amount)
{
	static const struct {
		const char *suffix;
		double factor;
	} suffixes[] = { { "", 1 }, { "n", 1e-9 }, { "u", 1e-6 }, { "m", 1e-3 }, { "k", 1e3 }, { "M", 1e6 }, { "G", 1e9 },
		{ "T", 1e12 }, { "P", 1e15 }, { "E", 1e18 }, { "Ki", 0x1p10 }, { "Mi", 0x1p20 }, { "Gi", 0x1p30 }, { "Ti", 0x1p40 },
		{ "Pi", 0x1p50 }, { "Ei", 0x1p60 } };
	size_t length = strspn(text, "+-.0123456789eE");
	char *end;

	/* strtod knows more than numbers: hexadecimal ones, inf and nan. */
	if (length == 0 || !strpbrk(text, "0123456789"))
		return false;
	*ret_amount = strtod(text, &end);
	if (end == text || (size_t)(end - text) > length)
		return false;
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		if (strcmp(end, suffixes[i].suffix) != 0)
			continue;
		*ret_amount *= suffixes[i].factor;
		return true;
	}
	return false;
}

static const char *
unquoted(struct kg_arena *arena, const char *text)
{
	size_t length;

	text += strspn(text, " \t");
	length = strlen(text);
	while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
		length--;
	if (length >= 2 && (*text == '"' || *text == '\'') && text[length - 1] == *text)
		return kg_copy_bytes(arena, text + 1, length - 2);
	return kg_copy_bytes(arena, text, length);
}

static struct kg_error *
refusal(struct kg_arena *arena, const char *text, size_t offset, const char *message)
{
	struct kg_place place = { .line_text = text, .line = 1, .column = kg_text_characters(text, offset) + 1 };

	return kg_error_at(arena, KG_EINPUT, place, "%s", message);
}

/* Where a path ends: behind its closing brace, or, without braces, at a comparison outside of brackets. */
static size_t
path_length(const char *text)
{
	bool is_braced = *text == '{';
	int depth = 0;
	char quote = 0;
	size_t i;

	for (i = 0; text[i]; i++) {
		if (quote) {
			if (text[i] == '\\' && text[i + 1])
				i++;
			else if (text[i] == quote)
				quote = 0;
		} else if (text[i] == '"' || text[i] == '\'') {
			quote = text[i];
		} else if (text[i] == '[' || text[i] == '(') {
			depth++;
		} else if (text[i] == ']' || text[i] == ')') {
			depth--;
		} else if (is_braced && text[i] == '}') {
			return i + 1;
		} else if (!is_braced && depth <= 0 && strchr("=!<>", text[i])) {
			return i;
		}
	}
	return i;
}

static struct kg_error *
parse_condition(struct kg_arena *arena, const char *text, const char *rest, struct kg_ready_when *when)
{
	const char *equals = strchr(rest, '=');

	when->condition = unquoted(arena, equals ? kg_copy_bytes(arena, rest, (size_t)(equals - rest)) : rest);
	when->status = equals ? unquoted(arena, equals + 1) : "True";
	if (!*when->condition)
		return refusal(arena, text, (size_t)(rest - text), "a condition's name has to stand here");
	if (!*when->status)
		return refusal(arena, text, (size_t)(equals + 1 - text), "a status has to stand here: True, False or Unknown");
	return NULL;
}

static struct kg_error *
parse_path(struct kg_arena *arena, const char *text, const char *rest, struct kg_ready_when *when)
{
	size_t length = path_length(rest), offset = (size_t)(rest - text);
	uint32_t comparison_length;

	when->path_text = kg_copy_bytes(arena, rest, length);
	struct kg_error *error = kg_jsonpath_parse(arena, when->path_text, &when->path);
	if (error) {
		error->place.line_text = text;
		error->place.column += kg_text_characters(text, offset);
		return error;
	}
	rest += length;
	rest += strspn(rest, " \t");
	when->comparison = kg_comparison_read(rest, &comparison_length);
	if (*rest && comparison_length == 0)
		return refusal(arena, text, (size_t)(rest - text), "`=`, `!=`, `<`, `<=`, `>` or `>=` and a value may stand here");
	when->value = unquoted(arena, rest + comparison_length);
	when->is_amount = read_amount(when->value, &when->amount);
	if (comparison_length > 0 && !*when->value)
		return refusal(arena, text, strlen(text), "a value is missing here");
	if (when->comparison >= KG_COMPARISON_LESS && !when->is_amount)
		return refusal(arena, text, (size_t)(rest + comparison_length - text), "only numbers and quantities have an order");
	return NULL;
}

struct kg_error *
kg_ready_when_parse(struct kg_arena *arena, const char *text, const struct kg_ready_when **ret_when)
{
	struct kg_ready_when *when = kg_new(arena, struct kg_ready_when);
	const char *rest = text + strspn(text, " \t");

	*ret_when = when;
	if (kg_text_starts(rest, "condition="))
		return parse_condition(arena, text, rest + strlen("condition="), when);
	if (kg_text_starts(rest, "jsonpath="))
		rest += strlen("jsonpath=");
	else if (*rest != '{' && *rest != '.')
		return refusal(
		    arena, text, (size_t)(rest - text), "`condition=NAME`, `{PATH}` or `{PATH}=VALUE` has to stand here");
	return parse_path(arena, text, rest, when);
}

static const char *
value_text(struct kg_arena *arena, const cJSON *value)
{
	if (cJSON_IsString(value))
		return value->valuestring;
	if (kg_is_integer(value))
		return kg_format(arena, "%" PRId64, (int64_t)value->valuedouble);
	char *printed = cJSON_PrintUnformatted(value);
	const char *text = kg_copy(arena, printed);
	cJSON_free(printed);
	return text;
}

static bool
fits(const struct kg_ready_when *when, const char *text)
{
	double amount;

	if (when->comparison == KG_COMPARISON_PRESENT)
		return true;
	if (when->is_amount && read_amount(text, &amount))
		return kg_comparison_holds(when->comparison, (amount > when->amount) - (amount < when->amount));
	if (when->comparison >= KG_COMPARISON_LESS)
		return false;
	return kg_comparison_holds(when->comparison, strcmp(text, when->value));
}

static struct kg_status
path_status(struct kg_arena *arena, const struct kg_ready_when *when, const cJSON *object)
{
	static const char *const words[] = {
		[KG_COMPARISON_PRESENT] = "",
		[KG_COMPARISON_EQUAL] = "",
		[KG_COMPARISON_NOT_EQUAL] = "other than ",
		[KG_COMPARISON_LESS] = "less than ",
		[KG_COMPARISON_LESS_EQUAL] = "at most ",
		[KG_COMPARISON_GREATER] = "more than ",
		[KG_COMPARISON_GREATER_EQUAL] = "at least ",
	};
	struct kg_json_hits hits = kg_jsonpath_find(arena, when->path, object);
	const char *text = "";

	if (hits.count == 0)
		return kg_status_waiting("NotFound", kg_format(arena, "%s is not there yet", when->path_text));
	for (uint32_t i = 0; i < hits.count; i++) {
		text = value_text(arena, hits.items[i]);
		if (!fits(when, text))
			return kg_status_waiting("NotEqual",
			    kg_format(arena, "%s is %.200s and should be %s%s", when->path_text, text, words[when->comparison],
				when->value));
	}
	return kg_status_current(kg_format(arena, "%s is %.200s", when->path_text, text));
}

/* As `kubectl wait` has it: the condition's own observedGeneration counts, else that of the status. */
static struct kg_status
condition_status(struct kg_arena *arena, const struct kg_ready_when *when, const cJSON *object)
{
	int64_t generation = kg_member_integer(object, "metadata.generation", -1);
	int64_t observed = kg_member_integer(object, "status.observedGeneration", generation);
	const cJSON *one;

	cJSON_ArrayForEach(one, kg_member(object, "status.conditions"))
	{
		struct kg_condition condition = kg_condition_read(one);

		if (strcasecmp(condition.type, when->condition) != 0)
			continue;
		if (condition.observed_generation != -1)
			observed = condition.observed_generation;
		if (observed < generation)
			return kg_status_waiting("LatestGenerationNotObserved",
			    kg_format(arena, "its condition %s is still that of an older generation", condition.type));
		const char *message = kg_format(arena, "its condition %s is %s%s%s", condition.type, condition.status,
		    *condition.message ? ": " : "", condition.message);
		return strcasecmp(condition.status, when->status) == 0 ? kg_status_current(message)
								       : kg_status_waiting(condition.reason, message);
	}
	return kg_status_waiting("NotFound", kg_format(arena, "it has no condition %s yet", when->condition));
}

struct kg_status
kg_ready_when_status(struct kg_arena *arena, const struct kg_ready_when *when, const cJSON *object)
{
	const char *deletion = kg_diagnose_deletion(arena, object, NULL);
	int64_t generation = kg_member_integer(object, "metadata.generation", -1);

	if (deletion)
		return kg_status_terminating(deletion);
	if (when->condition)
		return condition_status(arena, when, object);
	if (kg_member_integer(object, "status.observedGeneration", generation) < generation)
		return kg_status_waiting("LatestGenerationNotObserved", "its controller has not seen its latest change yet");
	return path_status(arena, when, object);
}
