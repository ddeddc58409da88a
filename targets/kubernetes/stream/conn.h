/*
 * One local connection and the way of its bytes: a pod is picked, the API server connected to, the upgrade asked for, and then both directions flow until both
 * have ended. Nothing blocks but a plug-in for credentials.
 *
 *     struct conn *conn = conn_make(&ways, fd);
 *     count = conn_poll(conn, fds);                 what it waits for; before each poll(2)
 *     conn_turn(conn, fds);                         after it
 *     conn_done(conn, easy, code);                  one of its handles has ended
 *     if (conn->state == CONN_GONE) conn_free(conn);
 */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

#include "targets/kubernetes/stream/link.h"
#include "targets/kubernetes/stream/pick.h"
#include "targets/kubernetes/stream/server.h"
#include "targets/kubernetes/stream/tunnel.h"

/* What all connections share. */
struct conn_ways {
	CURLM *multi;
	struct server server;
	struct kg_pick_about about;
	int64_t patience_ns; /* for a pod that is ready, and a server that answers; 0: none */
	uint32_t last;       /* number of the last connection */
	char *told;          /* the last line of the log, which is not repeated; NULL: none */
	char *pod;           /* the last one that was forwarded to, which is stayed with while it is ready; NULL: none */
};

enum conn_state {
	CONN_ASKING_FIRST,
	CONN_ASKING_SECOND,
	CONN_PAUSING,
	CONN_CONNECTING,
	CONN_UPGRADING,
	CONN_REFUSED, /* an answer that is no upgrade is read to its end */
	CONN_OPEN,
	CONN_GONE,
};

struct conn {
	struct conn_ways *ways;
	struct conn *next;
	enum conn_state state;
	uint32_t number;
	int fd;
	struct kg_arena *arena; /* of this try */
	struct ask ask;
	struct link link;
	const cJSON *first;
	struct kg_pick pick;
	char key[kg_websocket_key_size];
	struct kg_websocket_answer answer;
	struct kg_tunnel tunnel;
	struct kg_bytes to_server, from_server, to_local;
	int64_t began_ns, opened_ns, heard_ns, pinged_ns;
	int64_t ended_ns;   /* when the pod's side was first seen to have ended; 0: it has not */
	int64_t wake_ns;    /* CONN_PAUSING: until then; 0: nothing is waited for */
	bool local_ended;   /* it has sent all that it will */
	bool local_shut;    /* it was told that nothing more comes */
	bool local_hung_up; /* before it was open */
	bool link_ended;
	bool link_has_more; /* TLS may hold what poll(2) does not know of */
	bool was_refused;   /* 401, and new credentials were tried */
	bool saw_outage;    /* the API server did not answer: it is being started */
	bool got_any;       /* something came from the pod */
	char *failure;      /* why it ended; NULL: as it should */
};

/* Takes the socket, which is non-blocking. */
struct conn *conn_make(struct conn_ways *ways, int fd);
/* Fills at most two; returns how many. */
uint32_t conn_poll(const struct conn *conn, struct pollfd fds[static 2]);
/* fds: as conn_poll filled them, with what poll(2) said. */
void conn_turn(struct conn *conn, const struct pollfd *fds, uint32_t count, int64_t now_ns);
void conn_done(struct conn *conn, CURL *easy, CURLcode code);
void conn_free(struct conn *conn);

/* A line of the log, unless it is the last one again. */
[[gnu::format(printf, 2, 3)]] void conn_tell(struct conn_ways *ways, const char *format, ...);
