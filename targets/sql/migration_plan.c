#include "targets/sql/migration_plan.h"

#include <inttypes.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/list.h"
#include "engine/base/path.h"
#include "engine/base/text.h"

struct planner {
	struct kg_arena *arena;
	const struct kg_migration_files *files;
	bool allow_missing;
	int64_t newest;        /* version that is applied; 0 when none is */
	const char *newest_at; /* file name of it, or NULL */
	struct kg_errors errors;
	KG_LIST(struct kg_migration_step) steps;
	KG_LIST(struct kg_migration_record) records;
	KG_LIST(const char *) notes;
	uint32_t applied_count, adopted_count;
};

/* Is kgraph's row about what is applied now? */
static bool
is_ours(const struct kg_migration_row *row)
{
	return row->is_known && row->is_finished && row->known_id == row->goose_id;
}

static bool
is_halfway(const struct kg_migration_row *row)
{
	return row && !row->is_applied && row->is_known && !row->is_finished && row->statements_done > 0;
}

static void
refuse(struct planner *planner, const char *message, const char *advice)
{
	struct kg_error *error = kg_error_make(planner->arena, KG_EINPUT, "%s", message);

	error->advice = advice;
	kg_errors_add(&planner->errors, error);
}

static void
file_removed(struct planner *planner, const struct kg_migration_row *row)
{
	struct kg_arena *arena = planner->arena;

	if (is_halfway(row)) {
		refuse(planner, kg_format(arena, "%s is gone, of which %u statements are applied", row->file, row->statements_done),
		    "put the file back, so that it can go on");
	} else if (row->is_applied && is_ours(row)) {
		refuse(planner, kg_format(arena, "%s is gone, which was applied %s", row->file, row->applied_at),
		    "put the file back (is another branch checked out?), or start with an empty database");
	} else if (row->is_applied && planner->files->count > 0 && row->version < planner->files->items[0].version) {
		/* goose's users join old files into one; what went before kgraph came is their affair. */
		kg_list_push(arena, &planner->notes,
		    kg_format(arena, "version %" PRId64 " was applied before, and has no file any more", row->version));
	} else if (row->is_applied) {
		refuse(planner, kg_format(arena, "version %" PRId64 " is applied, but no file has it", row->version),
		    "put the file back (is another branch checked out?), or start with an empty database");
	}
}

static void
file_pending(struct planner *planner, const struct kg_migration_file *file, const struct kg_migration_row *row)
{
	struct kg_arena *arena = planner->arena;
	uint32_t first = is_halfway(row) ? row->statements_done : 0;
	struct kg_sha256 done = { "" };

	if (file->version < planner->newest && !planner->allow_missing)
		refuse(planner,
		    kg_format(arena, "%s comes too late: %s is applied already", file->name,
			planner->newest_at ? planner->newest_at : kg_format(arena, "version %" PRId64, planner->newest)),
		    "give it a higher version, or set allow_missing = true");
	if (file->is_go) {
		refuse(planner, kg_format(arena, "%s is written in Go, which kgraph cannot run", file->name),
		    "apply it with the goose binary of your own that holds it");
		return;
	}
	if (file->error) {
		kg_errors_add(&planner->errors, file->error);
		return;
	}
	if (first > 0 && first <= file->up.count)
		kg_migration_hash_statements(&file->up, first, &done);
	if (first > 0 && strcmp(done.text, row->normalised) != 0) {
		refuse(planner,
		    kg_format(arena, "%s was edited in its first %u statements, which are applied already; it stopped behind them",
			file->name, first),
		    kg_format(arena,
			"put them back as they were, or undo them by hand and then: DELETE FROM kgraph_migration WHERE version = "
			"%" PRId64,
			file->version));
		return;
	}
	bool is_resumed = row && !row->is_applied && row->is_known && !row->is_finished;
	kg_list_push(arena, &planner->steps, (struct kg_migration_step){ file, first, is_resumed });
}

static void
file_applied(struct planner *planner, const struct kg_migration_file *file, const struct kg_migration_row *row)
{
	struct kg_migration_record record = { file, row->goose_id, !is_ours(row) };

	planner->applied_count++;
	if (file->is_go || (!record.is_adopted && strcmp(row->sha256, file->sha256.text) == 0))
		return;
	if (record.is_adopted) {
		planner->adopted_count++;
	} else if (strcmp(row->normalised, file->normalised.text) == 0) {
		kg_list_push(planner->arena, &planner->notes,
		    kg_format(planner->arena,
			"%s was edited since it was applied, but only in white space, comments or its Down section", file->name));
	} else {
		refuse(planner, kg_format(planner->arena, "%s was edited after it was applied %s", file->name, row->applied_at),
		    "put it back as it was and make the change in a new migration, or start with an empty database");
		return;
	}
	kg_list_push(planner->arena, &planner->records, record);
}

/* The files from first on that have the same version; the first of them stands for it. */
static uint32_t
check_duplicates(struct planner *planner, uint32_t first)
{
	const struct kg_migration_file *files = planner->files->items;
	uint32_t end = first + 1;
	struct kg_text names = { .arena = planner->arena };

	while (end < planner->files->count && files[end].version == files[first].version)
		end++;
	if (end == first + 1)
		return end;
	for (uint32_t i = first; i < end; i++)
		kg_text_format(&names, "%s%s", i == first ? "" : i + 1 == end ? " and " : ", ", files[i].name);
	refuse(planner, kg_format(planner->arena, "%s have the same version", kg_text_end(&names)),
	    "give one of them another version");
	return end;
}

static void
find_newest(struct planner *planner, const struct kg_migration_row *rows, uint32_t row_count)
{
	for (uint32_t i = 0; i < row_count; i++) {
		if (!rows[i].is_applied || rows[i].version <= planner->newest)
			continue;
		planner->newest = rows[i].version;
		planner->newest_at = is_ours(&rows[i]) ? rows[i].file : NULL;
	}
}

/* Both are sorted by version: one walk over both. */
static void
walk(struct planner *planner, const struct kg_migration_row *rows, uint32_t row_count)
{
	const struct kg_migration_files *files = planner->files;
	uint32_t row = 0, next;

	for (uint32_t file = 0; file < files->count; file = next) {
		const struct kg_migration_file *one = &files->items[file];

		for (; row < row_count && rows[row].version < one->version; row++)
			file_removed(planner, &rows[row]);
		const struct kg_migration_row *its = row < row_count && rows[row].version == one->version ? &rows[row++] : NULL;
		next = check_duplicates(planner, file);
		if (next > file + 1)
			continue;
		if (its && its->is_applied)
			file_applied(planner, one, its);
		else
			file_pending(planner, one, its);
	}
	for (; row < row_count; row++)
		file_removed(planner, &rows[row]);
}

/* One error that says all: the user mends all before the next try. */
static struct kg_error *
join_errors(struct kg_arena *arena, const struct kg_errors *errors)
{
	struct kg_text detail = { .arena = arena };

	if (errors->count <= 1)
		return errors->first;
	for (const struct kg_error *one = errors->first; one; one = one->next) {
		if (one->place.file)
			kg_text_add(&detail, kg_path_name(one->place.file));
		if (one->place.line > 0)
			kg_text_format(&detail, ":%u:%u", one->place.line, one->place.column);
		if (one->place.file)
			kg_text_add(&detail, ": ");
		kg_text_format(&detail, "%s\n", kg_error_text(arena, one));
		if (one->place.line_text)
			kg_text_format(&detail, "    %s\n", one->place.line_text);
		if (one->advice)
			kg_text_format(&detail, "    %s\n", one->advice);
	}
	struct kg_error *joined =
	    kg_error_make(arena, KG_EINPUT, "%u things are wrong with the migrations; nothing was applied", errors->count);
	joined->detail = kg_text_end(&detail);
	return joined;
}

struct kg_error *
kg_migration_plan(struct kg_arena *arena, const struct kg_migration_files *files, const struct kg_migration_row *rows,
    uint32_t row_count, bool allow_missing, struct kg_migration_plan *ret_plan)
{
	struct planner planner = { .arena = arena, .files = files, .allow_missing = allow_missing, .errors = { .arena = arena } };

	for (uint32_t i = 0; i < files->ignored_count; i++)
		kg_list_push(arena, &planner.notes,
		    kg_format(arena, "%s is passed over: its name does not start with a version and `_`", files->ignored[i]));
	find_newest(&planner, rows, row_count);
	walk(&planner, rows, row_count);
	if (planner.errors.count > 0)
		return join_errors(arena, &planner.errors);
	*ret_plan = (struct kg_migration_plan){
		.steps = planner.steps.items,
		.step_count = planner.steps.count,
		.records = planner.records.items,
		.record_count = planner.records.count,
		.adopted_count = planner.adopted_count,
		.notes = planner.notes.items,
		.note_count = planner.notes.count,
		.applied_count = planner.applied_count,
	};
	return NULL;
}
