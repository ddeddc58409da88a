#include "value.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

bool
value_is_uuid(const char *string)
{
	static const char hexadecimal[] = "0123456789abcdefABCDEF";

	for (int i = 0; i < VALUE_UUID_LENGTH; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (string[i] == '\0' || (dash ? string[i] != '-' : !strchr(hexadecimal, string[i])))
			return false;
	}
	return string[VALUE_UUID_LENGTH] == '\0';
}

/* Reads that many digits and steps over them; -1 when they are not there. */
static int
digits(const char **at, int count)
{
	int number = 0;

	for (; count > 0; count--, (*at)++) {
		if (**at < '0' || **at > '9')
			return -1;
		number = number * 10 + (**at - '0');
	}
	return number;
}

static bool
skip(const char **at, const char *one_of)
{
	if (**at == '\0' || !strchr(one_of, **at))
		return false;
	(*at)++;
	return true;
}

static int
days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

static bool
is_date(const char **at)
{
	int year = digits(at, 4), month, day;

	if (year < 1970 || !skip(at, "-"))
		return false;
	month = digits(at, 2);
	if (month < 1 || month > 12 || !skip(at, "-"))
		return false;
	day = digits(at, 2);
	return day >= 1 && day <= days_in_month(year, month);
}

static bool
is_time(const char **at)
{
	int hour = digits(at, 2), minute, second;

	if (hour < 0 || hour > 23 || !skip(at, ":"))
		return false;
	minute = digits(at, 2);
	if (minute < 0 || minute > 59 || !skip(at, ":"))
		return false;
	second = digits(at, 2);
	if (second < 0 || second > 59)
		return false;
	if (skip(at, ".")) {
		size_t length = strspn(*at, "0123456789");

		*at += length;
		return length >= 1 && length <= 9;
	}
	return true;
}

static bool
is_zone(const char **at)
{
	int hour, minute;

	if (skip(at, "Zz"))
		return true;
	if (!skip(at, "+-"))
		return false;
	hour = digits(at, 2);
	if (hour < 0 || hour > 15 || !skip(at, ":")) /* PostgreSQL knows zones up to 15:59 */
		return false;
	minute = digits(at, 2);
	return minute >= 0 && minute <= 59;
}

bool
value_is_timestamp(const char *string)
{
	return is_date(&string) && skip(&string, "Tt") && is_time(&string) && is_zone(&string) && *string == '\0';
}

bool
value_is_dotted_name(const char *string)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";

	for (;;) {
		size_t length = strspn(string, letters);

		if (length == 0)
			return false;
		string += length;
		if (*string == '\0')
			return true;
		if (*string++ != '.')
			return false;
	}
}

void
value_make_uuid(char ret_uuid[VALUE_UUID_LENGTH + 1])
{
	uint8_t bytes[16];

	/* So few bytes come whole or, on a kernel without random numbers, not at all. */
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		abort();
	bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
	bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
	for (int i = 0, at = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			ret_uuid[at++] = '-';
		at += snprintf(ret_uuid + at, 3, "%02x", bytes[i]);
	}
}
