#include "cache/stat_cache.h"
#include "cache/walk.h"
#include "engine/base/arena.h"

struct kg_error *
kg_stat_cache_tree(struct kg_stat_cache *cache, struct kg_arena *arena, const char *path, struct kg_file_state *ret_state)
{
	struct kg_error *error = kg_stat_cache_look(cache, arena, path, ret_state);
	struct kg_names names = { 0 };
	struct kg_digest_state digest;

	if (error || ret_state->type != KG_FILE_FOLDER)
		return error;
	kg_digest_start(&digest);
	kg_digest_add_number(&digest, KG_FILE_FOLDER);
	error = kg_walk_tree(arena, path, &names);
	for (uint32_t i = 0; !error && i < names.count; i++) {
		struct kg_file_state one;

		error = kg_stat_cache_look(cache, arena, kg_format(arena, "%s/%s", path, names.items[i].name), &one);
		if (error)
			break;
		kg_digest_add_text(&digest, names.items[i].name);
		kg_digest_add_number(&digest, one.type);
		kg_digest_add_number(&digest, one.digest.high);
		kg_digest_add_number(&digest, one.digest.low);
		ret_state->size_bytes += one.type == KG_FILE_REGULAR ? one.size_bytes : 0;
	}
	ret_state->digest = kg_digest_end(&digest);
	return error;
}
