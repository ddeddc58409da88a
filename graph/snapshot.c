#include "graph/snapshot.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/list.h"
#include "engine/base/path.h"
#include "engine/base/text.h"

static const char magic[8] = "kgraph\n";
/* Raised when the same files would now be read or sealed to something else. */
static constexpr uint32_t format_version = 2;

static const size_t part_sizes[KG_SNAPSHOT_PARTS] = {
	[KG_SNAPSHOT_VALUES] = sizeof(struct kg_value),
	[KG_SNAPSHOT_TEXTS] = 1,
	[KG_SNAPSHOT_NODES] = sizeof(struct kg_node),
	[KG_SNAPSHOT_EDGES] = sizeof(struct kg_edge),
	[KG_SNAPSHOT_USERS] = sizeof(uint32_t),
	[KG_SNAPSHOT_REFERENCES] = sizeof(struct kg_reference),
	[KG_SNAPSHOT_TARGETS] = sizeof(struct kg_target),
	[KG_SNAPSHOT_TARGET_NODES] = sizeof(uint32_t),
	[KG_SNAPSHOT_EXPORTS] = sizeof(struct kg_export),
	[KG_SNAPSHOT_SECRETS] = sizeof(struct kg_secret),
	[KG_SNAPSHOT_PORTS] = sizeof(struct kg_port),
	[KG_SNAPSHOT_POOLS] = sizeof(struct kg_pool),
	[KG_SNAPSHOT_NAME_SLOTS] = sizeof(uint32_t),
	[KG_SNAPSHOT_FILES] = sizeof(struct kg_snapshot_file),
	[KG_SNAPSHOT_VARIABLES] = sizeof(uint32_t),
	[KG_SNAPSHOT_ORIGIN_TEXTS] = 1,
};

struct kg_snapshot_hash
kg_snapshot_checksum(const void *bytes, size_t size)
{
	XXH128_hash_t hash = XXH3_128bits((const char *)bytes + kg_snapshot_checked_from, size - kg_snapshot_checked_from);

	return (struct kg_snapshot_hash){ hash.low64, hash.high64 };
}

static struct kg_snapshot_hash
text_hash(struct kg_text *text)
{
	XXH128_hash_t hash = XXH3_128bits(kg_text_end(text), text->size);

	return (struct kg_snapshot_hash){ hash.low64, hash.high64 };
}

static bool
hash_equal(struct kg_snapshot_hash a, struct kg_snapshot_hash b)
{
	return a.low == b.low && a.high == b.high;
}

/* With its end, so that "ab", "c" and "a", "bc" differ, and with a byte that says whether there is a text at all. */
static void
hashed_add(struct kg_text *hashed, const char *text)
{
	kg_text_add_bytes(hashed, text ? "+" : "-", 1);
	if (text)
		kg_text_add_bytes(hashed, text, strlen(text) + 1);
}

/* A table and those within it: as deep as the tables are, which are finite and ours. */
static void
fields_add(struct kg_text *hashed, const struct kg_field *field)
{
	for (; field && field->name; field++) {
		uint64_t numbers[] = { field->type, field->flags, field->size };

		hashed_add(hashed, field->name);
		hashed_add(hashed, field->fallback);
		kg_text_add_bytes(hashed, numbers, sizeof(numbers));
		for (const char *const *choice = field->choices; choice && *choice; choice++)
			hashed_add(hashed, *choice);
		fields_add(hashed, field->fields);
	}
	hashed_add(hashed, NULL);
}

/*
 * Who may read what was written: the same program with the same kinds. Another build may read files in another way without anyone having
 * thought of the format's version, so the executable's own size and time count too.
 */
static struct kg_snapshot_hash
build_hash(struct kg_arena *arena, const struct kg_facts_set *facts)
{
	struct kg_text hashed = { .arena = arena };
	struct stat program = { 0 };
	uint64_t numbers[] = { format_version, sizeof(struct kg_snapshot_head), facts->count, 0, 0, 0 };

	if (stat("/proc/self/exe", &program) == 0) {
		numbers[3] = (uint64_t)program.st_size;
		numbers[4] = (uint64_t)program.st_mtim.tv_sec;
		numbers[5] = (uint64_t)program.st_mtim.tv_nsec;
	}
	kg_text_add_bytes(&hashed, numbers, sizeof(numbers));
	for (uint32_t i = 0; i < facts->count; i++) {
		const struct kg_facts *kind = facts->kinds[i];

		hashed_add(&hashed, kind->name);
		kg_text_add_bytes(&hashed, &kind->version, sizeof(kind->version));
		fields_add(&hashed, kind->fields);
		for (const char *const *output = kind->outputs; output && *output; output++)
			hashed_add(&hashed, *output);
		hashed_add(&hashed, NULL);
	}
	fields_add(&hashed, facts->common);
	return text_hash(&hashed);
}

/* The current folder counts, since paths in messages are as seen from it. */
static struct kg_snapshot_hash
question_hash(struct kg_arena *arena, const struct kg_graph_source *source)
{
	struct kg_text hashed = { .arena = arena };

	hashed_add(&hashed, kg_path_here(arena));
	hashed_add(&hashed, source->file);
	hashed_add(&hashed, source->profile);
	for (const char *const *set = source->sets; set && *set; set++)
		hashed_add(&hashed, *set);
	return text_hash(&hashed);
}

/*
 * A file may be changed again within the grain of its clock, and then its times say nothing. So a file whose times were that near when
 * reading began is not vouched for (the rule is git's; see "racy" in its index format). Where a file system keeps whole seconds, or two
 * of them, all its nanoseconds are zero.
 */
static bool
is_too_new(const struct kg_origin_file *file, int64_t begun_ns)
{
	bool whole_seconds = file->mtime_ns % 1000000000 == 0 && file->ctime_ns % 1000000000 == 0;
	int64_t grain_ns = whole_seconds ? 2000000000 : 20000000;
	int64_t newest_ns = file->mtime_ns > file->ctime_ns ? file->mtime_ns : file->ctime_ns;

	return newest_ns > begun_ns - grain_ns;
}

/* What goes into the file, in pieces. */
struct writing {
	struct kg_snapshot_head head;
	const void *parts[KG_SNAPSHOT_PARTS];
};

static void
part_set(struct writing *writing, enum kg_snapshot_part part, const void *items, size_t count)
{
	writing->parts[part] = items;
	writing->head.parts[part].count = count;
}

static void
graph_parts_set(struct writing *writing, const struct kg_graph *graph)
{
	part_set(writing, KG_SNAPSHOT_VALUES, graph->values.items, graph->values.count);
	part_set(writing, KG_SNAPSHOT_TEXTS, graph->values.texts, graph->values.texts_size);
	part_set(writing, KG_SNAPSHOT_NODES, graph->nodes, graph->node_count);
	part_set(writing, KG_SNAPSHOT_EDGES, graph->edges, graph->edge_count);
	part_set(writing, KG_SNAPSHOT_USERS, graph->users, graph->user_count);
	part_set(writing, KG_SNAPSHOT_REFERENCES, graph->references, graph->reference_count);
	part_set(writing, KG_SNAPSHOT_TARGETS, graph->targets, graph->target_count);
	part_set(writing, KG_SNAPSHOT_TARGET_NODES, graph->target_nodes, graph->target_node_count);
	part_set(writing, KG_SNAPSHOT_EXPORTS, graph->exports, graph->export_count);
	part_set(writing, KG_SNAPSHOT_SECRETS, graph->secrets, graph->secret_count);
	part_set(writing, KG_SNAPSHOT_PORTS, graph->ports, graph->port_count);
	part_set(writing, KG_SNAPSHOT_POOLS, graph->pools, graph->pool_count);
	part_set(writing, KG_SNAPSHOT_NAME_SLOTS, graph->name_slots, graph->name_slot_count);
	writing->head.name = graph->name;
	writing->head.instance = graph->instance;
	writing->head.default_target = graph->default_target;
	writing->head.folder = graph->folder;
	writing->head.profile = graph->profile;
	writing->head.cache_remote = graph->cache_remote;
	writing->head.cache_push = graph->cache_push;
	writing->head.cache_timeout_ms = graph->cache_timeout_ms;
}

static uint32_t
origin_text_add(struct kg_text *texts, const char *text)
{
	uint32_t offset = (uint32_t)texts->size;

	kg_text_add_bytes(texts, text, strlen(text) + 1);
	return offset;
}

static void
origin_parts_set(struct kg_arena *arena, struct writing *writing, const struct kg_graph_origin *origin)
{
	struct kg_snapshot_file *files = kg_new_array(arena, struct kg_snapshot_file, origin->file_count);
	uint32_t *variables = kg_new_array(arena, uint32_t, origin->variable_count);
	struct kg_text texts = { .arena = arena }, values = { .arena = arena };

	kg_text_add_bytes(&texts, "", 1);
	for (uint32_t i = 0; i < origin->file_count; i++) {
		const struct kg_origin_file *file = &origin->files[i];

		files[i] = (struct kg_snapshot_file){
			.size = file->size,
			.mtime_ns = file->mtime_ns,
			.ctime_ns = file->ctime_ns,
			.inode = file->inode,
			.device = file->device,
			.path = origin_text_add(&texts, file->path),
		};
	}
	for (uint32_t i = 0; i < origin->variable_count; i++) {
		variables[i] = origin_text_add(&texts, origin->variables[i].name);
		hashed_add(&values, origin->variables[i].value);
	}
	part_set(writing, KG_SNAPSHOT_FILES, files, origin->file_count);
	part_set(writing, KG_SNAPSHOT_VARIABLES, variables, origin->variable_count);
	part_set(writing, KG_SNAPSHOT_ORIGIN_TEXTS, texts.bytes, texts.size);
	writing->head.environment = text_hash(&values);
}

/* Lays the parts out behind the head and gives the whole file. */
static const char *
file_make(struct kg_arena *arena, struct writing *writing)
{
	struct kg_snapshot_head *head = &writing->head;
	uint64_t size = sizeof(*head);

	for (uint32_t part = 0; part < KG_SNAPSHOT_PARTS; part++) {
		head->parts[part].offset = size;
		size += (head->parts[part].count * part_sizes[part] + 7) & ~(uint64_t)7;
	}
	head->size = size;
	memcpy(head->magic, magic, sizeof(magic));

	char *bytes = kg_alloc(arena, size);
	memcpy(bytes, head, sizeof(*head));
	for (uint32_t part = 0; part < KG_SNAPSHOT_PARTS; part++)
		if (head->parts[part].count > 0)
			memcpy(bytes + head->parts[part].offset, writing->parts[part], head->parts[part].count * part_sizes[part]);
	((struct kg_snapshot_head *)bytes)->checksum = kg_snapshot_checksum(bytes, size);
	return bytes;
}

struct kg_error *
kg_snapshot_write(struct kg_arena *arena, const char *path, const struct kg_graph *graph, const struct kg_graph_origin *origin,
    const struct kg_graph_source *source)
{
	int64_t begun_ns = origin->begun_ns ? origin->begun_ns : kg_clock_wall_ns();

	for (uint32_t i = 0; i < origin->file_count; i++)
		if (is_too_new(&origin->files[i], begun_ns))
			return NULL;

	struct kg_arena *scratch = kg_arena_make();
	struct writing writing = { .head = {
				       .build = build_hash(scratch, source->facts), .question = question_hash(scratch, source) } };
	graph_parts_set(&writing, graph);
	origin_parts_set(scratch, &writing, origin);
	const char *bytes = file_make(scratch, &writing);
	struct kg_error *error = kg_file_write(arena, path, bytes, writing.head.size, 0600);
	kg_arena_free(scratch);
	return error;
}

/* Whether every part lies behind the head, in the file, and in numbers that the graph can count. */
static bool
parts_find(const char *bytes, size_t size, struct kg_snapshot *snapshot)
{
	for (uint32_t part = 0; part < KG_SNAPSHOT_PARTS; part++) {
		uint64_t offset = snapshot->head->parts[part].offset, count = snapshot->head->parts[part].count;

		if (offset % 8 != 0 || offset < sizeof(*snapshot->head) || offset > size || count > UINT32_MAX ||
		    count > (size - offset) / part_sizes[part])
			return false;
		snapshot->parts[part] = bytes + offset;
		snapshot->counts[part] = (uint32_t)count;
	}
	return true;
}

static struct kg_graph
graph_of(const struct kg_snapshot *snapshot)
{
	const uint32_t *counts = snapshot->counts;

	return (struct kg_graph){
		.values = {
			.items = snapshot->parts[KG_SNAPSHOT_VALUES],
			.texts = snapshot->parts[KG_SNAPSHOT_TEXTS],
			.count = counts[KG_SNAPSHOT_VALUES],
			.texts_size = counts[KG_SNAPSHOT_TEXTS],
		},
		.nodes = snapshot->parts[KG_SNAPSHOT_NODES],
		.edges = snapshot->parts[KG_SNAPSHOT_EDGES],
		.users = snapshot->parts[KG_SNAPSHOT_USERS],
		.references = snapshot->parts[KG_SNAPSHOT_REFERENCES],
		.targets = snapshot->parts[KG_SNAPSHOT_TARGETS],
		.target_nodes = snapshot->parts[KG_SNAPSHOT_TARGET_NODES],
		.exports = snapshot->parts[KG_SNAPSHOT_EXPORTS],
		.secrets = snapshot->parts[KG_SNAPSHOT_SECRETS],
		.ports = snapshot->parts[KG_SNAPSHOT_PORTS],
		.pools = snapshot->parts[KG_SNAPSHOT_POOLS],
		.name_slots = snapshot->parts[KG_SNAPSHOT_NAME_SLOTS],
		.node_count = counts[KG_SNAPSHOT_NODES],
		.edge_count = counts[KG_SNAPSHOT_EDGES],
		.user_count = counts[KG_SNAPSHOT_USERS],
		.reference_count = counts[KG_SNAPSHOT_REFERENCES],
		.target_count = counts[KG_SNAPSHOT_TARGETS],
		.target_node_count = counts[KG_SNAPSHOT_TARGET_NODES],
		.export_count = counts[KG_SNAPSHOT_EXPORTS],
		.secret_count = counts[KG_SNAPSHOT_SECRETS],
		.port_count = counts[KG_SNAPSHOT_PORTS],
		.pool_count = counts[KG_SNAPSHOT_POOLS],
		.name_slot_count = counts[KG_SNAPSHOT_NAME_SLOTS],
		.name = snapshot->head->name,
		.instance = snapshot->head->instance,
		.default_target = snapshot->head->default_target,
		.folder = snapshot->head->folder,
		.profile = snapshot->head->profile,
		.cache_remote = snapshot->head->cache_remote,
		.cache_push = snapshot->head->cache_push != 0,
		.cache_timeout_ms = snapshot->head->cache_timeout_ms,
	};
}

bool
kg_snapshot_read(
    const void *bytes, size_t size, const struct kg_facts_set *facts, struct kg_snapshot *ret_snapshot, struct kg_graph *ret_graph)
{
	const struct kg_snapshot_head *head = bytes;

	if (size < sizeof(*head) || memcmp(head->magic, magic, sizeof(magic)) != 0 || head->size != size)
		return false;
	*ret_snapshot = (struct kg_snapshot){ .head = head };
	if (!hash_equal(head->checksum, kg_snapshot_checksum(bytes, size)) || !parts_find(bytes, size, ret_snapshot))
		return false;
	*ret_graph = graph_of(ret_snapshot);
	return kg_snapshot_sound(ret_snapshot, ret_graph, facts->count);
}

static bool
file_unchanged(const struct kg_snapshot_file *file, const char *path)
{
	struct stat now;

	return stat(path, &now) == 0 && now.st_size == file->size &&
	    now.st_mtim.tv_sec * 1000000000 + now.st_mtim.tv_nsec == file->mtime_ns &&
	    now.st_ctim.tv_sec * 1000000000 + now.st_ctim.tv_nsec == file->ctime_ns && now.st_ino == file->inode &&
	    now.st_dev == file->device;
}

/* Whether the same files, variables and question would give the same graph again. */
static bool
is_fresh(struct kg_arena *scratch, const struct kg_snapshot *snapshot, const struct kg_graph_source *source)
{
	const struct kg_snapshot_file *files = snapshot->parts[KG_SNAPSHOT_FILES];
	const uint32_t *variables = snapshot->parts[KG_SNAPSHOT_VARIABLES];
	const char *texts = snapshot->parts[KG_SNAPSHOT_ORIGIN_TEXTS];
	struct kg_text values = { .arena = scratch };

	if (!hash_equal(snapshot->head->question, question_hash(scratch, source)))
		return false;
	for (uint32_t i = 0; i < snapshot->counts[KG_SNAPSHOT_VARIABLES]; i++)
		hashed_add(&values, source->environment(source->context, texts + variables[i]));
	if (!hash_equal(snapshot->head->environment, text_hash(&values)))
		return false;
	for (uint32_t i = 0; i < snapshot->counts[KG_SNAPSHOT_FILES]; i++)
		if (!file_unchanged(&files[i], texts + files[i].path))
			return false;
	return true;
}

/* The cheap questions first: a snapshot of another build or another question is not read to its end. */
static const struct kg_graph *
graph_open(struct kg_arena *arena, struct kg_arena *scratch, const void *bytes, size_t size, const struct kg_graph_source *source)
{
	const struct kg_snapshot_head *head = bytes;
	struct kg_snapshot snapshot;
	struct kg_graph graph;

	if (!hash_equal(head->build, build_hash(scratch, source->facts)) ||
	    !kg_snapshot_read(bytes, size, source->facts, &snapshot, &graph) || !is_fresh(scratch, &snapshot, source))
		return NULL;
	struct kg_graph *copy = kg_new(arena, struct kg_graph);
	*copy = graph;
	return copy;
}

const struct kg_graph *
kg_snapshot_map(struct kg_arena *arena, const char *path, const struct kg_graph_source *source)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat stat_buffer;
	const struct kg_graph *graph = NULL;
	void *bytes = MAP_FAILED;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &stat_buffer) == 0 && S_ISREG(stat_buffer.st_mode) &&
	    stat_buffer.st_size >= (off_t)sizeof(struct kg_snapshot_head))
		bytes = mmap(NULL, (size_t)stat_buffer.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	close(fd);
	if (bytes == MAP_FAILED)
		return NULL;

	struct kg_arena *scratch = kg_arena_make();
	graph = graph_open(arena, scratch, bytes, (size_t)stat_buffer.st_size, source);
	kg_arena_free(scratch);
	if (!graph)
		munmap(bytes, (size_t)stat_buffer.st_size);
	return graph;
}
