#include "tests/unit/registry/through.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

int
through_setup(void **state)
{
	static struct through through;
	struct kg_arena *arena;

	through = (struct through){ .asking = asking_make() };
	arena = through.asking->arena;
	through.server = registry_server_start(arena, asking_path(through.asking, "registry"), (struct registry_options){ 0 });
	through.noise = asking_noise(through.asking, blob_size);
	through.digest = kg_sha256(arena, through.noise, blob_size);
	*state = &through;
	return 0;
}

void
through_forget(struct through *through)
{
	if (through->liar)
		liar_free(through->liar);
	through->liar = NULL;
}

int
through_teardown(void **state)
{
	struct through *through = *state;

	if (through->server)
		registry_server_stop(through->server);
	through_forget(through);
	asking_free(through->asking);
	return 0;
}

void
through_needed(const struct through *through)
{
	if (!through->server) {
		print_message("there is no docker-registry\n");
		skip();
	}
}

void
through_hold(struct through *through)
{
	struct ask ask = { .blob_put =
			       &(struct kg_blob_put){ through->server->host, "a/b", .bytes = through->noise, .size = blob_size } };

	through_needed(through);
	asking_run(through->asking, &ask, 1);
	assert_null(ask.error);
}

struct ask
through_get(struct through *through, struct lie *lies, int64_t stall_ms)
{
	struct ask ask = { 0 };

	through->liar = liar_start(through->server ? through->server->port : 0, lies);
	ask.blob = &(struct kg_blob_ask){ through->liar->host, "a/b", through->digest, (int64_t)blob_size,
		asking_path(through->asking, "got"), stall_ms };
	asking_run(through->asking, &ask, 1);
	liar_stop(through->liar);
	return ask;
}

struct ask
through_put(struct through *through, struct lie *lies)
{
	struct ask ask = { 0 };

	asking_write(through->asking, "blob", through->noise, blob_size);
	through->liar = liar_start(through->server ? through->server->port : 0, lies);
	ask.blob_put =
	    &(struct kg_blob_put){ through->liar->host, "a/b", .file = asking_path(through->asking, "blob"), .stall_ms = 5000 };
	asking_run(through->asking, &ask, 1);
	liar_stop(through->liar);
	return ask;
}

struct ask
through_manifest(struct through *through, struct lie *lies)
{
	struct ask ask = { 0 };

	through->liar = liar_start(0, lies);
	ask.manifest = &(struct kg_manifest_ask){ .of = { through->liar->host, "a/b", .tag = "v1" } };
	asking_run(through->asking, &ask, 1);
	liar_stop(through->liar);
	return ask;
}

void
through_assert_got(struct through *through, const struct ask *ask)
{
	size_t size = 0;
	const char *bytes = asking_read(through->asking, "got", &size);

	if (ask->error)
		fail_msg("%s; asked:\n%s", ask->error, through->liar->requests);
	assert_int_equal(size, blob_size);
	assert_memory_equal(bytes, through->noise, blob_size);
}

void
through_assert_failed(struct through *through, const struct ask *ask, const char *why)
{
	if (!ask->error || !strstr(ask->error, why))
		fail_msg("%s; asked:\n%s", ask->error ? ask->error : "it was well", through->liar->requests);
	assert_null(asking_read(through->asking, "got", NULL));
}

int
through_times(const struct through *through, const char *what)
{
	int times = 0;

	for (const char *at = through->liar->requests; (at = strstr(at, what)); at++)
		times++;
	return times;
}
