/*
 * For tests of the holder: a folder of its own, a daemon under a real holder in it, and patience with a limit.
 *
 *     struct holding *holding = holding_make();
 *     holding_start(holding, "echo hello; exec sleep 100");
 *     assert_true(holding_waits_for_log(holding, "hello"));
 *     holding_free(holding);                                  stops what still runs
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/daemon/daemon.h"

struct kg_arena;

struct holding {
	struct kg_arena *arena;
	char folder[64];
	const char *holder;
	struct kg_daemon_order order; /* may be changed before the start */
	struct kg_daemon daemon;      /* as last read */
};

struct holding *holding_make(void);
/* Runs script by sh under a holder. The holder's answer, NULL when it started. */
const char *holding_start(struct holding *holding, const char *script);
/* The same for a whole order. */
const char *holding_start_order(struct holding *holding);
/* Reads the status anew until the daemon has ended, or 10 s have passed. */
bool holding_waits_for_end(struct holding *holding);
/* Until the holder itself has gone. */
bool holding_waits_for_holder(struct holding *holding);
bool holding_waits_for_log(struct holding *holding, const char *text);
/* "" when there is none. name: "log" or "log.1". */
const char *holding_log(struct holding *holding, const char *name);
/* The number that the script wrote into a file of the folder, when it has. */
int holding_waits_for_number(struct holding *holding, const char *name);
/* Until no such process is there any more, or it is a zombie. */
bool holding_waits_for_gone(int pid);
void holding_free(struct holding *holding);
