#include "targets/kind/kubeconfig.h"

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "engine/yaml/yaml.h"

struct kg_error *
kg_kind_kubeconfig_read(struct kg_arena *arena, const char *file, const char *text, size_t size, struct kg_kubeconfig *ret_config)
{
	const struct kg_yaml_source source = { .file = kg_copy(arena, file), .text = text, .size = size };
	struct kg_kubeconfig config;
	struct kg_error *error = kg_kubeconfig_parse(arena, &source, 1, NULL, &config);

	*ret_config = (struct kg_kubeconfig){ 0 };
	if (!error && (!kg_text_starts(config.server, "https://") || !config.ca_pem || !config.cert_pem || !config.key_pem))
		error = kg_error_at(arena, KG_EDATA, (struct kg_place){ .file = source.file },
		    "it does not tell how its cluster is reached, as a kubeconfig of kind's does");
	if (!error)
		*ret_config = config;
	return error;
}
