/*
 * What a program said before it ended: the line that tells most, and whether it speaks of something that may come by itself.
 *
 *     struct kg_crash_words words = kg_crash_words_read(arena, log);
 *     if (words.cause == KG_CRASH_MAY_PASS) …                        "dial tcp 10.96.3.4:5432: connect: connection refused"
 *
 * Pure, and by what programs are known to say. Where it is not certain the cause is unknown.
 */
#pragma once

struct kg_arena;

enum kg_crash_cause {
	KG_CRASH_UNKNOWN,
	KG_CRASH_BROKEN,   /* of the program and its arguments alone: started again, it says the same */
	KG_CRASH_MAY_PASS, /* another program is not there yet, or does not answer */
};

struct kg_crash_words {
	const char *line;  /* the telling one, short enough to be shown; "" when it said nothing */
	const char *shape; /* the line without what differs from start to start: times, numbers, addresses */
	enum kg_crash_cause cause;
};

/* text: the last lines of its log. */
struct kg_crash_words kg_crash_words_read(struct kg_arena *arena, const char *text);
