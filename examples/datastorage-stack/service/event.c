#include "event.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "json.h"
#include "value.h"

enum rule_type { RULE_TEXT, RULE_NAME, RULE_CHOICE, RULE_UUID, RULE_TIMESTAMP, RULE_COUNT, RULE_OBJECT };

struct rule {
	const char *name;
	enum rule_type type;
	bool required;
	size_t max; /* characters; the width of the column */
	const char *choices[5];
};

/* The fields of an event; docs: README.md. The columns of migrations 2 and 12 have the same widths. */
static const struct rule rules[] = {
	{ "event_id", RULE_UUID, false, 0, { 0 } },
	{ "event_timestamp", RULE_TIMESTAMP, true, 0, { 0 } },
	{ "event_version", RULE_TEXT, false, 10, { 0 } },
	{ "event_type", RULE_NAME, true, 100, { 0 } },
	{ "event_category", RULE_NAME, true, 50, { 0 } },
	{ "event_action", RULE_TEXT, true, 50, { 0 } },
	{ "event_outcome", RULE_CHOICE, true, 0, { "success", "failure", "pending" } },
	{ "severity", RULE_CHOICE, false, 0, { "info", "warning", "error", "critical" } },
	{ "actor_type", RULE_TEXT, true, 50, { 0 } },
	{ "actor_id", RULE_TEXT, true, 255, { 0 } },
	{ "resource_type", RULE_TEXT, false, 100, { 0 } },
	{ "resource_id", RULE_TEXT, false, 255, { 0 } },
	{ "namespace", RULE_TEXT, false, 253, { 0 } },
	{ "cluster_name", RULE_TEXT, false, 255, { 0 } },
	{ "correlation_id", RULE_TEXT, true, 255, { 0 } },
	{ "parent_event_id", RULE_UUID, false, 0, { 0 } },
	{ "duration_ms", RULE_COUNT, false, 0, { 0 } },
	{ "event_data", RULE_OBJECT, true, 0, { 0 } },
};

enum { RULES = sizeof(rules) / sizeof(rules[0]) };

static void
check_choice(const struct rule *rule, const char *string, const char *pointer, struct problem *problem)
{
	struct text known = { 0 };

	for (const char *const *choice = rule->choices; *choice; choice++) {
		if (strcmp(*choice, string) == 0) {
			text_free(&known);
			return;
		}
		text_add(&known, "%s%s", known.length > 0 ? ", " : "", *choice);
	}
	problem_add(problem, pointer, "must be one of %s", text_get(&known));
	text_free(&known);
}

static void
check_string(const struct rule *rule, const char *string, const char *pointer, struct problem *problem)
{
	if (string[0] == '\0')
		problem_add(problem, pointer, "must not be empty");
	else if (rule->type == RULE_CHOICE)
		check_choice(rule, string, pointer, problem);
	else if (rule->type == RULE_UUID && !value_is_uuid(string))
		problem_add(problem, pointer, "must be a UUID");
	else if (rule->type == RULE_TIMESTAMP && !value_is_timestamp(string))
		problem_add(problem, pointer, "must be an RFC 3339 time with time zone, such as 2026-03-01T12:00:00Z");
	else if (rule->type == RULE_NAME && !value_is_dotted_name(string))
		problem_add(problem, pointer, "must be words of a-z, 0-9, _ and - with dots between them");
	else if (rule->max > 0 && text_characters(string) > rule->max)
		problem_add(problem, pointer, "has %zu characters; %zu are allowed", text_characters(string), rule->max);
}

static void
check_value(const struct rule *rule, const cJSON *value, const char *pointer, struct problem *problem)
{
	if (cJSON_IsNull(value)) {
		if (rule->required)
			problem_add(problem, pointer, "must not be null");
	} else if (rule->type == RULE_COUNT) {
		double number = value->valuedouble;

		if (!cJSON_IsNumber(value) || number < 0 || number > INT32_MAX || number != floor(number))
			problem_add(problem, pointer, "must be a whole number from 0 to %d", INT32_MAX);
	} else if (rule->type == RULE_OBJECT) {
		if (!cJSON_IsObject(value))
			problem_add(problem, pointer, "must be a JSON object");
	} else if (!cJSON_IsString(value)) {
		problem_add(problem, pointer, "must be a string");
	} else {
		check_string(rule, value->valuestring, pointer, problem);
	}
}

/* As RFC 6901 wants it: ~ and / in a name are written ~0 and ~1. */
static const char *
pointer_to(struct text *pointer, const char *event, const char *name)
{
	text_clear(pointer);
	text_add(pointer, "%s/", event);
	for (; *name != '\0'; name++) {
		if (*name == '~' || *name == '/')
			text_add(pointer, "~%c", *name == '~' ? '0' : '1');
		else
			text_add_bytes(pointer, name, 1);
	}
	return text_get(pointer);
}

static size_t
find_rule(const char *name)
{
	size_t i = 0;

	while (i < RULES && strcmp(rules[i].name, name) != 0)
		i++;
	return i;
}

/* Adds the event's id to the batch, made here when the event brings none. */
static void
add_id(struct batch *batch, const cJSON *event)
{
	const char *sent = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(event, "event_id"));
	char made[VALUE_UUID_LENGTH + 1];

	if (!sent) {
		value_make_uuid(made);
		sent = made;
	}
	text_add(&batch->ids, "%s%s", batch->count > 0 ? "," : "", sent);
	batch->count++;
}

/* Checks one event; `where` is the JSON pointer to it. */
static void
check_event(const cJSON *event, const char *where, struct problem *problem)
{
	bool seen[RULES] = { 0 };
	struct text pointer = { 0 };
	const cJSON *member;

	if (!cJSON_IsObject(event)) {
		problem_add(problem, where, "must be a JSON object");
		return;
	}
	cJSON_ArrayForEach(member, event)
	{
		size_t rule = find_rule(member->string);

		pointer_to(&pointer, where, member->string);
		/* Of two equal names PostgreSQL keeps the last and others the first; what was checked must be what is stored. */
		if (rule == RULES)
			problem_add(problem, text_get(&pointer), "is not a field of an audit event");
		else if (seen[rule])
			problem_add(problem, text_get(&pointer), "is there twice");
		else
			check_value(&rules[rule], member, text_get(&pointer), problem);
		if (rule < RULES)
			seen[rule] = true;
	}
	for (size_t i = 0; i < RULES; i++) {
		if (rules[i].required && !seen[i])
			problem_add(problem, pointer_to(&pointer, where, rules[i].name), "is missing");
	}
	text_free(&pointer);
}

static cJSON *
parse(const char *bytes, size_t length, struct problem *problem)
{
	const char *end = NULL, *reason;
	size_t fault = json_find_fault(bytes, length, &reason);
	cJSON *root;

	if (!text_is_utf8(bytes, length)) {
		problem_set(problem, 400, "not JSON", "the body is not UTF-8");
		return NULL;
	}
	if (reason) {
		problem_set(problem, 400, "not JSON", "the body is not JSON: %s, near byte %zu of %zu", reason, fault, length);
		return NULL;
	}
	root = cJSON_ParseWithLengthOpts(bytes, length, &end, false);
	if (root) {
		while (end < bytes + length && strchr(" \t\r\n", *end))
			end++;
		if (end == bytes + length)
			return root;
	}
	cJSON_Delete(root);
	problem_set(
	    problem, 400, "not JSON", "the body is not JSON: it goes wrong near byte %td of %zu", end ? end - bytes : 0, length);
	return NULL;
}

static bool
read_events(struct batch *batch, const cJSON *root, size_t max_events, struct problem *problem)
{
	size_t count = cJSON_IsArray(root) ? (size_t)cJSON_GetArraySize(root) : 1, wrong = 0, index = 0;
	const cJSON *event = cJSON_IsArray(root) ? root->child : root;

	if (count == 0 || count > max_events) {
		problem_set(
		    problem, 422, "invalid audit events", "the batch has %zu events; it may have 1 to %zu", count, max_events);
		return false;
	}
	for (; event && index < count; event = event->next, index++) {
		size_t before = problem->error_count;
		char where[32] = "";

		if (cJSON_IsArray(root))
			snprintf(where, sizeof(where), "/%zu", index);
		check_event(event, where, problem);
		wrong += problem->error_count > before;
		add_id(batch, event);
	}
	if (wrong > 0)
		problem_set(problem, 422, "invalid audit events", "%zu of %zu events %s not valid; nothing was stored", wrong,
		    count, wrong == 1 ? "is" : "are");
	return wrong == 0;
}

bool
batch_read(struct batch *ret_batch, const char *bytes, size_t length, size_t max_events, struct problem *problem)
{
	cJSON *root = parse(bytes, length, problem);
	bool valid;

	if (!root)
		return false;
	text_add(&ret_batch->ids, "{");
	valid = read_events(ret_batch, root, max_events, problem);
	text_add(&ret_batch->ids, "}");
	if (valid) {
		bool single = !cJSON_IsArray(root);

		text_add(&ret_batch->json, "%s", single ? "[" : "");
		text_add_bytes(&ret_batch->json, bytes, length);
		text_add(&ret_batch->json, "%s", single ? "]" : "");
	}
	cJSON_Delete(root);
	return valid;
}

void
batch_free(struct batch *batch)
{
	text_free(&batch->json);
	text_free(&batch->ids);
	*batch = (struct batch){ 0 };
}
