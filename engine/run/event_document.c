#include <string.h>

#include "engine/base/text.h"
#include "engine/run/event.h"

enum row_field { ROW_text, ROW_count, ROW_duration_ns, ROW_error, ROW_summary, ROW_spared_ns };

/* Either an event or, with key NULL, a field of the event above it. */
struct row {
	const char *key, *meaning;
	enum row_field field;
};

static const struct row rows[] = {
#define KG_EVENT(name, key_, meaning_) { .key = (key_), .meaning = (meaning_) },
#define KG_EVENT_FIELD(name, field_, meaning_) { .field = ROW_##field_, .meaning = (meaning_) },
#include "engine/run/event.def"
#undef KG_EVENT
#undef KG_EVENT_FIELD
};
static constexpr size_t row_count = sizeof(rows) / sizeof(rows[0]);

static const struct {
	const char *key, *type;
} fields[] = {
	[ROW_text] = { "text", "text" },
	[ROW_count] = { "count", "number" },
	[ROW_duration_ns] = { "duration_ns", "number" },
	[ROW_error] = { "error", "object" },
	[ROW_summary] = { "summary", "object" },
	[ROW_spared_ns] = { "spared_ns", "number" },
};

static const char introduction[] =
    "# Events\n"
    "\n"
    "What a run tells while it goes on. `kgraph up --events FILE` writes each event as one line of JSON, at the moment when it\n"
    "happens; the live view, the plain lines and the trace are made from the same events.\n"
    "\n"
    "```json\n"
    "{\"time\":\"2026-11-21T06:17:20.123Z\",\"at_ns\":81250000,\"event\":\"node_done\",\"node\":\"schema\",\"kind\":\"migration\","
    "\"duration_ns\":"
    "64100000}\n"
    "```\n"
    "\n"
    "Every line has `time` (UTC), `at_ns` (nanoseconds since the first event) and `event`. Events whose name starts with `node_`\n"
    "have `node`, the node's name, and `kind`. The other keys are those in the tables below; one that has nothing to say is left\n"
    "out. New keys and new events may come with any version: a reader passes over what it does not know. Secrets never appear.\n"
    "\n"
    "An `error` is an object: `message`, the sentence with its causes; `code`, one of `input`, `system`, `child`, `network`,\n"
    "`time`, `data`, `busy`, `cancelled`, `failed`; and where there is something to say, `advice`, `detail` (the last lines of "
    "what\n"
    "a program printed), `file`, `line` and `column`. A `summary` is an object of counts: `chosen`, `unchanged`, `made`, "
    "`restored`,\n"
    "`failed`, `blocked`, `cancelled`, `ready`; `fetched` are those of `restored` that came from the shared cache, and "
    "`published`\n"
    "those of `made` and `restored` that went there.\n"
    "\n"
    "When the reader of a pipe is so slow that lines have to be left out, a line `{\"event\":\"lines_left_out\",\"count\":N}` says "
    "how\n"
    "many stood in its place.\n";

static void
row_document(struct kg_text *text, const struct row *row, bool is_first)
{
	if (row->key) {
		kg_text_format(text, "\n## %s\n\n%s.\n", row->key, row->meaning);
		return;
	}
	if (is_first)
		kg_text_add(text, "\n| key | type | meaning |\n|---|---|---|\n");
	kg_text_format(text, "| `%s` | %s | %s |\n", fields[row->field].key, fields[row->field].type, row->meaning);
}

void
kg_events_document(struct kg_text *text)
{
	kg_text_add(text, introduction);
	for (size_t i = 0; i < row_count; i++)
		row_document(text, &rows[i], i > 0 && rows[i - 1].key != NULL);
}
