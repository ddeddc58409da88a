#include "engine/run/sink_inside.h"

#include "engine/base/arena.h"
#include "engine/base/error.h"

/*
 * Chrome's Trace Event Format, which chrome://tracing and ui.perfetto.dev read: a lane for each place in which a node ran, the
 * lowest free one first, so that a glance tells how wide the run was. Waiting for readiness and restoring take no place and lie
 * beside each other as asynchronous events. A file that was cut off, without the end of its array, is read all the same.
 */
static constexpr unsigned run_lane = 0;

static void
time_add(struct kg_text *text, const char *key, int64_t ns)
{
	kg_text_format(text, ",\"%s\":%lld.%03lld", key, (long long)(ns / 1000), (long long)(ns % 1000));
}

/* All of an event but what its phase asks for beside and the closing brace. */
static void
event_begin(struct kg_text *text, const struct kg_trace *trace, const char *phase, unsigned lane, const char *name, int64_t at_ns)
{
	kg_text_format(text, ",\n{\"ph\":\"%s\",\"pid\":1,\"tid\":%u,\"name\":", phase, lane);
	kg_text_add_json(text, name);
	time_add(text, "ts", at_ns - trace->from_ns);
}

static void
argument(struct kg_text *text, const char *key, const char *value, bool *has_one)
{
	if (!value || !*value)
		return;
	kg_text_format(text, "%s\"%s\":", *has_one ? "," : ",\"args\":{", key);
	kg_text_add_json(text, value);
	*has_one = true;
}

static void
lane_name(struct kg_text *text, unsigned lane, const char *name)
{
	kg_text_format(
	    text, ",\n{\"ph\":\"M\",\"pid\":1,\"tid\":%u,\"name\":\"thread_name\",\"args\":{\"name\":\"%s\"}}", lane, name);
	kg_text_format(
	    text, ",\n{\"ph\":\"M\",\"pid\":1,\"tid\":%u,\"name\":\"thread_sort_index\",\"args\":{\"sort_index\":%u}}", lane, lane);
}

static uint32_t
lane_take(struct kg_text *text, struct kg_trace *trace)
{
	uint32_t word = 0;

	while (word < trace->busy.count && trace->busy.items[word] == UINT64_MAX)
		word++;
	if (word == trace->busy.count)
		kg_list_push(trace->arena, &trace->busy, 0);
	uint32_t bit = (uint32_t)__builtin_ctzll(~trace->busy.items[word]);
	trace->busy.items[word] |= UINT64_C(1) << bit;

	uint32_t lane = word * 64 + bit + 1;
	for (; trace->lanes_named < lane; trace->lanes_named++)
		lane_name(text, trace->lanes_named + 1, kg_format(text->arena, "place %u", trace->lanes_named + 1));
	return lane;
}

static void
lane_give_back(struct kg_trace *trace, uint32_t lane)
{
	trace->busy.items[(lane - 1) / 64] &= ~(UINT64_C(1) << (lane - 1) % 64);
}

static struct kg_trace_slot *
slot_of(struct kg_trace *trace, const struct kg_scene_node *node)
{
	while (trace->slots.count <= node->number)
		kg_list_push(trace->arena, &trace->slots, (struct kg_trace_slot){ 0 });
	return &trace->slots.items[node->number];
}

static void
run_end(struct kg_text *text, struct kg_trace *trace, const struct kg_scene_node *node, const struct kg_event *event,
    const char *result)
{
	struct kg_trace_slot *slot = slot_of(trace, node);
	bool has_one = false;

	if (slot->since_ns == 0)
		return;
	event_begin(text, trace, "X", slot->lane, node->name, slot->since_ns);
	time_add(text, "dur", event->at_ns - slot->since_ns);
	kg_text_add(text, ",\"cat\":");
	kg_text_add_json(text, node->kind);
	argument(text, "result", result, &has_one);
	argument(text, "why", node->reason, &has_one);
	if (event->error)
		argument(text, "error", kg_error_text(text->arena, event->error), &has_one);
	kg_text_add(text, has_one ? "}}" : "}");
	lane_give_back(trace, slot->lane);
	slot->since_ns = 0;
}

static void
beside(struct kg_text *text, const struct kg_trace *trace, const struct kg_scene_node *node, const char *phase,
    const char *category, int64_t at_ns)
{
	event_begin(text, trace, phase, run_lane, node->name, at_ns);
	kg_text_format(text, ",\"cat\":\"%s\",\"id\":%lld}", category, (long long)node->number);
}

static void
waiting_end(struct kg_text *text, struct kg_trace *trace, const struct kg_scene_node *node, const struct kg_event *event)
{
	struct kg_trace_slot *slot = slot_of(trace, node);

	if (slot->is_waiting)
		beside(text, trace, node, "e", "ready", event->at_ns);
	slot->is_waiting = false;
}

static void
instant(struct kg_text *text, const struct kg_trace *trace, const struct kg_event *event, const char *name)
{
	bool has_one = false;

	event_begin(text, trace, "i", run_lane, name, event->at_ns);
	kg_text_add(text, ",\"s\":\"g\"");
	argument(text, "text", event->text, &has_one);
	kg_text_add(text, has_one ? "}}" : "}");
}

static void
node_trace(struct kg_text *text, struct kg_trace *trace, const struct kg_scene_node *node, const struct kg_event *event)
{
	switch (event->type) {
	case KG_EVENT_NODE_STARTED:
		run_end(text, trace, node, event, "started again");
		slot_of(trace, node)->lane = lane_take(text, trace);
		slot_of(trace, node)->since_ns = event->at_ns;
		break;
	case KG_EVENT_NODE_WAITING:
		slot_of(trace, node)->is_waiting = true;
		beside(text, trace, node, "b", "ready", event->at_ns);
		break;
	case KG_EVENT_NODE_RESTORED:
		/* Its run has found what it was to make. */
		if (slot_of(trace, node)->since_ns != 0) {
			run_end(text, trace, node, event, kg_event_key(event->type));
			break;
		}
		beside(text, trace, node, "b", "restore", event->at_ns - event->duration_ns);
		beside(text, trace, node, "e", "restore", event->at_ns);
		break;
	case KG_EVENT_NODE_RETRIED:
	case KG_EVENT_NODE_DONE:
	case KG_EVENT_NODE_ENDED_EARLY:
	case KG_EVENT_NODE_FAILED: run_end(text, trace, node, event, kg_event_key(event->type)); break;
	default: break;
	}
	if (event->type == KG_EVENT_NODE_READY || event->type == KG_EVENT_NODE_FAILED || event->type == KG_EVENT_NODE_ENDED_EARLY)
		waiting_end(text, trace, node, event);
}

static void
trace_begin(struct kg_text *text, struct kg_trace *trace, const struct kg_event *event)
{
	trace->from_ns = event->at_ns;
	kg_text_add(text, "[{\"ph\":\"M\",\"pid\":1,\"tid\":0,\"name\":\"process_name\",\"args\":{\"name\":\"kgraph\"}}");
	lane_name(text, run_lane, "run");
}

static void
trace_end(struct kg_text *text, struct kg_trace *trace, const struct kg_scene *scene, const struct kg_event *event)
{
	bool has_one = false;

	for (uint32_t i = 0; i < trace->slots.count; i++) {
		run_end(text, trace, scene->nodes.items[i], event, "not finished");
		waiting_end(text, trace, scene->nodes.items[i], event);
	}
	event_begin(text, trace, "X", run_lane, *scene->asked ? scene->asked : "run", trace->from_ns);
	time_add(text, "dur", event->at_ns - trace->from_ns);
	argument(text, "result", event->text, &has_one);
	kg_text_add(text, has_one ? "}}\n]\n" : "}\n]\n");
}

void
kg_sink_trace(struct kg_text *text, struct kg_trace *trace, const struct kg_scene *scene, const struct kg_event *event)
{
	const struct kg_scene_node *node = kg_scene_find(scene, event);

	if (trace->from_ns == 0)
		trace_begin(text, trace, event);
	if (node)
		node_trace(text, trace, node, event);
	if (event->type == KG_EVENT_BARRIER_ENTERED)
		instant(text, trace, event, "barrier");
	if (event->type == KG_EVENT_WARNING)
		instant(text, trace, event, "warning");
	if (event->type == KG_EVENT_RUN_ENDED)
		trace_end(text, trace, scene, event);
}
