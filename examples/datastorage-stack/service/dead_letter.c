#include "dead_letter.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <hiredis/hiredis.h>

#include "clock.h"

enum { PAUSE_MS = 300 };

struct dead_letter {
	const struct config *config;
	pthread_mutex_t mutex;
	redisContext *context; /* guarded by the mutex; NULL or broken: connect when next used */
	long long retry_at_ms; /* before this time nobody asks: one silent Redis must not hold up every thread in turn */
	char refused_stream[256];
};

struct dead_letter *
dead_letter_open(const struct config *config)
{
	struct dead_letter *letters = memory_get(sizeof(*letters));

	letters->config = config;
	pthread_mutex_init(&letters->mutex, NULL);
	snprintf(letters->refused_stream, sizeof(letters->refused_stream), "%s:refused", config->dead_letter_stream);
	return letters;
}

static bool
connect_now(struct dead_letter *letters, struct text *reason)
{
	const struct timeval limit = { .tv_usec = 900000 };

	if (letters->context)
		redisFree(letters->context);
	letters->context = redisConnectWithTimeout(letters->config->redis_host, (int)letters->config->redis_port, limit);
	text_clear(reason);
	if (!letters->context)
		text_add(reason, "no memory for a connection");
	else if (letters->context->err)
		text_add(reason, "%s", letters->context->errstr);
	else if (redisSetTimeout(letters->context, limit) != REDIS_OK)
		text_add(reason, "the time limit cannot be set");
	return reason->length == 0;
}

/*
 * Sends a command and waits for its answer; NULL and the reason when there is none, or when it is an error. A connection from
 * an earlier call may have died unnoticed, so that one gets a second try on a new one. Call it with the mutex held.
 */
static redisReply *
ask(struct dead_letter *letters, struct text *reason, int argc, const char **argv, const size_t *lengths)
{
	redisReply *reply = NULL;

	if (clock_ms() < letters->retry_at_ms) {
		text_clear(reason);
		text_add(reason, "Redis did not answer a moment ago");
		return NULL;
	}
	if (letters->context && !letters->context->err)
		reply = redisCommandArgv(letters->context, argc, argv, lengths);
	if (!reply && connect_now(letters, reason))
		reply = redisCommandArgv(letters->context, argc, argv, lengths);
	if (reply && reply->type != REDIS_REPLY_ERROR)
		return reply;
	if (reply || (letters->context && letters->context->err)) {
		text_clear(reason);
		text_add(reason, "%s", reply ? reply->str : letters->context->errstr);
	}
	if (reply)
		freeReplyObject(reply);
	else
		letters->retry_at_ms = clock_ms() + PAUSE_MS;
	return NULL;
}

/* The same for a command of plain words, with the mutex taken for it. */
static redisReply *
ask_words(struct dead_letter *letters, struct text *reason, int argc, const char **argv)
{
	redisReply *reply;

	pthread_mutex_lock(&letters->mutex);
	reply = ask(letters, reason, argc, argv, NULL);
	pthread_mutex_unlock(&letters->mutex);
	return reply;
}

static enum dead_letter_result
forget(redisReply *reply)
{
	if (!reply)
		return DEAD_LETTER_AWAY;
	freeReplyObject(reply);
	return DEAD_LETTER_DONE;
}

enum dead_letter_result
dead_letter_ping(struct dead_letter *letters, struct text *reason)
{
	const char *argv[] = { "PING" };

	return forget(ask_words(letters, reason, 1, argv));
}

enum dead_letter_result
dead_letter_length(struct dead_letter *letters, long long *ret_length, struct text *reason)
{
	const char *argv[] = { "XLEN", letters->config->dead_letter_stream };
	redisReply *reply = ask_words(letters, reason, 2, argv);

	if (reply)
		*ret_length = reply->integer;
	return forget(reply);
}

enum dead_letter_result
dead_letter_append(struct dead_letter *letters, const struct batch *batch, struct text *reason)
{
	const char *argv[] = { "XADD", letters->config->dead_letter_stream, "*", "ids", text_get(&batch->ids), "events",
		text_get(&batch->json) };
	enum dead_letter_result result;
	long long length = 0;

	result = dead_letter_length(letters, &length, reason);
	if (result != DEAD_LETTER_DONE)
		return result;
	if (length >= letters->config->dead_letter_limit) {
		text_clear(reason);
		text_add(reason, "%lld batches wait already", length);
		return DEAD_LETTER_FULL;
	}
	return forget(ask_words(letters, reason, 7, argv));
}

/* XRANGE answers [[id, [name, value, …]], …]. */
static void
read_letter(const redisReply *entry, struct letter *ret_letter)
{
	const redisReply *fields = entry->element[1];

	snprintf(ret_letter->id, sizeof(ret_letter->id), "%s", entry->element[0]->str);
	for (size_t i = 0; i + 1 < fields->elements; i += 2) {
		const redisReply *value = fields->element[i + 1];

		if (strcmp(fields->element[i]->str, "ids") == 0)
			text_add_bytes(&ret_letter->batch.ids, value->str, value->len);
		else if (strcmp(fields->element[i]->str, "events") == 0)
			text_add_bytes(&ret_letter->batch.json, value->str, value->len);
	}
}

enum dead_letter_result
dead_letter_oldest(struct dead_letter *letters, struct letter *ret_letter, struct text *reason)
{
	const char *argv[] = { "XRANGE", letters->config->dead_letter_stream, "-", "+", "COUNT", "1" };
	redisReply *reply = ask_words(letters, reason, 6, argv);
	enum dead_letter_result result = DEAD_LETTER_EMPTY;

	*ret_letter = (struct letter){ 0 };
	if (!reply)
		return DEAD_LETTER_AWAY;
	if (reply->elements > 0) {
		read_letter(reply->element[0], ret_letter);
		result = DEAD_LETTER_DONE;
	}
	freeReplyObject(reply);
	return result;
}

enum dead_letter_result
dead_letter_remove(struct dead_letter *letters, const char *id, struct text *reason)
{
	const char *argv[] = { "XDEL", letters->config->dead_letter_stream, id };

	return forget(ask_words(letters, reason, 3, argv));
}

enum dead_letter_result
dead_letter_refuse(struct dead_letter *letters, const struct letter *letter, const char *why, struct text *reason)
{
	const char *argv[] = { "XADD", letters->refused_stream, "*", "why", why, "ids", text_get(&letter->batch.ids), "events",
		text_get(&letter->batch.json) };

	/* Added before it is removed: a stop between the two leaves it in both, and not in none. */
	if (forget(ask_words(letters, reason, 9, argv)) != DEAD_LETTER_DONE)
		return DEAD_LETTER_AWAY;
	return dead_letter_remove(letters, letter->id, reason);
}

void
dead_letter_close(struct dead_letter *letters)
{
	if (letters->context)
		redisFree(letters->context);
	pthread_mutex_destroy(&letters->mutex);
	free(letters);
}
