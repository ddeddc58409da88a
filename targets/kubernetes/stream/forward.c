#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "targets/kubernetes/stream/conn.h"
#include "targets/kubernetes/stream/stream.h"

static constexpr int64_t ms = 1'000'000;
/* Of time limits within connections; nothing else needs the clock. */
static constexpr int tick_ms = 1000, rest_ms = 60000;
static constexpr uint32_t conns_most = 4000;
/* A port that nobody listens on refuses long before that. */
static constexpr int64_t settled_ns = 150 * ms;
static constexpr int64_t try_limit_ns = 20'000 * ms;

struct serving {
	struct conn_ways *ways;
	struct conn *conns;
	uint32_t count;
	int listen_fd; /* -1: none */
	struct curl_waitfd *fds;
	struct pollfd *polled; /* the same for poll's words */
	uint32_t room;
};

static void
handles_done(CURLM *multi)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(multi, &left))) {
		struct conn *conn = NULL;
		CURL *easy = message->easy_handle;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(easy, CURLINFO_PRIVATE, &conn);
		conn_done(conn, easy, message->data.result);
	}
}

static void
conn_accept(struct serving *serving)
{
	while (serving->count < conns_most) {
		int fd = accept4(serving->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return;
		struct conn *conn = conn_make(serving->ways, fd);
		conn->next = serving->conns;
		serving->conns = conn;
		serving->count++;
	}
}

static void
fds_make_room(struct serving *serving)
{
	uint32_t wanted = 2 * serving->count + 1;

	if (wanted <= serving->room)
		return;
	serving->room = 2 * wanted;
	serving->fds = reallocarray(serving->fds, serving->room, sizeof(*serving->fds));
	serving->polled = reallocarray(serving->polled, serving->room, sizeof(*serving->polled));
	if (!serving->fds || !serving->polled)
		kg_out_of_memory();
}

static bool
has_more(const struct conn *conn)
{
	return conn->link_has_more && conn->to_local.size == 0;
}

/* What is to be waited for, in the words of poll(2): two for each connection, then the listening socket. Returns for how long. */
static int
fds_fill(struct serving *serving)
{
	uint32_t count = 0;
	int wait_ms = serving->count > 0 ? tick_ms : rest_ms;

	fds_make_room(serving);
	for (struct conn *conn = serving->conns; conn; conn = conn->next) {
		count += conn_poll(conn, serving->polled + count);
		if (has_more(conn))
			wait_ms = 0;
		else if (conn->state == CONN_PAUSING && wait_ms > 50)
			wait_ms = 50;
	}
	bool is_full = serving->count >= conns_most;
	serving->polled[count] = (struct pollfd){ .fd = is_full ? -1 : serving->listen_fd, .events = POLLIN };
	return wait_ms;
}

/*
 * libcurl's sockets are waited for beside ours. It takes no negative descriptors, and none of poll(2)'s words but the common ones: so it is given poll's own
 * descriptors, and then all are looked at at once.
 */
static void
wait(struct serving *serving, int wait_ms)
{
	uint32_t count = 2 * serving->count + 1, given = 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct pollfd *one = &serving->polled[i];
		short events = (short)((one->events & (POLLIN | POLLRDHUP) ? CURL_WAIT_POLLIN : 0) |
		    (one->events & POLLOUT ? CURL_WAIT_POLLOUT : 0));

		if (one->fd >= 0 && one->events != POLLRDHUP)
			serving->fds[given++] = (struct curl_waitfd){ .fd = one->fd, .events = events };
	}
	curl_multi_poll(serving->ways->multi, serving->fds, given, wait_ms, NULL);
	poll(serving->polled, count, 0);
}

static void
conns_turn(struct serving *serving)
{
	int64_t now_ns = kg_clock_now_ns();
	const struct pollfd *fds = serving->polled;

	for (struct conn **at = &serving->conns; *at;) {
		struct conn *conn = *at;

		conn_turn(conn, fds, 2, now_ns);
		fds += 2;
		if (conn->state != CONN_GONE) {
			at = &conn->next;
			continue;
		}
		*at = conn->next;
		serving->count--;
		conn_free(conn);
	}
}

static void
turn(struct serving *serving)
{
	int running;

	wait(serving, fds_fill(serving));
	bool is_asked = serving->polled[2 * (size_t)serving->count].revents != 0;
	conns_turn(serving);
	curl_multi_perform(serving->ways->multi, &running);
	handles_done(serving->ways->multi);
	if (is_asked)
		conn_accept(serving);
}

/* -1, and errno. */
static int
listen_at(const struct addrinfo *address)
{
	int one = 1, fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, 128) == 0)
		return fd;
	int sys = errno;
	close(fd);
	errno = sys;
	return -1;
}

static int
listen_on(const char *host, uint16_t port)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found;
	char text[8];

	snprintf(text, sizeof(text), "%u", port);
	if (getaddrinfo(host, text, &hints, &found) != 0) {
		errno = EINVAL;
		return -1;
	}
	int fd = listen_at(found);
	freeaddrinfo(found);
	return fd;
}

static uint16_t
port_of(int fd)
{
	struct sockaddr_storage address = { 0 };
	socklen_t size = sizeof(address);
	char port[8] = "0";

	getsockname(fd, (struct sockaddr *)&address, &size);
	getnameinfo((const struct sockaddr *)&address, size, NULL, 0, port, sizeof(port), NI_NUMERICSERV);
	return (uint16_t)strtoul(port, NULL, 10);
}

static bool
tell_port(const struct forward_about *about, uint16_t port)
{
	struct kg_arena *arena = kg_arena_make();
	const char *text = kg_format(arena, "%s %u\n", about->host, port);
	struct kg_error *error = about->told ? kg_file_write(arena, about->told, text, strlen(text), 0600) : NULL;

	if (error)
		fprintf(stderr, "%s\n", kg_error_text(arena, error));
	kg_arena_free(arena);
	return !error;
}

int
forward_serve(struct conn_ways *ways, const struct forward_about *about)
{
	struct serving serving = { .ways = ways, .listen_fd = listen_on(about->host, about->port) };

	if (serving.listen_fd < 0 && about->may_differ && about->port > 0)
		serving.listen_fd = listen_on(about->host, 0);
	if (serving.listen_fd < 0) {
		fprintf(stderr, "cannot listen on %s:%u: %s\n", about->host, about->port, strerror(errno));
		return stream_failed;
	}
	if (!tell_port(about, port_of(serving.listen_fd)))
		return stream_failed;
	while (true)
		turn(&serving);
}

/* The connection is open, and has been for long enough to know that nobody refused it. */
static bool
has_settled(const struct conn *conn, int64_t now_ns)
{
	return conn->state == CONN_OPEN && (conn->got_any || (conn->tunnel.is_answered && now_ns - conn->opened_ns > settled_ns));
}

int
forward_try(struct conn_ways *ways)
{
	int64_t until_ns = kg_clock_now_ns() + try_limit_ns;
	int ends[2];
	struct pollfd fds[2];
	int running;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0)
		return stream_failed;
	struct conn *conn = conn_make(ways, ends[0]);
	while (conn->state != CONN_GONE && !has_settled(conn, kg_clock_now_ns()) && kg_clock_now_ns() < until_ns) {
		struct curl_waitfd one = { .fd = conn->link.socket, .events = CURL_WAIT_POLLIN };

		conn_poll(conn, fds);
		curl_multi_poll(ways->multi, &one, fds[1].fd >= 0 ? 1 : 0, 20, NULL);
		poll(fds, 2, 0);
		conn_turn(conn, fds, 2, kg_clock_now_ns());
		curl_multi_perform(ways->multi, &running);
		handles_done(ways->multi);
	}
	bool is_well = conn->state == CONN_OPEN && has_settled(conn, kg_clock_now_ns());
	if (is_well)
		printf("port %u of pod %s\n", conn->pick.port, conn->pick.pod);
	else if (!conn->failure)
		fprintf(stderr, "the API server does not answer\n");
	conn_free(conn);
	close(ends[1]);
	return is_well ? 0 : 1;
}
