/* What docker 20.10 and later print: a line of JSON for each thing, in which all values are texts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "engine/containers/engine.h"
#include "engine/containers/listing_json.h"

#define EACH_AS_JSON "--format", "{{json .}}"

/* "164MB", in units of 1000. */
static int64_t
size_read(const char *text)
{
	static const char units[] = "kMGTP";
	char *end;
	double size = strtod(text, &end);
	const char *unit = *end ? strchr(units, *end) : NULL;

	for (const char *at = units; unit && at <= unit; at++)
		size *= 1000;
	return size >= 0 && size < 9e18 ? (int64_t)size : 0;
}

static const char *const *
one_text(struct kg_arena *arena, const char *text)
{
	const char **texts = kg_new_array(arena, const char *, 2);

	texts[0] = text;
	return texts;
}

static struct kg_image
image_read(struct kg_arena *arena, const cJSON *item)
{
	const char *repository = kg_listing_some_text(arena, item, "Repository"), *tag = kg_listing_some_text(arena, item, "Tag");
	const char *digest = kg_listing_some_text(arena, item, "Digest");
	const char *name = repository && tag ? kg_format(arena, "%s:%s", repository, tag) : NULL;

	return (struct kg_image){
		.id = kg_listing_id(kg_listing_text(arena, item, "ID")),
		.names = one_text(arena, name),
		.digests = one_text(arena, repository && digest ? kg_format(arena, "%s@%s", repository, digest) : NULL),
		.digest = digest,
		.size_bytes = size_read(kg_listing_text(arena, item, "Size")),
		.created_s = kg_listing_time_s(kg_listing_text(arena, item, "CreatedAt")),
	};
}

static struct kg_error *
read_images(struct kg_arena *arena, const char *text, struct kg_images *ret)
{
	return kg_listing_images(arena, text, image_read, ret);
}

/* "a,b,c" */
static const char *const *
texts_split(struct kg_arena *arena, const char *text)
{
	KG_LIST(const char *) texts = { 0 };

	for (size_t length; *text; text += length + (text[length] == ',')) {
		length = strcspn(text, ",");
		if (length > 0)
			kg_list_push(arena, &texts, kg_copy_bytes(arena, text, length));
	}
	kg_list_push(arena, &texts, NULL);
	return texts.items;
}

/* Of the names "web,other/alias" the first that is no link's. */
static const char *
own_name(struct kg_arena *arena, const cJSON *item)
{
	for (const char *const *name = texts_split(arena, kg_listing_text(arena, item, "Names")); *name; name++)
		if (!strchr(*name, '/'))
			return *name;
	return "";
}

/* nerdctl has no word for it alone: "Up", "Exited (0) 3 minutes ago", "Created", "Paused" */
static const char *
state_told(struct kg_arena *arena, const cJSON *item, const char *status)
{
	const char *state = kg_listing_some_text(arena, item, "State");

	if (state)
		return state;
	if (kg_text_starts(status, "Up"))
		return "running";
	return kg_text_starts(status, "Exited") ? "exited"
	    : kg_text_starts(status, "Created") ? "created"
	    : kg_text_starts(status, "Paused")  ? "paused"
						: status;
}

static struct kg_container
container_read(struct kg_arena *arena, const cJSON *item)
{
	const char *status = kg_listing_text(arena, item, "Status");
	const char *state = state_told(arena, item, status);
	struct kg_container container = {
		.id = kg_listing_text(arena, item, "ID"),
		.name = own_name(arena, item),
		.image = kg_listing_text(arena, item, "Image"),
		.state = kg_listing_state(state),
		.state_text = state,
		.exit_code = -1,
		.ports = kg_listing_text(arena, item, "Ports"),
		.networks = texts_split(arena, kg_listing_text(arena, item, "Networks")),
		.labels = kg_listing_pairs(arena, kg_listing_text(arena, item, "Labels")),
	};

	/* "Exited (137) 5 minutes ago" */
	sscanf(status, "Exited (%d)", &container.exit_code);
	return container;
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
		.id = kg_listing_text(arena, item, "ID"),
		.name = kg_listing_text(arena, item, "Name"),
		.driver = kg_listing_text(arena, item, "Driver"),
		.labels = kg_listing_pairs(arena, kg_listing_text(arena, item, "Labels")),
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
		.labels = kg_listing_pairs(arena, kg_listing_text(arena, item, "Labels")),
	};
}

static struct kg_error *
read_volumes(struct kg_arena *arena, const char *text, struct kg_volumes *ret)
{
	return kg_listing_volumes(arena, text, volume_read, ret);
}

/* It prints as docker does. */
const struct kg_engine_driver kg_nerdctl = {
	.name = "nerdctl",
	.images = (const char *const[]){ "images", "--no-trunc", "--digests", EACH_AS_JSON, NULL },
	.containers = (const char *const[]){ "ps", "--all", "--no-trunc", EACH_AS_JSON, NULL },
	.networks = (const char *const[]){ "network", "ls", EACH_AS_JSON, NULL },
	.volumes = (const char *const[]){ "volume", "ls", EACH_AS_JSON, NULL },
	.version = (const char *const[]){ "version", "--format", "{{.Client.Version}}", NULL },
	.events = (const char *const[]){ "events", EACH_AS_JSON, NULL },
	.read_images = read_images,
	.read_containers = read_containers,
	.read_networks = read_networks,
	.read_volumes = read_volumes,
};

const struct kg_engine_driver kg_docker = {
	.name = "docker",
	.images = (const char *const[]){ "images", "--no-trunc", "--digests", EACH_AS_JSON, NULL },
	.containers = (const char *const[]){ "ps", "--all", "--no-trunc", EACH_AS_JSON, NULL },
	.networks = (const char *const[]){ "network", "ls", "--no-trunc", EACH_AS_JSON, NULL },
	.volumes = (const char *const[]){ "volume", "ls", EACH_AS_JSON, NULL },
	/* Who builds is the daemon. */
	.version = (const char *const[]){ "version", "--format", "{{.Server.Version}}", NULL },
	.events = (const char *const[]){ "events", EACH_AS_JSON, "--filter", "type=container", NULL },
	.read_images = read_images,
	.read_containers = read_containers,
	.read_networks = read_networks,
	.read_volumes = read_volumes,
};
