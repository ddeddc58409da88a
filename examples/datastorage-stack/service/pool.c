#include "pool.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

enum { FIRST_PAUSE_MS = 100, LONGEST_PAUSE_MS = 2000 };

struct pool {
	const struct config *config;
	pthread_mutex_t mutex; /* guards all below, except what belongs to the holder of a taken slot */
	long long retry_at_ms; /* before this time nobody connects */
	long pause_ms;         /* the last pause; 0 while all is well */
	struct text reason;    /* of the last failure, told to those who come before retry_at_ms */
	int count;
	struct pool_slot slots[];
};

struct pool *
pool_open(const struct config *config, int slots)
{
	struct pool *pool = memory_get(sizeof(*pool) + (size_t)slots * sizeof(pool->slots[0]));

	pool->config = config;
	pool->count = slots;
	pthread_mutex_init(&pool->mutex, NULL);
	return pool;
}

/* libpq's messages end in a line end, and may have several lines; here they are part of one. */
static void
set_reason(struct text *reason, const char *message)
{
	text_clear(reason);
	text_add(reason, "%s", message);
	while (reason->length > 0 && reason->bytes[reason->length - 1] == '\n')
		reason->bytes[--reason->length] = '\0';
	for (char *at = reason->bytes; at && *at != '\0'; at++) {
		if (*at == '\n' || *at == '\t')
			*at = ' ';
	}
}

static PGconn *
connect_now(const struct config *config)
{
	char port[24], options[128];
	const char *const names[] = { "host", "port", "dbname", "user", "password", "options", "connect_timeout",
		"tcp_user_timeout", "client_encoding", "application_name", NULL };
	const char *const values[] = { config->database_host, port, config->database_name, config->database_user,
		config->database_password, options, "2", "5000", "UTF8", "datastorage", NULL };

	snprintf(port, sizeof(port), "%ld", config->database_port);
	snprintf(
	    options, sizeof(options), "-c TimeZone=UTC -c DateStyle=ISO -c statement_timeout=%ld", config->database_timeout_ms);
	return PQconnectdbParams(names, values, 0);
}

/* A failure: nobody connects for a while, and what lies idle is closed, since it has most likely died of the same. */
static void
fail(struct pool *pool, const struct text *reason)
{
	pthread_mutex_lock(&pool->mutex);
	pool->pause_ms = pool->pause_ms == 0 ? FIRST_PAUSE_MS : 2 * pool->pause_ms;
	if (pool->pause_ms > LONGEST_PAUSE_MS)
		pool->pause_ms = LONGEST_PAUSE_MS;
	pool->retry_at_ms = clock_ms() + pool->pause_ms;
	set_reason(&pool->reason, text_get(reason));
	pthread_mutex_unlock(&pool->mutex);
}

static void
close_idle(struct pool *pool)
{
	pthread_mutex_lock(&pool->mutex);
	for (int i = 0; i < pool->count; i++) {
		if (pool->slots[i].taken)
			continue;
		PQfinish(pool->slots[i].connection);
		pool->slots[i].connection = NULL;
	}
	pthread_mutex_unlock(&pool->mutex);
}

/* The best free slot: one that is connected, if there is any. */
static struct pool_slot *
find_free(struct pool *pool)
{
	struct pool_slot *found = NULL;

	for (int i = 0; i < pool->count; i++) {
		struct pool_slot *slot = &pool->slots[i];

		if (slot->taken)
			continue;
		if (slot->connection)
			return slot;
		found = slot;
	}
	return found;
}

struct pool_slot *
pool_take(struct pool *pool, struct text *reason)
{
	struct pool_slot *slot = NULL;

	pthread_mutex_lock(&pool->mutex);
	if (clock_ms() < pool->retry_at_ms)
		set_reason(reason, text_get(&pool->reason));
	else
		slot = find_free(pool);
	if (slot)
		slot->taken = true;
	pthread_mutex_unlock(&pool->mutex);
	if (!slot)
		return NULL;

	slot->fresh = !slot->connection;
	if (slot->fresh)
		slot->connection = connect_now(pool->config);
	if (PQstatus(slot->connection) == CONNECTION_OK)
		return slot;
	set_reason(reason, PQerrorMessage(slot->connection));
	fail(pool, reason);
	PQfinish(slot->connection);
	slot->connection = NULL;
	pool_give_back(pool, slot);
	return NULL;
}

/* Until the connection has the whole result, or the time is up. */
static bool
wait_for_result(PGconn *connection, long long until_ms)
{
	while (PQisBusy(connection)) {
		/* What is still to be sent goes out while the answer is waited for. */
		int unsent = PQflush(connection);
		struct pollfd poll_fd = { .fd = PQsocket(connection), .events = unsent > 0 ? POLLIN | POLLOUT : POLLIN };
		long long left_ms = until_ms - clock_ms();
		int count;

		if (unsent < 0 || left_ms <= 0)
			return false;
		count = poll(&poll_fd, 1, (int)left_ms);
		if (count < 0 && errno != EINTR)
			return false;
		if (count > 0 && !PQconsumeInput(connection))
			return true; /* lost; PQgetResult tells it */
	}
	return true;
}

static bool
is_lost(PGconn *connection, const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	/* 57P01, 57P02: PostgreSQL says good-bye because it is being stopped; the socket will close next. */
	return PQstatus(connection) != CONNECTION_OK || !result || (state && strncmp(state, "57P", 3) == 0);
}

static PGresult *
lose(struct pool *pool, struct pool_slot *slot, const char *message, bool may_retry, struct text *reason)
{
	set_reason(reason, message);
	if (!may_retry)
		fail(pool, reason);
	PQfinish(slot->connection);
	slot->connection = NULL;
	close_idle(pool);
	return NULL;
}

PGresult *
pool_run(struct pool *pool, struct pool_slot *slot, const char *sql, int count, const char *const *values, struct text *reason)
{
	PGconn *connection = slot->connection;
	PGresult *result, *more;

	PQsetnonblocking(connection, 1);
	if (!PQsendQueryParams(connection, sql, count, NULL, values, NULL, NULL, 0))
		return lose(pool, slot, PQerrorMessage(connection), !slot->fresh, reason);
	if (!wait_for_result(connection, clock_ms() + pool->config->database_timeout_ms)) {
		slot->fresh = true; /* it does not answer, which a new connection will not change */
		return lose(pool, slot, "PostgreSQL does not answer", false, reason);
	}
	result = PQgetResult(connection);
	if (is_lost(connection, result)) {
		lose(pool, slot, result ? PQresultErrorMessage(result) : PQerrorMessage(connection), !slot->fresh, reason);
		PQclear(result);
		return NULL;
	}
	while ((more = PQgetResult(connection)))
		PQclear(more);
	pthread_mutex_lock(&pool->mutex);
	pool->pause_ms = 0;
	pool->retry_at_ms = 0;
	pthread_mutex_unlock(&pool->mutex);
	return result;
}

void
pool_give_back(struct pool *pool, struct pool_slot *slot)
{
	pthread_mutex_lock(&pool->mutex);
	slot->taken = false;
	pthread_mutex_unlock(&pool->mutex);
}

void
pool_close(struct pool *pool)
{
	close_idle(pool);
	pthread_mutex_destroy(&pool->mutex);
	text_free(&pool->reason);
	free(pool);
}
