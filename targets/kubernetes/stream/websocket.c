#include "targets/kubernetes/stream/websocket.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include <openssl/evp.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/text.h"
#include "targets/kubernetes/stream/bytes.h"

static constexpr size_t head_most = 64 << 10;
static constexpr size_t control_most = 125;
static constexpr char key_salt[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

static void
random_fill(void *bytes, size_t size)
{
	kg_assert(getrandom(bytes, size, 0) == (ssize_t)size);
}

void
kg_websocket_key_make(char key[static kg_websocket_key_size])
{
	unsigned char bytes[16];

	random_fill(bytes, sizeof(bytes));
	EVP_EncodeBlock((unsigned char *)key, bytes, sizeof(bytes));
}

const char *
kg_websocket_request(
    struct kg_arena *arena, const char *path, const char *host, const char *const *headers, const char *protocols, const char *key)
{
	struct kg_text text = { .arena = arena };

	kg_text_format(&text, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: kgraph\r\n", path, host);
	kg_text_format(&text,
	    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n"
	    "Sec-WebSocket-Protocol: %s\r\n",
	    key, protocols);
	for (; *headers; headers++)
		kg_text_format(&text, "%s\r\n", *headers);
	kg_text_add(&text, "\r\n");
	return kg_text_end(&text);
}

/* The value of a line of the head that has that name, without white space around it; NULL: it has another one. */
static const char *
header_value(const char *line, size_t length, const char *name, size_t *ret_length)
{
	size_t named = strlen(name);

	if (length <= named || strncasecmp(line, name, named) != 0 || line[named] != ':')
		return NULL;
	line += named + 1;
	length -= named + 1;
	while (length > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		length--;
	}
	while (length > 0 && (line[length - 1] == ' ' || line[length - 1] == '\t'))
		length--;
	*ret_length = length;
	return line;
}

static bool
key_is_answered(const char *key, const char *answer, size_t length)
{
	unsigned char salted[kg_websocket_key_size + sizeof(key_salt)], hash[EVP_MAX_MD_SIZE];
	char expected[2 * EVP_MAX_MD_SIZE];
	unsigned int size = 0;
	size_t key_length = strnlen(key, kg_websocket_key_size - 1);

	memcpy(salted, key, key_length);
	memcpy(salted + key_length, key_salt, sizeof(key_salt) - 1);
	kg_assert(EVP_Digest(salted, key_length + sizeof(key_salt) - 1, hash, &size, EVP_sha1(), NULL) == 1);
	int encoded = EVP_EncodeBlock((unsigned char *)expected, hash, (int)size);
	return (size_t)encoded == length && memcmp(expected, answer, length) == 0;
}

static int64_t
number_read(const char *digits, size_t length)
{
	int64_t number = 0;

	if (length == 0 || length > 15)
		return -1;
	for (size_t i = 0; i < length; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return -1;
		number = number * 10 + (digits[i] - '0');
	}
	return number;
}

static void
header_read(const char *line, size_t length, const char *key, struct kg_websocket_answer *answer)
{
	const char *value;
	size_t size;

	if ((value = header_value(line, length, "Content-Length", &size)))
		answer->body_size = number_read(value, size);
	if ((value = header_value(line, length, "Sec-WebSocket-Accept", &size)))
		answer->is_accepted = key_is_answered(key, value, size);
	if ((value = header_value(line, length, "Sec-WebSocket-Protocol", &size)) && size < sizeof(answer->protocol)) {
		memcpy(answer->protocol, value, size);
		answer->protocol[size] = '\0';
	}
}

enum kg_websocket_read
kg_websocket_answer_read(const char *bytes, size_t size, const char *key, struct kg_websocket_answer *ret_answer)
{
	const char *end = memmem(bytes, size, "\r\n\r\n", 4);

	*ret_answer = (struct kg_websocket_answer){ .body_size = -1 };
	if (size >= 5 && memcmp(bytes, "HTTP/", 5) != 0)
		return KG_WEBSOCKET_WRONG;
	if (!end)
		return size > head_most ? KG_WEBSOCKET_WRONG : KG_WEBSOCKET_MORE;
	const char *line_end = memmem(bytes, size, "\r\n", 2);
	const char *space = memchr(bytes, ' ', (size_t)(line_end - bytes));
	if (!space || line_end - space < 4 || (ret_answer->status = (int)number_read(space + 1, 3)) < 100)
		return KG_WEBSOCKET_WRONG;
	ret_answer->header_size = (size_t)(end - bytes) + 4;
	for (const char *line = line_end + 2; line < end;) {
		const char *next = memmem(line, (size_t)(end + 2 - line), "\r\n", 2);

		header_read(line, (size_t)(next - line), key, ret_answer);
		line = next + 2;
	}
	return KG_WEBSOCKET_READ;
}

static void
frame_put(
    struct kg_bytes *out, enum kg_websocket_opcode opcode, const void *first, size_t first_size, const void *bytes, size_t size)
{
	uint64_t whole = first_size + size;
	unsigned char head[10] = { (unsigned char)(0x80 | opcode) };
	unsigned char mask[4];
	size_t head_size = whole < 126 ? 2 : whole < 65536 ? 4 : 10;

	head[1] = (unsigned char)(0x80 | (whole < 126 ? whole : whole < 65536 ? 126 : 127));
	for (size_t i = 2; i < head_size; i++)
		head[i] = (unsigned char)(whole >> 8 * (head_size - 1 - i));
	random_fill(mask, sizeof(mask));
	kg_bytes_put(out, head, head_size);
	kg_bytes_put(out, mask, sizeof(mask));

	char *to = kg_bytes_reserve(out, whole);
	if (first_size > 0)
		memcpy(to, first, first_size);
	if (size > 0)
		memcpy(to + first_size, bytes, size);
	for (size_t i = 0; i < whole; i++)
		to[i] ^= (char)mask[i % 4];
	kg_bytes_added(out, whole);
}

void
kg_websocket_put(struct kg_bytes *out, enum kg_websocket_opcode opcode, const void *bytes, size_t size)
{
	frame_put(out, opcode, NULL, 0, bytes, size);
}

void
kg_websocket_put_channel(struct kg_bytes *out, uint8_t channel, const void *bytes, size_t size)
{
	frame_put(out, KG_WEBSOCKET_BINARY, &channel, 1, bytes, size);
}

static bool
wrong(struct kg_websocket_reader *reader, const char *why)
{
	reader->wrong = why;
	return false;
}

/* The head of the next frame. False: more has to come, or it is wrong. */
static bool
frame_begin(struct kg_websocket_reader *reader, struct kg_bytes *in)
{
	const unsigned char *at = (const unsigned char *)kg_bytes_at(in);

	if (in->size < 2)
		return false;
	uint8_t opcode = at[0] & 0x0f, length = at[1] & 0x7f;
	size_t head_size = length < 126 ? 2 : length == 126 ? 4 : 10;
	bool is_control = opcode >= KG_WEBSOCKET_CLOSE;
	if (at[0] & 0x70 || at[1] & 0x80)
		return wrong(reader, "a frame has flags that nobody asked for");
	if ((opcode > KG_WEBSOCKET_BINARY && !is_control) || opcode > KG_WEBSOCKET_PONG)
		return wrong(reader, "a frame is of a kind that does not exist");
	if (is_control && (!(at[0] & 0x80) || length > control_most))
		return wrong(reader, "a control frame is too long");
	if (in->size < head_size)
		return false;
	uint64_t left = head_size == 2 ? length : 0;
	for (size_t i = 2; i < head_size; i++)
		left = left << 8 | at[i];
	if (left >> 63)
		return wrong(reader, "a frame is too long");
	if (!is_control && (opcode == KG_WEBSOCKET_AGAIN) != (reader->message != 0))
		return wrong(reader, "the frames of messages are mixed up");
	if (!is_control && opcode != KG_WEBSOCKET_AGAIN) {
		reader->message = opcode;
		reader->is_start = true;
	}
	reader->opcode = is_control ? opcode : reader->message;
	reader->is_last = (at[0] & 0x80) != 0;
	reader->left = left;
	reader->is_inside = true;
	kg_bytes_take(in, head_size);
	return true;
}

bool
kg_websocket_next(struct kg_websocket_reader *reader, struct kg_bytes *in, struct kg_websocket_piece *ret_piece)
{
	if (reader->wrong || (!reader->is_inside && !frame_begin(reader, in)))
		return false;
	bool is_control = reader->opcode >= KG_WEBSOCKET_CLOSE;
	size_t size = reader->left < in->size ? (size_t)reader->left : in->size;
	if (size < reader->left && (is_control || size == 0))
		return false;

	reader->left -= size;
	reader->is_inside = reader->left > 0;
	*ret_piece = (struct kg_websocket_piece){
		.opcode = (enum kg_websocket_opcode)reader->opcode,
		.is_start = is_control || reader->is_start,
		.is_end = is_control || (reader->is_last && !reader->is_inside),
		.bytes = kg_bytes_at(in),
		.size = size,
	};
	if (!is_control) {
		reader->is_start = false;
		if (ret_piece->is_end)
			reader->message = 0;
	}
	return true;
}
