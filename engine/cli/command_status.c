/*
 * What the ledger remembers, and what of it is alive now, beside what of the graph it knows nothing of. Nodes that have left the graph are told
 * as such, since only `down` still knows them.
 */

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cache/ledger.h"
#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/list.h"
#include "engine/base/map.h"
#include "engine/base/mask.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "engine/cli/cli.h"
#include "engine/cli/kinds.h"
#include "engine/cli/session.h"
#include "engine/base/style.h"
#include "engine/cli/table.h"
#include "engine/target.h"

enum state { STATE_RUNNING, STATE_UNREADY, STATE_ENDED, STATE_MADE, STATE_UNFINISHED, STATE_DOWN, STATE_NEVER };

struct row {
	const char *name, *kind;
	enum state state;
	const char *why;          /* ENDED: why it counts as ended; UNREADY: what is not well; NULL: nothing more is known */
	int64_t finished_wall_ns; /* 0: never */
	int64_t duration_ns, ready_ns;
	const char *rule; /* when it counts as ready; NULL: no rule */
	const char *fingerprint;
	bool has_left; /* it is not in the graph any more */
};

struct status {
	struct kg_cli *cli;
	struct kg_session *session;
	KG_LIST(struct row) rows;
};

static const char *const state_words[] = {
	[STATE_RUNNING] = "running",
	[STATE_UNREADY] = "not ready",
	[STATE_ENDED] = "stopped",
	[STATE_MADE] = "made",
	[STATE_UNFINISHED] = "unfinished",
	[STATE_DOWN] = "down",
	[STATE_NEVER] = "not made",
};

static void
entry_add(struct status *status, const struct kg_entry *entry)
{
	struct kg_arena *arena = status->cli->arena;
	struct kg_run *run = status->session->run;
	const struct kg_kind *kind = kg_kinds_find(entry->kind);
	struct row row = {
		.name = entry->name,
		.kind = entry->kind,
		.state = entry->is_started ? STATE_UNFINISHED : STATE_MADE,
		.finished_wall_ns = entry->is_started ? 0 : entry->finished_wall_ns,
		.duration_ns = entry->duration_ns,
		.ready_ns = entry->ready_ns,
		.rule = kg_run_rule(run, arena, entry),
		.has_left = kg_graph_find(status->session->checkout.graph, entry->name) == KG_NO_NODE,
	};
	char hex[KG_DIGEST_HEX + 1];

	if (!entry->is_started) {
		kg_digest_tell(entry->fingerprint, hex);
		row.fingerprint = kg_copy(arena, hex);
	}
	if (kind && kind->outlives) {
		bool is_alive;
		const char *told = kg_run_alive(run, arena, entry, &is_alive);

		if (is_alive)
			row.state = told ? STATE_UNREADY : STATE_RUNNING;
		else if (!entry->is_started)
			row.state = STATE_ENDED;
		row.why = told;
	}
	kg_list_push(arena, &status->rows, row);
}

static int
row_compare(const void *a, const void *b)
{
	const struct row *first = a, *second = b;

	return strcmp(first->name, second->name);
}

static void
rows_make(struct status *status)
{
	const struct kg_graph *graph = status->session->checkout.graph;
	const struct kg_entry *const *entries;
	struct kg_map seen = { .arena = status->cli->arena };
	uint32_t count;

	kg_run_entries(status->session->run, &entries, &count);
	for (uint32_t i = 0; i < count; i++) {
		kg_map_put(&seen, entries[i]->name, i);
		entry_add(status, entries[i]);
	}
	for (uint32_t node = 0; node < graph->node_count; node++) {
		const struct kg_kind *kind = kg_kinds[graph->nodes[node].kind];
		struct row row = {
			.name = kg_graph_text(graph, graph->nodes[node].name),
			.kind = kind->facts.name,
			.state = kind->outlives ? STATE_DOWN : STATE_NEVER,
		};

		if (!kg_map_get(&seen, row.name, NULL))
			kg_list_push(status->cli->arena, &status->rows, row);
	}
	if (status->rows.count > 0)
		qsort(status->rows.items, status->rows.count, sizeof(struct row), row_compare);
}

/* In one unit, since more would only take room: "12 s", "5 min", "3 h", "9 d". */
static const char *
age_tell(struct kg_arena *arena, int64_t age_ns)
{
	int64_t s = age_ns > 0 ? age_ns / 1000000000 : 0;

	if (s < 60)
		return kg_format(arena, "%d s", (int)s);
	if (s < 3600)
		return kg_format(arena, "%d min", (int)(s / 60));
	return s < 48 * 3600 ? kg_format(arena, "%d h", (int)(s / 3600)) : kg_format(arena, "%lld d", (long long)(s / 86400));
}

static const char *
state_colour(const struct kg_style *style, const struct row *row)
{
	switch (row->state) {
	case STATE_RUNNING: return style->green;
	case STATE_ENDED: return style->red;
	case STATE_UNREADY:
	case STATE_UNFINISHED: return style->yellow;
	case STATE_MADE: return NULL;
	case STATE_DOWN:
	case STATE_NEVER: return style->dim;
	}
	return NULL;
}

/* "http http://127.0.0.1:28090/readyz" says twice what it is. */
static const char *
rule_shorten(const char *rule)
{
	const char *space = rule ? strchr(rule, ' ') : NULL;

	return space && strstr(space, "://") ? space + 1 : rule;
}

static const char *
remark(struct kg_arena *arena, const struct row *row)
{
	const char *left = row->has_left ? "not in the graph any more; `kgraph down` takes it away" : NULL;
	const char *more = row->why ? row->why : rule_shorten(row->rule);

	if (left && more)
		return kg_format(arena, "%s (%s)", more, left);
	return left ? left : more;
}

static void
table_print(struct status *status)
{
	struct kg_arena *arena = status->cli->arena;
	const struct kg_style *style = status->cli->out_style;
	struct kg_table table = { .arena = arena, .columns = 5 };
	struct kg_text text = { .arena = arena };
	int64_t now_ns = kg_clock_wall_ns();

	kg_table_row(&table,
	    (struct kg_cell[]){ { "NODE", style->dim }, { "KIND", style->dim }, { "STATE", style->dim }, { "AGE", style->dim },
		{ "READY WHEN", style->dim } });
	for (uint32_t i = 0; i < status->rows.count; i++) {
		const struct row *row = &status->rows.items[i];
		const char *age = row->finished_wall_ns > 0 ? age_tell(arena, now_ns - row->finished_wall_ns) : "";
		const char *more = remark(arena, row);

		kg_table_row(&table,
		    (struct kg_cell[]){ { row->name, row->finished_wall_ns == 0 ? style->dim : style->bold },
			{ row->kind, style->dim }, { state_words[row->state], state_colour(style, row) }, { age, NULL },
			{ more ? kg_mask_text(arena, kg_run_mask(status->session->run), more) : "", NULL } });
	}
	kg_table_add(&table, &text, style, kg_style_columns(1));
	kg_cli_print(status->cli, kg_text_end(&text));
}

static void
json_text(struct kg_text *text, const char *key, const char *value)
{
	kg_text_format(text, ", \"%s\": ", key);
	if (value)
		kg_text_add_json(text, value);
	else
		kg_text_add(text, "null");
}

static void
json_print(struct status *status)
{
	struct kg_arena *arena = status->cli->arena;
	struct kg_text text = { .arena = arena };

	kg_text_add(&text, "[");
	for (uint32_t i = 0; i < status->rows.count; i++) {
		const struct row *row = &status->rows.items[i];
		const struct kg_mask *mask = kg_run_mask(status->session->run);

		kg_text_add(&text, i == 0 ? "\n  {\"name\": " : ",\n  {\"name\": ");
		kg_text_add_json(&text, row->name);
		json_text(&text, "kind", row->kind);
		json_text(&text, "state", state_words[row->state]);
		json_text(&text, "why", row->why ? kg_mask_text(arena, mask, row->why) : NULL);
		json_text(&text, "made_at", row->finished_wall_ns > 0 ? kg_clock_tell_wall(arena, row->finished_wall_ns) : NULL);
		kg_text_format(&text, ", \"duration_ms\": %.3f", (double)row->duration_ns / 1e6);
		if (row->ready_ns > 0)
			kg_text_format(&text, ", \"ready_after_ms\": %.3f", (double)row->ready_ns / 1e6);
		json_text(&text, "ready_when", row->rule ? kg_mask_text(arena, mask, row->rule) : NULL);
		json_text(&text, "fingerprint", row->fingerprint);
		kg_text_format(&text, ", \"in_graph\": %s}", row->has_left ? "false" : "true");
	}
	kg_text_add(&text, status->rows.count > 0 ? "\n]\n" : "]\n");
	kg_cli_print(status->cli, kg_text_end(&text));
}

static int
is_instance(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && entry->d_type == DT_DIR;
}

/* Another consumer's stack may be up beside this one: who looks for it here is told where it is. */
static void
others_print(struct status *status)
{
	const struct kg_checkout *checkout = &status->session->checkout;
	const struct kg_style *style = status->cli->out_style;
	struct kg_arena *arena = status->cli->arena;
	KG_LIST(const char *) others = { 0 };
	struct dirent **found;
	int count = scandir(checkout->private, &found, is_instance, alphasort);

	for (int i = 0; i < count; i++) {
		const char *ledger = kg_format(arena, "%s/%s/ledger.mdb", checkout->private, found[i]->d_name);

		if (strcmp(found[i]->d_name, kg_path_name(checkout->state)) != 0 && access(ledger, F_OK) == 0)
			kg_list_push(arena, &others, kg_copy(arena, found[i]->d_name));
		free(found[i]);
	}
	if (count >= 0)
		free(found);
	if (others.count > 0)
		kg_cli_print(status->cli,
		    kg_format(arena, "%sthis is the instance %s; there is also %s%s\n", style->dim, kg_path_name(checkout->state),
			kg_text_enumerate(arena, others.items, others.count, " and "), style->end));
}

int
kg_command_status(struct kg_cli *cli)
{
	struct kg_session session = { .cli = cli, .reading = true };
	struct status status = { .cli = cli, .session = &session };
	int code = kg_session_open(&session);

	if (code != 0)
		return code;
	rows_make(&status);
	if (cli->asked.options.json) {
		json_print(&status);
	} else {
		table_print(&status);
		others_print(&status);
	}
	kg_session_close(&session);
	return KG_EXIT_UP;
}
