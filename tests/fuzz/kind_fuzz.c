/* Any bytes as what kind, the engines and an API server say of a cluster: nothing is read beyond them. */
#include <stdint.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/error.h"
#include "engine/containers/engine.h"
#include "targets/kind/cluster_config.h"
#include "targets/kind/kubeconfig.h"
#include "targets/kind/node_status.h"
#include "targets/kind/nodes.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
listing_read(struct kg_arena *arena, const struct kg_engine_driver *driver, const char *text)
{
	struct kg_containers listing;

	if (driver->read_containers(arena, text, &listing))
		return;
	struct kg_kind_nodes nodes = kg_kind_nodes_of(arena, &listing, "a");
	const struct kg_container *node = kg_kind_nodes_control_plane(&nodes);
	kg_assert(!node || nodes.all.count > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct kg_arena *arena = kg_arena_make();
	const char *text = kg_copy_bytes(arena, bytes, size);
	struct kg_kubeconfig config;
	struct kg_cluster_mapping mapping;
	struct kg_error *error;
	cJSON *file;

	listing_read(arena, &kg_podman, text);
	listing_read(arena, &kg_nerdctl, text);
	(void)kg_nodes_unready(arena, text, 1, 0);
	(void)kg_cluster_config_difference(arena, text, text + strlen(text) / 2);
	(void)kg_cluster_config_mappings(arena, text);
	error = kg_cluster_mapping_read(arena, text, &mapping);
	kg_assert(error || (mapping.host > 0 && mapping.node > 0));
	error = kg_kind_kubeconfig_read(arena, "kubeconfig", text, strlen(text), &config);
	kg_assert(!error == (config.key_pem != NULL));
	error = kg_cluster_file_read(arena, "kind.yaml", text, strlen(text), &file);
	kg_assert(!error == (file != NULL));
	cJSON_Delete(file);
	kg_arena_free(arena);
	return 0;
}
