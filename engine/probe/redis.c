/*
 * ready = { redis = "127.0.0.1:6379" }: PING is answered by PONG. While it reads its data from disk, Redis answers -LOADING instead.
 * Requests are arrays of bulk strings, answers one line each (RESP, https://redis.io/docs/latest/develop/reference/protocol-spec/).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/probe/attempt.h"
#include "engine/probe/connect.h"

static const char scheme[] = "redis://";

struct redis_own {
	struct kg_probe_connection connection; /* first: kg_probe_connect finds itself there */
	const char *request;
	size_t request_size, sent;
	bool has_password, is_authenticated;
	size_t size;
	char answer[1024];
};

struct address {
	const char *host, *port, *user, *password; /* user and password NULL when there is none */
};

/* %XX to bytes. */
static const char *
percent_decode(struct kg_arena *arena, const char *text, size_t size)
{
	char *decoded = kg_alloc(arena, size + 1), *to = decoded;

	for (size_t i = 0; i < size; i++) {
		unsigned byte;
		char digits[3] = { 0 };

		if (text[i] == '%' && size - i > 2 && strspn(memcpy(digits, text + i + 1, 2), "0123456789abcdefABCDEF") == 2) {
			byte = (unsigned)strtoul(digits, NULL, 16);
			i += 2;
		} else {
			byte = (unsigned char)text[i];
		}
		*to++ = (char)byte;
	}
	return decoded;
}

/* HOST:PORT, HOST with the usual port in a URL, and redis://[[user]:password@]HOST[:PORT][/database]. */
static bool
address_read(struct kg_arena *arena, const char *text, struct address *ret_address)
{
	*ret_address = (struct address){ 0 };
	if (!kg_text_starts(text, scheme))
		return kg_probe_address_read(arena, text, &ret_address->host, &ret_address->port);

	const char *start = text + strlen(scheme);
	size_t length = strcspn(start, "/?");
	const char *at = memrchr(start, '@', length);
	if (at) {
		const char *colon = memchr(start, ':', (size_t)(at - start));

		if (!colon)
			return false;
		if (colon > start)
			ret_address->user = percent_decode(arena, start, (size_t)(colon - start));
		ret_address->password = percent_decode(arena, colon + 1, (size_t)(at - colon) - 1);
		length -= (size_t)(at + 1 - start);
		start = at + 1;
	}
	const char *place = kg_copy_bytes(arena, start, length);
	if (kg_probe_address_read(arena, place, &ret_address->host, &ret_address->port))
		return true;
	return kg_probe_address_read(arena, kg_format(arena, "%s:6379", place), &ret_address->host, &ret_address->port);
}

struct kg_error *
kg_probe_redis_check(struct kg_arena *arena, const char *address)
{
	struct address parts;

	if (strstr(address, "${") || address_read(arena, address, &parts))
		return NULL;
	return kg_error_make(arena, KG_EINPUT, "`redis` must be HOST:PORT or redis://:PASSWORD@HOST:PORT");
}

static void
release(struct kg_job *job)
{
	kg_probe_disconnect(kg_probe_run(job)->own);
}

static void
word_add(struct kg_text *text, const char *word)
{
	kg_text_format(text, "$%zu\r\n%s\r\n", strlen(word), word);
}

static void
request_make(struct kg_arena *arena, const struct address *address, struct redis_own *own)
{
	struct kg_text text = { .arena = arena };

	if (address->password) {
		kg_text_format(&text, "*%d\r\n", address->user ? 3 : 2);
		word_add(&text, "AUTH");
		if (address->user)
			word_add(&text, address->user);
		word_add(&text, address->password);
	}
	kg_text_add(&text, "*1\r\n");
	word_add(&text, "PING");
	own->request = kg_text_end(&text);
	own->request_size = text.size;
	own->has_password = address->password != NULL;
}

static struct kg_next
not_yet(struct kg_job *job, int sys)
{
	if (kg_probe_run(job)->attempt_is_over)
		return kg_probe_not_yet(job, "connected, but no answer");
	return kg_probe_not_yet(job, "%s", sys ? strerror(sys) : "it closed the connection without an answer");
}

/* The next whole line of the answer, taken out of it; NULL when it is not there yet. */
static const char *
line_take(struct kg_arena *arena, struct redis_own *own)
{
	const char *end = memchr(own->answer, '\n', own->size);

	if (!end)
		return NULL;
	size_t taken = (size_t)(end - own->answer) + 1, length = taken - 1;
	if (length > 0 && own->answer[length - 1] == '\r')
		length--;
	const char *line = kg_copy_bytes(arena, own->answer, length);
	memmove(own->answer, own->answer + taken, own->size - taken);
	own->size -= taken;
	return line;
}

static struct kg_next
answer_read(struct kg_job *job)
{
	struct redis_own *own = kg_probe_run(job)->own;
	const char *line;

	if (kg_probe_run(job)->attempt_is_over)
		return not_yet(job, 0);
	ssize_t got = recv(own->connection.fd, own->answer + own->size, sizeof(own->answer) - own->size, 0);
	if (got < 0 && errno != EAGAIN && errno != EINTR)
		return not_yet(job, errno);
	if (got == 0)
		return not_yet(job, 0);
	own->size += got > 0 ? (size_t)got : 0;
	while ((line = line_take(job->arena, own))) {
		bool is_of_auth = own->has_password && !own->is_authenticated;

		if (!kg_text_equal(line, is_of_auth ? "+OK" : "+PONG"))
			return kg_probe_not_yet(job, "%.200s", *line == '-' ? line + 1 : line);
		if (!is_of_auth)
			return kg_probe_passed(job);
		own->is_authenticated = true;
	}
	if (own->size == sizeof(own->answer))
		return kg_probe_not_yet(job, "an answer that is not Redis's");
	return kg_probe_wait_fd(job, own->connection.fd, KG_FD_READABLE, answer_read);
}

static struct kg_next
request_send(struct kg_job *job)
{
	struct redis_own *own = kg_probe_run(job)->own;

	if (kg_probe_run(job)->attempt_is_over)
		return not_yet(job, 0);
	ssize_t sent =
	    send(own->connection.fd, own->request + own->sent, own->request_size - own->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent < 0 && errno != EAGAIN && errno != EINTR)
		return not_yet(job, errno);
	own->sent += sent > 0 ? (size_t)sent : 0;
	if (own->sent < own->request_size)
		return kg_probe_wait_fd(job, own->connection.fd, KG_FD_WRITABLE, request_send);
	return kg_probe_wait_fd(job, own->connection.fd, KG_FD_READABLE, answer_read);
}

static struct kg_next
connected(struct kg_job *job)
{
	const struct redis_own *own = kg_probe_run(job)->own;

	if (own->connection.fd < 0)
		return kg_probe_not_yet(job, "%s", own->connection.failure);
	return kg_go(request_send);
}

struct kg_next
kg_probe_redis_try(struct kg_job *job)
{
	struct kg_probe_try *probe = kg_probe_run(job);
	struct redis_own *own = kg_probe_own(job, sizeof(*own));
	struct address address;

	if (!address_read(job->arena, probe->rule->redis, &address))
		return kg_probe_failed(job, kg_probe_redis_check(job->arena, probe->rule->redis));
	own->connection.host = address.host;
	own->connection.port = address.port;
	request_make(job->arena, &address, own);
	own->sent = own->size = 0;
	own->is_authenticated = false;
	probe->release = release;
	return kg_probe_connect(job, &own->connection, connected);
}
