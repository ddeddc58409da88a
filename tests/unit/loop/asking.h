/*
 * One exchange at a time for tests of HTTP, with a folder and a server of the test's own.
 *
 *     static void
 *     something_is_so(void **state)
 *     {
 *         struct asking *asking = *state;
 *
 *         asking->start.method = "PUT";
 *         ask(asking, "/sum");
 *         assert_int_equal(asking->start.status, 200);
 *     }
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/loop/http.h"

struct kg_arena;
struct transfer_server;

struct asking {
	struct kg_arena *arena;
	struct kg_loop *loop;
	struct transfer_server *server;
	struct kg_wait wait;
	struct kg_http_start start;
	uint32_t ended;
	char folder[32];
};

int asking_set_up(void **state);
int asking_tear_down(void **state);

/* The URL of a path of the server's, by the name 127.0.0.1. */
const char *url_of(struct asking *asking, const char *path);
/* Asks the server for a path, or an URL as it is, and waits for the end. */
void ask(struct asking *asking, const char *path_or_url);
void assert_answered(const struct asking *asking, int status, const char *answer);
void assert_failed(const struct asking *asking, const char *error_text);

/* A path in the folder. */
const char *file_of(struct asking *asking, const char *name);
/* A file of the server's bytes. */
const char *file_with_bytes(struct asking *asking, const char *name, int64_t size);
/* Asserts that a file is size of the server's bytes and nothing else. */
void assert_file_has_bytes(struct asking *asking, const char *name, int64_t size);
/* What /sum says of such a stretch of the server's bytes. */
const char *sum_of(struct asking *asking, const char *method, int64_t from, int64_t size);
