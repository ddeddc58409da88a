#include "problem.h"

#include <stdarg.h>
#include <stdio.h>

static void
add_formatted(struct text *text, const char *format, va_list arguments)
{
	char message[1024];

	vsnprintf(message, sizeof(message), format, arguments);
	text_add(text, "%s", message);
}

void
problem_set(struct problem *problem, unsigned status, const char *title, const char *format, ...)
{
	va_list arguments;

	problem->status = status;
	problem->title = title;
	text_clear(&problem->detail);
	va_start(arguments, format);
	add_formatted(&problem->detail, format, arguments);
	va_end(arguments);
}

void
problem_add(struct problem *problem, const char *pointer, const char *format, ...)
{
	struct text detail = { 0 };
	va_list arguments;

	if (problem->error_count++ >= PROBLEM_MAX_ERRORS)
		return;
	va_start(arguments, format);
	add_formatted(&detail, format, arguments);
	va_end(arguments);
	if (problem->errors.length > 0)
		text_add(&problem->errors, ",");
	text_add(&problem->errors, "{\"pointer\":");
	text_add_json(&problem->errors, pointer);
	text_add(&problem->errors, ",\"detail\":");
	text_add_json(&problem->errors, text_get(&detail));
	text_add(&problem->errors, "}");
	text_free(&detail);
}

void
problem_to_json(const struct problem *problem, struct text *ret_json)
{
	text_add(ret_json, "{\"type\":\"about:blank\",\"title\":");
	text_add_json(ret_json, problem->title);
	text_add(ret_json, ",\"status\":%u,\"detail\":", problem->status);
	text_add_json(ret_json, text_get(&problem->detail));
	if (problem->error_count > 0)
		text_add(ret_json, ",\"errors\":[%s]", text_get(&problem->errors));
	if (problem->error_count > PROBLEM_MAX_ERRORS)
		text_add(ret_json, ",\"errors_not_told\":%zu", problem->error_count - PROBLEM_MAX_ERRORS);
	text_add(ret_json, "}\n");
}

void
problem_free(struct problem *problem)
{
	text_free(&problem->detail);
	text_free(&problem->errors);
	*problem = (struct problem){ 0 };
}
