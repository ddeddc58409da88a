#include "intake.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "clock.h"
#include "log.h"
#include "metrics.h"

enum { LOOK_EVERY_MS = 1000, FIRST_PAUSE_MS = 100, LONGEST_PAUSE_MS = 2000, MAINTAIN_EVERY_MS = 3600 * 1000 };

/*
 * Events must reach the table in the order in which they came. So while dead letters wait, new events queue behind them, even
 * if PostgreSQL is back; only when the keeper has found the stream empty do they go straight again. Between "it is empty" and
 * "go straight" nobody may append, or that event would be left behind: both happen under the queue mutex.
 *
 * Should Redis be away while PostgreSQL is there, events go straight although letters may wait: to be late is better than to
 * be lost.
 */
struct intake {
	struct store *store;
	struct dead_letter *letters;
	atomic_bool direct;
	pthread_mutex_t queue_mutex;

	pthread_t keeper;
	pthread_mutex_t stop_mutex;
	pthread_cond_t stop_changed;
	bool stopping; /* guarded by stop_mutex */
	long long maintain_at_ms;
};

static void
set_direct(struct intake *intake, bool direct, const char *reason)
{
	if (atomic_exchange(&intake->direct, direct) == direct)
		return;
	metrics_set(METRIC_DATABASE_UP, direct);
	if (direct)
		log_info("events go straight to PostgreSQL");
	else
		log_warn("events go to the dead letters", LOG_TEXT("reason", reason));
}

static enum intake_result
store_now(struct intake *intake, const struct batch *batch, size_t *ret_stored, struct text *reason)
{
	switch (store_insert(intake->store, batch, ret_stored, reason)) {
	case STORE_DONE:
		metrics_count(METRIC_STORED, (long long)*ret_stored);
		metrics_count(METRIC_DUPLICATE, (long long)(batch->count - *ret_stored));
		return INTAKE_STORED;
	case STORE_REFUSED: metrics_count(METRIC_REFUSED, 1); return INTAKE_REFUSED;
	case STORE_AWAY: break;
	}
	set_direct(intake, false, text_get(reason));
	return INTAKE_UNAVAILABLE;
}

/* False when events have begun to go straight in the meantime. */
static bool
queue(struct intake *intake, const struct batch *batch, enum intake_result *ret_result, struct text *reason)
{
	struct text why = { 0 };
	enum dead_letter_result result = DEAD_LETTER_AWAY;
	bool direct;

	pthread_mutex_lock(&intake->queue_mutex);
	direct = atomic_load(&intake->direct);
	if (!direct)
		result = dead_letter_append(intake->letters, batch, &why);
	pthread_mutex_unlock(&intake->queue_mutex);

	if (result == DEAD_LETTER_DONE)
		metrics_count(METRIC_QUEUED, (long long)batch->count);
	else
		text_add(reason, "%s; Redis: %s", reason->length > 0 ? "" : "PostgreSQL is away", text_get(&why));
	*ret_result = result == DEAD_LETTER_DONE ? INTAKE_QUEUED : INTAKE_UNAVAILABLE;
	text_free(&why);
	return !direct;
}

enum intake_result
intake_accept(struct intake *intake, const struct batch *batch, size_t *ret_stored, struct text *reason)
{
	enum intake_result result = INTAKE_UNAVAILABLE;

	/* Three rounds are enough for a database that comes and goes; who is not through by then may try again. */
	for (int round = 0; round < 3; round++) {
		text_clear(reason);
		if (atomic_load(&intake->direct)) {
			result = store_now(intake, batch, ret_stored, reason);
			if (result != INTAKE_UNAVAILABLE)
				return result;
		}
		if (queue(intake, batch, &result, reason))
			return result;
	}
	return result;
}

bool
intake_is_direct(struct intake *intake)
{
	return atomic_load(&intake->direct);
}

/* Stores the oldest dead letter and takes it out of the stream. */
static enum store_result
replay_one(struct intake *intake, struct letter *letter, struct text *reason)
{
	size_t stored = 0;
	enum store_result result = store_insert(intake->store, &letter->batch, &stored, reason);

	if (result == STORE_DONE) {
		/* A crash between the two replays it once more, and its ids are recognised. */
		if (dead_letter_remove(intake->letters, letter->id, reason) != DEAD_LETTER_DONE)
			return STORE_AWAY;
		metrics_count(METRIC_REPLAYED, 1);
		metrics_count(METRIC_STORED, (long long)stored);
	} else if (result == STORE_REFUSED) {
		/* One that can never be stored must not stop all behind it. */
		log_error(
		    "a dead letter is refused by PostgreSQL", LOG_TEXT("id", letter->id), LOG_TEXT("reason", text_get(reason)));
		metrics_count(METRIC_REFUSED, 1);
		if (dead_letter_refuse(intake->letters, letter, text_get(reason), reason) != DEAD_LETTER_DONE)
			return STORE_AWAY;
	}
	return result;
}

static bool
is_stopping(struct intake *intake)
{
	bool stopping;

	pthread_mutex_lock(&intake->stop_mutex);
	stopping = intake->stopping;
	pthread_mutex_unlock(&intake->stop_mutex);
	return stopping;
}

/* Stores dead letters, oldest first, until there are none or something is away; how many it was. */
static size_t
replay(struct intake *intake, struct text *reason)
{
	enum store_result stored = STORE_DONE;
	size_t count = 0;

	while (stored != STORE_AWAY && !is_stopping(intake)) {
		struct letter letter;

		if (dead_letter_oldest(intake->letters, &letter, reason) != DEAD_LETTER_DONE)
			break;
		set_direct(intake, false, "dead letters wait");
		stored = replay_one(intake, &letter, reason);
		count += stored == STORE_DONE;
		batch_free(&letter.batch);
	}
	return count;
}

/* Goes straight if PostgreSQL is there and no letter waits, or none can be seen because Redis is away. */
static void
try_direct(struct intake *intake, struct text *reason)
{
	struct text missing = { 0 };
	long long length = 0;
	long version;

	if (store_schema(intake->store, &version, &missing, reason) == STORE_DONE && missing.length == 0) {
		pthread_mutex_lock(&intake->queue_mutex);
		dead_letter_length(intake->letters, &length, reason);
		if (length == 0)
			set_direct(intake, true, "");
		pthread_mutex_unlock(&intake->queue_mutex);
	}
	text_free(&missing);
}

static void
maintain(struct intake *intake, struct text *reason)
{
	long created = 0;

	if (clock_ms() < intake->maintain_at_ms || !atomic_load(&intake->direct))
		return;
	intake->maintain_at_ms = clock_ms() + MAINTAIN_EVERY_MS;
	if (store_maintain(intake->store, &created, reason) != STORE_DONE)
		log_warn("the partitions could not be looked after", LOG_TEXT("reason", text_get(reason)));
	else if (created > 0)
		log_info("partitions made", LOG_NUMBER("count", created));
}

static void
look(struct intake *intake)
{
	struct text reason = { 0 };
	long long length = 0;
	size_t count = replay(intake, &reason);

	if (count > 0)
		log_info("dead letters replayed", LOG_NUMBER("batches", (long long)count));
	if (!atomic_load(&intake->direct))
		try_direct(intake, &reason);
	maintain(intake, &reason);
	metrics_set(METRIC_REDIS_UP, dead_letter_length(intake->letters, &length, &reason) == DEAD_LETTER_DONE);
	metrics_set(METRIC_WAITING, length);
	text_free(&reason);
}

/* True when it is time to stop. */
static bool
pause_ms(struct intake *intake, long duration_ms)
{
	struct timespec until;
	bool stopping;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += duration_ms / 1000;
	until.tv_nsec += duration_ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&intake->stop_mutex);
	while (!intake->stopping && pthread_cond_timedwait(&intake->stop_changed, &intake->stop_mutex, &until) == 0)
		;
	stopping = intake->stopping;
	pthread_mutex_unlock(&intake->stop_mutex);
	return stopping;
}

static void *
keep(void *argument)
{
	struct intake *intake = argument;
	long duration_ms = LOOK_EVERY_MS;

	while (!pause_ms(intake, duration_ms)) {
		look(intake);
		if (intake_is_direct(intake))
			duration_ms = LOOK_EVERY_MS;
		else if (duration_ms == LOOK_EVERY_MS)
			duration_ms = FIRST_PAUSE_MS;
		else
			duration_ms = 2 * duration_ms < LONGEST_PAUSE_MS ? 2 * duration_ms : LONGEST_PAUSE_MS;
	}
	return NULL;
}

struct intake *
intake_start(struct store *store, struct dead_letter *letters)
{
	struct intake *intake = memory_get(sizeof(*intake));
	pthread_condattr_t monotonic;

	intake->store = store;
	intake->letters = letters;
	pthread_mutex_init(&intake->queue_mutex, NULL);
	pthread_mutex_init(&intake->stop_mutex, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&intake->stop_changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	look(intake);
	if (pthread_create(&intake->keeper, NULL, keep, intake) != 0) {
		log_error("the keeper of the dead letters cannot be started");
		exit(1);
	}
	return intake;
}

void
intake_stop(struct intake *intake)
{
	pthread_mutex_lock(&intake->stop_mutex);
	intake->stopping = true;
	pthread_cond_signal(&intake->stop_changed);
	pthread_mutex_unlock(&intake->stop_mutex);
	pthread_join(intake->keeper, NULL);
	pthread_cond_destroy(&intake->stop_changed);
	pthread_mutex_destroy(&intake->stop_mutex);
	pthread_mutex_destroy(&intake->queue_mutex);
	free(intake);
}
