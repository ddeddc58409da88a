#include "engine/cli/report_plain.h"

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/base/style.h"
#include "engine/run/event.h"

static void
line(struct kg_report_plain *plain, const struct kg_event *event, const char *colour, const char *what, const char *more)
{
	const struct kg_style *style = plain->style;

	fprintf(plain->stream, "%s%s%s%s%s%s\n", colour, event->name, *colour ? style->end : "", what, more ? ": " : "",
	    more ? more : "");
}

static const char *
lasting(struct kg_report_plain *plain, const struct kg_event *event)
{
	return event->duration_ns > 0 ? kg_duration_tell(plain->scratch, event->duration_ns) : NULL;
}

static void
node_told(struct kg_report_plain *plain, const struct kg_event *event)
{
	const struct kg_style *style = plain->style;

	switch (event->type) {
	case KG_EVENT_NODE_UNCHANGED:
		if (plain->verbose)
			line(plain, event, style->dim, " is unchanged", NULL);
		break;
	case KG_EVENT_NODE_STALE: line(plain, event, style->bold, plain->is_plan ? " would run" : " runs", event->text); break;
	case KG_EVENT_NODE_RETRIED: line(plain, event, style->yellow, " is tried again", event->text); break;
	case KG_EVENT_NODE_TOLD:
		if (plain->verbose)
			line(plain, event, style->dim, "", event->text);
		break;
	case KG_EVENT_NODE_RESTORED: line(plain, event, style->green, " is restored from the store", lasting(plain, event)); break;
	case KG_EVENT_NODE_DONE:
		line(plain, event, style->green, event->text && *event->text ? " is done, and came out the same" : " is done",
		    lasting(plain, event));
		break;
	case KG_EVENT_NODE_READY: line(plain, event, style->green, " is ready", lasting(plain, event)); break;
	case KG_EVENT_NODE_FAILED: line(plain, event, style->red, " failed", event->error ? event->error->message : NULL); break;
	case KG_EVENT_NODE_UNDONE: line(plain, event, style->green, " is down", lasting(plain, event)); break;
	default: break;
	}
}

void
kg_report_plain(struct kg_report_plain *plain, const struct kg_event *event)
{
	const struct kg_style *style = plain->style;

	if (event->type == KG_EVENT_WARNING)
		fprintf(plain->stream, "%swarning:%s %s\n", style->yellow, style->end, event->text);
	else if (event->name)
		node_told(plain, event);
	fflush(plain->stream);
	kg_arena_empty(plain->scratch);
}
