/* The settings of a container: their table, and what a table cannot check. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/list.h"
#include "engine/base/text.h"
#include "engine/target.h"
#include "targets/container/container_inside.h"

static const char *const signal_names[] = { "image", "TERM", "INT", "QUIT", "HUP", "USR1", "USR2", "KILL", NULL };
static const char *const relabel_names[] = { "none", "shared", "private", NULL };

static const struct kg_field stop_fields[] = {
	KG_FIELD(container_stop, signal, KG_CHOICE, 0, "what it is asked to stop with; image: what its image says, TERM mostly",
	    .fallback = "image", .choices = signal_names),
	KG_FIELD_AS("after", container_stop, after_ms, KG_DURATION, KG_NOT_HASHED,
	    "how long it may take to end before it is killed", .fallback = "10s"),
	{ 0 },
};

static const struct kg_field mount_fields[] = {
	KG_FIELD(container_mount, source, KG_PATH, KG_REQUIRED,
	    "the file or folder of this machine; its content counts only under `inputs`"),
	KG_FIELD(container_mount, target, KG_TEXT, KG_REQUIRED, "where it is in the container"),
	KG_FIELD(container_mount, read_only, KG_FLAG, 0, "it cannot be written to"),
	KG_FIELD(container_mount, relabel, KG_CHOICE, 0,
	    "SELinux: give it a label that this container (private) or all (shared) may use", .fallback = "none",
	    .choices = relabel_names),
	{ 0 },
};

static const struct kg_field health_fields[] = {
	KG_FIELD(container_health, command, KG_TEXTS, KG_NO_SECRET,
	    "run in the container; exit status 0 is healthy. One text is a shell's; the image's own check when absent"),
	KG_FIELD_AS("interval", container_health, interval_ms, KG_DURATION, 0, "between two checks", .fallback = "5s"),
	KG_FIELD_AS("timeout", container_health, timeout_ms, KG_DURATION, 0, "of one check", .fallback = "5s"),
	KG_FIELD_AS("start_period", container_health, start_period_ms, KG_DURATION, 0,
	    "after its start, while failed checks do not count", .fallback = "30s"),
	KG_FIELD(container_health, retries, KG_INTEGER, 0, "how many failed checks one after the other make it unhealthy",
	    .fallback = "3"),
	{ 0 },
};

const struct kg_field kg_container_fields[] = {
	KG_FIELD(container_spec, image, KG_TEXT, KG_REQUIRED,
	    "what it is made from; pulled when it is not there. A tag that moves counts by what it means today"),
	KG_FIELD(container_spec, command, KG_TEXTS, KG_NO_SECRET, "what it runs; the image's own when absent"),
	KG_FIELD(container_spec, entrypoint, KG_TEXTS, KG_NO_SECRET, "the program before `command`; the image's own when absent"),
	KG_FIELD(container_spec, ports, KG_TEXTS, 0,
	    "what is published: [ADDRESS:][PORT:]PORT[/udp], this machine's first; at 127.0.0.1 and a free port when absent"),
	KG_FIELD(container_spec, volumes, KG_TEXTS, 0, "VOLUME:/PATH[:ro], or /PATH for one that goes with the container"),
	KG_FIELD(container_spec, mounts, KG_RECORDS, 0, "files and folders of this machine", .fields = mount_fields,
	    .size = sizeof(struct container_mount)),
	KG_FIELD(container_spec, tmpfs, KG_TEXTS, 0, "/PATH[:size=64m]: folders in memory"),
	KG_FIELD(container_spec, network, KG_TEXTS, 0, "networks that it is on, by name; or a mode such as host or none"),
	KG_FIELD(container_spec, aliases, KG_TEXTS, 0,
	    "further names on its networks, beside the container's; the last part of the node's name when absent"),
	KG_FIELD(container_spec, hosts, KG_TEXTS, 0, "NAME:ADDRESS: further names that it knows"),
	KG_FIELD(container_spec, name, KG_TEXT, 0,
	    "its name in the engine; that of the graph's folder, the node's, and six digits of this checkout when absent"),
	KG_FIELD(container_spec, hostname, KG_TEXT, 0, "what it calls itself"),
	KG_FIELD(container_spec, user, KG_TEXT, 0, "whom it runs as, NAME or ID[:GROUP]; the image's own when absent"),
	KG_FIELD(container_spec, workdir, KG_TEXT, 0, "the folder in which it starts; the image's own when absent"),
	KG_FIELD(container_spec, memory, KG_SIZE, 0, "how much it may use before it is killed"),
	KG_FIELD(container_spec, cpus, KG_TEXT, 0, "how many processors' time it may use, such as 1.5"),
	KG_FIELD(container_spec, shm_size, KG_SIZE, 0, "of /dev/shm"),
	KG_FIELD(container_spec, health, KG_RECORD, 0, "a check that the engine makes; it is ready when that says healthy",
	    .fields = health_fields, .size = sizeof(struct container_health)),
	KG_FIELD(
	    container_spec, stop, KG_RECORD, 0, "how it is stopped", .fields = stop_fields, .size = sizeof(struct container_stop)),
	KG_FIELD(container_spec, init, KG_FLAG, 0, "its first process is one that passes signals on and reaps"),
	KG_FIELD(container_spec, read_only, KG_FLAG, 0, "it cannot write but to volumes, mounts and tmpfs"),
	KG_FIELD(container_spec, cap_add, KG_TEXTS, 0, "further capabilities"),
	KG_FIELD(container_spec, cap_drop, KG_TEXTS, 0, "capabilities that it does not get"),
	KG_FIELD(container_spec, devices, KG_TEXTS, 0, "devices of this machine that it may use"),
	KG_FIELD(container_spec, privileged, KG_FLAG, 0, "it may do all that its engine may"),
	KG_FIELD(container_spec, userns, KG_TEXT, 0,
	    "whose numbers its users have on this machine; keep-id: rootless podman's user is the same inside, for mounts"),
	KG_FIELD(container_spec, platform, KG_TEXT, 0, "of an image for several, such as linux/arm64"),
	KG_FIELD(container_spec, labels, KG_MAP, KG_NO_SECRET, "further labels"),
	KG_FIELD(container_spec, options, KG_TEXTS, KG_NO_SECRET, "further arguments of the engine's `create`, as they are"),
	KG_ENGINE_FIELD(container_spec),
	{ 0 },
};

/* A number from 1 to 65535, or FIRST-LAST. */
static bool
is_port(const char *text, size_t length)
{
	size_t digits = strspn(text, "0123456789");
	int first = atoi(text);

	if (digits == 0 || digits > 5 || digits > length || first < 1 || first > 65535)
		return false;
	if (digits == length)
		return true;
	const char *rest = text + digits + 1;
	int last = atoi(rest);
	return text[digits] == '-' && strspn(rest, "0123456789") == length - digits - 1 && length - digits - 1 <= 5 &&
	    last >= first && last <= 65535;
}

struct publication {
	const char *address, *host, *inside; /* "" where none is given */
};

static bool
publication_read(struct kg_arena *arena, const char *text, struct publication *ret)
{
	size_t all = strcspn(text, "/"), address = 0;
	const char *protocol = text + all;

	if (strcmp(protocol, "") != 0 && strcmp(protocol, "/tcp") != 0 && strcmp(protocol, "/udp") != 0 &&
	    strcmp(protocol, "/sctp") != 0)
		return false;
	if (text[0] == '[')
		address = strcspn(text, "]") + 1;
	else if (strcspn(text, ":") < all && strchr(text + strcspn(text, ":") + 1, ':'))
		address = strcspn(text, ":");
	if (address > 0 && (address >= all || text[address] != ':'))
		return false;
	const char *ports = text + address + (address > 0);
	size_t length = all - (size_t)(ports - text), host = strcspn(ports, ":");
	bool has_host = host < length;
	*ret = (struct publication){
		.address = kg_copy_bytes(arena, text, address),
		.host = has_host ? kg_copy_bytes(arena, ports, host) : "",
		.inside = kg_copy(arena, has_host ? ports + host + 1 : ports),
	};
	if (has_host && host > 0 && !is_port(ports, host))
		return false;
	return has_host ? is_port(ports + host + 1, length - host - 1) : is_port(ports, length);
}

const char *
kg_container_publish(struct kg_arena *arena, const char *text)
{
	struct publication it;

	if (!publication_read(arena, text, &it))
		return NULL;
	return kg_format(arena, "%s:%s:%s", *it.address ? it.address : "127.0.0.1", it.host, it.inside);
}

uint16_t
kg_container_host_port(struct kg_arena *arena, const char *text)
{
	struct publication it;

	return publication_read(arena, text, &it) && !strchr(it.host, '-') ? (uint16_t)atoi(it.host) : 0;
}

const char *
kg_container_volume(struct kg_arena *arena, const char *text)
{
	size_t length = strcspn(text, ":");

	if (text[0] == '/')
		return text[length] ? NULL : "";
	if (length == 0 || text[length] != ':' || text[length + 1] != '/' || text[0] == '.' || memchr(text, '/', length))
		return NULL;
	return kg_copy_bytes(arena, text, length);
}

bool
kg_container_joins(const char *network)
{
	static const char *const modes[] = { "host", "none", "bridge", "default", "private", "podman", "slirp4netns", "pasta",
		"container", "ns", NULL };
	size_t length = strcspn(network, ":");

	for (const char *const *mode = modes; *mode; mode++)
		if (strlen(*mode) == length && strncmp(*mode, network, length) == 0)
			return false;
	return true;
}

const char *const *
kg_container_aliases(struct kg_job *job)
{
	const struct container_spec *spec = job->spec;
	const char *last = strrchr(job->name, '.');
	const char **own = kg_new_array(job->arena, const char *, 2);

	own[0] = last ? last + 1 : job->name;
	return spec->aliases ? spec->aliases : own;
}

/* Engines say no to others as well, but late and in their own words. */
static bool
is_name(const char *name)
{
	if (!isalnum((unsigned char)name[0]))
		return false;
	return name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")] == '\0';
}

static bool
is_open(const char *text)
{
	return strstr(text, "${") != NULL;
}

static struct kg_error *
places_check(struct kg_arena *arena, const struct container_spec *spec)
{
	for (const char *const *text = spec->volumes; text && *text; text++) {
		if (is_open(*text) || kg_container_volume(arena, *text))
			continue;
		struct kg_error *error = kg_error_make(arena, KG_EINPUT, "`volumes`: %s is not VOLUME:/PATH", *text);

		return (*text)[0] == '/' || (*text)[0] == '.'
		    ? kg_error_advise(
			  arena, error, "a folder of this machine goes under `mounts`: { source = \"…\", target = \"…\" }")
		    : error;
	}
	for (const struct container_mount *const *mount = spec->mounts; mount && *mount; mount++)
		if ((*mount)->target && (*mount)->target[0] != '/' && !is_open((*mount)->target))
			return kg_error_make(arena, KG_EINPUT, "`mounts`: the target %s is not an absolute path", (*mount)->target);
	for (const char *const *text = spec->tmpfs; text && *text; text++)
		if ((*text)[0] != '/' && !is_open(*text))
			return kg_error_make(arena, KG_EINPUT, "`tmpfs`: %s is not an absolute path", *text);
	return NULL;
}

struct kg_error *
kg_container_check(struct kg_arena *arena, const void *given)
{
	const struct container_spec *spec = given;

	if (spec->image && !*spec->image)
		return kg_error_make(arena, KG_EINPUT, "`image` is empty");
	if (spec->name && !is_open(spec->name) && !is_name(spec->name))
		return kg_error_advise(arena, kg_error_make(arena, KG_EINPUT, "`name` is no name for a container: %s", spec->name),
		    "letters, digits and _.- are taken, and a letter or digit first");
	for (const char *const *port = spec->ports; port && *port; port++)
		if (!is_open(*port) && !kg_container_publish(arena, *port))
			return kg_error_advise(arena,
			    kg_error_make(arena, KG_EINPUT, "`ports`: %s is not [ADDRESS:][PORT:]PORT[/udp]", *port),
			    "\"8080:80\" publishes the container's port 80 at 127.0.0.1:8080");
	if (spec->network && spec->network[0] && spec->network[1])
		for (const char *const *network = spec->network; *network; network++)
			if (!is_open(*network) && !kg_container_joins(*network))
				return kg_error_make(
				    arena, KG_EINPUT, "`network`: the mode %s cannot stand beside networks", *network);
	if (spec->health && (spec->health->retries < 1 || spec->health->interval_ms < 1))
		return kg_error_make(arena, KG_EINPUT, "`health`: `retries` and `interval` must be greater than nothing");
	return places_check(arena, spec);
}
