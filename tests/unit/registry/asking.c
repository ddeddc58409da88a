#include "tests/unit/registry/asking.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/file.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "tests/unit/run/bench.h"

static struct asking *the_asking;
static struct bench *the_bench;
static struct ask *the_asks;
static int asks_ended, runs;

struct asking_spec {
	const char *says;
	int64_t first, count;
};

static const struct kg_field asking_fields[] = {
	KG_FIELD(asking_spec, says, KG_TEXT, 0, "any text"),
	KG_FIELD(asking_spec, first, KG_INTEGER, 0, "the first of its asks"),
	KG_FIELD(asking_spec, count, KG_INTEGER, 0, "how many they are"),
	{ 0 },
};

struct asking_state {
	int64_t ended;
};

static kg_step next_ask, ask_ended;

static struct kg_next
next_ask(struct kg_job *job)
{
	const struct asking_spec *spec = job->spec;
	const struct asking_state *asking = job->state;
	const struct ask *ask = &the_asks[spec->first + asking->ended];

	if (asking->ended == spec->count)
		return kg_done(job);
	if (ask->manifest)
		return kg_registry_manifest(job, ask->manifest, ask_ended);
	if (ask->manifest_put)
		return kg_registry_manifest_put(job, ask->manifest_put, ask_ended);
	if (ask->blob)
		return kg_registry_blob_get(job, ask->blob, ask_ended);
	return kg_registry_blob_put(job, ask->blob_put, ask_ended);
}

/* What it points to is of the run, and the run ends. */
static struct kg_next
ask_ended(struct kg_job *job)
{
	struct kg_arena *arena = the_asking->arena;
	const struct asking_spec *spec = job->spec;
	struct asking_state *asking = job->state;
	struct ask *ask = &the_asks[spec->first + asking->ended++];
	struct kg_registry_result *result = &ask->result;
	struct kg_manifest *manifest = NULL;

	*result = *kg_registry_result(job);
	if (result->error) {
		const struct kg_error *cause = result->error;

		ask->error = kg_copy(arena, kg_error_text(arena, result->error));
		while (!cause->advice && cause->cause)
			cause = cause->cause;
		ask->advice = kg_copy(arena, cause->advice);
	}
	result->digest = kg_copy(arena, result->digest);
	result->named_digest = kg_copy(arena, result->named_digest);
	if (result->manifest) {
		manifest = kg_new(arena, struct kg_manifest);
		result->bytes = kg_copy_bytes(arena, result->bytes, (size_t)result->size);
		kg_assert(!kg_registry_manifest_read(
		    arena, result->bytes, (size_t)result->size, kg_copy(arena, result->manifest->media_type), manifest));
	}
	result->manifest = manifest;
	asks_ended++;
	return kg_go(next_ask);
}

static const struct kg_kind kind = {
	.facts = {
		.name = "asking",
		.version = 1,
		.summary = "asks a registry",
		.fields = asking_fields,
		.spec_size = sizeof(struct asking_spec),
	},
	.state_size = sizeof(struct asking_state),
	.run = next_ask,
};

static const struct kg_kind *const kinds[] = { &kind, NULL };

struct asking *
asking_make(void)
{
	static const char *const foreign[] = { "REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "DOCKER_CONFIG" };
	struct asking *asking;

	the_bench = bench_make();
	the_bench->kinds = kinds;
	asking = kg_new(the_bench->arena, struct asking);
	asking->arena = the_bench->arena;
	asking->folder = the_bench->folder;
	kg_assert(!kg_file_make_folder(asking->arena, asking_path(asking, "home"), 0700));
	setenv("HOME", asking_path(asking, "home"), 1);
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		unsetenv(foreign[i]);
	setenv("XDG_RUNTIME_DIR", asking_path(asking, "home"), 1);
	the_asking = asking;
	return asking;
}

static void
asking_interrupt(int)
{
	raise(SIGINT);
}

/* nodes nodes, each with as many asks. */
static void
run(struct asking *asking, struct ask *asks, int count, int nodes)
{
	struct itimerval timer = { .it_value = { asking->cancel_after_ms / 1000, asking->cancel_after_ms % 1000 * 1000 } };
	struct kg_text graph = { .arena = asking->arena };
	enum kg_run_outcome outcome;

	the_asks = asks;
	asks_ended = 0;
	runs++;
	for (int i = 0; i < nodes; i++)
		kg_text_format(&graph, "[node.n%d]\nkind = \"asking\"\nsays = \"%d\"\nfirst = %d\ncount = %d\n", i, runs,
		    i * (count / nodes), count / nodes);
	bench_graph(the_bench, graph.bytes);
	if (asking->cancel_after_ms > 0) {
		signal(SIGALRM, asking_interrupt);
		setitimer(ITIMER_REAL, &timer, NULL);
	}
	outcome = bench_up(the_bench, (struct kg_run_options){ 0 });
	if (asking->cancel_after_ms == 0 && (outcome != KG_RUN_UP || asks_ended != count))
		fprintf(stderr, "the run ended with %d after %d asks: %s\n", (int)outcome, asks_ended, the_bench->errors);
	kg_assert(asking->cancel_after_ms > 0 || (outcome == KG_RUN_UP && asks_ended == count));
	asking->warnings = the_bench->warnings;
}

void
asking_run(struct asking *asking, struct ask *asks, int count)
{
	run(asking, asks, count, 1);
}

void
asking_run_at_once(struct asking *asking, struct ask *asks, int count)
{
	run(asking, asks, count, count);
}

const char *
asking_path(struct asking *asking, const char *name)
{
	return kg_path_join(asking->arena, asking->folder, name);
}

const char *
asking_read(struct asking *asking, const char *name, size_t *ret_size)
{
	const char *bytes;
	size_t size;

	if (kg_file_read(asking->arena, asking_path(asking, name), &bytes, &size))
		return NULL;
	if (ret_size)
		*ret_size = size;
	return bytes;
}

void
asking_write(struct asking *asking, const char *name, const void *bytes, size_t size)
{
	const char *path = asking_path(asking, name);

	kg_assert(!kg_file_make_folder(asking->arena, kg_path_folder(asking->arena, path), 0755));
	kg_assert(!kg_file_write(asking->arena, path, bytes, size, 0644));
}

char *
asking_noise(struct asking *asking, size_t size)
{
	char *bytes = kg_alloc(asking->arena, size + 1);
	uint64_t state = 88172645463325252;

	for (size_t i = 0; i < size; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		bytes[i] = (char)state;
	}
	return bytes;
}

void
asking_free(struct asking *)
{
	bench_free(the_bench);
}
