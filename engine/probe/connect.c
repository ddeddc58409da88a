#include "engine/probe/connect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/probe/attempt.h"

static kg_step looked_up, next_address, address_answered;

bool
kg_probe_address_read(struct kg_arena *arena, const char *text, const char **ret_host, const char **ret_port)
{
	const char *colon = strrchr(text, ':');
	const char *host = text, *end = colon;

	if (!colon || colon == text)
		return false;
	if (*text == '[') {
		if (colon[-1] != ']')
			return false;
		host++;
		end--;
	} else if (memchr(text, ':', (size_t)(colon - text))) {
		return false;
	}
	size_t digits = strspn(colon + 1, "0123456789");
	if (digits == 0 || digits > 5 || colon[1 + digits] != '\0' || atoi(colon + 1) > 65535 || atoi(colon + 1) == 0)
		return false;
	*ret_host = kg_copy_bytes(arena, host, (size_t)(end - host));
	*ret_port = colon + 1;
	return end > host && end - host < 256;
}

static bool
address_is_numeric(const char *host)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

bool
kg_probe_host_needs_lookup(const char *host)
{
	return !address_is_numeric(host) && strcasecmp(host, "localhost") != 0;
}

static void
address_add(struct kg_probe_addresses *addresses, const struct sockaddr *address, socklen_t size)
{
	if (addresses->count == kg_probe_addresses_max || size > sizeof(addresses->items[0].bytes))
		return;
	memcpy(&addresses->items[addresses->count].bytes, address, size);
	addresses->items[addresses->count++].size = size;
}

void
kg_probe_lookup(void *data)
{
	struct kg_probe_addresses *addresses = data;
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV }, *list = NULL;

	if (address_is_numeric(addresses->host))
		hints.ai_flags |= AI_NUMERICHOST;
	addresses->count = 0;
	addresses->failure = getaddrinfo(addresses->host, addresses->port, &hints, &list);
	for (const struct addrinfo *item = list; item; item = item->ai_next)
		address_add(addresses, item->ai_addr, item->ai_addrlen);
	freeaddrinfo(list);
}

const char *
kg_probe_address_tell(struct kg_arena *arena, const struct kg_probe_addresses *addresses)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (addresses->count > 0)
		getnameinfo((const struct sockaddr *)&addresses->items[0].bytes, addresses->items[0].size, text, sizeof(text), NULL,
		    0, NI_NUMERICHOST);
	return kg_copy(arena, text);
}

/* localhost is both loopback addresses whatever /etc/hosts says: what listens on one of them alone is found. */
static void
localhost_add(struct kg_probe_addresses *addresses)
{
	uint16_t port = htons((uint16_t)atoi(addresses->port));
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = port, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = port, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	addresses->count = 0;
	addresses->failure = 0;
	address_add(addresses, (const struct sockaddr *)&six, sizeof(six));
	address_add(addresses, (const struct sockaddr *)&four, sizeof(four));
}

struct kg_next
kg_probe_connect(struct kg_job *job, struct kg_probe_connection *connection, kg_step *then)
{
	connection->fd = -1;
	connection->failure = NULL;
	connection->then = then;
	connection->next = 0;
	kg_assert(kg_probe_run(job)->own == connection);
	if (!connection->addresses) {
		connection->addresses = kg_new(job->arena, struct kg_probe_addresses);
		snprintf(connection->addresses->host, sizeof(connection->addresses->host), "%s", connection->host);
		snprintf(connection->addresses->port, sizeof(connection->addresses->port), "%s", connection->port);
	}
	if (kg_probe_host_needs_lookup(connection->host))
		return kg_wait_worker(job, kg_probe_lookup, connection->addresses, looked_up);
	if (address_is_numeric(connection->host))
		kg_probe_lookup(connection->addresses);
	else
		localhost_add(connection->addresses);
	return kg_go(looked_up);
}

static struct kg_next
looked_up(struct kg_job *job)
{
	struct kg_probe_connection *connection = kg_probe_run(job)->own;
	const struct kg_probe_addresses *addresses = connection->addresses;

	if (addresses->failure == 0 && addresses->count > 0)
		return kg_go(next_address);
	connection->failure = kg_format(job->arena, "cannot look up %s: %s", connection->host,
	    addresses->failure ? gai_strerror(addresses->failure) : "it has no address");
	return kg_go(connection->then);
}

/* As people know it: "connection refused". */
static const char *
failure_tell(struct kg_arena *arena, int sys)
{
	char *text = kg_copy(arena, strerror(sys));

	if (text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'a' && text[1] <= 'z')
		text[0] = (char)(text[0] - 'A' + 'a');
	return text;
}

static struct kg_next
next_address(struct kg_job *job)
{
	struct kg_probe_connection *connection = kg_probe_run(job)->own;
	const struct kg_probe_addresses *addresses = connection->addresses;

	while (connection->next < addresses->count) {
		const struct sockaddr *address = (const struct sockaddr *)&addresses->items[connection->next].bytes;
		socklen_t size = addresses->items[connection->next++].size;

		connection->fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (connection->fd >= 0 && connect(connection->fd, address, size) == 0)
			return kg_go(connection->then);
		if (connection->fd >= 0 && errno == EINPROGRESS)
			return kg_probe_wait_fd(job, connection->fd, KG_FD_WRITABLE, address_answered);
		connection->failure = failure_tell(job->arena, errno);
		kg_probe_disconnect(connection);
	}
	return kg_go(connection->then);
}

static struct kg_next
address_answered(struct kg_job *job)
{
	struct kg_probe_connection *connection = kg_probe_run(job)->own;
	int sys = 0;
	socklen_t size = sizeof(sys);

	if (kg_probe_run(job)->attempt_is_over) {
		connection->failure = "no answer";
		kg_probe_disconnect(connection);
		return kg_go(connection->then);
	}
	if (getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &sys, &size) < 0)
		sys = errno;
	if (sys == 0)
		return kg_go(connection->then);
	connection->failure = failure_tell(job->arena, sys);
	kg_probe_disconnect(connection);
	return kg_go(next_address);
}

void
kg_probe_disconnect(struct kg_probe_connection *connection)
{
	if (connection->fd >= 0)
		close(connection->fd);
	connection->fd = -1;
}
