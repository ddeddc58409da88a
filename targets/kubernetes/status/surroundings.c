#include "targets/kubernetes/status/surroundings.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/map.h"
#include "engine/base/text.h"
#include "targets/kubernetes/status/member.h"

struct group {
	struct kg_near *first, *last;
};

/* One index: a text to the objects that stand under it. */
struct index {
	struct kg_map map;
	KG_LIST(struct group) groups;
};

struct kg_surroundings {
	struct kg_arena *arena;
	struct index named, kinds, owned, events, slices, claims;
	struct group pods;
	struct kg_map complete; /* "kind\nnamespace" of what was added whole */
};

struct kg_surroundings *
kg_surroundings_make(struct kg_arena *arena)
{
	struct kg_surroundings *around = kg_new(arena, struct kg_surroundings);

	around->arena = around->complete.arena = arena;
	around->named.map.arena = around->kinds.map.arena = around->owned.map.arena = arena;
	around->events.map.arena = around->slices.map.arena = around->claims.map.arena = arena;
	return around;
}

static void
group_add(struct kg_surroundings *around, struct group *group, const cJSON *object)
{
	struct kg_near *near = kg_new(around->arena, struct kg_near);

	near->object = object;
	*(group->last ? &group->last->next : (const struct kg_near **)&group->first) = near;
	group->last = near;
}

static void
put(struct kg_surroundings *around, struct index *index, const char *key, const cJSON *object)
{
	uint32_t at;

	if (!kg_map_get(&index->map, key, &at)) {
		at = index->groups.count;
		kg_map_put(&index->map, key, at);
		kg_list_push(around->arena, &index->groups, (struct group){ 0 });
	}
	group_add(around, &index->groups.items[at], object);
}

static const struct kg_near *
get(const struct index *index, const char *key)
{
	uint32_t at;

	return kg_map_get(&index->map, key, &at) ? index->groups.items[at].first : NULL;
}

/* Kinds of Kubernetes itself go by their names alone, as one knows them; those of CRDs may have the same. */
static const char *
kind_key(struct kg_arena *arena, const char *api_version, const char *kind)
{
	size_t length = strcspn(api_version, "/");

	if (!api_version[length] || kg_is_built_in(api_version, length))
		return kind;
	return kg_format(arena, "%s.%.*s", kind, (int)length, api_version);
}

static const char *
name_key(struct kg_arena *arena, const char *kind, const char *namespace_, const char *name)
{
	return kg_format(arena, "%s\n%s\n%s", kind, namespace_ ? namespace_ : "", name);
}

static const char *
place_key(struct kg_arena *arena, const char *kind, const char *namespace_)
{
	return kg_format(arena, "%s\n%s", kind, namespace_ ? namespace_ : "");
}

static const char *
event_key(struct kg_arena *arena, const cJSON *about, const char *namespace_, const char *name, const char *uid)
{
	const char *kind = kind_key(arena, kg_member_text(about, "apiVersion", ""), kg_member_text(about, "kind", ""));

	return kg_format(arena, "%s\n%s\n%s\n%s", kind, namespace_, name, uid);
}

static void
add_event(struct kg_surroundings *around, const cJSON *event)
{
	const cJSON *about = kg_member(event, "involvedObject");

	if (!about)
		about = kg_member(event, "regarding");
	put(around, &around->events,
	    event_key(around->arena, about, kg_member_text(about, "namespace", ""), kg_member_text(about, "name", ""),
		kg_member_text(about, "uid", "")),
	    event);
}

static void
add_claims(struct kg_surroundings *around, const cJSON *pod, const char *namespace_)
{
	const cJSON *volume;

	cJSON_ArrayForEach(volume, kg_member(pod, "spec.volumes"))
	{
		const char *claim = kg_member_some_text(volume, "persistentVolumeClaim.claimName");

		if (claim)
			put(around, &around->claims, place_key(around->arena, claim, namespace_), pod);
	}
}

void
kg_surroundings_add(struct kg_surroundings *around, const cJSON *object)
{
	struct kg_arena *arena = around->arena;
	const char *plain_kind = kg_member_text(object, "kind", "");
	const char *kind = kind_key(arena, kg_member_text(object, "apiVersion", ""), plain_kind);
	const char *namespace_ = kg_member_text(object, "metadata.namespace", "");
	const cJSON *owner;

	if (strcmp(kind, "Event") == 0) {
		add_event(around, object);
		return;
	}
	put(around, &around->named, name_key(arena, kind, namespace_, kg_member_text(object, "metadata.name", "")), object);
	put(around, &around->kinds, place_key(arena, kind, namespace_), object);
	cJSON_ArrayForEach(owner, kg_member(object, "metadata.ownerReferences"))
	{
		const char *uid = kg_member_some_text(owner, "uid");

		if (uid)
			put(around, &around->owned, uid, object);
	}
	if (strcmp(kind, "Pod") == 0) {
		add_claims(around, object, namespace_);
		group_add(around, &around->pods, object);
	}
	const char *service = kg_member_key(object, "metadata.labels", "kubernetes.io/service-name");
	if (service && strcmp(kind, "EndpointSlice") == 0)
		put(around, &around->slices, place_key(arena, service, namespace_), object);
}

void
kg_surroundings_complete(struct kg_surroundings *around, const char *kind, const char *namespace_)
{
	kg_map_put(&around->complete, place_key(around->arena, kind, namespace_), 0);
}

bool
kg_surroundings_is_complete(const struct kg_surroundings *around, const char *kind, const char *namespace_)
{
	return around && kg_map_get(&around->complete, place_key(around->arena, kind, namespace_), NULL);
}

const cJSON *
kg_surroundings_find(const struct kg_surroundings *around, const char *kind, const char *namespace_, const char *name)
{
	const struct kg_near *near = around ? get(&around->named, name_key(around->arena, kind, namespace_, name)) : NULL;

	return near ? near->object : NULL;
}

const struct kg_near *
kg_surroundings_of_kind(const struct kg_surroundings *around, const char *kind, const char *namespace_)
{
	return around ? get(&around->kinds, place_key(around->arena, kind, namespace_)) : NULL;
}

const struct kg_near *
kg_surroundings_pods(const struct kg_surroundings *around)
{
	return around ? around->pods.first : NULL;
}

const struct kg_near *
kg_surroundings_owned(const struct kg_surroundings *around, const char *uid)
{
	return around && uid ? get(&around->owned, uid) : NULL;
}

/* An event of another uid is about an earlier object of the same name. Kubelets give a node's name as its uid. */
const struct kg_near *
kg_surroundings_events(const struct kg_surroundings *around, const cJSON *object)
{
	const char *namespace_ = kg_member_text(object, "metadata.namespace", ""),
		   *name = kg_member_text(object, "metadata.name", "");
	const char *const uids[] = { kg_member_text(object, "metadata.uid", ""), "", name };
	const struct kg_near *near = NULL;

	for (size_t i = 0; around && !near && i < sizeof(uids) / sizeof(*uids); i++)
		near = get(&around->events, event_key(around->arena, object, namespace_, name, uids[i]));
	return near;
}

const struct kg_near *
kg_surroundings_slices(const struct kg_surroundings *around, const char *namespace_, const char *service)
{
	return around ? get(&around->slices, place_key(around->arena, service, namespace_)) : NULL;
}

const struct kg_near *
kg_surroundings_consumers(const struct kg_surroundings *around, const char *namespace_, const char *claim)
{
	return around ? get(&around->claims, place_key(around->arena, claim, namespace_)) : NULL;
}
