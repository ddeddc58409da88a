#include "tests/unit/loop/server.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { most_connections = 256, request_bytes = 1 << 17 };

struct server {
	int tcp, unix_socket, stop[2];
	uint16_t port;
	char path[108];
	pthread_t acceptor, threads[most_connections];
	atomic_uint connections;
	char kept[256]; /* what is at /kept; "" when nothing is */
	pthread_mutex_t kept_lock;
};

/* What the thread of a connection is given. */
struct connection {
	struct server *server;
	int fd;
};

struct request {
	char bytes[request_bytes];
	size_t size, body_at, body_size;
};

static void
die(const char *doing)
{
	perror(doing);
	abort();
}

static void
say(int fd, const char *text)
{
	/* The client may have gone: that is what some tests are about. */
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		return;
}

static void
wait_for_client_to_go(int fd)
{
	char byte;

	while (recv(fd, &byte, 1, 0) > 0)
		continue;
}

static bool
request_read(int fd, struct request *request)
{
	const char *end, *length;

	memset(request, 0, sizeof(*request));
	while (!(end = strstr(request->bytes, "\r\n\r\n"))) {
		ssize_t got = recv(fd, request->bytes + request->size, request_bytes - 1 - request->size, 0);

		if (got <= 0)
			return false;
		request->size += (size_t)got;
	}
	request->body_at = (size_t)(end + 4 - request->bytes);
	length = strcasestr(request->bytes, "content-length:");
	request->body_size = length && length < end ? (size_t)atol(length + strlen("content-length:")) : 0;
	while (request->size < request->body_at + request->body_size) {
		ssize_t got = recv(fd, request->bytes + request->size, request_bytes - 1 - request->size, 0);

		if (got <= 0)
			return false;
		request->size += (size_t)got;
	}
	return true;
}

static bool
asks(const struct request *request, const char *path)
{
	const char *at = strchr(request->bytes, ' ');
	size_t length = strlen(path);

	return at && strncmp(at + 1, path, length) == 0 && at[1 + length] == ' ';
}

static bool
answer(int fd, const char *status, const char *headers, const char *body)
{
	char text[256];

	snprintf(text, sizeof(text), "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n", status, strlen(body), headers);
	say(fd, text);
	say(fd, body);
	return true;
}

static bool
reset(int fd)
{
	const struct linger linger = { .l_onoff = 1 };

	say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	return false;
}

static bool
stream(int fd)
{
	say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (int piece = 0; piece < 3; piece++) {
		say(fd, "5\r\npiece\r\n");
		usleep(2000);
	}
	wait_for_client_to_go(fd);
	return false;
}

void
server_keep(struct server *server, const char *text)
{
	pthread_mutex_lock(&server->kept_lock);
	snprintf(server->kept, sizeof(server->kept), "%s", text ? text : "");
	pthread_mutex_unlock(&server->kept_lock);
}

const char *
server_kept(struct server *server)
{
	pthread_mutex_lock(&server->kept_lock);
	const char *kept = *server->kept ? server->kept : NULL;
	pthread_mutex_unlock(&server->kept_lock);
	return kept;
}

static bool
keep(struct server *server, int fd, const struct request *request)
{
	char tag[64], body[sizeof(server->kept)];
	bool is_put = strncmp(request->bytes, "PUT ", 4) == 0, is_delete = strncmp(request->bytes, "DELETE ", 7) == 0;
	unsigned sum = 0;

	if (is_put || is_delete)
		server_keep(server, is_put ? request->bytes + request->body_at : NULL);
	pthread_mutex_lock(&server->kept_lock);
	memcpy(body, server->kept, sizeof(body));
	pthread_mutex_unlock(&server->kept_lock);
	for (const char *at = body; *at; at++)
		sum = sum * 31 + (unsigned char)*at;
	snprintf(tag, sizeof(tag), "ETag: \"%x\"\r\n", sum);
	if (is_delete)
		return answer(fd, "204 No Content", "", "");
	if (*body == '\0')
		return answer(fd, "404 Not Found", "", "no such thing");
	return is_put ? answer(fd, "201 Created", tag, "kept\n") : answer(fd, "200 OK", tag, body);
}

/* False when the connection is to be closed. */
static bool
respond(struct server *server, int fd, const struct request *request)
{
	char long_body[3001] = "";

	if (asks(request, "/ok"))
		return answer(fd, "200 OK", "X-First: 1\r\nX-Second: two\r\n", "hello");
	if (asks(request, "/redirect"))
		return answer(fd, "302 Found", "Location: /ok\r\n", "");
	if (asks(request, "/echo"))
		return answer(fd, "200 OK", "", request->bytes);
	if (asks(request, "/long"))
		return answer(fd, "200 OK", "", memset(long_body, 'l', 3000));
	if (asks(request, "/continue")) {
		say(fd, "HTTP/1.1 103 Early Hints\r\nX-Early: yes\r\n\r\n");
		return answer(fd, "201 Created", "X-Late: yes\r\n", "");
	}
	if (asks(request, "/short")) {
		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
		return false;
	}
	if (asks(request, "/garbage")) {
		say(fd, "SSH-2.0-OpenSSH_9.2\r\n");
		return false;
	}
	if (asks(request, "/slow")) {
		wait_for_client_to_go(fd);
		return false;
	}
	if (asks(request, "/reset"))
		return reset(fd);
	if (asks(request, "/stream"))
		return stream(fd);
	if (asks(request, "/nothing"))
		return false;
	if (asks(request, "/kept"))
		return keep(server, fd, request);
	return answer(fd, "404 Not Found", "", "no such thing");
}

static void *
connection_serve(void *context)
{
	struct connection *connection = context;
	struct server *server = connection->server;
	int fd = connection->fd;
	struct request *request = malloc(sizeof(*request));

	while (request_read(fd, request) && respond(server, fd, request))
		continue;
	free(request);
	free(connection);
	close(fd);
	return NULL;
}

static void *
accept_all(void *context)
{
	struct server *server = context;
	struct pollfd polls[] = {
		{ .fd = server->tcp, .events = POLLIN },
		{ .fd = server->unix_socket, .events = POLLIN },
		{ .fd = server->stop[0], .events = POLLIN },
	};

	while (poll(polls, 3, -1) > 0 && polls[2].revents == 0) {
		int fd = accept(polls[0].revents ? server->tcp : server->unix_socket, NULL, NULL);
		unsigned number = atomic_load(&server->connections);

		if (fd < 0 || number == most_connections)
			die("accept");
		struct connection *connection = malloc(sizeof(*connection));

		*connection = (struct connection){ server, fd };
		/* First, so that whoever has had an answer finds its connection counted. */
		atomic_store(&server->connections, number + 1);
		if (pthread_create(&server->threads[number], NULL, connection_serve, connection) != 0)
			die("pthread_create");
	}
	return NULL;
}

struct server *
server_start(const char *folder)
{
	struct server *server = calloc(1, sizeof(*server));
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr_un unix_address = { .sun_family = AF_UNIX };
	socklen_t size = sizeof(address);

	pthread_mutex_init(&server->kept_lock, NULL);
	server->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	server->unix_socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(server->path, sizeof(server->path), "%s/socket", folder);
	snprintf(unix_address.sun_path, sizeof(unix_address.sun_path), "%s", server->path);
	if (bind(server->tcp, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(server->tcp, 64) < 0 ||
	    getsockname(server->tcp, (struct sockaddr *)&address, &size) < 0)
		die("the server's port");
	if (bind(server->unix_socket, (struct sockaddr *)&unix_address, sizeof(unix_address)) < 0 ||
	    listen(server->unix_socket, 64) < 0)
		die("the server's socket");
	server->port = ntohs(address.sin_port);
	if (pipe(server->stop) < 0 || pthread_create(&server->acceptor, NULL, accept_all, server) != 0)
		die("the server's thread");
	return server;
}

uint16_t
server_port(const struct server *server)
{
	return server->port;
}

uint32_t
server_connections(struct server *server)
{
	return atomic_load(&server->connections);
}

void
server_stop(struct server *server)
{
	if (write(server->stop[1], "x", 1) != 1)
		die("stopping the server");
	pthread_join(server->acceptor, NULL);
	for (unsigned i = 0; i < atomic_load(&server->connections); i++)
		pthread_join(server->threads[i], NULL);
	close(server->stop[0]);
	close(server->stop[1]);
	close(server->tcp);
	close(server->unix_socket);
	unlink(server->path);
	free(server);
}
