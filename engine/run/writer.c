#include "engine/run/writer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/clock.h"
#include "engine/base/text.h"

/* Texts that come one after the other are written together: a thread that is woken for each costs more than the writing. */
static constexpr int64_t gather_ns = 3'000'000, idle_ns = 1'000'000'000;

struct writer_buffer {
	char *bytes;
	size_t size, room;
};

struct kg_writer {
	struct kg_writer_options options;
	pthread_t thread;
	pthread_mutex_t mutex; /* of all below */
	pthread_cond_t changed;
	struct writer_buffer waiting;
	uint64_t left_out;
	int64_t write_at_ns; /* when what waits is due; INT64_MAX: nothing waits */
	bool is_closing;
	int sys;
};

static void
buffer_add(struct writer_buffer *buffer, const char *bytes, size_t size)
{
	if (buffer->size + size + 1 > buffer->room) {
		size_t room = buffer->room ? buffer->room : 4096;

		while (room < buffer->size + size + 1)
			room *= 2;
		buffer->bytes = realloc(buffer->bytes, room);
		if (!buffer->bytes)
			kg_out_of_memory();
		buffer->room = room;
	}
	memcpy(buffer->bytes + buffer->size, bytes, size);
	buffer->size += size;
	buffer->bytes[buffer->size] = '\0';
}

/* Also to a terminal that somebody has made non-blocking. */
static int
write_whole(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t put = write(fd, bytes, size);

		if (put < 0 && errno == EAGAIN)
			poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, -1);
		else if (put < 0 && errno != EINTR)
			return errno;
		if (put < 0)
			continue;
		bytes += put;
		size -= (size_t)put;
	}
	return 0;
}

/* With the mutex held, as everywhere where the state is waited for. */
static void
wait_until(struct kg_writer *writer, int64_t at_ns)
{
	struct timespec at = { .tv_sec = at_ns / 1'000'000'000, .tv_nsec = at_ns % 1'000'000'000 };

	if (at_ns == INT64_MAX)
		pthread_cond_wait(&writer->changed, &writer->mutex);
	else
		pthread_cond_timedwait(&writer->changed, &writer->mutex, &at);
}

static void
due_wait(struct kg_writer *writer, int64_t draw_from_ns, int64_t idle_until_ns)
{
	for (;;) {
		int64_t due_ns = writer->write_at_ns;

		if (writer->options.draw && due_ns < draw_from_ns)
			due_ns = draw_from_ns;
		if (writer->options.draw && due_ns > idle_until_ns)
			due_ns = idle_until_ns;
		if (writer->is_closing || kg_clock_now_ns() >= due_ns)
			return;
		wait_until(writer, due_ns);
	}
}

/* Puts what was taken, and what is to be told or drawn around it, into one text. Without the mutex. */
static void
compose(const struct kg_writer *writer, struct kg_text *out, struct writer_buffer *taken, uint64_t left_out, bool is_last)
{
	if (left_out > 0 && writer->options.left_out) {
		writer->options.left_out(out, left_out);
		buffer_add(taken, kg_text_end(out), out->size);
		out->size = 0;
	}
	if (writer->options.draw)
		writer->options.draw(writer->options.context, out, taken->size > 0 ? taken->bytes : "", is_last);
	else if (taken->size > 0)
		kg_text_add_bytes(out, taken->bytes, taken->size);
}

static void *
writer_run(void *context)
{
	struct kg_writer *writer = context;
	struct kg_arena *arena = kg_arena_make();
	struct writer_buffer taken = { 0 };
	int64_t drawn_ns = kg_clock_now_ns() + (writer->options.draw_after_ms - writer->options.draw_pause_ms) * 1'000'000;
	bool is_last = false;

	pthread_mutex_lock(&writer->mutex);
	while (!is_last) {
		due_wait(writer, drawn_ns + writer->options.draw_pause_ms * 1'000'000, drawn_ns + idle_ns);
		struct writer_buffer spare = taken;
		taken = writer->waiting;
		spare.size = 0;
		writer->waiting = spare;
		uint64_t left_out = writer->left_out;
		writer->left_out = 0;
		writer->write_at_ns = INT64_MAX;
		is_last = writer->is_closing;
		int sys = writer->sys;
		pthread_mutex_unlock(&writer->mutex);

		if (sys == 0) {
			struct kg_text out = { .arena = arena };

			compose(writer, &out, &taken, left_out, is_last);
			sys = write_whole(writer->options.fd, out.bytes, out.size);
			kg_arena_empty(arena);
		}
		drawn_ns = kg_clock_now_ns();
		pthread_mutex_lock(&writer->mutex);
		writer->sys = sys;
	}
	pthread_mutex_unlock(&writer->mutex);
	free(taken.bytes);
	kg_arena_free(arena);
	return NULL;
}

struct kg_writer *
kg_writer_start(const struct kg_writer_options *options)
{
	struct kg_writer *writer = calloc(1, sizeof(*writer));
	pthread_condattr_t attributes;
	sigset_t all, before;

	if (!writer)
		kg_out_of_memory();
	writer->options = *options;
	writer->write_at_ns = INT64_MAX;
	pthread_mutex_init(&writer->mutex, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&writer->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	/* Signals are for the loop's thread; SIGPIPE, which comes to whoever wrote, is to be an error like others. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failure = pthread_create(&writer->thread, NULL, writer_run, writer);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failure != 0)
		kg_out_of_memory();
	return writer;
}

static void
due_set(struct kg_writer *writer)
{
	if (writer->write_at_ns != INT64_MAX)
		return;
	writer->write_at_ns = kg_clock_now_ns() + gather_ns;
	pthread_cond_signal(&writer->changed);
}

void
kg_writer_add(struct kg_writer *writer, const char *text, size_t size_bytes)
{
	if (size_bytes == 0)
		return;
	pthread_mutex_lock(&writer->mutex);
	if (writer->waiting.size + size_bytes > writer->options.limit_bytes)
		writer->left_out++;
	else
		buffer_add(&writer->waiting, text, size_bytes);
	due_set(writer);
	pthread_mutex_unlock(&writer->mutex);
}

void
kg_writer_redraw(struct kg_writer *writer)
{
	pthread_mutex_lock(&writer->mutex);
	due_set(writer);
	pthread_mutex_unlock(&writer->mutex);
}

int
kg_writer_close(struct kg_writer *writer)
{
	pthread_mutex_lock(&writer->mutex);
	writer->is_closing = true;
	pthread_cond_signal(&writer->changed);
	pthread_mutex_unlock(&writer->mutex);
	pthread_join(writer->thread, NULL);

	int sys = writer->sys;
	pthread_mutex_destroy(&writer->mutex);
	pthread_cond_destroy(&writer->changed);
	free(writer->waiting.bytes);
	free(writer);
	return sys;
}
