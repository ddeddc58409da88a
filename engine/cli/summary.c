#include "engine/cli/summary.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/list.h"
#include "engine/base/text.h"
#include "engine/base/style.h"
#include "engine/run/event.h"

static const struct {
	const char *outcome, *sentence;
	bool is_well;
} outcomes[] = {
	{ "up", "is up", true },
	{ "failed", "failed", false },
	{ "not_ready", "is not ready", false },
	{ "interrupted", "was interrupted", false },
	{ "down", "is down", true },
	{ "planned", "would be brought up", true },
};

static const char *
nodes(struct kg_arena *arena, uint32_t count)
{
	return kg_format(arena, count == 1 ? "%u node" : "%u nodes", count);
}

/* "3 made, 6 unchanged"; the first part says of what. */
static const char *
counts_tell(struct kg_arena *arena, const char *outcome, const struct kg_summary *summary)
{
	bool is_plan = strcmp(outcome, "planned") == 0, is_down = strcmp(outcome, "down") == 0;
	const struct {
		uint32_t count;
		const char *what;
	} counts[] = {
		{ summary->failed, "failed" },
		{ summary->blocked, "blocked" },
		{ summary->cancelled, "not started" },
		{ summary->made,
		    is_plan       ? "to be made"
			: is_down ? "taken down"
				  : "made" },
		{ summary->restored, "restored" },
		{ summary->unchanged, "unchanged" },
	};
	KG_LIST(const char *) parts = { 0 };

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		if (counts[i].count == 0)
			continue;
		const char *of = parts.count == 0 ? nodes(arena, counts[i].count) : kg_format(arena, "%u", counts[i].count);
		kg_list_push(arena, &parts, kg_format(arena, "%s %s", of, counts[i].what));
	}
	return parts.count > 0 ? kg_text_enumerate(arena, parts.items, parts.count, ", ") : "nothing to do";
}

const char *
kg_summary_tell(struct kg_arena *arena, const struct kg_style *style, const char *asked, const char *outcome,
    const struct kg_summary *summary, int64_t duration_ns)
{
	const char *sentence = outcome, *colour = style->red;

	for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
		if (strcmp(outcomes[i].outcome, outcome) == 0) {
			sentence = outcomes[i].sentence;
			colour = outcomes[i].is_well ? style->green : style->red;
		}
	}
	return kg_format(arena, "%s%s %s%s: %s (%s)", colour, asked, sentence, style->end, counts_tell(arena, outcome, summary),
	    kg_duration_tell(arena, duration_ns));
}
