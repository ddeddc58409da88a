/*
 * Streams: what many jobs follow, such as a watch of a cluster. Thirty nodes that each held a watch of their own would be told everything thirty
 * times. Who subscribes holds the stream until his operation ends; when nobody holds it any more, it is cancelled.
 */

#include <inttypes.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/run/state.h"

struct kg_stream {
	struct kg_question question;
	struct kg_operation *operation;
	uint32_t followers;
};

static struct kg_stream *
stream_of(struct kg_run *run, const struct kg_question *question)
{
	const char *key = kg_format(run->arena, "%" PRIxPTR " %s", (uintptr_t)question->ask, question->key);
	uint32_t index;

	if (kg_map_get(&run->stream_index, key, &index))
		return run->streams.items[index];

	struct kg_stream *stream = kg_new(run->arena, struct kg_stream);
	stream->question = *question;
	stream->question.key = kg_copy(run->arena, question->key);
	kg_map_put(&run->stream_index, key, run->streams.count);
	kg_list_push(run->arena, &run->streams, stream);
	return stream;
}

/* Its operation stands for all who follow; it borrows the settings of who came first. */
static void
stream_make(struct kg_run *run, struct kg_stream *stream, const struct kg_operation *first)
{
	if (kg_operation_make(run, &first->subject, KG_NO_NODE, &stream->operation)) {
		stream->operation = NULL;
		return;
	}
	stream->operation->job.name = kg_format(run->arena, "%s %s", first->kind->facts.name, stream->question.key);
	stream->operation->job.survey = kg_alloc(run->arena, stream->question.size + 1);
	stream->operation->job.about = stream->question.about;
	stream->operation->context = stream;
}

static void stream_start(struct kg_stream *stream);

/* Since it was cancelled, somebody may have come. One that ends by itself waits for the next who comes, who may know better. */
static void
stream_ended(struct kg_operation *operation, const struct kg_outcome *outcome)
{
	struct kg_stream *stream = operation->context;
	bool was_left = outcome->error && outcome->error->code == KG_ECANCELLED;

	if (was_left && stream->followers > 0 && operation->run->interrupts == 0)
		stream_start(stream);
}

static void
stream_start(struct kg_stream *stream)
{
	struct kg_operation *operation = stream->operation;

	if (operation->kind->state_size > 0)
		memset(operation->job.state, 0, operation->kind->state_size);
	kg_operation_start(operation, stream->question.ask, 0, stream_ended);
}

static bool
is_follower(const struct kg_operation *operation, const struct kg_stream *stream)
{
	for (uint32_t i = 0; i < operation->streams.count; i++)
		if (operation->streams.items[i] == stream)
			return true;
	return false;
}

void *
kg_subscribe(struct kg_job *job, const struct kg_question *question)
{
	struct kg_operation *operation = (struct kg_operation *)job;
	struct kg_run *run = operation->run;
	struct kg_stream *stream = stream_of(run, question);

	if (!stream->operation)
		stream_make(run, stream, operation);
	if (!stream->operation)
		return NULL;
	if (!is_follower(operation, stream)) {
		kg_list_push(run->arena, &operation->streams, stream);
		stream->followers++;
	}
	if (!stream->operation->is_running)
		stream_start(stream);
	return stream->operation->job.survey;
}

void
kg_streams_leave(struct kg_operation *operation)
{
	struct kg_run *run = operation->run;

	for (uint32_t i = 0; i < operation->streams.count; i++) {
		struct kg_stream *stream = operation->streams.items[i];

		if (--stream->followers == 0)
			kg_operation_cancel(
			    stream->operation, kg_error_make(run->arena, KG_ECANCELLED, "nobody follows it any more"));
	}
	operation->streams.count = 0;
}
