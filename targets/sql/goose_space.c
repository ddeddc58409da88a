#include "targets/sql/goose_space.h"

#include <string.h>

struct kg_goose_slice
kg_goose_slice_of(const char *text)
{
	return (struct kg_goose_slice){ text, strlen(text) };
}

/* U+0085, U+00A0, U+1680, U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F and U+3000 in UTF-8. */
static size_t
wide_space(const unsigned char *at, size_t size)
{
	if (size >= 2 && at[0] == 0xc2 && (at[1] == 0x85 || at[1] == 0xa0))
		return 2;
	if (size < 3)
		return 0;
	if (at[0] == 0xe1)
		return at[1] == 0x9a && at[2] == 0x80 ? 3 : 0;
	if (at[0] == 0xe3)
		return at[1] == 0x80 && at[2] == 0x80 ? 3 : 0;
	if (at[0] != 0xe2)
		return 0;
	if (at[1] == 0x80)
		return (at[2] >= 0x80 && at[2] <= 0x8a) || at[2] == 0xa8 || at[2] == 0xa9 || at[2] == 0xaf ? 3 : 0;
	return at[1] == 0x81 && at[2] == 0x9f ? 3 : 0;
}

size_t
kg_goose_space(struct kg_goose_slice slice)
{
	const unsigned char *at = (const unsigned char *)slice.bytes;

	if (slice.size == 0)
		return 0;
	if (at[0] == ' ' || (at[0] >= '\t' && at[0] <= '\r'))
		return 1;
	return wide_space(at, slice.size);
}

/* How many bytes of white space end slice. A white space character has one to three bytes. */
static size_t
space_at_end(struct kg_goose_slice slice)
{
	for (size_t length = 1; length <= 3 && length <= slice.size; length++) {
		struct kg_goose_slice tail = { slice.bytes + slice.size - length, length };

		if (kg_goose_space(tail) == length)
			return length;
	}
	return 0;
}

struct kg_goose_slice
kg_goose_trim(struct kg_goose_slice slice)
{
	for (size_t length; (length = kg_goose_space(slice)) > 0;) {
		slice.bytes += length;
		slice.size -= length;
	}
	for (size_t length; (length = space_at_end(slice)) > 0;)
		slice.size -= length;
	return slice;
}

bool
kg_goose_starts(struct kg_goose_slice slice, const char *prefix)
{
	size_t length = strlen(prefix);

	return slice.size >= length && memcmp(slice.bytes, prefix, length) == 0;
}

bool
kg_goose_holds(struct kg_goose_slice slice, const char *part)
{
	return memmem(slice.bytes, slice.size, part, strlen(part)) != NULL;
}

bool
kg_goose_ends_statement(struct kg_goose_slice line)
{
	bool ends = false;

	for (size_t at = 0; at < line.size;) {
		struct kg_goose_slice rest = { line.bytes + at, line.size - at };
		size_t space = kg_goose_space(rest), length = 0;

		if (space > 0) {
			at += space;
			continue;
		}
		if (kg_goose_starts(rest, "--"))
			break;
		while (
		    length < rest.size && kg_goose_space((struct kg_goose_slice){ rest.bytes + length, rest.size - length }) == 0)
			length++;
		ends = rest.bytes[length - 1] == ';';
		at += length;
	}
	return ends;
}
