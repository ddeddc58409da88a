#include "engine/base/error.h"

#include <string.h>

#include "engine/base/arena.h"

static struct kg_error *
error_new(struct kg_arena *arena, enum kg_code code, const char *message)
{
	struct kg_error *error = kg_new(arena, struct kg_error);

	error->code = code;
	error->message = message;
	return error;
}

struct kg_error *
kg_error_make(struct kg_arena *arena, enum kg_code code, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	struct kg_error *error = error_new(arena, code, kg_format_list(arena, format, list));
	va_end(list);
	return error;
}

struct kg_error *
kg_error_system(struct kg_arena *arena, int sys, const char *format, ...)
{
	char buffer[128];
	va_list list;

	va_start(list, format);
	const char *doing = kg_format_list(arena, format, list);
	va_end(list);
	struct kg_error *error =
	    error_new(arena, KG_ESYSTEM, kg_format(arena, "%s: %s", doing, strerror_r(sys, buffer, sizeof(buffer))));
	error->sys = sys;
	return error;
}

struct kg_error *
kg_error_at(struct kg_arena *arena, enum kg_code code, struct kg_place place, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	struct kg_error *error = error_new(arena, code, kg_format_list(arena, format, list));
	va_end(list);
	error->place = place;
	return error;
}

struct kg_error *
kg_error_wrap(struct kg_arena *arena, struct kg_error *cause, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	struct kg_error *error = error_new(arena, cause->code, kg_format_list(arena, format, list));
	va_end(list);
	error->cause = cause;
	return error;
}

struct kg_error *
kg_error_advise(struct kg_arena *arena, struct kg_error *error, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	error->advice = kg_format_list(arena, format, list);
	va_end(list);
	return error;
}

struct kg_error *
kg_error_copy(struct kg_arena *arena, const struct kg_error *error)
{
	struct kg_error *first = NULL, **link = &first;

	for (; error; error = error->cause) {
		struct kg_error *copy = kg_new(arena, struct kg_error);

		*copy = *error;
		copy->place.file = kg_copy(arena, error->place.file);
		copy->place.line_text = kg_copy(arena, error->place.line_text);
		copy->message = kg_copy(arena, error->message);
		copy->advice = kg_copy(arena, error->advice);
		copy->detail = kg_copy(arena, error->detail);
		copy->cause = NULL;
		copy->next = NULL;
		*link = copy;
		link = &copy->cause;
	}
	return first;
}

struct kg_error *
kg_error_copy_all(struct kg_arena *arena, const struct kg_error *error)
{
	struct kg_error *first = NULL, **link = &first;

	for (; error; error = error->next) {
		*link = kg_error_copy(arena, error);
		link = &(*link)->next;
	}
	return first;
}

const char *
kg_error_text(struct kg_arena *arena, const struct kg_error *error)
{
	const char *text = error->message;

	for (const struct kg_error *cause = error->cause; cause; cause = cause->cause)
		text = kg_format(arena, "%s: %s", text, cause->message);
	return text;
}

void
kg_errors_add(struct kg_errors *errors, struct kg_error *error)
{
	if (errors->last)
		errors->last->next = error;
	else
		errors->first = error;
	errors->last = error;
	errors->count++;
}
