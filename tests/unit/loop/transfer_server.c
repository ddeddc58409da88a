#include "tests/unit/loop/transfer_server.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { most_connections = 128, head_bytes = 8192, piece_bytes = 1 << 16 };

struct transfer_server {
	int tcp, stop[2];
	uint16_t port;
	pthread_t acceptor, threads[most_connections];
	atomic_uint connections;
};

struct talk {
	struct transfer_server *server;
	int fd;
	bool is_last; /* the next request is not answered */
	char head[head_bytes];
	size_t size, body_at; /* of what is in head; the body's start may be there as well */
	char method[16], path[1024];
};

static void
die(const char *doing)
{
	perror(doing);
	abort();
}

unsigned char
transfer_byte(int64_t at)
{
	return (unsigned char)(at * 31 + at / 251);
}

uint64_t
transfer_sum(uint64_t sum, const void *bytes, size_t size)
{
	const unsigned char *at = bytes;

	for (size_t i = 0; i < size; i++)
		sum = (sum ^ at[i]) * 0x100000001b3;
	return sum;
}

/* False when the client has gone: that is what some tests are about. */
static bool
say_bytes(int fd, const void *bytes, size_t size)
{
	for (size_t at = 0; at < size;) {
		ssize_t sent = send(fd, (const char *)bytes + at, size - at, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		at += (size_t)sent;
	}
	return true;
}

static bool
answer(struct talk *talk, const char *status, const char *headers, const char *body)
{
	char text[2048];

	snprintf(text, sizeof(text), "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n%s", status, strlen(body), headers, body);
	return say_bytes(talk->fd, text, strlen(text));
}

static void
wait_for_client_to_go(int fd)
{
	char bytes[1024];

	while (recv(fd, bytes, sizeof(bytes), 0) > 0)
		continue;
}

static bool
head_read(struct talk *talk)
{
	const char *end;

	memset(talk->head, 0, sizeof(talk->head));
	talk->size = 0;
	while (!(end = strstr(talk->head, "\r\n\r\n"))) {
		ssize_t got = recv(talk->fd, talk->head + talk->size, head_bytes - 1 - talk->size, 0);

		if (got <= 0)
			return false;
		talk->size += (size_t)got;
	}
	talk->body_at = (size_t)(end + 4 - talk->head);
	return sscanf(talk->head, "%15s %1023s", talk->method, talk->path) == 2;
}

/* What follows the name, in text; false when there is no such header. */
static bool
header(const struct talk *talk, const char *name, char *text, size_t room)
{
	const char *found = strcasestr(talk->head, name);

	if (!found || found >= talk->head + talk->body_at)
		return false;
	found += strlen(name);
	snprintf(text, room, "%.*s", (int)strcspn(found, "\r"), found);
	return true;
}

static bool
body_read(struct talk *talk, char *told, size_t room)
{
	static _Thread_local char piece[piece_bytes];
	char length[32] = "0";
	uint64_t sum = 0;

	if (header(talk, "\r\nTransfer-Encoding: ", length, sizeof(length))) {
		snprintf(told, room, "%s chunked", talk->method);
		return false;
	}
	header(talk, "\r\nContent-Length: ", length, sizeof(length));
	size_t size = (size_t)atoll(length), have = talk->size - talk->body_at;

	sum = transfer_sum(sum, talk->head + talk->body_at, have);
	while (have < size) {
		ssize_t got = recv(talk->fd, piece, size - have < piece_bytes ? size - have : piece_bytes, 0);

		if (got <= 0)
			return false;
		sum = transfer_sum(sum, piece, (size_t)got);
		have += (size_t)got;
	}
	snprintf(told, room, "%s %zu %llx", talk->method, size, (unsigned long long)sum);
	return true;
}

/* From the offset that Range asks for when it may, up to stop_at, of size in all. */
static bool
bytes_send(struct talk *talk, int64_t size, int64_t stop_at, bool may_range)
{
	char piece[piece_bytes], range[64], text[256];
	long long from = 0;

	if (may_range && header(talk, "\r\nRange: ", range, sizeof(range)))
		sscanf(range, "bytes=%lld-", &from);
	snprintf(text, sizeof(text), "HTTP/1.1 %s\r\nContent-Length: %lld\r\n\r\n", from ? "206 Partial Content" : "200 OK",
	    (long long)size - from);
	if (!say_bytes(talk->fd, text, strlen(text)))
		return false;
	for (int64_t at = from; at < stop_at;) {
		size_t count = 0;

		for (; count < piece_bytes && at < stop_at; at++)
			piece[count++] = (char)transfer_byte(at);
		if (!say_bytes(talk->fd, piece, count))
			return false;
	}
	return stop_at == size;
}

static bool
drip(struct talk *talk, int64_t size)
{
	char text[64];

	snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nContent-Length: %lld\r\n\r\n", (long long)size);
	if (!say_bytes(talk->fd, text, strlen(text)))
		return false;
	for (int64_t at = 0; at < size; at++) {
		char byte = (char)transfer_byte(at);

		usleep(50000);
		if (!say_bytes(talk->fd, &byte, 1))
			return false;
	}
	return true;
}

static bool
redirect(struct talk *talk, int status, const char *url)
{
	char line[64], headers[1200];

	snprintf(line, sizeof(line), "%d Elsewhere", status);
	snprintf(headers, sizeof(headers), "Location: %s\r\n", url);
	return answer(talk, line, headers, "not here");
}

/* False when the connection is to be closed. */
static bool
respond(struct talk *talk)
{
	char told[2048], seen[1024] = "-";
	long long size, at;
	int status;

	if (sscanf(talk->path, "/bytes/%lld", &size) == 1)
		return bytes_send(talk, size, size, true);
	if (sscanf(talk->path, "/whole/%lld", &size) == 1)
		return bytes_send(talk, size, size, false);
	if (sscanf(talk->path, "/drip/%lld", &size) == 1)
		return drip(talk, size);
	if (sscanf(talk->path, "/cut/%lld/%lld", &size, &at) == 2)
		return bytes_send(talk, size, at, true);
	if (sscanf(talk->path, "/stall/%lld/%lld", &size, &at) == 2)
		bytes_send(talk, size, at, true);
	if (sscanf(talk->path, "/stall/%lld", &size) == 1 || strcmp(talk->path, "/deaf") == 0) {
		/* While what was sent is not taken, the end of it does not come through. */
		struct pollfd gone[] = { { .fd = talk->fd, .events = POLLRDHUP },
			{ .fd = talk->server->stop[0], .events = POLLIN } };

		poll(gone, 2, -1);
		return false;
	}
	if (!body_read(talk, told, sizeof(told)))
		return false;
	if (talk->is_last)
		return false;
	talk->is_last = strcmp(talk->path, "/once") == 0;
	if (talk->is_last || strcmp(talk->path, "/sum") == 0)
		return answer(talk, "200 OK", "", told);
	if (strcmp(talk->path, "/around") == 0)
		return redirect(talk, 302, "/around");
	if (strcmp(talk->path, "/busy") == 0)
		return answer(talk, "503 Service Unavailable", "Retry-After: 2\r\n", "busy");
	if (sscanf(talk->path, "/to/%d/%1023s", &status, seen) == 2)
		return redirect(talk, status, seen);
	header(talk, "\r\nAuthorization: ", seen, sizeof(seen));
	snprintf(told, sizeof(told), "%s %s", talk->method, seen);
	return answer(talk, "200 OK", "", told);
}

static void *
talk_run(void *context)
{
	struct talk *talk = context;

	while (head_read(talk) && respond(talk))
		continue;
	shutdown(talk->fd, SHUT_WR);
	wait_for_client_to_go(talk->fd);
	close(talk->fd);
	free(talk);
	return NULL;
}

static void *
accept_all(void *context)
{
	struct transfer_server *server = context;
	struct pollfd polls[] = { { .fd = server->tcp, .events = POLLIN }, { .fd = server->stop[0], .events = POLLIN } };

	while (poll(polls, 2, -1) > 0 && polls[1].revents == 0) {
		struct talk *talk = calloc(1, sizeof(*talk));
		unsigned number = atomic_load(&server->connections);

		talk->server = server;
		talk->fd = accept(server->tcp, NULL, NULL);
		if (talk->fd < 0 || number == most_connections)
			die("accept");
		/* First, so that whoever has had an answer finds its connection counted. */
		atomic_store(&server->connections, number + 1);
		if (pthread_create(&server->threads[number], NULL, talk_run, talk) != 0)
			die("pthread_create");
	}
	return NULL;
}

struct transfer_server *
transfer_server_start(void)
{
	struct transfer_server *server = calloc(1, sizeof(*server));
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof(address);

	server->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(server->tcp, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(server->tcp, 64) < 0 ||
	    getsockname(server->tcp, (struct sockaddr *)&address, &size) < 0)
		die("the server's port");
	server->port = ntohs(address.sin_port);
	if (pipe(server->stop) < 0 || pthread_create(&server->acceptor, NULL, accept_all, server) != 0)
		die("the server's thread");
	return server;
}

uint16_t
transfer_server_port(const struct transfer_server *server)
{
	return server->port;
}

uint32_t
transfer_server_connections(struct transfer_server *server)
{
	return atomic_load(&server->connections);
}

void
transfer_server_stop(struct transfer_server *server)
{
	if (write(server->stop[1], "x", 1) != 1)
		die("stopping the server");
	pthread_join(server->acceptor, NULL);
	for (unsigned i = 0; i < atomic_load(&server->connections); i++)
		pthread_join(server->threads[i], NULL);
	close(server->stop[0]);
	close(server->stop[1]);
	close(server->tcp);
	free(server);
}
