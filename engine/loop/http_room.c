#include "engine/loop/http_inside.h"

#include <stdlib.h>

#include "engine/base/arena.h"

/*
 * libcurl says which sockets it waits for and until when; libuv waits; libcurl is told what has happened. It may forget a socket
 * from within any of its functions, and open another one with the same number at once: that is well, since a watcher that is
 * being closed has already let go of its socket.
 */

void
kg_http_messages_read(struct kg_http_pool *pool)
{
	int left;

	for (CURLMsg *message; (message = kg_curl.multi_info_read(pool->multi, &left)) != NULL;) {
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
	struct kg_http_pool *pool = socket->pool;
	int running, what = 0;

	if (status < 0)
		what = CURL_CSELECT_IN | CURL_CSELECT_OUT | CURL_CSELECT_ERR;
	if (events & UV_READABLE)
		what |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		what |= CURL_CSELECT_OUT;
	kg_curl.multi_socket_action(pool->multi, socket->fd, what, &running);
	kg_http_messages_read(pool);
	kg_http_share_watch(pool->room);
}

static void
on_time(uv_timer_t *timer)
{
	struct kg_http_pool *pool = timer->data;
	int running;

	kg_curl.multi_socket_action(pool->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	kg_http_messages_read(pool);
	kg_http_share_watch(pool->room);
}

static void
on_socket_closed(uv_handle_t *poll)
{
	free(poll->data);
}

static struct kg_http_socket *
socket_make(struct kg_http_pool *pool, curl_socket_t fd)
{
	struct kg_http_room *room = pool->room;
	struct kg_http_socket *socket = calloc(1, sizeof(*socket));

	if (!socket)
		kg_out_of_memory();
	if (uv_poll_init(&room->loop->uv, &socket->poll, fd) != 0) {
		free(socket);
		return NULL;
	}
	socket->poll.data = socket;
	socket->pool = pool;
	socket->fd = fd;
	socket->next = room->sockets;
	socket->at = &room->sockets;
	if (socket->next)
		socket->next->at = &socket->next;
	room->sockets = socket;
	kg_curl.multi_assign(pool->multi, fd, socket);
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
	struct kg_http_pool *pool = context;

	if (timeout_ms < 0)
		return uv_timer_stop(&pool->timer);
	uv_update_time(pool->timer.loop);
	return uv_timer_start(&pool->timer, on_time, (uint64_t)timeout_ms, 0);
}

static void
pool_make(struct kg_http_pool *pool, struct kg_http_room *room, CURLM *multi)
{
	*pool = (struct kg_http_pool){ .room = room, .multi = multi };
	uv_timer_init(&room->loop->uv, &pool->timer);
	pool->timer.data = pool;
	kg_curl.multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, socket_watch);
	kg_curl.multi_setopt(multi, CURLMOPT_SOCKETDATA, pool);
	kg_curl.multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer_set);
	kg_curl.multi_setopt(multi, CURLMOPT_TIMERDATA, pool);
	kg_curl.multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
}

static void
pool_free(struct kg_http_pool *pool)
{
	kg_curl.multi_cleanup(pool->multi);
	uv_close((uv_handle_t *)&pool->timer, NULL);
}

struct kg_http_room *
kg_http_room_find(struct kg_loop *loop, struct kg_arena *arena, const char **ret_why)
{
	if (loop->http)
		return loop->http;
	if (!kg_curl_load(arena, ret_why))
		return NULL;
	CURLM *one_by_one = kg_curl.multi_init(), *shared = kg_curl.multi_init();
	if (!one_by_one || !shared) {
		kg_curl.multi_cleanup(one_by_one);
		kg_curl.multi_cleanup(shared);
		return NULL;
	}

	struct kg_http_room *room = kg_new(loop->arena, struct kg_http_room);
	room->loop = loop;
	pool_make(&room->one_by_one, room, one_by_one);
	pool_make(&room->shared, room, shared);
	uv_timer_init(&loop->uv, &room->nudge);
	room->nudge.data = room;
	loop->http = room;
	return room;
}

void
kg_http_free(struct kg_loop *loop)
{
	if (!loop->http)
		return;
	pool_free(&loop->http->one_by_one);
	pool_free(&loop->http->shared);
	uv_close((uv_handle_t *)&loop->http->nudge, NULL);
	loop->http = NULL;
}
