#include "tests/unit/sql/drive.h"

#include <poll.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/clock.h"
#include "engine/base/mask.h"

static struct drive *
drive_of(struct kg_job *job)
{
	return (struct drive *)job;
}

void
drive_start(struct drive *drive, struct kg_arena *arena, const struct kg_kind *kind, const void *spec, const char *folder)
{
	*drive = (struct drive){ .kind = kind, .told = { .arena = arena }, .logged = { .arena = arena } };
	drive->job = (struct kg_job){
		.name = "schema",
		.spec = spec,
		.common = &drive->common,
		.state = kg_alloc(arena, kind->state_size),
		.arena = arena,
		.folder = folder,
		.remembered = kg_new(arena, struct kg_pair),
	};
}

static void
wait_now(struct drive *drive)
{
	struct pollfd polled = { .fd = drive->wait_fd };
	int limit_ms = drive->wait_ms > 0 || drive->wait_fd < 0 ? (int)drive->wait_ms : 60000;

	if (drive->wait_events & KG_FD_READABLE)
		polled.events |= POLLIN;
	if (drive->wait_events & KG_FD_WRITABLE)
		polled.events |= POLLOUT;
	int count = poll(&polled, drive->wait_fd >= 0 ? 1 : 0, limit_ms);
	kg_assert(count >= 0);
	/* A test that waits for a minute hangs. */
	kg_assert(count > 0 || drive->wait_fd < 0 || drive->wait_ms > 0);
	drive->job.timed_out = count == 0 && drive->wait_fd >= 0;
}

bool
drive_call(struct drive *drive, kg_step *step)
{
	drive->error = NULL;
	memset(drive->outputs, 0, sizeof(drive->outputs));
	drive->job.timed_out = false;
	for (;;) {
		drive->job.now_ns = kg_clock_now_ns();
		struct kg_next next = step(&drive->job);

		step = next.step;
		switch (next.what) {
		case KG_NEXT_STEP: break;
		case KG_NEXT_WAIT:
			if (drive->interfere)
				drive->interfere(drive);
			if (drive->is_cancelled) {
				drive->kind->close(&drive->job);
				return false;
			}
			wait_now(drive);
			break;
		case KG_NEXT_DONE: return true;
		case KG_NEXT_ABSENT:
		case KG_NEXT_FAILED: drive->error = next.error; return false;
		}
	}
}

void
drive_remember(struct drive *drive)
{
	struct kg_pair *copy = kg_new_array(drive->job.arena, struct kg_pair, 8);

	for (size_t i = 0; i < 8 && drive->outputs[i].name; i++)
		copy[i] = drive->outputs[i];
	drive->job.remembered = copy;
}

const char *
drive_output(const struct drive *drive, const char *key)
{
	for (const struct kg_pair *pair = drive->outputs; pair->name; pair++)
		if (strcmp(pair->name, key) == 0)
			return pair->value;
	return NULL;
}

struct kg_next
kg_go(kg_step *step)
{
	return (struct kg_next){ .what = KG_NEXT_STEP, .step = step };
}

struct kg_next
kg_done(struct kg_job *)
{
	return (struct kg_next){ .what = KG_NEXT_DONE };
}

struct kg_next
kg_absent(struct kg_job *job, const char *why, ...)
{
	va_list list;

	va_start(list, why);
	struct kg_error *error = kg_error_make(job->arena, KG_EFAILED, "%s", kg_format_list(job->arena, why, list));
	va_end(list);
	return (struct kg_next){ .what = KG_NEXT_ABSENT, .error = error };
}

struct kg_next
kg_failed(struct kg_error *error)
{
	return (struct kg_next){ .what = KG_NEXT_FAILED, .error = error };
}

struct kg_next
kg_wait_fd(struct kg_job *job, int fd, int events, int64_t timeout_ms, kg_step *then)
{
	struct drive *drive = drive_of(job);

	drive->wait_fd = fd;
	drive->wait_events = events;
	drive->wait_ms = timeout_ms;
	return (struct kg_next){ .what = KG_NEXT_WAIT, .step = then };
}

struct kg_next
kg_wait_timer(struct kg_job *job, int64_t after_ms, kg_step *then)
{
	return kg_wait_fd(job, -1, 0, after_ms, then);
}

struct kg_next
kg_wait_worker(struct kg_job *, void (*work)(void *), void *data, kg_step *then)
{
	work(data);
	return kg_go(then);
}

[[gnu::format(printf, 3, 0)]] static void
add_line(struct kg_job *job, struct kg_text *text, const char *format, va_list list)
{
	kg_text_add(text, kg_format_list(job->arena, format, list));
	kg_text_add(text, "\n");
}

void
kg_tell(struct kg_job *job, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	add_line(job, &drive_of(job)->told, format, list);
	va_end(list);
}

void
kg_job_log(struct kg_job *job, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	add_line(job, &drive_of(job)->logged, format, list);
	va_end(list);
}

void
kg_output(struct kg_job *job, const char *key, const char *value)
{
	struct drive *drive = drive_of(job);
	size_t i = 0;

	while (i < 7 && drive->outputs[i].name)
		i++;
	kg_assert(i < 7);
	drive->outputs[i] = (struct kg_pair){ kg_copy(job->arena, key), kg_copy(job->arena, value) };
}

/* The variables of `env` alone. */
const char *const *
kg_job_env(struct kg_job *job)
{
	const struct kg_pair *pair = job->common->env;
	size_t count = 0;

	while (pair && pair[count].name)
		count++;
	const char **environment = kg_new_array(job->arena, const char *, count + 1);
	for (size_t i = 0; i < count; i++)
		environment[i] = kg_format(job->arena, "%s=%s", pair[i].name, pair[i].value);
	return environment;
}

const char *
kg_job_remembered(const struct kg_job *job, const char *key)
{
	for (const struct kg_pair *pair = job->remembered; pair->name; pair++)
		if (strcmp(pair->name, key) == 0)
			return pair->value;
	return NULL;
}

void
kg_inputs_add(struct kg_inputs *, const char *, const char *const *, const char *const *)
{
}
