#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/arena.h"
#include "engine/base/file.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "graph/reader.h"

/* A file that includes another twice, which includes another twice, and so on, doubles with each step. */
static constexpr uint32_t scopes_at_most = 10000;
/* Offsets and lines are 32 bits wide. */
static constexpr size_t file_largest_bytes = 256 << 20;

static const char *const sections[] = { "graph", "vars", "include", "ports", "secrets", "pools", "cache", "target", "export",
	"node", "template", "profile", NULL };

static void
origin_add(struct kg_reader *reader, const char *path)
{
	struct stat stat_buffer = { 0 };

	if (stat(path, &stat_buffer) < 0)
		return;
	kg_list_push(reader->draft->arena, &reader->origin_files,
	    (struct kg_origin_file){
		.path = kg_copy(reader->draft->arena, path),
		.size = stat_buffer.st_size,
		.mtime_ns = stat_buffer.st_mtim.tv_sec * 1000000000 + stat_buffer.st_mtim.tv_nsec,
		.ctime_ns = stat_buffer.st_ctim.tv_sec * 1000000000 + stat_buffer.st_ctim.tv_nsec,
		.inode = stat_buffer.st_ino,
		.device = stat_buffer.st_dev,
	    });
}

/* Bytes and tree. The place is that of the include; for the root, whose scope is not there yet, there is none. */
static struct kg_error *
file_load(struct kg_reader *reader, struct kg_reader_file *file, struct kg_place place)
{
	struct kg_arena *arena = reader->draft->errors->arena;
	/* The state before reading: a change in the middle makes it stale and not unseen. */
	origin_add(reader, file->absolute);

	struct kg_error *error = kg_file_read(reader->arena, file->absolute, &file->bytes, &file->size);
	if (error)
		return kg_error_at(arena, KG_EINPUT, place, "cannot read %s: %s", file->path, strerror(error->sys));
	if (file->size > file_largest_bytes)
		return kg_error_at(arena, KG_EINPUT, place, "%s is larger than %zu MB", file->path, file_largest_bytes >> 20);
	error = kg_toml_parse(reader->arena, file->path, file->bytes, file->size, &file->root);
	if (error)
		file->root = NULL;
	return error ? kg_error_copy(arena, error) : NULL;
}

/* A section that is no table would be a surprise to all who read it, so that is told here, and they pass it over. */
static void
sections_check(struct kg_reader *reader, struct kg_reader_file *file)
{
	const struct kg_scope scope = { .file = file, .prefix = "" };

	kg_reader_check_keys(reader, &scope, file->root, sections, "at the top of the file");
	for (const char *const *name = sections; *name; name++) {
		const char *subject = kg_format(reader->arena, "[%s]", *name);

		if (strcmp(*name, "include") != 0)
			(void)kg_reader_check_type(reader, &scope, kg_toml_member(file->root, *name), KG_VALUE_TABLE, subject);
	}
}

struct kg_reader_file *
kg_reader_open(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *said, const char *path)
{
	struct kg_place place = scope ? kg_reader_place(scope, said) : (struct kg_place){ 0 };
	const char *absolute = kg_path_join(reader->arena, scope ? scope->file->folder : reader->here, path);
	uint32_t index;

	if (kg_map_get(&reader->file_names, absolute, &index))
		return reader->files.items[index];

	struct kg_draft *draft = reader->draft;
	struct kg_reader_file *file = kg_new(reader->arena, struct kg_reader_file);
	file->absolute = absolute;
	file->folder = kg_copy(draft->arena, kg_path_folder(reader->arena, absolute));
	file->path = kg_copy(draft->errors->arena, kg_path_inside(reader->here, absolute));
	file->path_text = kg_draft_text_shared(draft, file->path);
	kg_map_put(&reader->file_names, absolute, reader->files.count);
	kg_list_push(reader->arena, &reader->files, file);

	struct kg_error *error = file_load(reader, file, place);
	if (error) {
		kg_errors_add(draft->errors, error);
		draft->is_incomplete = true;
	} else {
		sections_check(reader, file);
	}
	return file;
}

/* "a.toml includes b.toml includes a.toml" */
static const char *
cycle_tell(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_reader_file *file)
{
	const char *told = file->path;

	for (; scope; scope = scope->parent) {
		told = kg_format(reader->arena, "%s includes %s", scope->file->path, told);
		if (scope->file == file)
			break;
	}
	return told;
}

static bool
is_cycle(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *said, const struct kg_reader_file *file)
{
	const struct kg_scope *above = scope;

	while (above && above->file != file)
		above = above->parent;
	if (!above)
		return false;
	(void)kg_reader_complain(
	    reader, kg_reader_place(scope, said), "an include that ends in itself: %s", cycle_tell(reader, scope, file));
	return true;
}

/* The prefix of what is included, its dot with it; the scope's own when there is no `as`; NULL when it is wrong. */
static const char *
prefix_read(struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *include)
{
	const struct kg_toml *as = kg_toml_member(include, "as");
	const char *name;
	uint32_t index;

	if (!as)
		return scope->prefix;
	if (!(name = kg_reader_closed_text(reader, scope, as, "`as` of an include")))
		return NULL;
	struct kg_toml named = { .key = name, .key_line = as->line, .key_column = as->column };
	if (!kg_reader_check_name(reader, scope, &named, "prefix"))
		return NULL;

	const char *prefix = kg_format(reader->draft->arena, "%s%s.", scope->prefix, name);
	if (!kg_map_get(&reader->prefixes, prefix, &index)) {
		kg_map_put(&reader->prefixes, prefix, reader->scopes.count);
		return prefix;
	}
	const struct kg_scope *first = reader->scopes.items[index];
	struct kg_error *error =
	    kg_reader_complain(reader, kg_reader_place(scope, as), "the prefix `%s` is taken by another include", name);
	(void)kg_error_advise(reader->draft->errors->arena, error, "that one stands at %s:%u; give this one another name",
	    first->parent->file->path, first->include->line);
	return NULL;
}

static void
include_read(struct kg_reader *reader, struct kg_scope *scope, const struct kg_toml *include)
{
	static const char *const known[] = { "file", "as", "vars", NULL };
	static const struct kg_toml nothing = { .type = KG_VALUE_TABLE };
	const struct kg_toml *said = include;

	if (include->type != KG_VALUE_TEXT) {
		if (!kg_reader_check_type(reader, scope, include, KG_VALUE_TABLE, "an include"))
			return;
		kg_reader_check_keys(reader, scope, include, known, "in an include");
		said = kg_toml_member(include, "file");
		if (!said) {
			(void)kg_reader_complain(reader, kg_reader_place(scope, include), "an include without `file`");
			return;
		}
	}

	const char *path = kg_reader_closed_text(reader, scope, said, "`file` of an include");
	const char *prefix = prefix_read(reader, scope, include->type == KG_VALUE_TABLE ? include : &nothing);
	if (!path || !prefix) {
		reader->draft->is_incomplete = true;
		return;
	}
	struct kg_reader_file *file = kg_reader_open(reader, scope, said, path);
	if (!file->root || is_cycle(reader, scope, said, file))
		return;
	if (reader->scopes.count >= scopes_at_most) {
		if (reader->scopes.count == scopes_at_most && !reader->draft->is_incomplete)
			(void)kg_reader_complain(reader, kg_reader_place(scope, said),
			    "more than %u includes, counting each time a file is used", scopes_at_most);
		reader->draft->is_incomplete = true;
		return;
	}

	struct kg_scope *made = kg_new(reader->arena, struct kg_scope);
	*made = (struct kg_scope){ .parent = scope, .file = file, .prefix = prefix, .include = include };
	kg_list_push(reader->arena, &reader->scopes, made);
}

void
kg_reader_include(struct kg_reader *reader, struct kg_scope *scope)
{
	const struct kg_toml *includes = kg_toml_member(scope->file->root, "include");

	if (!includes)
		return;
	if (includes->type != KG_VALUE_LIST) {
		include_read(reader, scope, includes);
		return;
	}
	for (uint32_t i = 0; i < includes->count; i++)
		include_read(reader, scope, &includes->items[i]);
}
