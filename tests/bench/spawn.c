/*
 * What a child costs: tiny programs started by kgraph's loop and by uv_spawn, by turns in one process, as a ratio.
 *
 *     zig build bench --release=safe && zig-out/bench/spawn [CHILDREN [MEGABYTES]]
 *
 * MEGABYTES of touched memory stand for a kgraph in the middle of a large graph: a fork pays for them, a vfork does not.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/loop/child.h"

enum { wide = 8 }; /* at the same time */

static const char *const tiny[] = { "true", NULL };
static const char *const no_env[] = { NULL };

struct ours {
	struct kg_loop *loop;
	struct kg_wait waits[wide];
	struct kg_child_start starts[wide];
	int left;
};

static void
on_output(void *, int, const char *, size_t)
{
}

static void
ours_next(struct ours *ours, struct kg_wait *wait)
{
	struct kg_child_start *start = &ours->starts[wait - ours->waits];

	if (ours->left-- <= 0)
		return;
	*start = (struct kg_child_start){ .program = "/bin/true", .argv = tiny, .env = no_env, .on_output = on_output };
	kg_child_start(ours->loop, wait, start);
}

static void
on_ended(struct kg_wait *wait)
{
	struct ours *ours = wait->context;

	if (wait->end != KG_WAIT_DONE || ours->starts[wait - ours->waits].status != 0)
		abort();
	ours_next(ours, wait);
}

static int64_t
ours_measure(struct kg_loop *loop, int children)
{
	struct ours ours = { .loop = loop, .left = children };
	int64_t started_ns = kg_clock_now_ns();

	for (int i = 0; i < wide; i++) {
		ours.waits[i] = (struct kg_wait){ .ended = on_ended, .context = &ours };
		ours_next(&ours, &ours.waits[i]);
	}
	kg_loop_run(loop);
	return kg_clock_now_ns() - started_ns;
}

struct theirs_child {
	struct theirs *theirs;
	uv_process_t process;
	uv_pipe_t streams[2];
	int open;
};

struct theirs {
	uv_loop_t loop;
	struct theirs_child children[wide];
	int left;
};

static void theirs_next(struct theirs_child *child);

static void
on_closed(uv_handle_t *handle)
{
	struct theirs_child *child = handle->data;

	if (--child->open == 0)
		theirs_next(child);
}

static void
on_exited(uv_process_t *process, int64_t status, int)
{
	if (status != 0)
		abort();
	uv_close((uv_handle_t *)process, on_closed);
}

static void
on_room(uv_handle_t *, size_t, uv_buf_t *buffer)
{
	static char bytes[65536];

	*buffer = uv_buf_init(bytes, sizeof(bytes));
}

static void
on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *)
{
	if (got < 0)
		uv_close((uv_handle_t *)stream, on_closed);
}

static void
theirs_next(struct theirs_child *child)
{
	struct theirs *theirs = child->theirs;
	char *argv[] = { (char[]){ "true" }, NULL }, *env[] = { NULL };
	uv_stdio_container_t streams[3] = { { .flags = UV_IGNORE } };

	if (theirs->left-- <= 0)
		return;
	for (int i = 0; i < 2; i++) {
		uv_pipe_init(&theirs->loop, &child->streams[i], 0);
		child->streams[i].data = child;
		streams[i + 1] = (uv_stdio_container_t){ .flags = (uv_stdio_flags)(UV_CREATE_PIPE | UV_WRITABLE_PIPE),
			.data.stream = (uv_stream_t *)&child->streams[i] };
	}
	uv_process_options_t options = {
		.file = "/bin/true", .args = argv, .env = env, .stdio_count = 3, .stdio = streams, .exit_cb = on_exited
	};
	child->process.data = child;
	child->open = 3;
	if (uv_spawn(&theirs->loop, &child->process, &options) != 0)
		abort();
	for (int i = 0; i < 2; i++)
		uv_read_start((uv_stream_t *)&child->streams[i], on_room, on_read);
}

static int64_t
theirs_measure(int children)
{
	static struct theirs theirs;
	int64_t started_ns = kg_clock_now_ns();

	theirs.left = children;
	uv_loop_init(&theirs.loop);
	for (int i = 0; i < wide; i++) {
		theirs.children[i].theirs = &theirs;
		theirs_next(&theirs.children[i]);
	}
	uv_run(&theirs.loop, UV_RUN_DEFAULT);
	uv_loop_close(&theirs.loop);
	return kg_clock_now_ns() - started_ns;
}

int
main(int argc, char **argv)
{
	int children = argc > 1 ? atoi(argv[1]) : 10000;
	size_t bytes = (argc > 2 ? (size_t)atoi(argv[2]) : 0) << 20;
	enum { rounds = 5 };
	struct kg_arena *arena = kg_arena_make();
	struct kg_loop *loop;
	int64_t ours_ns = 0, theirs_ns = 0;

	if (children < rounds || kg_loop_make(arena, &loop) != NULL)
		return 2;
	memset(kg_alloc(arena, bytes + 1), 1, bytes + 1);
	/* By turns, so that a machine that slows down does so for both. */
	for (int round = 0; round < rounds; round++) {
		ours_ns += ours_measure(loop, children / rounds);
		theirs_ns += theirs_measure(children / rounds);
	}
	printf("%d children, %zu MB touched: kgraph %.2f s, uv_spawn %.2f s, ratio %.2f\n", children / rounds * rounds, bytes >> 20,
	    (double)ours_ns / 1e9, (double)theirs_ns / 1e9, (double)theirs_ns / (double)ours_ns);
	kg_loop_free(loop);
	kg_arena_free(arena);
	return 0;
}
