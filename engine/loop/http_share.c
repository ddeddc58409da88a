/*
 * Exchanges that share a connection, with a libcurl that has to be helped with that.
 *
 * Before 8.1 libcurl moves what comes for a stream into a buffer of that stream, and when that one is full it stops reading the whole connection until the
 * stream has taken its bytes. From 7.86 on nobody is woken to go on after that: what is read already lies in libcurl, the socket has nothing more to tell,
 * and all answers of the connection wait for the next thing that happens on it. With nothing but watches that is a bookmark a minute later. 8.1 has queues
 * in their place.
 *
 * So with these versions: the buffers are as large as libcurl lets them be, which makes it rare; a moment after bytes have come libcurl is told once that
 * all its sockets can be read, which makes it go on with what it has; and streams, which are ended whenever it has been enough, have connections of their
 * own. What a cancelled exchange leaves on its connection is not cleared up in each case (curl's issue 10936): after one, those that follow go by HTTP/1.1.
 *
 * The queues of 8.1 have a fault of their own: what is sent may lie there for ever. Of uploads of 50 MB every second one stood still with 8.5.0, and
 * calling for its sockets moved none of them; with 7.88.1 and 8.14.1 none did. In between a file goes by HTTP/1.1, on a connection of its own.
 */
#include "engine/loop/http_inside.h"

static constexpr unsigned whole_version = 0x080100;
static constexpr unsigned sending_version = 0x080e00;
static constexpr long buffer_most_bytes = 512 << 10;
static constexpr uint64_t nudge_after_ms = 10;

static bool
is_since(unsigned version)
{
	return kg_curl.version_info(CURLVERSION_NOW)->version_num >= version;
}

static bool
is_whole(void)
{
	return is_since(whole_version);
}

bool
kg_http_may_share_sending(void)
{
	return !is_whole() || is_since(sending_version);
}

bool
kg_http_may_share(const struct kg_http_exchange *exchange)
{
	const struct kg_http_start *start = exchange->start;

	if (!start->http2 || (start->body_path && !kg_http_may_share_sending()))
		return false;
	return is_whole() || (!start->is_stream && !exchange->live.loop->http->was_broken_off);
}

void
kg_http_share_begin(struct kg_http_exchange *exchange)
{
	if (is_whole())
		return;
	kg_curl.easy_setopt(exchange->easy, CURLOPT_BUFFERSIZE, buffer_most_bytes);
	exchange->is_helped = true;
	exchange->live.loop->http->helped++;
}

void
kg_http_share_end(struct kg_http_exchange *exchange, bool broken_off)
{
	struct kg_http_room *room = exchange->live.loop->http;

	if (!exchange->is_helped)
		return;
	exchange->is_helped = false;
	room->was_broken_off |= broken_off;
	if (--room->helped == 0)
		uv_timer_stop(&room->nudge);
}

/* Sockets come and go meanwhile. */
static struct kg_http_socket *
socket_next(struct kg_http_room *room)
{
	struct kg_http_socket *socket = room->sockets;

	while (socket && socket->nudge == room->nudges)
		socket = socket->next;
	return socket;
}

static void
on_nudge(uv_timer_t *timer)
{
	struct kg_http_room *room = timer->data;
	struct kg_http_socket *socket;
	int running;

	room->nudges++;
	while ((socket = socket_next(room))) {
		socket->nudge = room->nudges;
		kg_curl.multi_socket_action(socket->pool->multi, socket->fd, CURL_CSELECT_IN, &running);
	}
	kg_http_messages_read(&room->one_by_one);
	kg_http_messages_read(&room->shared);
	kg_http_share_watch(room);
}

/* One that moved something is followed by another; one that did not shows that there is nothing left. */
void
kg_http_share_watch(struct kg_http_room *room)
{
	if (room->has_moved && room->helped > 0 && !uv_is_active((uv_handle_t *)&room->nudge))
		uv_timer_start(&room->nudge, on_nudge, nudge_after_ms, 0);
	room->has_moved = false;
}
