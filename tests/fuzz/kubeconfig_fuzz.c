#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "engine/kubeconfig/base64.h"
#include "engine/kubeconfig/kubeconfig.h"
#include "engine/yaml/yaml.h"
#include "targets/kubernetes/client/plugin.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A kubeconfig, with itself as the second of a list; also what a plug-in prints, and base64. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct kg_arena *arena = kg_arena_make();
	const char *text = kg_copy_bytes(arena, bytes, size), *decoded;
	const struct kg_yaml_source sources[] = { { "/a/config", text, size }, { "/b/config", text, size } };
	struct kg_kubeconfig config;
	struct kg_plugin_answer answer;
	struct kg_error *error = kg_kubeconfig_parse(arena, sources, 2, NULL, &config);
	size_t decoded_size;

	/* What is wrong may stand beside a secret. */
	for (const struct kg_error *one = error; one; one = one->cause)
		kg_assert(!one->place.line_text);
	if (!error) {
		kg_assert(
		    config.context && (kg_text_starts(config.server, "http://") || kg_text_starts(config.server, "https://")));
		kg_assert(!config.ca_file || *config.ca_file == '/');
		kg_assert(config.as_groups && config.as_extra);
		kg_assert(!config.plugin || (config.plugin->command && config.plugin->args && config.plugin->env));
	}
	if (!kg_plugin_read(arena, text, size, "client.authentication.k8s.io/v1", &answer))
		kg_assert(answer.token || (answer.cert_pem && answer.key_pem));
	decoded = kg_base64_decode(arena, text, &decoded_size);
	if (decoded)
		kg_assert(strlen(text) >= strlen(kg_base64_encode(arena, decoded, decoded_size)));
	kg_arena_free(arena);
	return 0;
}
