/*
 * Whether bytes are what both RFC 8259 and PostgreSQL's jsonb take for the words of JSON.
 *
 *     const char *reason;
 *     size_t at = json_find_fault(bytes, length, &reason);
 *     if (reason)
 *             … at byte `at` …
 *
 * cJSON takes more than PostgreSQL does: 01, 1., a bare line end within a string, \u0000. An event is accepted before
 * PostgreSQL sees it (which may be away), so what is accepted must be what it will store. This looks at strings and numbers;
 * how they are put together is left to cJSON.
 */

#pragma once

#include <stddef.h>

/* The place of the first fault, and what it is; ret_reason is NULL when there is none. */
size_t json_find_fault(const char *bytes, size_t length, const char **ret_reason);
