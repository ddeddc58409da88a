/*
 * What is written of each node, whatever its kind:
 *
 *     node.json            what the ledger remembers: kind, when it ran and why, outputs, settings, what it needs
 *     log, log.1           of a daemon, and its last one before that was full
 *     runs/RUN.log         what it printed in each run whose log is still there
 *
 * Settings hold secrets as references, and what `secret` names is left out; logs were masked when they were written, and are again.
 */

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/run/state.h"

struct writing {
	struct kg_run *run;
	struct kg_arena *arena;
	const struct kg_entry *entry;
	const char *folder;
};

/* A file that is not there, or has gone meanwhile, is left out. */
static struct kg_error *
log_copy(const struct writing *writing, const char *from, const char *to)
{
	int fd = open(from, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct kg_node_log log;
	char bytes[1 << 16];
	ssize_t got;

	if (fd < 0)
		return NULL;
	struct kg_error *error = kg_file_write(writing->arena, to, "", 0, 0600);
	kg_node_log_start(&log, to, &writing->run->mask);
	while (!error && (got = read(fd, bytes, sizeof(bytes))) > 0)
		kg_node_log_add(&log, bytes, (size_t)got);
	kg_node_log_flush(&log);
	kg_node_log_close(&log);
	close(fd);
	return error;
}

static const char *
output_of(const struct kg_entry *entry, const char *key)
{
	for (uint32_t i = 0; i < entry->output_count; i++)
		if (strcmp(entry->outputs[i].key, key) == 0)
			return entry->outputs[i].value;
	return NULL;
}

/* Where a daemon's log is before it has ever got ready is known by its name. */
static struct kg_error *
own_log_copy(const struct writing *writing)
{
	struct kg_arena *arena = writing->arena;
	const char *known = output_of(writing->entry, "log");
	const char *path = known ? known : kg_format(arena, "%s/nodes/%s/log", writing->run->folders.state, writing->entry->name);
	struct kg_error *error = log_copy(writing, path, kg_format(arena, "%s/log", writing->folder));

	return error ? error : log_copy(writing, kg_format(arena, "%s.1", path), kg_format(arena, "%s/log.1", writing->folder));
}

static int
is_run(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static struct kg_error *
runs_copy(const struct writing *writing)
{
	struct kg_arena *arena = writing->arena;
	const char *runs = kg_format(arena, "%s/runs", writing->run->folders.state);
	const char *to = kg_format(arena, "%s/runs", writing->folder);
	struct kg_error *error = NULL;
	struct dirent **found;
	int count = scandir(runs, &found, is_run, alphasort);

	for (int i = 0; i < count; i++) {
		const char *from = kg_format(arena, "%s/%s/%s.log", runs, found[i]->d_name, writing->entry->name);

		if (!error && access(from, F_OK) == 0)
			error = kg_file_make_folder(arena, to, 0700);
		if (!error)
			error = log_copy(writing, from, kg_format(arena, "%s/%s.log", to, found[i]->d_name));
		free(found[i]);
	}
	if (count >= 0)
		free(found);
	return error;
}

static bool
is_listed(const struct kg_values *values, const struct kg_value *list, const char *name)
{
	bool is_list = list && list->type == KG_VALUE_LIST;

	for (uint32_t i = 0; is_list && i < list->count; i++) {
		const struct kg_value *item = &values->items[list->start + i];

		if (item->type == KG_VALUE_TEXT && strcmp(kg_value_text(values, item), name) == 0)
			return true;
	}
	return list && list->type == KG_VALUE_TEXT && strcmp(kg_value_text(values, list), name) == 0;
}

/* A setting of the table, each member on a line; those of env that `secret` names without their values. */
static void
members_add(struct kg_text *text, const struct kg_values *values, const struct kg_value *table, const struct kg_value *secret,
    const char *indent)
{
	kg_text_add(text, "{");
	for (uint32_t i = 0; i < table->count; i++) {
		const struct kg_value *member = &values->items[table->start + i];
		const char *name = kg_value_key(values, member);

		kg_text_format(text, "%s\n%s\t", i > 0 ? "," : "", indent);
		kg_text_add_json(text, name);
		kg_text_add(text, ": ");
		if (strcmp(name, "env") == 0 && member->type == KG_VALUE_TABLE && *indent == '\t' && !indent[1])
			members_add(text, values, member, kg_value_member(values, table, "secret"), "\t\t");
		else if (secret && is_listed(values, secret, name))
			kg_text_add(text, "\"***\"");
		else
			kg_text_add(text, kg_value_json(text->arena, values, member, NULL));
	}
	kg_text_format(text, "%s%s}", table->count > 0 ? "\n" : "", table->count > 0 ? indent : "");
}

static void
settings_add(const struct writing *writing, struct kg_text *text)
{
	struct kg_values values;

	if (!kg_value_unpack(writing->entry->settings, &values))
		kg_text_add(text, "null");
	else
		members_add(text, &values, &values.items[0], NULL, "\t");
}

static void
member_add(struct kg_text *text, const char *name, const char *value)
{
	kg_text_format(text, ",\n\t\"%s\": ", name);
	kg_text_add_json(text, value);
}

static const char *
entry_json(const struct writing *writing)
{
	const struct kg_entry *entry = writing->entry;
	struct kg_text text = { .arena = writing->arena };

	kg_text_add(&text, "{\n\t\"name\": ");
	kg_text_add_json(&text, entry->name);
	member_add(&text, "kind", entry->kind);
	member_add(&text, "state", entry->is_started ? "unfinished" : "made");
	if (entry->finished_wall_ns > 0) {
		member_add(&text, "finished", kg_clock_tell_wall(writing->arena, entry->finished_wall_ns));
		kg_text_format(&text, ",\n\t\"duration_ms\": %lld", (long long)(entry->duration_ns / 1000000));
	}
	if (entry->why && *entry->why)
		member_add(&text, "why", entry->why);
	kg_text_add(&text, ",\n\t\"needs\": [");
	for (const char *const *need = entry->needs; need && *need; need++) {
		kg_text_add(&text, need == entry->needs ? "" : ", ");
		kg_text_add_json(&text, *need);
	}
	kg_text_add(&text, "],\n\t\"outputs\": {");
	for (uint32_t i = 0; i < entry->output_count; i++) {
		kg_text_add(&text, i > 0 ? ",\n\t\t" : "\n\t\t");
		kg_text_add_json(&text, entry->outputs[i].key);
		kg_text_add(&text, ": ");
		kg_text_add_json(&text, entry->outputs[i].value);
	}
	kg_text_add(&text, entry->output_count > 0 ? "\n\t},\n\t\"settings\": " : "},\n\t\"settings\": ");
	settings_add(writing, &text);
	kg_text_add(&text, "\n}\n");
	return kg_text_end(&text);
}

struct kg_error *
kg_gather_node(struct kg_run *run, struct kg_arena *scratch, const struct kg_entry *entry, const char *folder)
{
	struct writing writing = { run, scratch, entry, folder };
	struct kg_error *error = kg_file_make_folder(scratch, folder, 0700);

	if (!error) {
		const char *json = kg_mask_text(scratch, &run->mask, entry_json(&writing));

		error = kg_file_write(scratch, kg_format(scratch, "%s/node.json", folder), json, strlen(json), 0600);
	}
	/* What was gathered before is not to stand beside what is gathered now. */
	if (!error)
		error = kg_file_remove(scratch, kg_format(scratch, "%s/gathered.log", folder));
	if (!error)
		error = own_log_copy(&writing);
	return error ? error : runs_copy(&writing);
}
