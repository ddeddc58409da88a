/*
 * Any bytes as YAML: every value stands in the text, an error has a place in it, and what was read says the same when its JSON is read again, which is
 * YAML as well.
 */
#include <stdint.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/yaml/yaml.h"
#include "targets/kubernetes/manifest/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
check_place(struct kg_place place, uint32_t lines)
{
	kg_assert(strcmp(place.file, "x") == 0);
	kg_assert(place.line <= lines);
	if (place.line > 0)
		kg_assert(place.column >= 1 && (!place.line_text || place.column <= strlen(place.line_text) + 1));
}

static void
check_tree(struct kg_arena *arena, const cJSON *json, uint32_t lines)
{
	check_place(kg_yaml_place(arena, json), lines);
	check_place(kg_yaml_key_place(arena, json), lines);
	for (const cJSON *child = json->child; child; child = child->next)
		check_tree(arena, child, lines);
}

static void
check_again(struct kg_arena *arena, const cJSON *json)
{
	struct kg_errors errors = { .arena = arena };
	const char *text = kg_object_canonical(arena, json);
	struct kg_yaml yaml;

	kg_yaml_read(arena, &errors, &(struct kg_yaml_source){ "again", text, strlen(text) }, &yaml);
	kg_assert(!errors.first && yaml.documents.count == 1);
	kg_assert(strcmp(kg_object_canonical(arena, yaml.documents.items[0]), text) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_errors errors = { .arena = arena };
	const char *text = kg_copy_bytes(arena, bytes, size);
	struct kg_yaml yaml;
	uint32_t lines = 1;

	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n';
	kg_yaml_read(arena, &errors, &(struct kg_yaml_source){ "x", text, size }, &yaml);
	for (const struct kg_error *error = errors.first; error; error = error->next)
		check_place(error->place, lines);
	for (uint32_t i = 0; i < yaml.documents.count; i++) {
		if (size < 20000)
			check_tree(arena, yaml.documents.items[i], lines);
		check_again(arena, yaml.documents.items[i]);
	}
	kg_arena_free(arena);
	return 0;
}
