#include "targets/kind/yaml.h"

#include <stdlib.h>

#include <libfyaml.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"

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
	enum fy_emitter_cfg_flags flags = FYECF_WIDTH_INF;
	flags |= FYECF_MODE_JSON_ONELINE;
	char *json = fy_emit_document_to_string(document, flags);
	const struct kg_place place = { .file = kg_copy(arena, file) };

	*ret_tree = json ? cJSON_Parse(json) : NULL;
	free(json);
	return *ret_tree ? NULL : kg_error_at(arena, KG_EINPUT, place, "it is no YAML that could be written as JSON");
}

/* The library does not come back from some directives (0.7.12). Nobody needs one here: "%YAML 1.2" says what is so anyway. */
static uint32_t
directive_line(const char *text, size_t size)
{
	uint32_t line = 1;

	for (size_t i = 0; i < size; i++) {
		if (text[i] == '%' && (i == 0 || text[i - 1] == '\n' || text[i - 1] == '\r'))
			return line;
		line += text[i] == '\n';
	}
	return 0;
}

struct kg_error *
kg_kind_yaml_read(struct kg_arena *arena, const char *file, const char *text, size_t size, cJSON **ret_tree)
{
	struct fy_diag *diag = fy_diag_create(&(struct fy_diag_cfg){ .level = FYET_ERROR, .module_mask = ~0U });
	struct fy_parse_cfg config = { .flags = FYPCF_QUIET, .diag = diag };

	const struct kg_place directive = { .file = kg_copy(arena, file), .line = directive_line(text, size), .column = 1 };
	*ret_tree = NULL;
	config.flags |= FYPCF_RESOLVE_DOCUMENT;
	config.flags |= FYPCF_COLLECT_DIAG;
	fy_diag_set_collect_errors(diag, true);
	struct fy_document *document = directive.line > 0 ? NULL : fy_document_build_from_string(&config, text, size);
	struct kg_error *error = document ? document_read(arena, file, document, ret_tree)
	    : directive.line > 0          ? kg_error_at(arena, KG_EINPUT, directive, "YAML's directives are not taken")
					  : wrong(arena, file, diag);

	fy_document_destroy(document);
	fy_diag_destroy(diag);
	return error;
}
