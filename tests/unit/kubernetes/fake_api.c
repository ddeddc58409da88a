#include "tests/unit/kubernetes/fake_api.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/map.h"
#include "engine/base/text.h"

enum { connections_most = 1024, head_most = 1 << 16, body_most = 1 << 20 };

struct fake_api {
	struct kg_arena *arena;
	fake_answer *answer;
	void *context;
	uint16_t port;
	int fd, stop[2];
	bool is_running;
	pthread_t acceptor, threads[connections_most];
	int count;
	pthread_mutex_t lock; /* of all below, and of answer */
	struct kg_text requests;
	struct kg_map numbers;
};

struct connection {
	struct fake_api *fake;
	int fd;
	char head[head_most], body[body_most];
};

static bool
say(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		bytes += sent;
		size -= (size_t)sent;
	}
	return true;
}

/* False when the server is stopped meanwhile; ms -1: waits for that, or for the other side to go. */
static bool
pause_for(struct connection *connection, int64_t ms)
{
	struct pollfd fds[] = { { connection->fake->stop[0], POLLIN, 0 }, { connection->fd, POLLRDHUP, 0 } };

	return poll(fds, ms < 0 ? 2 : 1, (int)ms) == 0;
}

static ssize_t
hear(struct connection *connection, char *bytes, size_t size)
{
	struct pollfd fds[] = { { connection->fd, POLLIN, 0 }, { connection->fake->stop[0], POLLIN, 0 } };

	if (poll(fds, 2, -1) < 0 || fds[1].revents)
		return -1;
	return recv(connection->fd, bytes, size, 0);
}

static bool
request_read(struct connection *connection)
{
	size_t size = 0, body_size = 0, body_came;
	char *end = NULL, *length;

	while (!end && size < head_most - 1) {
		ssize_t got = hear(connection, connection->head + size, head_most - 1 - size);

		if (got <= 0)
			return false;
		size += (size_t)got;
		connection->head[size] = '\0';
		end = strstr(connection->head, "\r\n\r\n");
	}
	if (!end)
		return false;
	end += 4;
	body_came = size - (size_t)(end - connection->head);
	memcpy(connection->body, end, body_came);
	*end = '\0';
	length = strcasestr(connection->head, "\r\ncontent-length:");
	if (length)
		body_size = strtoul(length + strlen("\r\ncontent-length:"), NULL, 10);
	kg_assert(body_size < body_most);
	while (body_came < body_size) {
		ssize_t got = hear(connection, connection->body + body_came, body_size - body_came);

		if (got <= 0)
			return false;
		body_came += (size_t)got;
	}
	connection->body[body_came] = '\0';
	return true;
}

char *
fake_header(const struct fake_request *request, const char *name)
{
	char *found, line[128];

	snprintf(line, sizeof(line), "\r\n%s: ", name);
	found = strcasestr(request->head, line);
	if (!found)
		return NULL;
	found += strlen(line);
	return strndup(found, strcspn(found, "\r\n"));
}

static struct fake_reply
ask_test(struct connection *connection)
{
	struct fake_api *fake = connection->fake;
	struct fake_reply reply;
	char *space = strchr(connection->head, ' ');

	pthread_mutex_lock(&fake->lock);
	struct fake_request request = { .head = connection->head, .body = connection->body };
	request.method = kg_copy_bytes(fake->arena, connection->head, (size_t)(space - connection->head));
	request.path = kg_copy_bytes(fake->arena, space + 1, strcspn(space + 1, " "));
	const char *key = kg_format(fake->arena, "%s %.*s", request.method, (int)strcspn(request.path, "?"), request.path);
	kg_map_get(&fake->numbers, key, &request.number);
	kg_map_put(&fake->numbers, key, ++request.number);
	kg_text_format(&fake->requests, "%s %s\n", request.method, request.path);
	reply = fake->answer(fake->context, &request);
	pthread_mutex_unlock(&fake->lock);
	return reply;
}

static void
stream_say(struct connection *connection, const struct fake_reply *reply)
{
	char size[32];

	for (const char *const *piece = reply->pieces; *piece; piece++) {
		if (piece != reply->pieces && !pause_for(connection, reply->pause_ms))
			return;
		snprintf(size, sizeof(size), "%zx\r\n", strlen(*piece));
		if (!say(connection->fd, size, strlen(size)) || !say(connection->fd, *piece, strlen(*piece)) ||
		    !say(connection->fd, "\r\n", 2))
			return;
	}
	if (reply->stays)
		pause_for(connection, -1);
	else if (!reply->is_cut)
		say(connection->fd, "0\r\n\r\n", 5);
}

static void
reset(int fd)
{
	struct linger linger = { 1, 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

static void *
connection_serve(void *context)
{
	struct connection *connection = context;
	char head[1024];

	if (request_read(connection)) {
		struct fake_reply reply = ask_test(connection);

		snprintf(head, sizeof(head), "HTTP/1.1 %d Said\r\nConnection: close\r\n%s%s", reply.status,
		    reply.headers ? reply.headers : "", reply.body ? "" : "Transfer-Encoding: chunked\r\n\r\n");
		if (reply.status == 0 || (reply.pause_ms > 0 && !pause_for(connection, reply.pause_ms))) {
			reset(connection->fd);
		} else if (say(connection->fd, head, strlen(head)) && reply.body) {
			snprintf(head, sizeof(head), "Content-Length: %zu\r\n\r\n", strlen(reply.body));
			if (say(connection->fd, head, strlen(head)))
				say(connection->fd, reply.body, strlen(reply.body));
		} else if (reply.pieces) {
			stream_say(connection, &reply);
		}
	}
	close(connection->fd);
	free(connection);
	return NULL;
}

static void *
accept_all(void *context)
{
	struct fake_api *fake = context;

	for (;;) {
		struct pollfd fds[] = { { fake->fd, POLLIN, 0 }, { fake->stop[0], POLLIN, 0 } };

		if (poll(fds, 2, -1) < 0 || fds[1].revents)
			return NULL;
		int fd = accept4(fake->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		struct connection *connection = calloc(1, sizeof(*connection));
		kg_assert(connection && fake->count < connections_most);
		connection->fake = fake;
		connection->fd = fd;
		kg_assert(pthread_create(&fake->threads[fake->count++], NULL, connection_serve, connection) == 0);
	}
}

void
fake_api_start_again(struct fake_api *fake)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(fake->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)
	};
	socklen_t length = sizeof(address);
	int on = 1;

	fake->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(fake->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	kg_assert(bind(fake->fd, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(fake->fd, 128) == 0);
	getsockname(fake->fd, (struct sockaddr *)&address, &length);
	fake->port = ntohs(address.sin_port);
	kg_assert(pipe(fake->stop) == 0);
	fake->is_running = true;
	kg_assert(pthread_create(&fake->acceptor, NULL, accept_all, fake) == 0);
}

struct fake_api *
fake_api_start(fake_answer *answer, void *context)
{
	struct kg_arena *arena = kg_arena_make();
	struct fake_api *fake = kg_new(arena, struct fake_api);

	fake->arena = arena;
	fake->answer = answer;
	fake->context = context;
	fake->requests.arena = fake->numbers.arena = arena;
	pthread_mutex_init(&fake->lock, NULL);
	fake_api_start_again(fake);
	return fake;
}

uint16_t
fake_api_port(const struct fake_api *fake)
{
	return fake->port;
}

void
fake_api_stop(struct fake_api *fake)
{
	if (!fake->is_running)
		return;
	fake->is_running = false;
	kg_assert(write(fake->stop[1], "x", 1) == 1);
	pthread_join(fake->acceptor, NULL);
	close(fake->fd);
	for (int i = 0; i < fake->count; i++)
		pthread_join(fake->threads[i], NULL);
	fake->count = 0;
	close(fake->stop[0]);
	close(fake->stop[1]);
}

const char *
fake_api_requests(struct fake_api *fake)
{
	pthread_mutex_lock(&fake->lock);
	const char *requests = kg_copy(fake->arena, kg_text_end(&fake->requests));
	pthread_mutex_unlock(&fake->lock);
	return requests;
}

void
fake_api_free(struct fake_api *fake)
{
	fake_api_stop(fake);
	kg_arena_free(fake->arena);
}
