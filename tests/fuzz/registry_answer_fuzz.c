#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/registry/challenge.h"
#include "engine/registry/manifest.h"
#include "engine/registry/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
manifest_try(struct kg_arena *arena, const char *bytes, size_t size)
{
	const struct kg_pair annotations[] = { { "a", "b" }, { 0 } };
	struct kg_manifest manifest, again;
	const char *written;

	written = kg_manifest_annotate(arena, bytes, size, annotations);
	if (kg_registry_manifest_read(arena, bytes, size, NULL, &manifest))
		return;
	kg_assert(written);
	if (manifest.is_index) {
		kg_manifest_choose(arena, &manifest, "linux/arm64/v8");
		return;
	}
	/* What was read can be written, and is the same then. */
	written = kg_manifest_write(arena, &manifest);
	kg_assert(!kg_registry_manifest_read(arena, written, strlen(written), NULL, &again));
	kg_assert(strcmp(manifest.config.digest, again.config.digest) == 0 && manifest.layer_count == again.layer_count);
}

/* The first line is a Location, and the whole the headers, or, as a whole, a manifest. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const char base[] = "https://host:5000/v2/a/b/blobs/uploads/";
	struct kg_arena *arena = kg_arena_make();
	const char *text = kg_copy_bytes(arena, bytes, size);
	const char *line = kg_copy_bytes(arena, text, strcspn(text, "\n"));
	const char *url = kg_url_resolve(arena, base, line);
	struct kg_challenge challenge = kg_challenge_read(arena, text);
	struct kg_url parts;

	/* What came out goes into requests: it must be a URL, and nothing more than one. */
	if (url) {
		kg_assert(kg_url_read(arena, url, &parts) && !strpbrk(url, " \r\n\t#"));
		kg_assert(strcmp(kg_url_resolve(arena, base, url), url) == 0);
	}
	kg_assert(challenge.scheme != KG_CHALLENGE_BEARER || challenge.realm);
	kg_url_is_loopback(arena, line);
	manifest_try(arena, text, size);
	kg_arena_free(arena);
	return 0;
}
