/* The files and folders that a run leaves: written once here, and not once a kind. */

#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/path.h"
#include "engine/run/inputs.h"
#include "engine/run/state.h"

void
kg_products_add(struct kg_products *products, struct kg_product product)
{
	kg_list_push(products->arena, &products->list, product);
}

struct kg_arena *
kg_products_arena(const struct kg_products *products)
{
	return products->arena;
}

struct kg_products *
kg_products_of(struct kg_arena *arena, const struct kg_kind *kind, const void *spec)
{
	struct kg_products *products = kg_new(arena, struct kg_products);

	products->arena = arena;
	if (kind->products)
		kind->products(products, spec);
	return products;
}

uint32_t
kg_products_count(const struct kg_products *products)
{
	return products->list.count;
}

static bool
exists(const char *path)
{
	struct stat stat;

	return lstat(path, &stat) == 0;
}

static const struct kg_entry_output *
remembered(const struct kg_entry *before, const char *key)
{
	for (uint32_t i = 0; i < before->output_count; i++)
		if (strcmp(before->outputs[i].key, key) == 0)
			return &before->outputs[i];
	return NULL;
}

/* By its key, since a checkout may have been moved, or by its path, since an output may have got another name. */
static const struct kg_entry_output *
data_known(const struct kg_outputs *known, const struct kg_product *product)
{
	for (uint32_t i = 0; known && i < known->count; i++)
		if (known->items[i].is_product &&
		    (strcmp(known->items[i].key, product->key) == 0 || strcmp(known->items[i].value, product->path) == 0))
			return &known->items[i];
	return NULL;
}

const char *
kg_products_look(struct kg_run *run, struct kg_arena *arena, const struct kg_products *products, const struct kg_entry *before)
{
	for (uint32_t i = 0; i < products->list.count; i++) {
		const struct kg_product *product = &products->list.items[i];
		const struct kg_entry_output *then = remembered(before, product->key);
		const char *shown = kg_path_inside(run->folders.graph, product->path);
		bool content_counts = then && !product->is_data;
		struct kg_file_state now = { 0 };

		if (!content_counts && exists(product->path))
			continue;
		struct kg_error *error = content_counts ? kg_stat_cache_tree(run->stat_cache, arena, product->path, &now) : NULL;
		if (error)
			return kg_error_text(arena, error);
		if (now.type == KG_FILE_MISSING)
			return kg_format(arena, "%s is gone", shown);
		if (!kg_digest_equal(now.digest, then->digest))
			return kg_format(arena, "%s was changed after it was made", shown);
	}
	return NULL;
}

/* An output that is the graph's folder or one above it would take everything with it when it is removed. */
static struct kg_error *
removal_check(struct kg_run *run, struct kg_arena *arena, const struct kg_product *product)
{
	const char *what = NULL;

	if (strcmp(product->path, "/") == 0 || kg_path_inside(product->path, run->folders.graph) != run->folders.graph)
		what = "the graph itself";
	else if (kg_path_inside(product->path, run->folders.state) != run->folders.state)
		what = "kgraph's own state";
	return what
	    ? kg_error_make(arena, KG_EINPUT, "the output %s holds %s: it would be removed before the run", product->path, what)
	    : NULL;
}

static struct kg_error *
folder_give(struct kg_arena *arena, const struct kg_product *product)
{
	struct kg_error *error = kg_file_make_folder(arena, product->path, 0755);
	struct passwd entry, *found;
	char buffer[4096];

	if (error || !product->owner || geteuid() != 0)
		return error;
	if (getpwnam_r(product->owner, &entry, buffer, sizeof(buffer), &found) != 0 || !found)
		return kg_error_make(arena, KG_EINPUT, "there is no user `%s` on this machine", product->owner);
	if (chmod(product->path, 0700) < 0 || chown(product->path, entry.pw_uid, entry.pw_gid) < 0)
		return kg_error_system(arena, errno, "cannot give %s to %s", product->path, product->owner);
	return NULL;
}

/* What a run makes its data in has to be empty; who has filled it is not known, and it may be all that there is of it. */
static struct kg_error *
unknown_folder_check(struct kg_arena *arena, const struct kg_product *product)
{
	if (!product->is_folder || !exists(product->path) || rmdir(product->path) == 0)
		return NULL;
	return kg_error_advise(arena,
	    kg_error_make(arena, KG_EFAILED, "%s holds data already, and no run here is known to have made it", product->path),
	    "remove it to have it made anew, or put it elsewhere");
}

static struct kg_error *
product_prepare(struct kg_run *run, struct kg_arena *arena, const struct kg_product *product, bool is_known, bool was_cut_off)
{
	struct kg_error *error = removal_check(run, arena, product);
	bool keep = product->is_replaced || (product->is_data && (is_known || !was_cut_off));

	if (!error && product->is_data && !is_known && !was_cut_off)
		error = unknown_folder_check(arena, product);
	if (!error && !keep)
		error = kg_file_remove(arena, product->path);
	kg_stat_cache_forget(run->stat_cache, product->path);
	if (!error)
		error = kg_file_make_folder(arena, kg_path_folder(arena, product->path), 0755);
	return !error && product->is_folder && !exists(product->path) ? folder_give(arena, product) : error;
}

/* Data has no content that counts: what tells one generation from the next is when it was first made. */
static struct kg_digest
generation_begin(struct kg_arena *arena, const struct kg_product *product)
{
	return kg_digest_text(kg_format(arena, "%s %lld", product->path, (long long)kg_clock_wall_ns()));
}

static struct kg_entry_output
data_output(struct kg_arena *arena, const struct kg_product *product, const struct kg_entry_output *then)
{
	bool goes_on = then && then->is_data && !kg_digest_is_none(then->digest);

	return (struct kg_entry_output){ product->key, product->path, goes_on ? then->digest : generation_begin(arena, product),
		true, true };
}

static struct kg_outputs
outputs_kept(struct kg_arena *arena, const struct kg_products *products, const struct kg_outputs *known, bool was_cut_off)
{
	uint32_t count = 0;
	struct kg_entry_output *items = kg_new_array(arena, struct kg_entry_output, known->count + products->list.count + 1);

	for (uint32_t i = 0; i < known->count; i++)
		if (!known->items[i].is_data)
			items[count++] = known->items[i];
	for (uint32_t i = 0; i < products->list.count; i++) {
		const struct kg_product *product = &products->list.items[i];
		const struct kg_entry_output *then = data_known(known, product);

		if (product->is_data && (then || !was_cut_off) && exists(product->path))
			items[count++] = data_output(arena, product, then);
	}
	return (struct kg_outputs){ items, count };
}

struct kg_error *
kg_products_prepare(struct kg_run *run, struct kg_arena *arena, const struct kg_products *products, const struct kg_outputs *known,
    bool was_cut_off, struct kg_outputs *ret_kept)
{
	struct kg_error *error = NULL;

	*ret_kept = outputs_kept(arena, products, known, was_cut_off);
	for (uint32_t i = 0; !error && i < products->list.count; i++) {
		const struct kg_product *product = &products->list.items[i];

		error = product_prepare(run, arena, product, data_known(known, product), was_cut_off);
	}
	return error;
}

struct kg_error *
kg_products_remove(struct kg_run *run, struct kg_arena *arena, const struct kg_products *products, const struct kg_outputs *kept)
{
	struct kg_error *first = NULL;

	for (uint32_t i = 0; i < products->list.count; i++) {
		const struct kg_product *product = &products->list.items[i];
		struct kg_error *error = NULL;

		if (product->is_data && data_known(kept, product))
			continue;
		error = removal_check(run, arena, product);
		if (!error)
			error = kg_file_remove(arena, product->path);
		kg_stat_cache_forget(run->stat_cache, product->path);
		first = first ? first : error;
	}
	return first;
}

struct kg_error *
kg_products_record(struct kg_run *run, struct kg_arena *arena, const struct kg_products *products, const struct kg_outputs *kept,
    struct kg_entry_output *outputs, uint32_t *output_count)
{
	for (uint32_t i = 0; i < products->list.count; i++) {
		const struct kg_product *product = &products->list.items[i];
		struct kg_file_state state;

		kg_stat_cache_forget(run->stat_cache, product->path);
		if (!exists(product->path))
			return kg_error_make(arena, KG_EFAILED, "the run succeeded, but its output %s is not there",
			    kg_path_inside(run->folders.graph, product->path));
		if (product->is_data) {
			outputs[(*output_count)++] = data_output(arena, product, data_known(kept, product));
			continue;
		}
		struct kg_error *error = kg_stat_cache_tree(run->stat_cache, arena, product->path, &state);
		if (error)
			return error;
		outputs[(*output_count)++] = (struct kg_entry_output){ product->key, product->path, state.digest, true, false };
	}
	return NULL;
}

uint32_t
kg_products_stored(struct kg_arena *arena, const struct kg_products *products, const struct kg_stored **ret_stored)
{
	struct kg_stored *stored = kg_new_array(arena, struct kg_stored, products->list.count + 1);

	*ret_stored = stored;
	for (uint32_t i = 0; i < products->list.count; i++) {
		const struct kg_product *product = &products->list.items[i];

		if (product->is_data || product->is_local)
			return 0;
		stored[i] = (struct kg_stored){ product->key, product->path };
	}
	return products->list.count;
}
