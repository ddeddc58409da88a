#include "targets/kubernetes/stream/conn.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/json.h"

static constexpr int64_t ms = 1'000'000;
static constexpr int64_t pause_ns = 300 * ms;
/* Silence, after which a sign of life is asked for, and after which there is none. */
static constexpr int64_t quiet_ns = 15'000 * ms, dead_ns = 45'000 * ms;
/* How long the other side may go on where it cannot be told that ours has ended. */
static constexpr int64_t linger_ns = 5'000 * ms;
/* How long the kubelet may take to say why it ended. */
static constexpr int64_t words_ns = 1'000 * ms;
/* What may wait in one direction before the other end is made to wait. */
static constexpr size_t room = 256 << 10;
static constexpr size_t refusal_most = 64 << 10;

void
conn_tell(struct conn_ways *ways, const char *format, ...)
{
	char *text = NULL;
	va_list list;

	va_start(list, format);
	int size = vasprintf(&text, format, list);
	va_end(list);
	if (size < 0)
		kg_out_of_memory();
	if (ways->told && strcmp(ways->told, text) == 0) {
		free(text);
		return;
	}
	struct kg_arena *arena = kg_arena_make();
	fprintf(stderr, "%s %s\n", kg_clock_tell_wall(arena, kg_clock_wall_ns()), text);
	kg_arena_free(arena);
	free(ways->told);
	ways->told = text;
}

static void ask_first(struct conn *conn);

struct conn *
conn_make(struct conn_ways *ways, int fd)
{
	struct conn *conn = calloc(1, sizeof(*conn));

	if (!conn)
		kg_out_of_memory();
	conn->ways = ways;
	conn->number = ++ways->last;
	conn->fd = fd;
	conn->arena = kg_arena_make();
	conn->began_ns = kg_clock_now_ns();
	ask_first(conn);
	return conn;
}

void
conn_free(struct conn *conn)
{
	link_close(&conn->link);
	ask_free(&conn->ask);
	kg_tunnel_free(&conn->tunnel);
	kg_bytes_free(&conn->to_server);
	kg_bytes_free(&conn->from_server);
	kg_bytes_free(&conn->to_local);
	if (conn->fd >= 0)
		close(conn->fd);
	kg_arena_free(conn->arena);
	free(conn->failure);
	free(conn);
}

/* For good. A local side that has not got all learns that it has not: a reset, and not the end of what it reads. */
static void
give_up(struct conn *conn, const char *why)
{
	static const struct linger reset = { 1, 0 };

	conn->failure = strdup(why);
	conn_tell(conn->ways, "%s", why);
	setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	conn->state = CONN_GONE;
}

/* A pod that goes, a server that is started again: another try, while there is patience. */
static void
try_again(struct conn *conn, const char *why)
{
	int64_t now_ns = kg_clock_now_ns();

	if (now_ns + pause_ns - conn->began_ns > conn->ways->patience_ns) {
		give_up(conn, why);
		return;
	}
	conn_tell(conn->ways, "%s; trying again", why);
	link_close(&conn->link);
	ask_free(&conn->ask);
	kg_tunnel_free(&conn->tunnel);
	kg_bytes_free(&conn->to_server);
	kg_bytes_free(&conn->from_server);
	conn->state = CONN_PAUSING;
	conn->wake_ns = now_ns + pause_ns;
}

/* With other credentials, once; it is no matter of patience. */
static void
log_in_anew(struct conn *conn, const char *why)
{
	conn->ways->server.is_refused = true;
	if (conn->was_refused) {
		try_again(conn, why);
		return;
	}
	conn->was_refused = true;
	link_close(&conn->link);
	kg_bytes_free(&conn->to_server);
	kg_bytes_free(&conn->from_server);
	ask_first(conn);
}

static void
ask_first(struct conn *conn)
{
	kg_arena_empty(conn->arena);
	conn->first = NULL;
	struct kg_error *error = server_prepare(&conn->ways->server, conn->arena);
	if (error) {
		try_again(conn, kg_error_text(conn->arena, error));
		return;
	}
	/* The first that is said stays: what is forwarded to does not move with the kubeconfig's context. */
	if (!conn->ways->about.namespace_)
		conn->ways->about.namespace_ = strdup(server_namespace(&conn->ways->server));
	conn->state = CONN_ASKING_FIRST;
	ask_start(&conn->ask, conn->ways->multi, &conn->ways->server, kg_pick_path(conn->arena, &conn->ways->about), conn);
}

static void
picked(struct conn *conn, const cJSON *second)
{
	struct conn_ways *ways = conn->ways;
	struct kg_error *error = kg_pick(conn->arena, &ways->about, conn->first, second, ways->pod, &conn->pick);

	if (error && error->code == KG_EBUSY) {
		try_again(conn, kg_error_text(conn->arena, error));
		return;
	}
	if (error) {
		give_up(conn, kg_error_text(conn->arena, error));
		return;
	}
	conn->state = CONN_CONNECTING;
	link_open(&conn->link, ways->multi, &ways->server, conn);
}

/* What the server says in words, or how it ended. */
static const char *
refusal(struct conn *conn, const char *doing, int status, const char *body, size_t size)
{
	const cJSON *answer = kg_json_read(conn->arena, body, size);
	const char *message = kg_json_text(answer, "message");

	return message
	    ? kg_format(conn->arena, "%s: %s", doing, message)
	    : kg_format(conn->arena, "%s: the API server answers %d %.*s", doing, status, (int)(size < 200 ? size : 200), body);
}

/* An API server that has just started does not know yet who may do what, and forbids. */
static bool
is_passing(const struct conn *conn, long status)
{
	return status == 404 || status == 429 || status >= 500 || (status == 403 && conn->saw_outage);
}

static void
answered(struct conn *conn)
{
	struct ask *ask = &conn->ask;
	const struct kg_pick_about *about = &conn->ways->about;
	const char *doing = kg_format(conn->arena, "%s %s/%s", about->kind, about->namespace_, about->name);

	if (ask->status == 0) {
		conn->saw_outage = true;
		try_again(conn, kg_format(conn->arena, "%s: the API server does not answer: %s", doing, ask->error));
		return;
	}
	if (ask->status != 200) {
		const char *why = refusal(conn, doing, (int)ask->status, kg_bytes_at(&ask->body), ask->body.size);

		if (ask->status == 401)
			log_in_anew(conn, why);
		else if (is_passing(conn, ask->status))
			try_again(conn, why);
		else
			give_up(conn, why);
		return;
	}
	const cJSON *answer = kg_json_read(conn->arena, kg_bytes_at(&ask->body), ask->body.size);
	const char *next = conn->first ? NULL : kg_pick_second_path(conn->arena, about, answer);
	if (!next) {
		const cJSON *second = conn->first ? answer : NULL;

		conn->first = conn->first ? conn->first : answer;
		picked(conn, second);
		return;
	}
	conn->first = answer;
	conn->state = CONN_ASKING_SECOND;
	ask_start(ask, conn->ways->multi, &conn->ways->server, next, conn);
}

static void
upgrade_send(struct conn *conn)
{
	struct conn_ways *ways = conn->ways;
	const char *path = kg_format(conn->arena, "%s/api/v1/namespaces/%s/pods/%s/portforward?ports=%u",
	    server_root(&ways->server), ways->about.namespace_, conn->pick.pod, conn->pick.port);

	kg_websocket_key_make(conn->key);
	const char *request = kg_websocket_request(
	    conn->arena, path, server_host(conn->arena, &ways->server), ways->server.headers, kg_tunnel_protocols, conn->key);
	kg_bytes_put(&conn->to_server, request, strlen(request));
	conn->state = CONN_UPGRADING;
	conn->heard_ns = kg_clock_now_ns();
}

void
conn_done(struct conn *conn, CURL *easy, CURLcode code)
{
	if (easy == conn->ask.easy) {
		ask_done(&conn->ask, code);
		answered(conn);
	} else if (easy == conn->link.easy && code == CURLE_OK) {
		link_connected(&conn->link);
		upgrade_send(conn);
	} else if (easy == conn->link.easy) {
		conn->saw_outage = true;
		try_again(conn,
		    kg_format(conn->arena, "the API server cannot be reached: %s",
			*conn->link.error ? conn->link.error : curl_easy_strerror(code)));
	}
}

static void
opened(struct conn *conn)
{
	struct conn_ways *ways = conn->ways;

	kg_bytes_take(&conn->from_server, conn->answer.header_size);
	if (!conn->answer.is_accepted ||
	    !kg_tunnel_begin(&conn->tunnel, conn->answer.protocol, conn->pick.port, &conn->to_server)) {
		give_up(conn,
		    kg_format(conn->arena, "the API server speaks no protocol for this that kgraph knows (\"%s\")",
			conn->answer.protocol));
		return;
	}
	conn->state = CONN_OPEN;
	conn->opened_ns = conn->heard_ns = kg_clock_now_ns();
	if (!ways->pod || strcmp(ways->pod, conn->pick.pod) != 0) {
		free(ways->pod);
		ways->pod = strdup(conn->pick.pod);
		conn_tell(ways, "forwarding to port %u of pod %s", conn->pick.port, conn->pick.pod);
	}
}

static void
refused(struct conn *conn)
{
	const char *why = refusal(conn, kg_format(conn->arena, "port %u of pod %s", conn->pick.port, conn->pick.pod),
	    conn->answer.status, kg_bytes_at(&conn->from_server), conn->from_server.size);

	if (conn->answer.status == 401)
		log_in_anew(conn, why);
	else if (is_passing(conn, conn->answer.status))
		try_again(conn, why);
	else
		give_up(conn, why);
}

static void
upgrade_read(struct conn *conn)
{
	struct kg_bytes *in = &conn->from_server;

	if (conn->state == CONN_UPGRADING) {
		enum kg_websocket_read read = kg_websocket_answer_read(kg_bytes_at(in), in->size, conn->key, &conn->answer);

		if (read == KG_WEBSOCKET_WRONG || (read == KG_WEBSOCKET_MORE && conn->link_ended)) {
			try_again(conn, "the API server answers in no way that is HTTP");
			return;
		}
		if (read == KG_WEBSOCKET_MORE)
			return;
		if (conn->answer.status == 101) {
			opened(conn);
			return;
		}
		kg_bytes_take(in, conn->answer.header_size);
		conn->state = CONN_REFUSED;
	}
	if (conn->link_ended || in->size >= refusal_most ||
	    (conn->answer.body_size >= 0 && (int64_t)in->size >= conn->answer.body_size))
		refused(conn);
}

/* As much as may wait. */
static void
link_drain(struct conn *conn)
{
	static constexpr size_t piece = 32 << 10;

	conn->link_has_more = false;
	while (conn->to_local.size + conn->from_server.size < room) {
		ssize_t got = link_read(&conn->link, kg_bytes_reserve(&conn->from_server, piece), piece);

		if (got == LINK_AGAIN)
			return;
		if (got <= 0) {
			conn->link_ended = true;
			return;
		}
		kg_bytes_added(&conn->from_server, (size_t)got);
		conn->heard_ns = kg_clock_now_ns();
		if (conn->state != CONN_OPEN)
			upgrade_read(conn);
		if (conn->state == CONN_OPEN)
			kg_tunnel_read(&conn->tunnel, &conn->from_server, &conn->to_local);
		else if (conn->state != CONN_UPGRADING && conn->state != CONN_REFUSED)
			return;
	}
	conn->link_has_more = true;
}

static void
local_read(struct conn *conn)
{
	char piece[16 << 10];

	while (!conn->local_ended && conn->to_server.size < room) {
		ssize_t got = read(conn->fd, piece, sizeof(piece));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return;
		if (got < 0) {
			conn->state = CONN_GONE; /* it has gone without a word, and wants none */
			return;
		}
		if (got == 0) {
			conn->local_ended = true;
			conn->pinged_ns = 0;
			kg_tunnel_send_end(&conn->tunnel);
			return;
		}
		kg_tunnel_send(&conn->tunnel, piece, (size_t)got);
	}
}

static void
local_write(struct conn *conn)
{
	while (conn->to_local.size > 0) {
		ssize_t put = send(conn->fd, kg_bytes_at(&conn->to_local), conn->to_local.size, MSG_NOSIGNAL);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0) {
			if (errno != EAGAIN)
				conn->state = CONN_GONE;
			return;
		}
		conn->got_any = true;
		kg_bytes_take(&conn->to_local, (size_t)put);
	}
}

static void
closed_well(struct conn *conn)
{
	if (!conn->tunnel.is_closed)
		kg_websocket_put(&conn->to_server, KG_WEBSOCKET_CLOSE, "\x03\xe8", 2);
	link_write(&conn->link, &conn->to_server);
	conn->state = CONN_GONE;
}

/* The pod's side has ended, and that this is because something went wrong would have been said by now. */
static bool
has_ended_well(struct conn *conn, int64_t now_ns)
{
	const struct kg_tunnel *tunnel = &conn->tunnel;

	if (!tunnel->has_ended)
		return false;
	conn->ended_ns = conn->ended_ns ? conn->ended_ns : now_ns;
	return tunnel->error_ended || tunnel->is_closed || conn->link_ended || !tunnel->is_spdy ||
	    now_ns - conn->ended_ns > words_ns;
}

/* What has ended on one side is told to the other; where something broke, the local side is broken off as well. */
static void
endings_look(struct conn *conn, int64_t now_ns)
{
	struct kg_tunnel *tunnel = &conn->tunnel;

	if (conn->to_local.size > 0)
		return;
	bool ended_well = has_ended_well(conn, now_ns);
	if (tunnel->error.size > 0) {
		give_up(conn,
		    kg_format(conn->arena, "pod %s: %.*s", conn->pick.pod, (int)tunnel->error.size, kg_bytes_at(&tunnel->error)));
	} else if (tunnel->wrong) {
		give_up(conn, kg_format(conn->arena, "pod %s: %s", conn->pick.pod, tunnel->wrong));
	} else if (ended_well && (conn->local_ended || tunnel->is_closed || conn->link_ended || !tunnel->is_spdy)) {
		closed_well(conn);
	} else if (ended_well && !conn->local_shut) {
		conn->local_shut = true;
		shutdown(conn->fd, SHUT_WR);
	} else if (conn->link_ended && !tunnel->has_ended) {
		give_up(conn,
		    kg_format(conn->arena, "pod %s: the connection to the API server broke%s%s", conn->pick.pod,
			*conn->link.error ? ": " : "", conn->link.error));
	} else if (conn->local_ended && !tunnel->is_spdy && now_ns - conn->heard_ns > linger_ns) {
		closed_well(conn);
	} else if (now_ns - conn->heard_ns > dead_ns) {
		give_up(
		    conn, kg_format(conn->arena, "pod %s: no sign of life for %d s", conn->pick.pod, (int)(dead_ns / ms / 1000)));
	} else if (now_ns - conn->heard_ns > quiet_ns && now_ns - conn->pinged_ns > quiet_ns) {
		conn->pinged_ns = now_ns;
		kg_tunnel_ping(tunnel);
	}
}

uint32_t
conn_poll(const struct conn *conn, struct pollfd fds[static 2])
{
	bool is_open = conn->state == CONN_OPEN;
	bool is_linked = is_open || conn->state == CONN_UPGRADING || conn->state == CONN_REFUSED;
	short local = 0, link = 0;

	if (is_open && !conn->local_ended && conn->to_server.size < room)
		local |= POLLIN;
	if (!is_open && !conn->local_hung_up)
		local |= POLLRDHUP;
	if (conn->to_local.size > 0)
		local |= POLLOUT;
	if (is_linked && !conn->link_ended && conn->to_local.size + conn->from_server.size < room)
		link |= POLLIN;
	if (is_linked && conn->to_server.size > 0)
		link |= POLLOUT;
	/* A negative descriptor is passed over: hang-ups of one that nobody waits for would wake for ever. */
	fds[0] = (struct pollfd){ .fd = local ? conn->fd : -1, .events = local };
	fds[1] = (struct pollfd){ .fd = link ? conn->link.socket : -1, .events = link };
	return 2;
}

/* Before it is open: one that has gone and left nothing to be sent need not be waited for. */
static void
hang_up_look(struct conn *conn)
{
	int waiting = 0;

	conn->local_hung_up = true;
	if (ioctl(conn->fd, FIONREAD, &waiting) < 0 || waiting == 0)
		conn->state = CONN_GONE;
}

void
conn_turn(struct conn *conn, const struct pollfd *fds, uint32_t count, int64_t now_ns)
{
	short local = count > 0 ? fds[0].revents : 0, link = count > 1 ? fds[1].revents : 0;

	if (conn->state == CONN_PAUSING && now_ns >= conn->wake_ns)
		ask_first(conn);
	if (conn->state != CONN_OPEN && local & (POLLRDHUP | POLLHUP | POLLERR))
		hang_up_look(conn);
	if (conn->state != CONN_OPEN && conn->state != CONN_UPGRADING && conn->state != CONN_REFUSED)
		return;
	if (link || conn->link_has_more)
		link_drain(conn);
	if (conn->link_ended && (conn->state == CONN_UPGRADING || conn->state == CONN_REFUSED))
		upgrade_read(conn);
	if (conn->state == CONN_OPEN && conn->to_local.size > 0)
		local_write(conn);
	if (conn->state == CONN_OPEN && local & (POLLIN | POLLHUP | POLLERR))
		local_read(conn);
	if (conn->state == CONN_OPEN)
		endings_look(conn, now_ns);
	if (conn->state != CONN_OPEN && conn->state != CONN_UPGRADING)
		return;
	if (!link_write(&conn->link, &conn->to_server))
		conn->link_ended = true;
}
