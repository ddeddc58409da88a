/*
 * What a run tells, and who listens. engine/run/event.def has the table.
 *
 *     kg_emit(run->reporter, &(struct kg_event){ .type = KG_EVENT_NODE_STALE, .node = node, .name = name, .text = why });
 *
 * A reporter must not block and must not keep the pointers: the texts live until it returns. Secrets are masked by whoever emits.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct kg_error;
struct kg_text;

enum kg_event_type {
#define KG_EVENT(name, key, meaning) KG_EVENT_##name,
#define KG_EVENT_FIELD(name, field, meaning)
#include "engine/run/event.def"
#undef KG_EVENT
#undef KG_EVENT_FIELD
};

/* The members of struct kg_event that an event may set, as bits. */
enum kg_event_field {
	KG_EVENT_HAS_text = 1,
	KG_EVENT_HAS_count = 2,
	KG_EVENT_HAS_duration_ns = 4,
	KG_EVENT_HAS_error = 8,
	KG_EVENT_HAS_summary = 16,
	KG_EVENT_HAS_spared_ns = 32,
};

/* How many nodes of a run ended how. */
struct kg_summary {
	uint32_t chosen, unchanged, made, restored, failed, blocked, cancelled, ready;
	uint32_t fetched;   /* of restored, those from the shared cache */
	uint32_t published; /* of made and restored, those that were handed on to it */
};

struct kg_event {
	enum kg_event_type type;
	uint32_t node;    /* KG_NO_NODE when it is about the run */
	const char *name; /* the node's, or NULL */
	const char *kind; /* the node's kind, or NULL */
	const char *text;
	int64_t at_ns; /* monotonic */
	int64_t duration_ns;
	int64_t spared_ns;
	int64_t count;
	const struct kg_error *error;
	const struct kg_summary *summary;
};

struct kg_reporter {
	void (*report)(void *context, const struct kg_event *event);
	void *context;
};

/* "node_stale" */
const char *kg_event_key(enum kg_event_type type);
/* Which of enum kg_event_field the table gives to this event. */
unsigned kg_event_fields(enum kg_event_type type);
/* docs/events.md, made from the table: also what `kgraph help events` prints. */
void kg_events_document(struct kg_text *text);
