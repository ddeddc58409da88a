/*
 * Where events wait while PostgreSQL is away: a stream in Redis, one entry for each accepted batch, oldest first.
 *
 *     struct dead_letter *letters = dead_letter_open(&config);
 *     dead_letter_append(letters, &batch, &reason);
 *     …
 *     while (dead_letter_oldest(letters, &letter, &reason) == DEAD_LETTER_DONE)
 *             … store letter.batch …, then dead_letter_remove(letters, letter.id, &reason);
 *
 * Safe to use from several threads; each call answers within three seconds, and at once for a moment after one that failed.
 * What is done twice because an answer was lost is harmless: the batches carry their ids, and are stored once.
 */

#pragma once

#include "config.h"
#include "event.h"
#include "text.h"

enum dead_letter_result {
	DEAD_LETTER_DONE,
	DEAD_LETTER_EMPTY, /* there is no oldest one */
	DEAD_LETTER_FULL,  /* it holds config.dead_letter_limit batches */
	DEAD_LETTER_AWAY,  /* Redis cannot be reached, or answers with an error */
};

struct letter {
	char id[64];
	struct batch batch; /* count is not known: it is that of the array */
};

struct dead_letter;

/* Opens no connection yet. The config must outlive it. */
struct dead_letter *dead_letter_open(const struct config *config);

enum dead_letter_result dead_letter_ping(struct dead_letter *letters, struct text *reason);

enum dead_letter_result dead_letter_append(struct dead_letter *letters, const struct batch *batch, struct text *reason);

enum dead_letter_result dead_letter_length(struct dead_letter *letters, long long *ret_length, struct text *reason);

/* The letter's batch belongs to the caller then. */
enum dead_letter_result dead_letter_oldest(struct dead_letter *letters, struct letter *ret_letter, struct text *reason);

enum dead_letter_result dead_letter_remove(struct dead_letter *letters, const char *id, struct text *reason);

/* Moves it to the stream NAME:refused, with the reason why PostgreSQL will never take it, so that a person can look at it. */
enum dead_letter_result dead_letter_refuse(
    struct dead_letter *letters, const struct letter *letter, const char *why, struct text *reason);

void dead_letter_close(struct dead_letter *letters);
