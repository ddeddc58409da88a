#include "tests/unit/loop/proxy.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { most_connections = 64 };

struct proxy {
	int listener;
	uint16_t port, to_port;
	pthread_t acceptor, threads[most_connections];
	uint32_t connections;
	pthread_mutex_t lock; /* of what follows */
	char asked[1024];
};

struct connection {
	struct proxy *proxy;
	int fd;
};

static struct sockaddr_in
address_of(uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
}

[[gnu::format(printf, 2, 3)]] static void
note(struct proxy *proxy, const char *format, ...)
{
	va_list list;

	pthread_mutex_lock(&proxy->lock);
	size_t size = strlen(proxy->asked);
	va_start(list, format);
	vsnprintf(proxy->asked + size, sizeof(proxy->asked) - size, format, list);
	va_end(list);
	pthread_mutex_unlock(&proxy->lock);
}

/* That many bytes, or false. */
static bool
take(int fd, void *bytes, size_t size)
{
	return recv(fd, bytes, size, MSG_WAITALL) == (ssize_t)size;
}

static void
relay(int client, int server)
{
	struct pollfd fds[] = { { .fd = client, .events = POLLIN }, { .fd = server, .events = POLLIN } };
	char bytes[16384];

	for (;;) {
		poll(fds, 2, -1);
		for (int i = 0; i < 2; i++) {
			if (!fds[i].revents)
				continue;
			ssize_t got = recv(fds[i].fd, bytes, sizeof(bytes), 0);
			if (got <= 0 || send(fds[1 - i].fd, bytes, (size_t)got, MSG_NOSIGNAL) != got)
				return;
		}
	}
}

static bool
socks_greet(struct proxy *proxy, int fd)
{
	unsigned char head[2], methods[255], name[256] = { 0 }, port[2], address[4];

	if (!take(fd, head, 2) || !take(fd, methods, head[1]) || send(fd, "\5\0", 2, MSG_NOSIGNAL) != 2)
		return false;
	/* version, command, 0, kind of address: 1 for four bytes, 3 for a name */
	unsigned char request[4];
	if (!take(fd, request, 4))
		return false;
	if (request[3] == 3) {
		unsigned char length;

		if (!take(fd, &length, 1) || !take(fd, name, length))
			return false;
	} else {
		if (!take(fd, address, 4))
			return false;
		snprintf((char *)name, sizeof(name), "%u.%u.%u.%u", address[0], address[1], address[2], address[3]);
	}
	if (!take(fd, port, 2))
		return false;
	note(proxy, "socks %s:%u; ", (char *)name, port[0] << 8 | port[1]);
	return send(fd, "\5\0\0\1\177\0\0\1\0\0", 10, MSG_NOSIGNAL) == 10;
}

/* The head byte by byte: what comes behind it is the other side's. */
static bool
http_greet(struct proxy *proxy, int fd)
{
	static const char answer[] = "HTTP/1.1 200 Connected\r\n\r\n";
	char head[4096] = { 0 }, host[256], password[256];
	size_t size = 0;

	while (size < sizeof(head) - 1 && !strstr(head, "\r\n\r\n"))
		if (!take(fd, head + size++, 1))
			return false;
	if (sscanf(head, "CONNECT %255s", host) != 1)
		return false;
	const char *credentials = strcasestr(head, "Proxy-Authorization: ");
	if (credentials && sscanf(credentials, "%*s %255[^\r]", password) == 1)
		note(proxy, "connect %s %s; ", host, password);
	else
		note(proxy, "connect %s; ", host);
	return send(fd, answer, strlen(answer), MSG_NOSIGNAL) == (ssize_t)strlen(answer);
}

static void *
serve(void *context)
{
	struct connection *connection = context;
	struct proxy *proxy = connection->proxy;
	struct sockaddr_in address = address_of(proxy->to_port);
	int client = connection->fd, server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char first = 0;

	free(connection);
	bool is_greeted = recv(client, &first, 1, MSG_PEEK) == 1 && (first == 5 ? socks_greet : http_greet)(proxy, client);
	if (is_greeted && connect(server, (struct sockaddr *)&address, sizeof(address)) == 0)
		relay(client, server);
	close(server);
	close(client);
	return NULL;
}

static void *
accept_all(void *context)
{
	struct proxy *proxy = context;

	while (proxy->connections < most_connections) {
		int fd = accept4(proxy->listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			break;
		struct connection *connection = malloc(sizeof(*connection));
		*connection = (struct connection){ proxy, fd };
		pthread_create(&proxy->threads[proxy->connections++], NULL, serve, connection);
	}
	return NULL;
}

struct proxy *
proxy_start(uint16_t to_port)
{
	struct proxy *proxy = calloc(1, sizeof(*proxy));
	struct sockaddr_in address = address_of(0);
	socklen_t size = sizeof(address);

	proxy->to_port = to_port;
	pthread_mutex_init(&proxy->lock, NULL);
	proxy->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(proxy->listener, (struct sockaddr *)&address, size) != 0 || listen(proxy->listener, 16) != 0 ||
	    getsockname(proxy->listener, (struct sockaddr *)&address, &size) != 0) {
		perror("the proxy");
		abort();
	}
	proxy->port = ntohs(address.sin_port);
	pthread_create(&proxy->acceptor, NULL, accept_all, proxy);
	return proxy;
}

uint16_t
proxy_port(const struct proxy *proxy)
{
	return proxy->port;
}

const char *
proxy_asked(struct proxy *proxy)
{
	return proxy->asked;
}

void
proxy_stop(struct proxy *proxy)
{
	shutdown(proxy->listener, SHUT_RDWR);
	pthread_join(proxy->acceptor, NULL);
	for (uint32_t i = 0; i < proxy->connections; i++)
		pthread_join(proxy->threads[i], NULL);
	close(proxy->listener);
	pthread_mutex_destroy(&proxy->lock);
	free(proxy);
}
