#include "engine/target.h"

static const struct kg_field retry_fields[] = {
	KG_FIELD(kg_retry, times, KG_INTEGER, 0, "further tries after the first", .fallback = "1"),
	KG_FIELD_AS("pause", kg_retry, pause_ms, KG_DURATION, 0, "before the second try; doubled each time, at most 30 s",
	    .fallback = "1s"),
	{ 0 },
};

const struct kg_field kg_common_fields[] = {
	KG_FIELD(kg_common, inputs, KG_PATHS, KG_NOT_HASHED, "files whose content counts: names, folders or globs"),
	KG_FIELD(kg_common, ignore, KG_TEXTS, KG_NOT_HASHED, "patterns, as in .gitignore, of files that do not count"),
	KG_FIELD(kg_common, uses, KG_TEXTS, 0, "outputs of other nodes whose change makes this one run again"),
	KG_FIELD(kg_common, env, KG_MAP, 0, "environment of the node's programs"),
	KG_FIELD(kg_common, pass_env, KG_TEXTS, 0, "names of variables handed on from kgraph's own environment"),
	KG_FIELD(kg_common, search, KG_TEXTS, 0,
	    "folders in which programs are sought before PATH; of a glob the highest version first"),
	KG_FIELD(kg_common, secret, KG_TEXTS, KG_NOT_HASHED, "names in `env` whose values are never shown"),
	KG_FIELD(kg_common, pool, KG_TEXT, KG_NOT_HASHED,
	    "pool that limits how many run at once; `cpu` for kinds that compute, `build` for images, none for the others"),
	KG_FIELD_AS(
	    "memory", kg_common, memory_bytes, KG_SIZE, KG_NOT_HASHED, "what the run takes of a pool that is weighted by memory"),
	KG_FIELD_AS("timeout", kg_common, timeout_ms, KG_DURATION, KG_NOT_HASHED, "time limit of the run"),
	KG_FIELD(kg_common, retry, KG_RECORD, KG_NOT_HASHED, "whether a failed run is tried again", .fields = retry_fields,
	    .size = sizeof(struct kg_retry)),
	KG_FIELD(kg_common, ready, KG_RECORD, KG_NOT_HASHED, "when the node counts as ready", .fields = kg_probe_fields,
	    .size = sizeof(struct kg_probe)),
	{ 0 },
};

struct kg_error *
kg_common_check(struct kg_arena *arena, const void *given)
{
	const struct kg_common *common = given;

	if (common->retry && common->retry->times < 0)
		return kg_error_make(arena, KG_EINPUT, "`times` in `retry` cannot be less than 0");
	return common->ready ? kg_probe_check(arena, common->ready) : NULL;
}
