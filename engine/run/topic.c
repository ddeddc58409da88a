#include "engine/run/topic.h"

#include "engine/base/arena.h"
#include "engine/run/operation.h"
#include "engine/run/state.h"

/* A signal that comes while nobody waits is kept as a higher version: who looks later goes on at once. */
struct kg_topic {
	uint32_t version;
	struct kg_operation *waiting;
};

struct kg_topic *
kg_topic_make(struct kg_job *job)
{
	struct kg_topic *topic = kg_new(job->arena, struct kg_topic);

	topic->version = 1;
	return topic;
}

void
kg_topic_signal(struct kg_topic *topic)
{
	struct kg_operation *next;

	topic->version++;
	for (struct kg_operation *operation = topic->waiting; operation; operation = next) {
		next = operation->seat.next;
		operation->seat = (struct kg_topic_seat){ .seen = topic, .version = topic->version };
		if (operation->wait.live)
			kg_wait_cancel(&operation->wait);
		else
			kg_operation_queue(operation);
	}
	topic->waiting = NULL;
}

bool
kg_topic_leave(struct kg_operation *operation)
{
	struct kg_topic *topic = operation->seat.topic;

	if (!topic)
		return false;
	struct kg_operation **link = &topic->waiting;
	while (*link != operation)
		link = &(*link)->seat.next;
	*link = operation->seat.next;
	operation->seat.topic = NULL;
	operation->seat.next = NULL;
	return true;
}

struct kg_next
kg_wait_topic(struct kg_job *job, struct kg_topic *topic, int64_t timeout_ms, kg_step *then)
{
	struct kg_operation *operation = (struct kg_operation *)job;

	if (operation->seat.seen != topic || operation->seat.version != topic->version) {
		operation->seat = (struct kg_topic_seat){ .seen = topic, .version = topic->version };
		job->timed_out = false;
		return kg_go(then);
	}
	operation->seat.topic = topic;
	operation->seat.next = topic->waiting;
	topic->waiting = operation;
	operation->is_child = false;
	operation->wait.end = KG_WAIT_DONE;
	if (timeout_ms > 0)
		kg_timer_start(operation->run->loop, &operation->wait, timeout_ms);
	return (struct kg_next){ .what = KG_NEXT_WAIT, .step = then };
}
