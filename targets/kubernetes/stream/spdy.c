#include "targets/kubernetes/stream/spdy.h"

#include <string.h>

#include "engine/base/assert.h"
#include "targets/kubernetes/stream/bytes.h"

enum { SYN_STREAM = 1, SYN_REPLY = 2, RST_STREAM = 3, PING = 6, GOAWAY = 7 };
enum { FLAG_FIN = 1, FLAG_UNIDIRECTIONAL = 2, STATUS_CANCEL = 5 };

static constexpr size_t head_size = 8;
static constexpr uint32_t number_mask = 0x7fffffff;
/* Of a control frame that is read whole; a longer one is an attack. */
static constexpr uint32_t control_most = 1 << 16;

static void
u32_write(unsigned char *to, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		to[i] = (unsigned char)(value >> (24 - 8 * i));
}

static uint32_t
u32_read(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void
u32_put(struct kg_bytes *out, uint32_t value)
{
	unsigned char bytes[4];

	u32_write(bytes, value);
	kg_bytes_put(out, bytes, sizeof(bytes));
}

static void
control_put(struct kg_bytes *out, uint16_t type, uint8_t flags, size_t size)
{
	const unsigned char head[] = { 0x80, 3, (unsigned char)(type >> 8), (unsigned char)type };

	kg_bytes_put(out, head, sizeof(head));
	u32_put(out, (uint32_t)flags << 24 | (uint32_t)size);
}

static void
text_put(struct kg_bytes *out, const char *text)
{
	u32_put(out, (uint32_t)strlen(text));
	kg_bytes_put(out, text, strlen(text));
}

/*
 * zlib as it is without compression: the stream's head once, then a stored block, then an empty one, at which the other side gives out what it has. Compression
 * spans all headers of a connection, so the stream never ends.
 */
static void
block_put(struct kg_bytes *out, const struct kg_bytes *plain, bool is_first)
{
	static const unsigned char zlib_head[] = { 0x78, 0x01 }, empty[] = { 0, 0, 0, 0xff, 0xff };
	const unsigned char stored[] = { 0, (unsigned char)plain->size, (unsigned char)(plain->size >> 8),
		(unsigned char)~plain->size, (unsigned char)(~plain->size >> 8) };

	kg_assert(plain->size <= UINT16_MAX);
	if (is_first)
		kg_bytes_put(out, zlib_head, sizeof(zlib_head));
	kg_bytes_put(out, stored, sizeof(stored));
	kg_bytes_put(out, kg_bytes_at(plain), plain->size);
	kg_bytes_put(out, empty, sizeof(empty));
}

void
kg_spdy_open(struct kg_bytes *out, uint32_t stream, const struct kg_spdy_header *headers, bool is_first, bool is_end)
{
	struct kg_bytes plain = { 0 }, block = { 0 };
	uint32_t count = 0;

	while (headers[count].name)
		count++;
	u32_put(&plain, count);
	for (uint32_t i = 0; i < count; i++) {
		text_put(&plain, headers[i].name);
		text_put(&plain, headers[i].value);
	}
	block_put(&block, &plain, is_first);
	control_put(out, SYN_STREAM, is_end ? FLAG_FIN : 0, 10 + block.size);
	u32_put(out, stream);
	u32_put(out, 0);              /* belongs to no other stream */
	kg_bytes_put(out, "\0\0", 2); /* priority and slot */
	kg_bytes_put(out, kg_bytes_at(&block), block.size);
	kg_bytes_free(&plain);
	kg_bytes_free(&block);
}

void
kg_spdy_data(struct kg_bytes *out, uint32_t stream, const void *bytes, size_t size, bool is_end)
{
	kg_assert(size < 1 << 24);
	u32_put(out, stream);
	u32_put(out, (is_end ? (uint32_t)FLAG_FIN << 24 : 0) | (uint32_t)size);
	kg_bytes_put(out, bytes, size);
}

void
kg_spdy_ping(struct kg_bytes *out, uint32_t number)
{
	control_put(out, PING, 0, 4);
	u32_put(out, number);
}

void
kg_spdy_reset(struct kg_bytes *out, uint32_t stream)
{
	control_put(out, RST_STREAM, 0, 8);
	u32_put(out, stream);
	u32_put(out, STATUS_CANCEL);
}

static bool
wrong(struct kg_spdy_reader *reader, const char *why)
{
	reader->wrong = why;
	return false;
}

/* A control frame's event, once enough of it is there. False: it is none that matters, or more has to come; then *ret_waits. */
static bool
control_read(struct kg_spdy_reader *reader, struct kg_bytes *in, struct kg_spdy_event *ret_event, bool *ret_waits)
{
	const unsigned char *at = (const unsigned char *)kg_bytes_at(in);
	uint16_t type = (uint16_t)(at[2] << 8 | at[3]);
	uint32_t size = u32_read(at + 4) & 0xffffff, wanted = type == RST_STREAM ? 8 : 4;
	bool is_known = type == SYN_REPLY || type == RST_STREAM || type == PING || type == GOAWAY;

	*ret_waits = false;
	if ((at[0] & 0x7f) != 0 || at[1] != 3)
		return wrong(reader, "a frame is of another version of SPDY");
	if (type == SYN_STREAM)
		return wrong(reader, "the other side opens a stream");
	if (size > control_most || (is_known && size < wanted))
		return wrong(reader, "a frame has a wrong length");
	if (is_known && in->size < head_size + wanted) {
		*ret_waits = true;
		return false;
	}
	uint8_t flags = at[4];
	uint32_t first = is_known ? u32_read(at + head_size) : 0;
	uint32_t second = type == RST_STREAM ? u32_read(at + head_size + 4) : 0;
	size_t taken = head_size + (is_known ? wanted : 0);
	reader->left = (uint32_t)(head_size + size - taken);
	reader->stream = 0;
	reader->is_inside = true;
	kg_bytes_take(in, taken);
	if (!is_known)
		return false;
	*ret_event = (struct kg_spdy_event){
		.what = type == SYN_REPLY ? KG_SPDY_ACCEPTED
		    : type == RST_STREAM  ? KG_SPDY_RESET
		    : type == PING        ? KG_SPDY_PING
					  : KG_SPDY_GOAWAY,
		.stream = type == PING ? 0 : first & number_mask,
		.number = type == RST_STREAM ? second : first,
		.is_end = type == SYN_REPLY && (flags & FLAG_FIN),
	};
	return true;
}

/* What is left of a control frame is passed over. False: all that is here was. */
static bool
rest_skip(struct kg_spdy_reader *reader, struct kg_bytes *in)
{
	size_t size = reader->left < in->size ? reader->left : in->size;

	kg_bytes_take(in, size);
	reader->left -= (uint32_t)size;
	reader->is_inside = reader->left > 0;
	return !reader->is_inside;
}

static bool
data_read(struct kg_spdy_reader *reader, struct kg_bytes *in, struct kg_spdy_event *ret_event)
{
	size_t size = reader->left < in->size ? reader->left : in->size;

	if (size == 0 && reader->left > 0)
		return false;
	reader->left -= (uint32_t)size;
	reader->is_inside = reader->left > 0;
	*ret_event = (struct kg_spdy_event){
		.what = KG_SPDY_DATA,
		.stream = reader->stream,
		.bytes = kg_bytes_at(in),
		.size = size,
		.is_end = reader->is_end && !reader->is_inside,
	};
	return true;
}

bool
kg_spdy_next(struct kg_spdy_reader *reader, struct kg_bytes *in, struct kg_spdy_event *ret_event)
{
	while (!reader->wrong) {
		bool waits;

		if (reader->is_inside && reader->stream != 0)
			return data_read(reader, in, ret_event);
		if (reader->is_inside && !rest_skip(reader, in))
			return false;
		if (in->size < head_size)
			return false;
		const unsigned char *at = (const unsigned char *)kg_bytes_at(in);
		if (at[0] & 0x80) {
			if (control_read(reader, in, ret_event, &waits))
				return true;
			if (waits)
				return false;
			continue;
		}
		reader->stream = u32_read(at) & number_mask;
		reader->is_end = (at[4] & FLAG_FIN) != 0;
		reader->left = u32_read(at + 4) & 0xffffff;
		reader->is_inside = true;
		if (reader->stream == 0)
			return wrong(reader, "data is of no stream");
		kg_bytes_take(in, head_size);
	}
	return false;
}
