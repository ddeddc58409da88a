#include "tests/unit/registry/liar.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/assert.h"

enum { most_connections = 512, head_bytes = 1 << 14, piece_bytes = 1 << 16 };

struct bytes {
	char *text;
	size_t size, room;
};

struct server {
	struct liar liar; /* first, so that tests see it */
	uint16_t upstream;
	struct lie *lies;
	int fd, stop[2];
	pthread_t acceptor, threads[most_connections];
	int count;
	bool is_stopped;
	pthread_mutex_t lock; /* of lies, requests, received */
	struct bytes requests, received;
	char host[32];
};

struct connection {
	struct server *server;
	int fd;
};

static void
bytes_add(struct bytes *bytes, const char *more, size_t size)
{
	if (bytes->size + size + 1 > bytes->room) {
		bytes->room = (bytes->size + size + 1) * 2;
		bytes->text = realloc(bytes->text, bytes->room);
		kg_assert(bytes->text);
	}
	memcpy(bytes->text + bytes->size, more, size);
	bytes->size += size;
	bytes->text[bytes->size] = '\0';
}

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

/* Until time is up or the server is stopped. */
static void
pause_for(struct connection *connection, int64_t ms)
{
	struct pollfd stop = { connection->server->stop[0], POLLIN, 0 };

	poll(&stop, 1, (int)ms);
}

/* Waits for bytes; false when there are none, or the server is stopped. */
static ssize_t
hear(struct server *server, int fd, char *bytes, size_t size)
{
	struct pollfd fds[] = { { fd, POLLIN, 0 }, { server->stop[0], POLLIN, 0 } };

	if (poll(fds, 2, -1) < 0 || fds[1].revents)
		return -1;
	return recv(fd, bytes, size, 0);
}

static void
reset(int fd)
{
	struct linger linger = { 1, 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

struct request {
	char head[head_bytes]; /* ended by a zero byte behind the empty line */
	char *body;            /* in head: what came with it */
	size_t body_came, body_size;
	char method[16];
	const char *path;
	size_t path_length;
	struct lie lie;
	bool has_lie;
};

static const char *
header(const char *head, const char *name, size_t *ret_length)
{
	const char *found = strcasestr(head, name);

	if (!found)
		return NULL;
	found += strlen(name);
	*ret_length = strcspn(found, "\r\n");
	return found;
}

static bool
request_read(struct connection *connection, struct request *request, char *rest, size_t *ret_rest)
{
	size_t size = 0, length;
	char *end = NULL;

	while (!end && size < head_bytes - 1) {
		ssize_t got = hear(connection->server, connection->fd, request->head + size, head_bytes - 1 - size);

		if (got <= 0)
			return false;
		size += (size_t)got;
		request->head[size] = '\0';
		end = strstr(request->head, "\r\n\r\n");
	}
	kg_assert(end);
	end += 4;
	*ret_rest = size - (size_t)(end - request->head);
	memcpy(rest, end, *ret_rest);
	*end = '\0';
	const char *value = header(request->head, "\r\ncontent-length: ", &length);
	request->body_size = value ? strtoull(value, NULL, 10) : 0;
	kg_assert(sscanf(request->head, "%15s", request->method) == 1);
	request->path = strchr(request->head, ' ') + 1;
	request->path_length = strcspn(request->path, " ");
	return true;
}

static void
request_note(struct server *server, struct request *request)
{
	static const char *const noted[] = { "\r\nrange: ", "\r\ncontent-range: ", "\r\nauthorization: " };
	static const char *const names[] = { " Range: ", " Content-Range: ", " Authorization: " };
	size_t length;

	pthread_mutex_lock(&server->lock);
	bytes_add(&server->requests, request->method, strlen(request->method));
	bytes_add(&server->requests, " ", 1);
	bytes_add(&server->requests, request->path, request->path_length);
	for (int i = 0; i < 3; i++) {
		const char *value = header(request->head, noted[i], &length);

		if (!value)
			continue;
		bytes_add(&server->requests, names[i], strlen(names[i]));
		bytes_add(&server->requests, value, i == 2 ? strcspn(value, " ") : length);
	}
	bytes_add(&server->requests, "\n", 1);
	char *path = strndup(request->path, request->path_length);
	for (struct lie *lie = server->lies; lie && !request->has_lie; lie++) {
		if (!lie->method && !lie->path)
			break;
		if ((lie->method && strcmp(lie->method, request->method) != 0) || (lie->path && !strstr(path, lie->path)) ||
		    lie->times < 0)
			continue;
		if (lie->after > 0) {
			lie->after--;
			continue;
		}
		request->lie = *lie;
		request->has_lie = true;
		if (lie->times > 0 && --lie->times == 0)
			lie->times = -1;
	}
	free(path);
	pthread_mutex_unlock(&server->lock);
}

/* Hands the body on to upstream (-1: keeps it). False when it was cut. */
static bool
body_pass(struct connection *connection, struct request *request, const char *rest, size_t rest_size, int upstream)
{
	struct server *server = connection->server;
	size_t cut = request->lie.cut_request_after, passed = 0;
	static thread_local char piece[piece_bytes];

	while (passed < request->body_size) {
		const char *bytes = rest;
		size_t size = rest_size;

		if (size == 0) {
			ssize_t got = hear(server, connection->fd, piece, sizeof(piece));

			if (got <= 0)
				return false;
			bytes = piece;
			size = (size_t)got;
		}
		rest_size = 0;
		if (cut > 0 && passed + size > cut)
			size = cut - passed;
		if (upstream >= 0 && !say(upstream, bytes, size))
			return false;
		if (request->has_lie && (request->lie.answer || request->lie.make || cut > 0)) {
			pthread_mutex_lock(&server->lock);
			bytes_add(&server->received, bytes, size);
			pthread_mutex_unlock(&server->lock);
		}
		passed += size;
		if (cut > 0 && passed >= cut) {
			reset(connection->fd);
			return false;
		}
	}
	return true;
}

/* Hands bytes of an answer's body on, as the lie says; *at counts them. False when that is all. */
static bool
answer_pass(struct connection *connection, const struct lie *lie, char *bytes, size_t size, size_t *at)
{
	size_t cut = lie->cut_answer_after;

	if (lie->damage_at > *at && lie->damage_at <= *at + size)
		bytes[lie->damage_at - *at - 1] ^= 0x55;
	if (cut > 0 && *at + size > cut)
		size = cut - *at;
	for (size_t done = 0; done < size;) {
		size_t some = lie->drip_bytes > 0 && lie->drip_bytes < size - done ? lie->drip_bytes : size - done;

		if (!say(connection->fd, bytes + done, some))
			return false;
		done += some;
		if (lie->drip_ms > 0)
			pause_for(connection, lie->drip_ms);
	}
	*at += size;
	if (cut == 0 || *at < cut)
		return true;
	if (!lie->closes) {
		pause_for(connection, 50); /* what was sent is read before it is reset */
		reset(connection->fd);
	}
	return false;
}

static void
answer_scripted(struct connection *connection, const struct lie *lie, const char *head)
{
	struct bytes answer = { 0 };
	const char *text = lie->answer, *place;
	char *made = NULL;
	size_t at = 0;

	if (lie->make)
		text = made = lie->make(lie->context, head);

	while ((place = strstr(text, "%PORT%"))) {
		char port[8];

		bytes_add(&answer, text, (size_t)(place - text));
		bytes_add(&answer, port, (size_t)snprintf(port, sizeof(port), "%u", connection->server->liar.port));
		text = place + strlen("%PORT%");
	}
	bytes_add(&answer, text, strlen(text));
	char *body = strstr(answer.text, "\r\n\r\n");
	body = body ? body + 4 : answer.text + answer.size;
	if (say(connection->fd, answer.text, (size_t)(body - answer.text)))
		answer_pass(connection, lie, body, answer.size - (size_t)(body - answer.text), &at);
	free(answer.text);
	free(made);
}

static int
upstream_connect(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* The answer as it comes, until upstream closes: it was asked to. */
static void
answer_forward(struct connection *connection, const struct lie *lie, int upstream)
{
	static thread_local char bytes[piece_bytes + 1];
	size_t size = 0, at = 0;
	char *body = NULL;
	ssize_t got;

	while (!body && size < piece_bytes && (got = hear(connection->server, upstream, bytes + size, piece_bytes - size)) > 0) {
		size += (size_t)got;
		bytes[size] = '\0';
		body = strstr(bytes, "\r\n\r\n");
	}
	if (!body)
		return;
	body += 4;
	if (!say(connection->fd, bytes, (size_t)(body - bytes)) ||
	    !answer_pass(connection, lie, body, size - (size_t)(body - bytes), &at))
		return;
	while ((got = hear(connection->server, upstream, bytes, piece_bytes)) > 0)
		if (!answer_pass(connection, lie, bytes, (size_t)got, &at))
			return;
}

static void
request_forward(struct connection *connection, struct request *request, const char *rest, size_t rest_size)
{
	static const char closing[] = "Connection: close\r\n\r\n";
	int upstream = upstream_connect(connection->server->upstream);

	if (upstream < 0)
		return;
	if (say(upstream, request->head, strlen(request->head) - 2) && say(upstream, closing, strlen(closing)) &&
	    body_pass(connection, request, rest, rest_size, upstream)) {
		if (request->lie.pause_ms > 0)
			pause_for(connection, request->lie.pause_ms);
		if (request->lie.drops_answer) {
			char piece[512];

			while (hear(connection->server, upstream, piece, sizeof(piece)) > 0)
				continue;
		} else {
			answer_forward(connection, &request->lie, upstream);
		}
	}
	close(upstream);
}

static void *
connection_run(void *context)
{
	struct connection *connection = context;
	static thread_local struct request request;
	static thread_local char rest[head_bytes];
	size_t rest_size;

	request = (struct request){ 0 };
	if (request_read(connection, &request, rest, &rest_size)) {
		request_note(connection->server, &request);
		if (!request.lie.answer && !request.lie.make && connection->server->upstream) {
			request_forward(connection, &request, rest, rest_size);
		} else if (body_pass(connection, &request, rest, rest_size, -1)) {
			if (request.lie.pause_ms > 0)
				pause_for(connection, request.lie.pause_ms);
			if (request.lie.answer || request.lie.make)
				answer_scripted(connection, &request.lie, request.head);
		}
	}
	shutdown(connection->fd, SHUT_WR);
	close(connection->fd);
	free(connection);
	return NULL;
}

static void *
accept_run(void *context)
{
	struct server *server = context;
	struct pollfd fds[] = { { server->fd, POLLIN, 0 }, { server->stop[0], POLLIN, 0 } };

	while (poll(fds, 2, -1) > 0 && !fds[1].revents) {
		struct connection *connection = malloc(sizeof(*connection));

		kg_assert(connection && server->count < most_connections);
		*connection = (struct connection){ server, accept4(server->fd, NULL, NULL, SOCK_CLOEXEC) };
		kg_assert(pthread_create(&server->threads[server->count++], NULL, connection_run, connection) == 0);
	}
	return NULL;
}

struct liar *
liar_start(uint16_t upstream, struct lie *lies)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct server *server = calloc(1, sizeof(*server));
	socklen_t size = sizeof(address);

	kg_assert(server);
	server->upstream = upstream;
	server->lies = lies;
	server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	kg_assert(bind(server->fd, (struct sockaddr *)&address, size) == 0 && listen(server->fd, 64) == 0);
	kg_assert(getsockname(server->fd, (struct sockaddr *)&address, &size) == 0);
	kg_assert(pipe(server->stop) == 0);
	pthread_mutex_init(&server->lock, NULL);
	bytes_add(&server->requests, "", 0);
	bytes_add(&server->received, "", 0);
	server->liar.port = ntohs(address.sin_port);
	snprintf(server->host, sizeof(server->host), "127.0.0.1:%u", server->liar.port);
	server->liar.host = server->host;
	kg_assert(pthread_create(&server->acceptor, NULL, accept_run, server) == 0);
	return &server->liar;
}

void
liar_stop(struct liar *liar)
{
	struct server *server = (struct server *)liar;

	if (server->is_stopped)
		return;
	server->is_stopped = true;
	kg_assert(write(server->stop[1], "x", 1) == 1);
	pthread_join(server->acceptor, NULL);
	for (int i = 0; i < server->count; i++)
		pthread_join(server->threads[i], NULL);
	close(server->fd);
	liar->requests = server->requests.text;
	liar->received = server->received.text;
	liar->received_size = server->received.size;
}

void
liar_free(struct liar *liar)
{
	struct server *server = (struct server *)liar;

	liar_stop(liar);
	close(server->stop[0]);
	close(server->stop[1]);
	free(server->requests.text);
	free(server->received.text);
	free(server);
}
