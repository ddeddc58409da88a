#include "targets/kind/yaml.h"

#include <stdlib.h>

#include <libfyaml.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"

static constexpr uint32_t deepest = 200;
/* The library's flags are of an enumeration that does not have their sums. */
static constexpr int parse_flags = FYPCF_QUIET | FYPCF_RESOLVE_DOCUMENT | FYPCF_COLLECT_DIAG;
static constexpr int emit_flags = FYECF_MODE_JSON_ONELINE | FYECF_WIDTH_INF;

/* The place of what is wrong first. */
static struct kg_error *
wrong(struct kg_arena *arena, const char *file, struct fy_diag *diag)
{
	void *next = NULL;
	const struct fy_diag_error *found = fy_diag_errors_iterate(diag, &next);
	struct kg_place place = { .file = kg_copy(arena, file) };

	if (!found)
		return kg_error_at(arena, KG_EINPUT, place, "it is no YAML");
	place.line = found->line > 0 ? (uint32_t)found->line : 0;
	place.column = found->column > 0 ? (uint32_t)found->column : 0;
	return kg_error_at(arena, KG_EINPUT, place, "%s", found->msg);
}

static struct kg_error *
document_read(struct kg_arena *arena, const char *file, struct fy_document *document, cJSON **ret_tree)
{
	char *json = fy_emit_document_to_string(document, (enum fy_emitter_cfg_flags)emit_flags);
	const struct kg_place place = { .file = kg_copy(arena, file) };

	*ret_tree = json ? cJSON_Parse(json) : NULL;
	free(json);
	return *ret_tree ? NULL : kg_error_at(arena, KG_EINPUT, place, "it is no YAML that could be written as JSON");
}

/* Nothing that nests so deep is meant, and reading JSON goes down into it. */
static bool
is_too_deep(const char *text, size_t size)
{
	uint32_t depth = 0;

	for (size_t i = 0; i < size && depth < deepest; i++)
		depth += text[i] == '[' || text[i] == '{';
	return depth >= deepest;
}

struct kg_error *
kg_kind_yaml_read(struct kg_arena *arena, const char *file, const char *text, size_t size, cJSON **ret_tree)
{
	const struct kg_place place = { .file = kg_copy(arena, file) };
	struct fy_diag *diag = fy_diag_create(&(struct fy_diag_cfg){ .level = FYET_ERROR, .module_mask = ~0U });
	const struct fy_parse_cfg config = { .flags = (enum fy_parse_cfg_flags)parse_flags, .diag = diag };

	*ret_tree = NULL;
	fy_diag_set_collect_errors(diag, true);
	struct fy_document *document = is_too_deep(text, size) ? NULL : fy_document_build_from_string(&config, text, size);
	struct kg_error *error = document ? document_read(arena, file, document, ret_tree)
	    : is_too_deep(text, size)     ? kg_error_at(arena, KG_EINPUT, place, "it nests too deep")
					  : wrong(arena, file, diag);

	fy_document_destroy(document);
	fy_diag_destroy(diag);
	return error;
}
