#include "json.h"

#include <stdint.h>
#include <string.h>

struct scan {
	const char *at, *end;
	const char *reason;
};

static char
peek(const struct scan *scan)
{
	if (scan->at == scan->end)
		return '\0';
	return *scan->at;
}

/* Steps over digits; how many there were. */
static size_t
digits(struct scan *scan)
{
	const char *start = scan->at;

	while (peek(scan) >= '0' && peek(scan) <= '9')
		scan->at++;
	return (size_t)(scan->at - start);
}

static void
number(struct scan *scan)
{
	if (peek(scan) == '-')
		scan->at++;
	if (peek(scan) == '0') {
		scan->at++;
		if (digits(scan) > 0)
			scan->reason = "a number starts with 0";
	} else if (digits(scan) == 0) {
		scan->reason = "a number has no digits";
	}
	if (peek(scan) == '.') {
		scan->at++;
		if (digits(scan) == 0)
			scan->reason = "a number has no digits behind its point";
	}
	if (peek(scan) == 'e' || peek(scan) == 'E') {
		size_t length;

		scan->at++;
		if (peek(scan) == '+' || peek(scan) == '-')
			scan->at++;
		length = digits(scan);
		if (length == 0)
			scan->reason = "a number has no digits in its exponent";
		else if (length > 4)
			scan->reason = "a number is too large to be stored";
	}
}

/* Behind a backslash. */
static void
escape(struct scan *scan)
{
	char kind = peek(scan);

	if (kind == '\0' || !strchr("\"\\/bfnrtu", kind)) {
		scan->reason = "an escape is none of JSON's";
		return;
	}
	if (kind == 'u' && scan->end - scan->at >= 5 && memcmp(scan->at, "u0000", 5) == 0) {
		scan->reason = "\\u0000 cannot be stored";
		return;
	}
	scan->at++;
}

/* Behind the opening quote. */
static void
string(struct scan *scan)
{
	while (scan->at < scan->end && !scan->reason) {
		uint8_t byte = (uint8_t)*scan->at;

		if (byte < 0x20) {
			scan->reason = "a control character stands bare in a string";
			return;
		}
		scan->at++;
		if (byte == '"')
			return;
		if (byte == '\\')
			escape(scan);
	}
	if (!scan->reason)
		scan->reason = "a string is not closed";
}

size_t
json_find_fault(const char *bytes, size_t length, const char **ret_reason)
{
	struct scan scan = { .at = bytes, .end = bytes + length };

	while (scan.at < scan.end && !scan.reason) {
		char byte = *scan.at;

		if (byte == '"') {
			scan.at++;
			string(&scan);
		} else if (byte == '-' || (byte >= '0' && byte <= '9')) {
			number(&scan);
		} else if (byte == '\0') {
			scan.reason = "a NUL character cannot be stored";
		} else {
			scan.at++;
		}
	}
	*ret_reason = scan.reason;
	return (size_t)(scan.at - bytes);
}
