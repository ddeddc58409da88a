#include "engine/yaml/yaml_scalar.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"

/* Longer numbers are texts to nobody's surprise. */
static constexpr size_t number_longest = 400;

static bool
is_one_of(const char *text, const char *const *words)
{
	while (*words && strcmp(text, *words) != 0)
		words++;
	return *words;
}

/* go-yaml's table: three spellings of each word, and no others. */
static bool
word_read(const char *text, struct kg_yaml_scalar *scalar)
{
	static const char *const trues[] = { "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON", NULL };
	static const char *const falses[] = { "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF", NULL };
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };

	if (is_one_of(text, trues))
		scalar->type = cJSON_True;
	else if (is_one_of(text, falses))
		scalar->type = cJSON_False;
	else if (is_one_of(text, nulls))
		scalar->type = cJSON_NULL;
	else
		return false;
	return true;
}

static bool
is_infinite_or_none(const char *text)
{
	static const char *const words[] = { ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf",
		"-.Inf", "-.INF", NULL };

	return is_one_of(text, words);
}

/* Whole numbers with the prefixes of Go: 0x, 0o and 0, 0b. Digits that do not fit into 64 bits are no whole number. */
static bool
whole_read(const char *text, double *ret_number)
{
	bool is_negative = *text == '-';
	const char *digits = text + (*text == '-' || *text == '+');
	int base = 10;
	char *end;

	if (digits[0] == '0' && digits[1]) {
		static const char prefixes[] = "xXoObB";
		static const int bases[] = { 16, 16, 8, 8, 2, 2 };
		const char *prefix = strchr(prefixes, digits[1]);

		base = prefix ? bases[prefix - prefixes] : 8;
		digits += prefix ? 2 : 1;
	}
	if (!isalnum((unsigned char)*digits))
		return false;
	/* What stands behind the prefix is looked at here: strtoull takes a second "0x". */
	if (base == 16 && strspn(digits, "0123456789abcdefABCDEF") != strlen(digits))
		return false;
	errno = 0;
	unsigned long long value = strtoull(digits, &end, base);
	if (*end || errno || (is_negative && value > (unsigned long long)INT64_MAX + 1))
		return false;
	*ret_number = value == 0 ? 0 : is_negative ? -(double)value : (double)value;
	return true;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool
decimal_read(const char *text, double *ret_number)
{
	const char *at = text + (*text == '-' || *text == '+');
	size_t whole = strspn(at, "0123456789"), fraction = 0;

	at += whole;
	if (*at == '.') {
		fraction = strspn(++at, "0123456789");
		at += fraction;
	}
	if (whole == 0 && fraction == 0)
		return false;
	if (*at == 'e' || *at == 'E') {
		at++;
		at += *at == '-' || *at == '+';
		if (!isdigit((unsigned char)*at))
			return false;
		at += strspn(at, "0123456789");
	}
	if (*at)
		return false;
	*ret_number = strtod(text, NULL);
	return isfinite(*ret_number);
}

/* Underscores may stand in numbers, but not where one starts, and not in one that starts with its point. */
static bool
number_read(const char *text, double *ret_number)
{
	char plain[number_longest + 1];
	size_t size = 0;

	if (!strchr("+-.0123456789", *text) || strlen(text) > number_longest)
		return false;
	for (const char *at = text; *at; at++) {
		if (*at != '_' || *text == '.')
			plain[size++] = *at;
	}
	plain[size] = '\0';
	return whole_read(plain, ret_number) || decimal_read(plain, ret_number);
}

static const char *
binary_read(struct kg_arena *arena, const char *text, struct kg_yaml_scalar *scalar)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct kg_text out = { .arena = arena };
	uint32_t bits = 0, count = 0;
	size_t length = 0;

	for (; *text && *text != '='; text++) {
		const char *digit = strchr(digits, *text);

		if (*text == '\n' || *text == '\r')
			continue;
		if (!digit)
			return "is not base64";
		bits = bits << 6 | (uint32_t)(digit - digits);
		length++;
		if ((count += 6) >= 8) {
			char byte = (char)(bits >> (count -= 8));
			kg_text_add_bytes(&out, &byte, 1);
		}
	}
	for (; *text == '=' || *text == '\n' || *text == '\r'; text++)
		length += *text == '=';
	if (*text || length % 4 != 0)
		return "is not base64";
	scalar->type = cJSON_String;
	scalar->text = kg_text_end(&out);
	for (size_t at = 0, size; at < out.size; at += size) {
		size = kg_text_utf8_length(out.bytes + at, out.size - at);
		if (size == 0 || !out.bytes[at])
			return "is binary, which JSON has no place for: in a Secret or ConfigMap, write it as base64 into `data` "
			       "or `binaryData`";
	}
	return NULL;
}

/* As if there were neither quotes nor a tag. */
static bool
plain_read(const char *text, struct kg_yaml_scalar *scalar)
{
	if (word_read(text, scalar))
		return true;
	if (!number_read(text, &scalar->number))
		return false;
	scalar->type = cJSON_Number;
	return true;
}

static const char *
tagged_read(struct kg_arena *arena, const char *text, const char *tag, struct kg_yaml_scalar *scalar)
{
	static const char standard[] = "tag:yaml.org,2002:";
	struct kg_yaml_scalar meant = *scalar;

	if (!kg_text_starts(tag, standard))
		return NULL;
	tag += strlen(standard);
	if (strcmp(tag, "binary") == 0)
		return binary_read(arena, text, scalar);

	bool is_special = plain_read(text, &meant);
	int type = is_special ? meant.type : cJSON_String;
	const char *wrong = NULL;
	if (strcmp(tag, "int") == 0)
		wrong = type == cJSON_Number && !strpbrk(text, ".") && meant.number == floor(meant.number) ? NULL : "is no integer";
	else if (strcmp(tag, "float") == 0)
		wrong = type == cJSON_Number ? NULL : "is no number";
	else if (strcmp(tag, "bool") == 0)
		wrong = type == cJSON_True || type == cJSON_False ? NULL : "is neither true nor false";
	else if (strcmp(tag, "null") == 0)
		wrong = type == cJSON_NULL ? NULL : "is not null";
	else
		return NULL;
	*scalar = meant;
	return wrong;
}

const char *
kg_yaml_scalar_read(
    struct kg_arena *arena, const char *bytes, size_t size, const char *tag, bool is_plain, struct kg_yaml_scalar *ret_scalar)
{
	const char *text = kg_copy_bytes(arena, bytes, size);

	*ret_scalar = (struct kg_yaml_scalar){ .type = cJSON_String, .text = text };
	if (memchr(bytes, 0, size))
		return "holds a zero byte, which no field of Kubernetes takes";
	if (tag)
		return tagged_read(arena, text, tag, ret_scalar);
	if (!is_plain)
		return NULL;
	if (is_infinite_or_none(text))
		return "is a number that JSON has no place for";
	plain_read(text, ret_scalar);
	ret_scalar->is_merge = strcmp(text, "<<") == 0;
	return NULL;
}

const char *
kg_yaml_number_tell(struct kg_arena *arena, double number)
{
	char digits[32];

	if (number == floor(number) && fabs(number) <= 9007199254740992.0)
		return kg_format(arena, "%" PRId64, (int64_t)number);
	snprintf(digits, sizeof(digits), "%.15g", number);
	if (strtod(digits, NULL) != number)
		snprintf(digits, sizeof(digits), "%.17g", number);
	return kg_copy(arena, digits);
}
