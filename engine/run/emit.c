#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/mask.h"
#include "engine/run/state.h"

/* The one place where secrets are taken out of what is told. */
static void
error_mask(struct kg_run *run, struct kg_error *error)
{
	for (; error; error = error->cause) {
		error->message = kg_mask_text(run->arena, &run->mask, error->message);
		error->advice = error->advice ? kg_mask_text(run->arena, &run->mask, error->advice) : NULL;
		error->detail = error->detail ? kg_mask_text(run->arena, &run->mask, error->detail) : NULL;
	}
}

void
kg_run_emit(struct kg_run *run, enum kg_event_type type, uint32_t node, struct kg_event event)
{
	const struct kg_reporter *reporter = &run->options.reporter;

	if (!reporter->report)
		return;
	event.type = type;
	event.node = node;
	event.at_ns = kg_clock_now_ns();
	if (node != KG_NO_NODE && !event.name) {
		event.name = kg_graph_text(run->graph, run->graph->nodes[node].name);
		event.kind = run->options.kinds[run->graph->nodes[node].kind]->facts.name;
	}
	if (event.text)
		event.text = kg_mask_text(run->arena, &run->mask, event.text);
	if (event.error) {
		struct kg_error *masked = kg_error_copy_all(run->arena, event.error);

		for (struct kg_error *one = masked; one; one = one->next)
			error_mask(run, one);
		event.error = masked;
	}
	reporter->report(reporter->context, &event);
}

void
kg_run_warn(struct kg_run *run, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	const char *text = kg_format_list(run->arena, format, list);
	va_end(list);
	kg_run_emit(run, KG_EVENT_WARNING, KG_NO_NODE, (struct kg_event){ .text = text });
}
