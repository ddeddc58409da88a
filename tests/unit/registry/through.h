/*
 * A real registry that is asked through a server that lies, for tests of what happens then.
 *
 *     through_hold(through);
 *     struct lie lies[] = { { .path = "/blobs/", .times = 1, .cut_answer_after = third }, { 0 } };
 *     struct ask ask = through_get(through, lies, 0);
 *     through_assert_got(through, &ask);
 */
#pragma once

#include "tests/unit/registry/asking.h"
#include "tests/unit/registry/liar.h"
#include "tests/unit/registry/registry_server.h"

/* For answers that are written out. */
#define CLOSE "Connection: close\r\n"
#define EMPTY "Content-Length: 0\r\n" CLOSE "\r\n"

static constexpr size_t blob_size = 3 << 20;
static constexpr size_t third = 1 << 20;

struct through {
	struct asking *asking;
	struct registry_server *server;
	struct liar *liar; /* of the last ask, stopped */
	char *noise;       /* the blob, in a/b once it is held */
	const char *digest;
};

int through_setup(void **state);
int through_teardown(void **state);
/* Skips the test, with the reason, where there is no docker-registry. */
void through_needed(const struct through *through);
void through_hold(struct through *through);

/* Gets the blob into the file "got", or puts it, through the lies. */
struct ask through_get(struct through *through, struct lie *lies, int64_t stall_ms);
struct ask through_put(struct through *through, struct lie *lies);
/* Asks the lies alone for a/b:v1. */
struct ask through_manifest(struct through *through, struct lie *lies);
/* Before the next ask, when one test has several. */
void through_forget(struct through *through);

void through_assert_got(struct through *through, const struct ask *ask);
void through_assert_failed(struct through *through, const struct ask *ask, const char *why);
int through_times(const struct through *through, const char *what);
