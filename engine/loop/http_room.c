#include "engine/loop/http_inside.h"

#include <stdlib.h>

#include "engine/base/arena.h"

/*
 * libcurl says which sockets it waits for and until when; libuv waits; libcurl is told what has happened. It may forget a socket
 * from within any of its functions, and open another one with the same number at once: that is well, since a watcher that is
 * being closed has already let go of its socket.
 */

void
kg_http_messages_read(struct kg_http_room *room)
{
	int left;

	for (CURLMsg *message; (message = kg_curl.multi_info_read(room->multi, &left)) != NULL;) {
		struct kg_http_exchange *exchange;

		if (message->msg != CURLMSG_DONE)
			continue;
		kg_curl.easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&exchange);
		kg_http_exchange_finish(exchange, message->data.result);
	}
}

static void
on_event(uv_poll_t *poll, int status, int events)
{
	struct kg_http_socket *socket = poll->data;
	struct kg_http_room *room = socket->room;
	int running, what = 0;

	if (status < 0)
		what = CURL_CSELECT_IN | CURL_CSELECT_OUT | CURL_CSELECT_ERR;
	if (events & UV_READABLE)
		what |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		what |= CURL_CSELECT_OUT;
	kg_curl.multi_socket_action(room->multi, socket->fd, what, &running);
	kg_http_messages_read(room);
	kg_http_share_watch(room);
}

static void
on_time(uv_timer_t *timer)
{
	struct kg_http_room *room = timer->data;
	int running;

	kg_curl.multi_socket_action(room->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	kg_http_messages_read(room);
	kg_http_share_watch(room);
}

static void
on_socket_closed(uv_handle_t *poll)
{
	free(poll->data);
}

static struct kg_http_socket *
socket_make(struct kg_http_room *room, curl_socket_t fd)
{
	struct kg_http_socket *socket = calloc(1, sizeof(*socket));

	if (!socket)
		kg_out_of_memory();
	if (uv_poll_init(&room->loop->uv, &socket->poll, fd) != 0) {
		free(socket);
		return NULL;
	}
	socket->poll.data = socket;
	socket->room = room;
	socket->fd = fd;
	socket->next = room->sockets;
	socket->at = &room->sockets;
	if (socket->next)
		socket->next->at = &socket->next;
	room->sockets = socket;
	kg_curl.multi_assign(room->multi, fd, socket);
	return socket;
}

static void
socket_forget(struct kg_http_socket *socket)
{
	*socket->at = socket->next;
	if (socket->next)
		socket->next->at = socket->at;
	uv_close((uv_handle_t *)&socket->poll, on_socket_closed);
}

static int
socket_watch(CURL *, curl_socket_t fd, int what, void *context, void *known)
{
	struct kg_http_socket *socket = known;

	if (what == CURL_POLL_REMOVE) {
		if (socket)
			socket_forget(socket);
		return 0;
	}
	if (!socket && !(socket = socket_make(context, fd)))
		return -1;
	uv_poll_start(&socket->poll, (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0), on_event);
	return 0;
}

/* libcurl must not be called back from within this, so even no time at all goes through the loop. */
static int
timer_set(CURLM *, long timeout_ms, void *context)
{
	struct kg_http_room *room = context;

	if (timeout_ms < 0)
		return uv_timer_stop(&room->timer);
	uv_update_time(room->timer.loop);
	return uv_timer_start(&room->timer, on_time, (uint64_t)timeout_ms, 0);
}

struct kg_http_room *
kg_http_room_find(struct kg_loop *loop, struct kg_arena *arena, const char **ret_why)
{
	if (loop->http)
		return loop->http;
	if (!kg_curl_load(arena, ret_why))
		return NULL;
	CURLM *multi = kg_curl.multi_init();
	if (!multi)
		return NULL;

	struct kg_http_room *room = kg_new(loop->arena, struct kg_http_room);
	room->loop = loop;
	room->multi = multi;
	uv_timer_init(&loop->uv, &room->timer);
	room->timer.data = room;
	uv_timer_init(&loop->uv, &room->nudge);
	room->nudge.data = room;
	kg_curl.multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, socket_watch);
	kg_curl.multi_setopt(multi, CURLMOPT_SOCKETDATA, room);
	kg_curl.multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer_set);
	kg_curl.multi_setopt(multi, CURLMOPT_TIMERDATA, room);
	kg_curl.multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
	loop->http = room;
	return room;
}

void
kg_http_free(struct kg_loop *loop)
{
	if (!loop->http)
		return;
	kg_curl.multi_cleanup(loop->http->multi);
	uv_close((uv_handle_t *)&loop->http->timer, NULL);
	uv_close((uv_handle_t *)&loop->http->nudge, NULL);
	loop->http = NULL;
}
