/* What podman 4 and 5 print. */
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "engine/containers/engine.h"
#include "engine/containers/listing_json.h"

static struct kg_image
image_read(struct kg_arena *arena, const cJSON *item)
{
	return (struct kg_image){
		.id = kg_listing_id(kg_listing_text(arena, item, "Id")),
		.names = kg_listing_texts(arena, item, "Names"),
		.digests = kg_listing_texts(arena, item, "RepoDigests"),
		.digest = kg_listing_some_text(arena, item, "Digest"),
		.size_bytes = kg_listing_number(item, "Size", 0),
		.created_s = kg_listing_number(item, "Created", 0),
		.labels = kg_listing_map(arena, item, "Labels"),
		.is_read_only = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "ReadOnly")),
	};
}

static struct kg_error *
read_images(struct kg_arena *arena, const char *text, struct kg_images *ret)
{
	return kg_listing_images(arena, text, image_read, ret);
}

/* As docker prints them. */
static const char *
ports_tell(struct kg_arena *arena, const cJSON *item)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(item, "Ports"), *one;
	struct kg_text text = { .arena = arena };

	cJSON_ArrayForEach(one, list)
	{
		int64_t host = kg_listing_number(one, "host_port", 0), inside = kg_listing_number(one, "container_port", 0);
		int64_t range = kg_listing_number(one, "range", 1);
		const char *ip = kg_listing_text(arena, one, "host_ip");

		for (int64_t i = 0; i < range && i < 65536; i++)
			kg_text_format(&text, "%s%s:%d->%d/%s", text.size > 0 ? ", " : "", *ip ? ip : "0.0.0.0", (int)(host + i),
			    (int)(inside + i), kg_listing_text(arena, one, "protocol"));
	}
	return kg_text_end(&text);
}

static struct kg_container
container_read(struct kg_arena *arena, const cJSON *item)
{
	const char *state = kg_listing_text(arena, item, "State");
	bool has_exited = kg_listing_state(state) == KG_CONTAINER_EXITED;

	return (struct kg_container){
		.id = kg_listing_text(arena, item, "Id"),
		.name = kg_listing_texts(arena, item, "Names")[0],
		.image = kg_listing_text(arena, item, "Image"),
		.image_id = kg_listing_id(kg_listing_text(arena, item, "ImageID")),
		.state = kg_listing_state(state),
		.state_text = state,
		.exit_code = has_exited ? (int32_t)kg_listing_number(item, "ExitCode", -1) : -1,
		.ports = ports_tell(arena, item),
		.networks = kg_listing_texts(arena, item, "Networks"),
		.labels = kg_listing_map(arena, item, "Labels"),
	};
}

static struct kg_error *
read_containers(struct kg_arena *arena, const char *text, struct kg_containers *ret)
{
	return kg_listing_containers(arena, text, container_read, ret);
}

static struct kg_network
network_read(struct kg_arena *arena, const cJSON *item)
{
	return (struct kg_network){
		.id = kg_listing_text(arena, item, "id"),
		.name = kg_listing_text(arena, item, "name"),
		.driver = kg_listing_text(arena, item, "driver"),
		.labels = kg_listing_map(arena, item, "labels"),
	};
}

static struct kg_error *
read_networks(struct kg_arena *arena, const char *text, struct kg_networks *ret)
{
	return kg_listing_networks(arena, text, network_read, ret);
}

static struct kg_volume
volume_read(struct kg_arena *arena, const cJSON *item)
{
	return (struct kg_volume){
		.name = kg_listing_text(arena, item, "Name"),
		.driver = kg_listing_text(arena, item, "Driver"),
		.labels = kg_listing_map(arena, item, "Labels"),
	};
}

static struct kg_error *
read_volumes(struct kg_arena *arena, const char *text, struct kg_volumes *ret)
{
	return kg_listing_volumes(arena, text, volume_read, ret);
}

const struct kg_engine_driver kg_podman = {
	.name = "podman",
	.images = (const char *const[]){ "images", "--format", "json", NULL },
	.containers = (const char *const[]){ "ps", "--all", "--no-trunc", "--format", "json", NULL },
	.networks = (const char *const[]){ "network", "ls", "--format", "json", NULL },
	.volumes = (const char *const[]){ "volume", "ls", "--format", "json", NULL },
	.version = (const char *const[]){ "version", "--format", "{{.Client.Version}}", NULL },
	.events = (const char *const[]){ "events", "--format", "json", "--filter", "type=container", NULL },
	/* The proxies of this machine are nothing that a test environment should depend on; `pass_env` hands them on. */
	.create = (const char *const[]){ "--http-proxy=false", NULL },
	.health = (const char *const[]){ "healthcheck", "run", NULL },
	.read_images = read_images,
	.read_containers = read_containers,
	.read_networks = read_networks,
	.read_volumes = read_volumes,
};
