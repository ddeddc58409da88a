/*
 * Single values from outside: UUIDs, times, names.
 *
 *     if (!value_is_timestamp("2026-02-30T10:00:00Z"))
 *             … there is no 30th of February …
 *
 * What passes here, PostgreSQL accepts as well.
 */

#pragma once

#include <stdbool.h>

enum { VALUE_UUID_LENGTH = 36 };

/* 8-4-4-4-12 hexadecimal digits. */
bool value_is_uuid(const char *string);

/* RFC 3339 with time zone, a real date from 1970 on: 2026-03-01T12:00:00.5+01:00. No leap seconds. */
bool value_is_timestamp(const char *string);

/* Words of a-z, 0-9, _ and - with dots between them: gateway.signal.received. */
bool value_is_dotted_name(const char *string);

/* A random (version 4) UUID. */
void value_make_uuid(char ret_uuid[VALUE_UUID_LENGTH + 1]);
