#include "engine/run/sink_inside.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/error.h"

static void
member(struct kg_text *text, const char *key, const char *value)
{
	if (!value || !*value)
		return;
	kg_text_format(text, ",\"%s\":", key);
	kg_text_add_json(text, value);
}

static const char *
code_key(enum kg_code code)
{
	switch (code) {
	case KG_EINPUT: return "input";
	case KG_ESYSTEM: return "system";
	case KG_ECHILD: return "child";
	case KG_ENETWORK: return "network";
	case KG_ETIME: return "time";
	case KG_EDATA: return "data";
	case KG_EBUSY: return "busy";
	case KG_ECANCELLED: return "cancelled";
	case KG_EFAILED: break;
	}
	return "failed";
}

/* Of a chain of errors the first place, detail and advice that there are. */
static void
error_add(struct kg_text *text, const struct kg_error *error)
{
	const struct kg_error *with_place = error, *with_detail = error, *with_advice = error;

	while (with_place->cause && !with_place->place.file)
		with_place = with_place->cause;
	while (with_detail->cause && !with_detail->detail)
		with_detail = with_detail->cause;
	while (with_advice->cause && !with_advice->advice)
		with_advice = with_advice->cause;
	kg_text_format(text, ",\"error\":{\"code\":\"%s\"", code_key(error->code));
	member(text, "message", kg_error_text(text->arena, error));
	member(text, "advice", with_advice->advice);
	member(text, "detail", with_detail->detail);
	member(text, "file", with_place->place.file);
	if (with_place->place.line > 0)
		kg_text_format(text, ",\"line\":%u", with_place->place.line);
	if (with_place->place.column > 0)
		kg_text_format(text, ",\"column\":%u", with_place->place.column);
	kg_text_add(text, "}");
}

static void
summary_add(struct kg_text *text, const struct kg_summary *it)
{
	kg_text_format(text,
	    ",\"summary\":{\"chosen\":%u,\"unchanged\":%u,\"made\":%u,\"restored\":%u,\"fetched\":%u,\"published\":%u,\"failed\":%"
	    "u,"
	    "\"blocked\":%u,\"cancelled\":%u,\"ready\":%u}",
	    it->chosen, it->unchanged, it->made, it->restored, it->fetched, it->published, it->failed, it->blocked, it->cancelled,
	    it->ready);
}

void
kg_sink_json(struct kg_text *text, const struct kg_event *event, int64_t from_ns, int64_t wall_ns)
{
	unsigned fields = kg_event_fields(event->type);

	kg_text_format(text, "{\"time\":\"%s\",\"at_ns\":%lld,\"event\":\"%s\"", kg_clock_tell_wall(text->arena, wall_ns),
	    (long long)(event->at_ns - from_ns), kg_event_key(event->type));
	member(text, "node", event->name);
	member(text, "kind", event->kind);
	if (fields & KG_EVENT_HAS_text)
		member(text, "text", event->text);
	if (fields & KG_EVENT_HAS_count)
		kg_text_format(text, ",\"count\":%lld", (long long)event->count);
	if (fields & KG_EVENT_HAS_duration_ns)
		kg_text_format(text, ",\"duration_ns\":%lld", (long long)event->duration_ns);
	if ((fields & KG_EVENT_HAS_spared_ns) && event->spared_ns > 0)
		kg_text_format(text, ",\"spared_ns\":%lld", (long long)event->spared_ns);
	if ((fields & KG_EVENT_HAS_error) && event->error)
		error_add(text, event->error);
	if ((fields & KG_EVENT_HAS_summary) && event->summary)
		summary_add(text, event->summary);
	kg_text_add(text, "}\n");
}

void
kg_sink_json_left_out(struct kg_text *text, uint64_t count)
{
	kg_text_format(text, "{\"event\":\"lines_left_out\",\"count\":%llu}\n", (unsigned long long)count);
}
