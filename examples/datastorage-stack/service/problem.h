/*
 * Why a request was not done, told as RFC 7807 has it (application/problem+json).
 *
 *     problem_set(problem, 422, "invalid audit events", "2 of 3 events are not valid; nothing was stored");
 *     problem_add(problem, "/1/event_type", "is missing");
 *
 * A zeroed struct is "no problem". The pointers are JSON pointers (RFC 6901) into what was sent.
 */

#pragma once

#include <stddef.h>

#include "text.h"

/* Errors beyond this many are counted, not told: a batch may hold thousands of the same. */
enum { PROBLEM_MAX_ERRORS = 20 };

struct problem {
	unsigned status;    /* 0: no problem */
	const char *title;  /* a constant: the kind of problem */
	struct text detail; /* this occurrence of it */
	struct text errors; /* members of a JSON array */
	size_t error_count;
};

void problem_set(struct problem *problem, unsigned status, const char *title, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

void problem_add(struct problem *problem, const char *pointer, const char *format, ...) __attribute__((format(printf, 3, 4)));

void problem_to_json(const struct problem *problem, struct text *ret_json);

void problem_free(struct problem *problem);
