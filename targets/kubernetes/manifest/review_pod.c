#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/manifest/review_inside.h"

/* One rule's look at each container. */
typedef void(container_look)(struct kg_scene *scene, const struct kg_subject *subject, const char *list, const cJSON *container);

static void
containers_look(struct kg_scene *scene, const struct kg_subject *subject, container_look *look)
{
	for (const char *const *list = kg_field_container_lists; subject->pod && *list; list++) {
		const cJSON *containers = kg_field_member(subject->pod, *list);

		for (const cJSON *one = cJSON_IsArray(containers) ? containers->child : NULL; one; one = one->next) {
			if (cJSON_IsObject(one))
				look(scene, subject, *list, one);
		}
	}
}

static const char *
container_name(const cJSON *container)
{
	const char *name = kg_field_text(container, "name");

	return name ? name : "?";
}

/* ---- mounts ---- */

static bool
volume_find(struct kg_scene *scene, const struct kg_subject *subject, const char *name, const char **ret_nearest)
{
	const cJSON *volumes = kg_field_member(subject->pod, "volumes");
	const cJSON *claims = kg_field_at(subject->object->json, "spec.volumeClaimTemplates"); /* of a StatefulSet */
	KG_LIST(const char *) names = { 0 };

	for (const cJSON *one = cJSON_IsArray(volumes) ? volumes->child : NULL; one; one = one->next) {
		if (kg_field_text(one, "name"))
			kg_list_push(scene->arena, &names, kg_field_text(one, "name"));
	}
	for (const cJSON *one = cJSON_IsArray(claims) ? claims->child : NULL; one; one = one->next) {
		if (kg_field_text(kg_field_member(one, "metadata"), "name"))
			kg_list_push(scene->arena, &names, kg_field_text(kg_field_member(one, "metadata"), "name"));
	}
	kg_list_push(scene->arena, &names, NULL);
	for (const char *const *one = names.items; *one; one++) {
		if (strcmp(*one, name) == 0)
			return true;
	}
	*ret_nearest = kg_text_nearest(name, names.items);
	return false;
}

static void
mounts_look(struct kg_scene *scene, const struct kg_subject *subject, const char *, const cJSON *container)
{
	static const char *const lists[] = { "volumeMounts", "volumeDevices" };

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		const cJSON *mounts = kg_field_member(container, lists[i]);

		for (const cJSON *mount = cJSON_IsArray(mounts) ? mounts->child : NULL; mount; mount = mount->next) {
			const cJSON *name = kg_field_member(mount, "name");
			const char *nearest = NULL;

			if (!cJSON_IsString(name) || kg_review_is_open(name->valuestring) ||
			    volume_find(scene, subject, name->valuestring, &nearest))
				continue;
			struct kg_error *error = kg_review_tell(scene, true, subject, name,
			    "the container `%s` mounts `%s`, but the pod has no such volume", container_name(container),
			    name->valuestring);
			if (nearest)
				kg_error_advise(scene->arena, error, "did you mean `%s`?", nearest);
			else
				kg_error_advise(scene->arena, error, "add it to the pod's `volumes`");
		}
	}
}

void
kg_review_mounts(struct kg_scene *scene, const struct kg_subject *subject)
{
	containers_look(scene, subject, mounts_look);
}

/* ---- probes ---- */

static const char *const probes[] = { "startupProbe", "livenessProbe", "readinessProbe" };

/* Pods that are to end, or that are made for somebody else's purposes, are not watched by probes. */
static bool
runs_on(const struct kg_subject *subject)
{
	const char *restart = kg_field_text(subject->pod, "restartPolicy");

	return strcmp(subject->object->kind, "Job") != 0 && strcmp(subject->object->kind, "CronJob") != 0 &&
	    strcmp(subject->object->kind, "PodTemplate") != 0 && (!restart || strcmp(restart, "Always") == 0);
}

static void
probe_port_look(
    struct kg_scene *scene, const struct kg_subject *subject, const cJSON *container, const char *probe, const cJSON *action)
{
	const cJSON *port = kg_field_member(action, "port"), *ports = kg_field_member(container, "ports");
	KG_LIST(const char *) names = { 0 };
	bool is_open = false;

	if ((!cJSON_IsString(port) && !cJSON_IsNumber(port)) || kg_field_member(action, "host") ||
	    (cJSON_IsString(port) && kg_review_is_open(port->valuestring)))
		return;
	for (const cJSON *one = cJSON_IsArray(ports) ? ports->child : NULL; one; one = one->next) {
		const cJSON *number = kg_field_member(one, "containerPort");
		const char *name = kg_field_text(one, "name");

		is_open = is_open ||
		    (cJSON_IsNumber(port) ? !cJSON_IsNumber(number) || number->valueint == port->valueint
					  : name && strcmp(name, port->valuestring) == 0);
		if (name)
			kg_list_push(scene->arena, &names, name);
	}
	/* `ports` of a container are for its readers: without any, it may well listen. A name has to be there, though. */
	if (is_open || (cJSON_IsNumber(port) && !(cJSON_IsArray(ports) && ports->child)))
		return;
	kg_list_push(scene->arena, &names, NULL);
	const char *told = cJSON_IsNumber(port) ? kg_format(scene->arena, "%d", port->valueint) : port->valuestring;
	struct kg_error *error = kg_review_tell(scene, cJSON_IsString(port), subject, port,
	    "the %s of the container `%s` asks the port `%s`, which it does not open", probe, container_name(container), told);
	const char *nearest = cJSON_IsString(port) ? kg_text_nearest(told, names.items) : NULL;
	if (nearest)
		kg_error_advise(scene->arena, error, "did you mean `%s`?", nearest);
	else
		kg_error_advise(scene->arena, error, "add it to the container's `ports`, or ask one that is there");
}

static void
probes_look(struct kg_scene *scene, const struct kg_subject *subject, const char *list, const cJSON *container)
{
	static const char *const actions[] = { "httpGet", "tcpSocket", "grpc" };
	bool is_probed = false;

	for (size_t i = 0; i < sizeof(probes) / sizeof(*probes); i++) {
		const cJSON *probe = kg_field_member(container, probes[i]);

		is_probed = is_probed || cJSON_IsObject(probe);
		for (size_t k = 0; k < sizeof(actions) / sizeof(*actions); k++)
			probe_port_look(scene, subject, container, probes[i], kg_field_member(probe, actions[k]));
	}
	if (is_probed || strcmp(list, "containers") != 0 || !runs_on(subject))
		return;
	const cJSON *name = kg_field_member(container, "name");
	struct kg_error *error = kg_review_tell(
	    scene, false, subject, name ? name : container, "the container `%s` has no probe", container_name(container));
	kg_error_advise(scene->arena, error, "without a readinessProbe, it counts as ready when it has run for two seconds");
}

void
kg_review_probes(struct kg_scene *scene, const struct kg_subject *subject)
{
	containers_look(scene, subject, probes_look);
}

/* ---- images ---- */

/* What the kubelet does when nothing is said: Always for latest and for no tag. */
static const char *
pull_policy(const cJSON *container, const char *image)
{
	const char *said = kg_field_text(container, "imagePullPolicy");
	const char *slash = strrchr(image, '/'), *tag = strchr(slash ? slash : image, ':');

	if (said)
		return said;
	return strchr(image, '@') || (tag && strcmp(tag, ":latest") != 0) ? "IfNotPresent" : "Always";
}

static void
images_look(struct kg_scene *scene, const struct kg_subject *subject, const char *, const cJSON *container)
{
	const cJSON *image = kg_field_member(container, "image");
	enum kg_presence presence = KG_PRESENCE_UNKNOWN;

	if (!cJSON_IsString(image))
		return;
	const char *policy = pull_policy(container, image->valuestring);
	bool is_never = strcmp(policy, "Never") == 0;
	/* No registry answers there: the name is what podman gives to what it has built. */
	bool is_local = kg_text_starts(image->valuestring, "localhost/");
	if (scene->world->has_image)
		presence = scene->world->has_image(scene->world->context, subject->node->cluster, image->valuestring);
	if (presence == KG_ABSENT && (is_never || is_local)) {
		/* Into a cluster that is there already, or by a command, it may have been brought otherwise. */
		bool is_error =
		    subject->node->is_fresh && subject->node->makers == KG_MAKERS_NONE && !kg_review_is_partial(scene, subject);
		struct kg_error *error = kg_review_tell(scene, is_error, subject, image,
		    is_never ? "no node loads the image %s, and with the pull policy Never nothing else will"
			     : "no node loads the image %s, and it cannot be pulled from anywhere",
		    image->valuestring);
		kg_error_advise(scene->arena, error, "add it to `image` of a node of the kind image-load");
	} else if (presence == KG_PRESENCE_UNKNOWN && is_never && !kg_review_is_open(image->valuestring)) {
		struct kg_error *error = kg_review_tell(
		    scene, false, subject, image, "no node loads the image %s, and its pull policy is Never", image->valuestring);
		kg_error_advise(scene->arena, error, "it has to be in the cluster's nodes by then");
	} else if (presence == KG_PRESENT && strcmp(policy, "Always") == 0 && !kg_review_is_open(image->valuestring)) {
		const cJSON *said = kg_field_member(container, "imagePullPolicy");
		struct kg_error *error = kg_review_tell(scene, false, subject, said ? said : image,
		    "the image %s is loaded, but would be pulled all the same", image->valuestring);
		kg_error_advise(scene->arena, error, "imagePullPolicy: IfNotPresent%s",
		    said ? "" : "; without a tag, or with latest, it is Always");
	}
}

void
kg_review_images(struct kg_scene *scene, const struct kg_subject *subject)
{
	containers_look(scene, subject, images_look);
}
