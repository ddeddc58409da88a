#include "targets/kubernetes/status/event.h"

#include <string.h>

#include "engine/base/text.h"
#include "targets/kubernetes/status/member.h"
#include "targets/kubernetes/status/surroundings.h"

/* A series keeps the time of its last in another place than a single event, and each API in others. */
static int64_t
event_time_s(const cJSON *object)
{
	static const char *const paths[] = { "series.lastObservedTime", "lastTimestamp", "deprecatedLastTimestamp", "eventTime",
		"firstTimestamp", "metadata.creationTimestamp" };
	int64_t latest_s = 0;

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		int64_t time_s = kg_member_time_s(object, paths[i]);

		latest_s = time_s > latest_s ? time_s : latest_s;
	}
	return latest_s;
}

struct kg_event
kg_event_read(const cJSON *object)
{
	struct kg_event event = {
		.reason = kg_member_text(object, "reason", ""),
		.message = kg_member_text(object, "message", kg_member_text(object, "note", "")),
		.time_s = event_time_s(object),
		.is_warning = strcmp(kg_member_text(object, "type", ""), "Warning") == 0,
	};
	const char *field = kg_member_text(object, "involvedObject.fieldPath", kg_member_text(object, "regarding.fieldPath", ""));
	const char *open = strchr(field, '{');

	/* "spec.containers{app}" */
	if (open) {
		event.container = open + 1;
		event.container_length = strcspn(open + 1, "}");
	}
	return event;
}

bool
kg_event_is_of(const struct kg_event *event, const char *container)
{
	return !event->container ||
	    (strlen(container) == event->container_length && memcmp(event->container, container, event->container_length) == 0);
}

bool
kg_event_latest(const struct kg_surroundings *around, const cJSON *object, const char *reason, const char *container,
    int64_t since_s, struct kg_event *ret_event)
{
	bool found = false;

	for (const struct kg_near *near = kg_surroundings_events(around, object); near; near = near->next) {
		struct kg_event event = kg_event_read(near->object);

		if (event.time_s < since_s || (found && event.time_s < ret_event->time_s))
			continue;
		if (reason ? strcmp(event.reason, reason) != 0 : !event.is_warning)
			continue;
		if (container && (!event.container || !kg_event_is_of(&event, container)))
			continue;
		*ret_event = event;
		found = true;
	}
	return found;
}
