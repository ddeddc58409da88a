/*
 * Images on their way out of the engine and into the nodes:
 *
 *     the nodes are known ─ copied to the layout ─ packed ─┬────────────────────── imported ─ done
 *                                                          └ contents asked ─ packed ┘
 *
 * skopeo copies from the engine's storage without compressing, and only what the layout lacks: 0.02 s when the top layer has changed, where saving the
 * whole takes ten. Where there is no skopeo, the engine saves the whole.
 *
 * Every program on the way costs more than the kilobytes that a changed top layer is: so the nodes were asked while the image was built, what they have is
 * known by the images that they list and that went through here, and they are asked for all of their contents only when much would travel otherwise.
 *
 * containerd up to 1.7 takes from its own content what an archive lacks; later ones do so with --local alone. When neither helps, such as after a
 * node's garbage collection in between, all of it is sent.
 */
#include <string.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/path.h"
#include "engine/base/size.h"
#include "engine/base/text.h"
#include "engine/target.h"
#include "targets/kind/load_inside.h"

static constexpr int64_t copy_limit_ms = 20 * 60 * 1000;
static constexpr int64_t ask_limit_ms = 30000;
static constexpr size_t listing_limit_bytes = 64 << 20;
/* What would travel is worth asking the nodes for all that they have from here on. */
static constexpr int64_t ask_from_bytes = 4 << 20;
static constexpr char local_mark[] = "local";
enum { COPIES_AT_ONCE = 4 };

static kg_step nodes_told, image_copy, image_copied, images_copied, pack, packed, contents_ask, contents_told;
static kg_step save_one, saved_one, all_saved, send, import_one, imported_one, imported, listed, sent, tidied;

/* What a worker thread packs, and what comes of it. */
struct load_packing {
	struct kg_arena *arena; /* the worker's alone until it has ended */
	const char *path, *blobs;
	const struct load_image *images;
	uint32_t count;
	const struct load_nodes *nodes;
	const struct kg_map *contents; /* see struct load_state */
	bool is_whole;
	int64_t size_bytes;
	bool is_left; /* nothing is packed: the nodes are to be asked first */
	_Atomic bool stop;
	struct kg_error *error;
};

static const char *
file_of(struct kg_job *job, const char *name)
{
	return kg_path_join(job->arena, job->keep, name);
}

struct kg_next
kg_load_run(struct kg_job *job)
{
	const struct load_spec *spec = job->spec;
	struct load_state *state = job->state;
	struct kg_error *error = NULL;

	if (kg_job_keep(job, &error))
		error = kg_engine_find(job->arena, spec->engine.engine, &state->engine);
	state->blobs = kg_path_join(job->arena, job->folders->state, "image-layers");
	if (!error)
		error = kg_file_make_folder(job->arena, state->blobs, 0700);
	if (error)
		return kg_failed(error);
	while (spec->images[state->count])
		state->count++;
	state->images = kg_new_array(job->arena, struct load_image, state->count);
	for (uint32_t i = 0; i < state->count; i++)
		state->images[i].name = kg_load_name(job->arena, spec->images[i]);
	return kg_wait_answer(job, kg_load_question(job), nodes_told);
}

static struct kg_next
nodes_told(struct kg_job *job)
{
	struct load_state *state = job->state;
	struct kg_job_parts *parts = kg_new(job->arena, struct kg_job_parts);

	if (!job->answer)
		return kg_failed(kg_error_copy(job->arena, job->answer_error));
	state->nodes = kg_new(job->arena, struct load_nodes);
	*state->nodes = *(const struct load_nodes *)job->answer;
	job->survey = state->nodes;
	*parts = (struct kg_job_parts){ .count = state->count, .width = COPIES_AT_ONCE, .stop_at_failure = true };
	if (kg_job_program(job, "skopeo")) {
		state->was_local = access(file_of(job, local_mark), F_OK) == 0;
		state->way = state->was_local ? LOAD_THIN_LOCAL : LOAD_THIN;
		parts->first = image_copy;
		kg_tell(job, "reading %s", state->count == 1 ? state->images[0].name : "images");
		return kg_wait_parts(job, parts, images_copied);
	}
	kg_job_log(job, "skopeo is not installed: the whole of each image is sent");
	parts->first = save_one;
	state->way = LOAD_WHOLE;
	state->archives = kg_new_array(job->arena, const char *, state->count);
	state->archive_count = state->count;
	kg_tell(job, "saving %s", state->count == 1 ? state->images[0].name : "images");
	return kg_wait_parts(job, parts, all_saved);
}

/* ---- with skopeo: into the layout (parts, one an image) */

static const struct load_state *
whole_state(const struct kg_job *part)
{
	return part->whole->state;
}

static const char *
layout_of(struct kg_job *job)
{
	return file_of(job, kg_format(job->arena, "image-%u", job->part));
}

static struct kg_next
image_copy(struct kg_job *job)
{
	const struct load_spec *spec = job->spec;
	const struct load_state *state = whole_state(job);
	struct kg_arguments argv = { .arena = job->arena };
	struct kg_child *child = kg_new(job->arena, struct kg_child);
	bool is_podman = state->engine.driver == &kg_podman;
	/* Of the image before, which skopeo would keep beside the new one; its parts are in the other folder, and stay. */
	struct kg_error *error = kg_file_remove(job->arena, layout_of(job));

	if (error)
		return kg_failed(error);
	/* A rootless podman's storage can be read inside its namespaces alone. */
	if (is_podman && geteuid() != 0)
		kg_arguments_add(&argv, state->engine.program, "unshare", NULL);
	kg_arguments_add(&argv, "skopeo", "copy", "--quiet", "--dest-oci-accept-uncompressed-layers", "--dest-shared-blob-dir",
	    state->blobs,
	    kg_format(job->arena, "%s:%s", is_podman ? "containers-storage" : "docker-daemon",
		is_podman ? spec->images[job->part] : state->images[job->part].name),
	    kg_format(job->arena, "oci:%s:kgraph", layout_of(job)), NULL);
	child->argv = kg_arguments_end(&argv);
	child->env = state->engine.environment;
	child->timeout_ms = copy_limit_ms;
	return kg_wait_child(job, child, image_copied);
}

static struct kg_next
image_copied(struct kg_job *job)
{
	const struct load_state *state = whole_state(job);
	struct load_image *image = &state->images[job->part];
	const char *index;
	size_t size;

	if (job->child.status != 0)
		return kg_failed(
		    kg_error_wrap(job->arena, kg_child_error(job), "reading %s from %s", image->name, state->engine.driver->name));
	struct kg_error *error = kg_file_read(job->arena, kg_path_join(job->arena, layout_of(job), "index.json"), &index, &size);
	if (!error)
		error = kg_load_image_read(job->arena, index, state->blobs, image->name, image);
	return error ? kg_failed(error) : kg_done(job);
}

static bool
all_nodes_have(const struct load_state *state)
{
	for (uint32_t i = 0; i < state->count; i++)
		for (uint32_t node = 0; node < state->nodes->items.count; node++)
			if (!kg_text_equal(
				kg_load_digest(state->nodes, node, state->images[i].name), state->images[i].manifest.digest))
				return false;
	return true;
}

static struct kg_next
images_copied(struct kg_job *job)
{
	struct load_state *state = job->state;

	if (job->parts_error)
		return kg_failed(kg_error_copy(job->arena, job->parts_error));
	if (all_nodes_have(state)) {
		kg_reused(job, 0);
		return kg_go(sent);
	}
	return kg_go(pack);
}

/* ---- the archive */

static void
pack_work(void *data)
{
	struct load_packing *packing = data;
	struct kg_arena *arena = packing->arena;
	uint32_t node_count = packing->nodes->items.count;
	const struct kg_map *contents = packing->contents;
	struct load_parts parts;

	if (!contents && !packing->is_whole) {
		struct kg_map *known = kg_new_array(arena, struct kg_map, node_count + 1);

		for (uint32_t i = 0; i < node_count; i++) {
			known[i].arena = arena;
			kg_load_known(arena, packing->nodes, i, packing->blobs, &known[i]);
		}
		contents = known;
	}
	kg_load_parts_find(arena, packing->images, packing->count, packing->is_whole ? NULL : contents, node_count, &parts);
	packing->size_bytes = parts.size_bytes;
	packing->is_left = !packing->is_whole && !packing->contents && parts.size_bytes >= ask_from_bytes;
	if (!packing->is_left)
		packing->error = kg_load_archive_write(arena, packing->path, packing->blobs,
		    kg_load_index_write(arena, packing->images, packing->count), &parts, &packing->stop);
}

static struct kg_next
pack(struct kg_job *job)
{
	struct load_state *state = job->state;

	state->packing = kg_new(job->arena, struct load_packing);
	*state->packing = (struct load_packing){
		.arena = kg_arena_make(),
		.path = file_of(job, "sending.tar"),
		.blobs = state->blobs,
		.images = state->images,
		.count = state->count,
		.nodes = state->nodes,
		.contents = state->contents,
		.is_whole = state->way == LOAD_WHOLE,
	};
	return kg_wait_worker_stoppable(job, pack_work, state->packing, &state->packing->stop, packed);
}

static struct kg_next
packed(struct kg_job *job)
{
	struct load_state *state = job->state;
	struct load_packing *packing = state->packing;
	struct kg_error *error = packing->error ? kg_error_wrap(job->arena, packing->error, "packing images") : NULL;

	if (error)
		error = kg_error_copy(job->arena, error);
	kg_arena_free(packing->arena);
	packing->arena = NULL;
	if (error)
		return kg_failed(error);
	if (packing->is_left) {
		struct kg_job_parts *parts = kg_new(job->arena, struct kg_job_parts);

		state->contents = kg_new_array(job->arena, struct kg_map, state->nodes->items.count + 1);
		*parts = (struct kg_job_parts){ .count = state->nodes->items.count, .first = contents_ask };
		return kg_wait_parts(job, parts, pack);
	}
	state->sent_bytes = packing->size_bytes;
	state->archives = kg_new(job->arena, const char *);
	state->archives[0] = packing->path;
	state->archive_count = 1;
	return kg_go(send);
}

/* ---- all that the nodes have (parts, one a node) */

static struct kg_next
contents_ask(struct kg_job *job)
{
	const struct load_node *node = &whole_state(job)->nodes->items.items[job->part];
	static const char *const arguments[] = { "content", "ls", "--quiet", NULL };
	struct kg_child *child = kg_load_command(job, node, node->command, arguments);

	child->capture = child->quiet = true;
	child->capture_limit = listing_limit_bytes;
	child->timeout_ms = ask_limit_ms;
	return kg_wait_child(job, child, contents_told);
}

static struct kg_next
contents_told(struct kg_job *job)
{
	struct kg_map *has = &whole_state(job)->contents[job->part];

	has->arena = job->arena;
	/* A node that does not tell gets all of it. */
	if (job->child.status == 0)
		kg_load_contents_read(job->arena, job->child.output, has);
	return kg_done(job);
}

/* ---- without skopeo: the engine saves (parts, one an image) */

static struct kg_next
save_one(struct kg_job *job)
{
	const struct load_spec *spec = job->spec;
	const struct load_state *state = whole_state(job);
	const char *archive = file_of(job, kg_format(job->arena, "saved-%u.tar", job->part));
	struct kg_arguments arguments = { .arena = job->arena };

	/* podman refuses a file that is there. */
	struct kg_error *error = kg_file_remove(job->arena, archive);
	if (error)
		return kg_failed(error);
	state->archives[job->part] = archive;
	kg_arguments_add(&arguments, "save", "--output", archive, spec->images[job->part], NULL);
	struct kg_child *child = kg_engine_child(job, &state->engine, kg_arguments_end(&arguments), NULL);
	child->timeout_ms = copy_limit_ms;
	return kg_wait_child(job, child, saved_one);
}

static struct kg_next
saved_one(struct kg_job *job)
{
	const struct load_state *state = whole_state(job);

	if (job->child.status != 0)
		return kg_failed(
		    kg_engine_error(job, &state->engine, kg_format(job->arena, "save %s", state->images[job->part].name)));
	return kg_done(job);
}

static struct kg_next
all_saved(struct kg_job *job)
{
	return job->parts_error ? kg_failed(kg_error_copy(job->arena, job->parts_error)) : kg_go(send);
}

/* ---- into the nodes (parts, one a node) */

static struct kg_next
send(struct kg_job *job)
{
	struct load_state *state = job->state;
	struct kg_job_parts *parts = kg_new(job->arena, struct kg_job_parts);

	*parts = (struct kg_job_parts){ .count = state->nodes->items.count, .first = import_one };
	if (state->sent_bytes > 0)
		kg_tell(job, "sending %s to %u node%s", kg_size_tell(job->arena, state->sent_bytes), state->nodes->items.count,
		    state->nodes->items.count == 1 ? "" : "s");
	return kg_wait_parts(job, parts, imported);
}

static struct kg_next
import_one(struct kg_job *job)
{
	const struct load_state *state = whole_state(job);
	const struct load_node *node = &state->nodes->items.items[job->part];
	const char *archive = state->archives[state->archive];
	struct kg_arguments arguments = { .arena = job->arena };

	kg_arguments_add(&arguments, "images", "import", NULL);
	if (state->way == LOAD_THIN_LOCAL)
		kg_arguments_add(&arguments, "--local", NULL);
	kg_arguments_add(&arguments, node->with_input ? "-" : archive, NULL);
	struct kg_child *child =
	    kg_load_command(job, node, node->with_input ? node->with_input : node->command, kg_arguments_end(&arguments));
	child->input_path = node->with_input ? archive : NULL;
	child->timeout_ms = copy_limit_ms;
	return kg_wait_child(job, child, imported_one);
}

static struct kg_next
imported_one(struct kg_job *job)
{
	if (job->child.status != 0)
		return kg_failed(kg_error_wrap(job->arena, kg_child_error(job), "putting images into %s",
		    whole_state(job)->nodes->items.items[job->part].name));
	return kg_done(job);
}

/* What is tried when a way has failed; LOAD_WHOLE is the last. */
static enum load_way
way_after(const struct load_state *state)
{
	enum load_way first = state->was_local ? LOAD_THIN_LOCAL : LOAD_THIN;
	enum load_way second = state->was_local ? LOAD_THIN : LOAD_THIN_LOCAL;

	return state->way == first ? second : LOAD_WHOLE;
}

/* Which way a node takes costs an attempt to find out. */
static void
way_remember(struct kg_job *job)
{
	const struct load_state *state = job->state;
	const char *mark = file_of(job, local_mark);

	if (state->way == LOAD_THIN_LOCAL && !state->was_local)
		(void)kg_file_write(job->arena, mark, "", 0, 0600);
	else if (state->way == LOAD_THIN && state->was_local)
		(void)unlink(mark);
}

static struct kg_next
imported(struct kg_job *job)
{
	struct load_state *state = job->state;

	if (job->parts_error && state->way == LOAD_WHOLE)
		return kg_failed(kg_error_copy(job->arena, job->parts_error));
	if (job->parts_error) {
		state->way = way_after(state);
		return kg_go(state->way == LOAD_WHOLE ? pack : send);
	}
	if (++state->archive < state->archive_count)
		return kg_go(send);
	way_remember(job);
	/* An archive of our own names the digests. */
	return state->packing ? kg_go(sent) : kg_load_list(job, listed);
}

/* What containerd now has is what the next look compares. */
static struct kg_next
told(struct kg_job *job, const char *const *digests)
{
	const struct load_state *state = job->state;
	const char *all = "", *names = "";

	for (uint32_t i = 0; i < state->count; i++) {
		all = kg_format(job->arena, "%s%s%s", all, i ? " " : "", digests[i]);
		names = kg_format(job->arena, "%s%s%s", names, i ? " " : "", state->images[i].name);
	}
	kg_output(job, "ref", state->images[0].name);
	kg_output(job, "refs", names);
	kg_output(job, "digest", all);
	return kg_go(tidied);
}

static struct kg_next
sent(struct kg_job *job)
{
	const struct load_state *state = job->state;
	const char **digests = kg_new_array(job->arena, const char *, state->count);

	for (uint32_t i = 0; i < state->count; i++)
		digests[i] = state->images[i].manifest.digest;
	return told(job, digests);
}

static struct kg_next
listed(struct kg_job *job)
{
	const struct load_state *state = job->state;
	const char **digests = kg_new_array(job->arena, const char *, state->count);

	for (uint32_t i = 0; i < state->count; i++) {
		digests[i] = kg_load_digest(state->nodes, 0, state->images[i].name);
		if (!digests[i])
			return kg_failed(kg_error_make(job->arena, KG_EFAILED, "%s took the images, and has no %s",
			    state->nodes->items.items[0].name, state->images[i].name));
	}
	return told(job, digests);
}

/* ---- what is not needed any more */

static void
archives_remove(struct kg_job *job)
{
	const struct load_state *state = job->state;

	for (uint32_t i = 0; i < state->archive_count; i++)
		if (state->archives[i])
			(void)kg_file_remove(job->arena, state->archives[i]);
}

void
kg_load_close(struct kg_job *job)
{
	const struct load_state *state = job->state;

	if (state->packing && state->packing->arena) {
		kg_arena_free(state->packing->arena);
		state->packing->arena = NULL;
	}
	archives_remove(job);
}

struct tidying {
	const char *nodes_folder, *blobs;
};

static void
tidy(void *data)
{
	const struct tidying *tidying = data;

	kg_load_layout_tidy(tidying->nodes_folder, tidying->blobs);
}

static struct kg_next
tidied(struct kg_job *job)
{
	const struct load_state *state = job->state;
	struct tidying *tidying = kg_new(job->arena, struct tidying);

	archives_remove(job);
	*tidying = (struct tidying){ kg_path_folder(job->arena, job->keep), state->blobs };
	return kg_wait_worker(job, tidy, tidying, kg_done);
}
