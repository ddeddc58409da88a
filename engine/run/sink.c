#include "engine/run/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/run/sink_inside.h"
#include "engine/run/writer.h"

/* What may wait for a slow reader. People lose interest before that; a file takes it as fast as it comes. */
static constexpr size_t people_limit_bytes = 4 << 20, file_limit_bytes = 64 << 20;
/* What is over within a tenth of a second needs no view; twenty pictures a second are as many as anybody reads. */
static constexpr int64_t draw_after_ms = 100, draw_pause_ms = 50;

struct kg_sinks {
	struct kg_arena *arena, *scratch; /* scratch is emptied after each event */
	struct kg_sinks_options options;
	struct kg_sink_look look;
	pthread_mutex_t mutex; /* of the scene, which the view's thread reads, and of columns, which it sets */
	uint32_t columns;      /* of the screen, when there is a view */
	struct kg_scene *scene;
	struct kg_sink_ending ending;
	struct kg_live_view view;
	struct kg_trace trace;
	int64_t first_ns, wall_offset_ns; /* of the first event; what makes monotonic time the time of day */
	struct kg_sink_summary summary;
	struct kg_writer *people, *events, *traces, *summaries;
	int events_fd, trace_fd, summary_fd; /* -1: not ours to close */
};

static void
people_left_out(struct kg_text *text, uint64_t count)
{
	kg_text_format(text, "… %llu lines were left out here: they came faster than they were read\n", (unsigned long long)count);
}

static struct kg_live_screen
screen_ask(int fd)
{
	struct winsize size = { 0 };

	if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		size = (struct winsize){ .ws_col = 80, .ws_row = 24 };
	return (struct kg_live_screen){ .now_ns = kg_clock_now_ns(), .columns = size.ws_col, .rows = size.ws_row };
}

static void
draw(void *context, struct kg_text *out, const char *added, bool is_last)
{
	struct kg_sinks *sinks = context;
	struct kg_live_screen screen = screen_ask(sinks->options.fd);

	pthread_mutex_lock(&sinks->mutex);
	sinks->columns = screen.columns;
	kg_live_draw(out, &sinks->view, sinks->scene, sinks->look.style, screen, added, is_last);
	pthread_mutex_unlock(&sinks->mutex);
}

static bool
can_be_live(const struct kg_sinks_options *options)
{
	const char *term = getenv("TERM");

	return !options->no_live && !options->quiet && isatty(options->fd) && term && *term && strcmp(term, "dumb") != 0;
}

/* how: O_TRUNC or O_APPEND. *ret_fd stays -1 for standard output, which is not ours. */
static struct kg_error *
file_start(struct kg_arena *arena, const char *path, int how, void (*left_out)(struct kg_text *, uint64_t), int *ret_fd,
    struct kg_writer **ret_writer)
{
	if (!path)
		return NULL;
	if (strcmp(path, "-") != 0) {
		*ret_fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | how, 0666);
		if (*ret_fd < 0)
			return kg_error_system(arena, errno, "cannot write %s", path);
	}
	*ret_writer = kg_writer_start(&(struct kg_writer_options){
	    .fd = *ret_fd >= 0 ? *ret_fd : STDOUT_FILENO, .limit_bytes = file_limit_bytes, .left_out = left_out });
	return NULL;
}

static void
people_start(struct kg_sinks *sinks)
{
	sinks->look = (struct kg_sink_look){
		.style = sinks->options.style ? sinks->options.style : &kg_style_plain,
		.options = &sinks->options,
		.is_live = can_be_live(&sinks->options),
	};
	sinks->columns = sinks->look.is_live ? screen_ask(sinks->options.fd).columns : 0;
	sinks->people = kg_writer_start(&(struct kg_writer_options){
	    .fd = sinks->options.fd,
	    .limit_bytes = people_limit_bytes,
	    .left_out = people_left_out,
	    .draw = sinks->look.is_live ? draw : NULL,
	    .context = sinks,
	    .draw_after_ms = draw_after_ms,
	    .draw_pause_ms = draw_pause_ms,
	});
}

struct kg_error *
kg_sinks_make(struct kg_arena *arena, const struct kg_sinks_options *options, struct kg_sinks **ret_sinks)
{
	struct kg_sinks *sinks = kg_new(arena, struct kg_sinks);
	struct kg_error *error;

	sinks->arena = arena;
	sinks->scratch = kg_arena_make();
	sinks->options = *options;
	sinks->events_fd = sinks->trace_fd = sinks->summary_fd = -1;
	pthread_mutex_init(&sinks->mutex, NULL);
	sinks->scene = kg_scene_make(arena);
	sinks->scene->name_columns = options->name_columns;
	sinks->ending.arena = sinks->ending.failures_by_text.arena = arena;
	sinks->trace.arena = arena;
	sinks->summary.arena = arena;
	sinks->summary.failures.arena = sinks->summary.blocked.arena = sinks->summary.warnings.arena = arena;
	people_start(sinks);
	error = file_start(arena, options->events_file, O_TRUNC, kg_sink_json_left_out, &sinks->events_fd, &sinks->events);
	if (!error)
		error = file_start(arena, options->trace_file, O_TRUNC, NULL, &sinks->trace_fd, &sinks->traces);
	if (!error)
		error = file_start(arena, options->summary_file, O_APPEND, NULL, &sinks->summary_fd, &sinks->summaries);
	if (error) {
		kg_sinks_close(sinks);
		return error;
	}
	*ret_sinks = sinks;
	return NULL;
}

static void
people_tell(struct kg_sinks *sinks, const struct kg_event *event)
{
	struct kg_text text = { .arena = sinks->scratch };

	kg_sink_line(&text, &sinks->look, sinks->scene, event);
	kg_sink_ending_take(&sinks->ending, &sinks->look, event);
	if (event->type == KG_EVENT_RUN_ENDED)
		kg_sink_ending_tell(&text, &sinks->ending, &sinks->look, sinks->scene, event);
	kg_writer_add(sinks->people, text.bytes, text.size);
	if (sinks->look.is_live)
		kg_writer_redraw(sinks->people);
}

static void
summary_add(struct kg_sinks *sinks, const struct kg_event *event)
{
	struct kg_text page = { .arena = sinks->scratch };

	kg_sink_summary_take(&sinks->summary, sinks->scene, event);
	if (event->type != KG_EVENT_RUN_ENDED)
		return;
	kg_sink_summary_tell(&page, &sinks->summary, sinks->scene, event);
	kg_writer_add(sinks->summaries, page.bytes, page.size);
}

static void
report(void *context, const struct kg_event *event)
{
	struct kg_sinks *sinks = context;
	struct kg_arena *scratch = sinks->scratch;

	if (sinks->first_ns == 0) {
		sinks->first_ns = event->at_ns;
		sinks->wall_offset_ns = kg_clock_wall_ns() - kg_clock_now_ns();
	}
	pthread_mutex_lock(&sinks->mutex);
	kg_scene_take(sinks->scene, event);
	sinks->look.columns = sinks->columns;
	pthread_mutex_unlock(&sinks->mutex);

	people_tell(sinks, event);
	if (sinks->events) {
		struct kg_text line = { .arena = scratch };

		kg_sink_json(&line, event, sinks->first_ns, event->at_ns + sinks->wall_offset_ns);
		kg_writer_add(sinks->events, line.bytes, line.size);
	}
	if (sinks->traces) {
		struct kg_text lines = { .arena = scratch };

		kg_sink_trace(&lines, &sinks->trace, sinks->scene, event);
		kg_writer_add(sinks->traces, lines.bytes, lines.size);
	}
	if (sinks->summaries)
		summary_add(sinks, event);
	kg_arena_empty(scratch);
}

struct kg_reporter
kg_sinks_reporter(struct kg_sinks *sinks)
{
	return (struct kg_reporter){ .report = report, .context = sinks };
}

static void
file_close(struct kg_sinks *sinks, struct kg_writer *writer, int fd, const char *path)
{
	char buffer[128];

	if (!writer)
		return;
	int sys = kg_writer_close(writer);
	if (fd >= 0 && close(fd) < 0 && sys == 0)
		sys = errno;
	if (sys == 0)
		return;
	const char *line = kg_format(sinks->scratch, "%swarning:%s cannot write %s: %s\n", sinks->look.style->yellow,
	    sinks->look.style->end, path, strerror_r(sys, buffer, sizeof(buffer)));
	kg_writer_add(sinks->people, line, strlen(line));
}

void
kg_sinks_close(struct kg_sinks *sinks)
{
	file_close(sinks, sinks->events, sinks->events_fd, sinks->options.events_file);
	file_close(sinks, sinks->traces, sinks->trace_fd, sinks->options.trace_file);
	file_close(sinks, sinks->summaries, sinks->summary_fd, sinks->options.summary_file);
	/* Whoever reads along has gone: there is nobody to say that to. */
	(void)kg_writer_close(sinks->people);
	kg_live_free(&sinks->view);
	kg_scene_free(sinks->scene);
	pthread_mutex_destroy(&sinks->mutex);
	kg_arena_free(sinks->scratch);
}
