/*
 * Any bytes as a JSONPath and as a ready_when, before a zero byte, and as an object behind it: what is parsed finds parts of the object, and
 * each error has a column within the text.
 */
#include <stdint.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "targets/kubernetes/status/jsonpath.h"
#include "targets/kubernetes/status/ready_when.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const char usual[] =
    "{\"a\":[{\"a\":1,\"b\":\"x\"},{\"b\":{\"a\":[true,null,-2.5]}}],\"status\":{\"conditions\":[{\"type\":\"Ready\"}]}}";

static void
check(const struct kg_error *error, const char *text)
{
	kg_assert(error->place.line == 1 && error->place.column >= 1 && error->place.column <= strlen(text) + 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct kg_arena *arena = kg_arena_make();
	const char *text = kg_copy_bytes(arena, bytes, size);
	size_t length = strlen(text);
	cJSON *object = length + 1 < size ? cJSON_Parse(text + length + 1) : NULL;
	const struct kg_jsonpath *path;
	const struct kg_ready_when *when;

	if (!object)
		object = cJSON_Parse(usual);
	struct kg_error *error = kg_jsonpath_parse(arena, text, &path);
	/* Recursive descents multiply: two of them in a text of the fuzzer's are as good as ten. */
	const char *recursive = strstr(text, "..");
	if (error)
		check(error, text);
	else if (!recursive || !strstr(recursive + 2, "..") || length < 16)
		(void)kg_jsonpath_find(arena, path, object);
	error = kg_ready_when_parse(arena, text, &when);
	if (error)
		check(error, text);
	else if (!recursive || !strstr(recursive + 2, "..") || length < 16)
		kg_assert(kg_ready_when_status(arena, when, object).message);
	cJSON_Delete(object);
	kg_arena_free(arena);
	return 0;
}
