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

const char *
kg_products_look(struct kg_run *run, struct kg_arena *arena, const struct kg_products *products, const struct kg_entry *before)
{
	for (uint32_t i = 0; i < products->list.count; i++) {
		const struct kg_product *product = &products->list.items[i];
		const struct kg_entry_output *then = remembered(before, product->key);
		const char *shown = kg_path_inside(run->folders.graph, product->path);
		struct kg_file_state now;

		if (!exists(product->path))
			return kg_format(arena, "%s is gone", shown);
		if (!then || product->is_data)
			continue;
		struct kg_error *error = kg_stat_cache_tree(run->stat_cache, arena, product->path, &now);
		if (error)
			return kg_error_text(arena, error);
		if (!kg_digest_equal(now.digest, then->digest))
			return kg_format(arena, "%s was changed after it was made", shown);
	}
	return NULL;
}

/* An output that is the graph's folder or one above it would take everything with it when it is removed. */
static struct kg_error *
removal_check(struct kg_run *run, struct kg_arena *arena, const struct kg_product *product)
{
	if (strcmp(product->path, "/") != 0 && kg_path_inside(product->path, run->folders.graph) == run->folders.graph)
		return NULL;
	return kg_error_make(
	    arena, KG_EINPUT, "the output %s holds the graph itself: it would be removed before the run", product->path);
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

/* Data of a run that never succeeded is worth nothing and would only stand in the way of the next one. */
static struct kg_error *
product_prepare(struct kg_run *run, struct kg_arena *arena, const struct kg_product *product, bool ever_succeeded)
{
	struct kg_error *error = removal_check(run, arena, product);
	bool keep = product->is_replaced || (product->is_data && ever_succeeded);

	if (!error && !keep)
		error = kg_file_remove(arena, product->path);
	kg_stat_cache_forget(run->stat_cache, product->path);
	if (!error)
		error = kg_file_make_folder(arena, kg_path_folder(arena, product->path), 0755);
	return !error && product->is_folder && !exists(product->path) ? folder_give(arena, product) : error;
}

struct kg_error *
kg_products_prepare(
    struct kg_run *run, struct kg_arena *arena, const struct kg_products *products, bool ever_succeeded, bool *ret_data_kept)
{
	struct kg_error *error = NULL;

	*ret_data_kept = ever_succeeded;
	for (uint32_t i = 0; !error && i < products->list.count; i++) {
		const struct kg_product *product = &products->list.items[i];

		if (product->is_data && !exists(product->path))
			*ret_data_kept = false;
		error = product_prepare(run, arena, product, ever_succeeded);
	}
	return error;
}

struct kg_error *
kg_products_remove(struct kg_run *run, struct kg_arena *arena, const struct kg_products *products, bool with_data)
{
	struct kg_error *first = NULL;

	for (uint32_t i = 0; i < products->list.count; i++) {
		const struct kg_product *product = &products->list.items[i];
		struct kg_error *error = NULL;

		if (product->is_data && !with_data)
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
kg_products_record(struct kg_run *run, struct kg_arena *arena, const struct kg_products *products, const struct kg_entry *before,
    struct kg_entry_output *outputs, uint32_t *output_count)
{
	for (uint32_t i = 0; i < products->list.count; i++) {
		const struct kg_product *product = &products->list.items[i];
		const struct kg_entry_output *then = before ? remembered(before, product->key) : NULL;
		struct kg_file_state state = { 0 };

		kg_stat_cache_forget(run->stat_cache, product->path);
		if (!exists(product->path))
			return kg_error_make(arena, KG_EFAILED, "the run succeeded, but its output %s is not there",
			    kg_path_inside(run->folders.graph, product->path));
		/* Data has no content that counts: what tells one generation from the next is when it was first made. */
		if (product->is_data)
			state.digest = then && !kg_digest_is_none(then->digest)
			    ? then->digest
			    : kg_digest_text(kg_format(arena, "%s %lld", product->path, (long long)kg_clock_wall_ns()));
		else {
			struct kg_error *error = kg_stat_cache_tree(run->stat_cache, arena, product->path, &state);

			if (error)
				return error;
		}
		outputs[(*output_count)++] =
		    (struct kg_entry_output){ product->key, product->path, state.digest, true, product->is_data };
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
