/*
 * The dependency files of a node: something that the store keeps, under the fingerprint that does not know them yet, and that a purge takes
 * away.
 */

#include <errno.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/run/inputs.h"
#include "engine/run/state.h"

static uint32_t
depfiles_of(struct kg_arena *arena, const struct kg_operation *operation, const struct kg_stored **ret_stored)
{
	struct kg_inputs inputs = { .arena = arena };

	if (operation->kind->inputs)
		operation->kind->inputs(&inputs, operation->job.spec, operation->job.common);
	struct kg_stored *stored = kg_new_array(arena, struct kg_stored, inputs.depfiles.count + 1);
	for (uint32_t i = 0; i < inputs.depfiles.count; i++)
		stored[i] = (struct kg_stored){ kg_format(arena, "depfile%u", i), inputs.depfiles.items[i].path };
	*ret_stored = stored;
	return inputs.depfiles.count;
}

/* Apart from the fingerprints of outputs, which could otherwise be equal to it when the depfile names nothing. */
struct kg_digest
kg_depfile_key(struct kg_digest base)
{
	struct kg_digest_state state;

	kg_digest_start(&state);
	kg_digest_add_text(&state, "depfile");
	kg_digest_add(&state, &base, sizeof(base));
	return kg_digest_end(&state);
}

bool
kg_depfile_restore(struct kg_run *run, struct kg_arena *arena, const struct kg_operation *operation, struct kg_digest base)
{
	const struct kg_stored *stored;
	uint32_t count = depfiles_of(arena, operation, &stored);
	bool hit = false;

	/* Without it the outputs are not found, and the node runs: no error that would matter. */
	struct kg_error *error = kg_store_restore(run->store, arena, kg_depfile_key(base), stored, count, &hit, NULL);
	(void)error;
	for (uint32_t i = 0; i < count; i++)
		kg_stat_cache_forget(run->stat_cache, stored[i].path);
	return hit;
}

struct kg_error *
kg_depfile_store(struct kg_run *run, struct kg_arena *arena, const struct kg_operation *operation, struct kg_digest base)
{
	const struct kg_stored *stored;
	uint32_t count = depfiles_of(arena, operation, &stored);

	return kg_store_put(run->store, arena, kg_depfile_key(base), stored, count, 0);
}

struct kg_error *
kg_depfile_remove(struct kg_arena *arena, const struct kg_operation *operation)
{
	const struct kg_stored *stored;
	uint32_t count = depfiles_of(arena, operation, &stored);

	/* Never a folder, with which a slip of the pen would take away everything in it. */
	for (uint32_t i = 0; i < count; i++)
		if (unlink(stored[i].path) < 0 && errno != ENOENT && errno != EISDIR && errno != ENOTDIR)
			return kg_error_system(arena, errno, "cannot remove %s", stored[i].path);
	return NULL;
}
