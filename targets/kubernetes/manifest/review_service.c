#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/manifest/review_inside.h"

static const char *
labels_tell(struct kg_arena *arena, const cJSON *labels)
{
	struct kg_text text = { .arena = arena };

	for (const cJSON *label = cJSON_IsObject(labels) ? labels->child : NULL; label; label = label->next)
		kg_text_format(
		    &text, "%s%s=%s", text.size ? "," : "", label->string, cJSON_IsString(label) ? label->valuestring : "?");
	return kg_text_end(&text);
}

/* Labels that controllers put onto the pods that they make: a Service for each pod of a StatefulSet selects by the first. */
static bool
is_of_controllers(const char *label)
{
	static const char *const labels[] = { "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index",
		"controller-revision-hash", "pod-template-hash", "pod-template-generation", "controller-uid", "job-name",
		"batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name", "batch.kubernetes.io/job-completion-index" };

	for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++)
		if (strcmp(labels[i], label) == 0)
			return true;
	return false;
}

/* What is not known yet may be anything. */
static bool
label_matches(const cJSON *wanted, const cJSON *labels)
{
	const char *has = kg_field_text(labels, wanted->string);

	if (!has)
		return is_of_controllers(wanted->string);
	return cJSON_IsString(wanted) &&
	    (strcmp(has, wanted->valuestring) == 0 || kg_review_is_open(has) || kg_review_is_open(wanted->valuestring));
}

/* Whether all of the selector's labels are among the others. */
static bool
labels_match(const cJSON *selector, const cJSON *labels)
{
	for (const cJSON *one = selector->child; one; one = one->next)
		if (!label_matches(one, labels))
			return false;
	return true;
}

/* Only what nobody has said is missing: it may be put onto the pods as they run, as who elects a leader does with "role: primary". */
static bool
may_match_later(const cJSON *selector, const cJSON *labels)
{
	bool has_any = false;

	for (const cJSON *one = selector->child; one; one = one->next) {
		bool is_there = kg_field_text(labels, one->string);

		if (is_there && !label_matches(one, labels))
			return false;
		has_any |= is_there;
	}
	return has_any;
}

static const cJSON *
pod_labels(const struct kg_subject *subject)
{
	return kg_field_at(subject->template_, "metadata.labels");
}

/* The first of those that have one label of the selector; next goes on from one to the next that has them all. NULL: no more. */
static const struct kg_subject *
selected_next(const struct kg_scene *scene, const cJSON *selector, uint32_t *at)
{
	while (*at != kg_review_none) {
		const struct kg_labelled *labelled = &scene->labelled.items[*at];
		const struct kg_subject *pod = &scene->subjects.items[labelled->subject];

		*at = labelled->next;
		if (labels_match(selector, pod_labels(pod)))
			return pod;
	}
	return NULL;
}

static uint32_t
selected_start(const struct kg_scene *scene, const struct kg_subject *service, const cJSON *label)
{
	uint32_t first = kg_review_none;

	if (cJSON_IsString(label))
		kg_map_get(&scene->by_label,
		    kg_format(scene->arena, "%s\n%s %s=%s", service->node->cluster, service->namespace_, label->string,
			label->valuestring),
		    &first);
	return first;
}

/* The first label that templates may have; NULL: all are of controllers. */
static const cJSON *
first_label(const cJSON *selector)
{
	const cJSON *label = selector->child;

	while (label && is_of_controllers(label->string))
		label = label->next;
	return label;
}

static bool
is_service(const struct kg_subject *subject)
{
	return strcmp(subject->object->kind, "Service") == 0 && strcmp(subject->object->api_version, "v1") == 0;
}

/* NULL where there is none, or it is empty. */
static const cJSON *
selector_of(const struct kg_subject *service)
{
	const cJSON *selector = kg_field_at(service->object->json, "spec.selector");
	const char *type = kg_field_text(kg_field_member(service->object->json, "spec"), "type");

	return cJSON_IsObject(selector) && selector->child && !(type && strcmp(type, "ExternalName") == 0) ? selector : NULL;
}

/* ---- selectors ---- */

/* The pods in the namespace that have most of the labels, but not all. */
static const struct kg_subject *
nearly_selected(const struct kg_scene *scene, const struct kg_subject *service, const cJSON *selector)
{
	const struct kg_subject *best = NULL;
	uint32_t most = 0;

	for (const cJSON *label = selector->child; label; label = label->next) {
		for (uint32_t at = selected_start(scene, service, label); at != kg_review_none;
		    at = scene->labelled.items[at].next) {
			const struct kg_subject *pod = &scene->subjects.items[scene->labelled.items[at].subject];
			uint32_t count = 0;

			for (const cJSON *one = selector->child; one; one = one->next) {
				const char *has = kg_field_text(pod_labels(pod), one->string);
				count += cJSON_IsString(one) && has && strcmp(has, one->valuestring) == 0;
			}
			if (count > most) {
				most = count;
				best = pod;
			}
		}
	}
	/* With no label in common, whoever is called alike is meant. */
	for (uint32_t i = 0; !best && i < scene->subjects.count && scene->errors->count + scene->warnings->count < 200; i++) {
		const struct kg_subject *pod = &scene->subjects.items[i];

		if (pod->pod && strcmp(pod->object->name, service->object->name) == 0 && pod->namespace_ &&
		    strcmp(pod->namespace_, service->namespace_) == 0 && strcmp(pod->node->cluster, service->node->cluster) == 0)
			best = pod;
	}
	return best;
}

void
kg_review_service_selector(struct kg_scene *scene, const struct kg_subject *subject)
{
	const cJSON *selector = is_service(subject) ? selector_of(subject) : NULL;

	if (!selector)
		return;
	for (const cJSON *label = selector->child; label; label = label->next) {
		if (cJSON_IsString(label) && kg_review_is_open(label->valuestring))
			return;
	}
	if (!first_label(selector))
		return;
	uint32_t at = selected_start(scene, subject, first_label(selector));
	if (selected_next(scene, selector, &at) || kg_review_is_partial(scene, subject))
		return;
	const struct kg_subject *nearly = nearly_selected(scene, subject, selector);
	/* A controller, or a command, may make the pods: an error it is where it is plain which pods are meant. */
	bool is_let_be = scene->world->is_let_be && scene->world->is_let_be(scene->world->context, subject->node, subject->object);
	bool is_error = nearly && scene->custom.count == 0 && subject->node->makers == KG_MAKERS_NONE && !is_let_be &&
	    !may_match_later(selector, pod_labels(nearly));
	struct kg_error *error =
	    kg_review_tell(scene, is_error, subject, selector, "%s selects %s, which no pod of the graph in the namespace `%s` has",
		kg_object_tell(scene->arena, subject->object), labels_tell(scene->arena, selector), subject->namespace_);
	if (nearly)
		kg_error_advise(scene->arena, error, "pods of %s have %s", kg_object_tell(scene->arena, nearly->object),
		    pod_labels(nearly) ? labels_tell(scene->arena, pod_labels(nearly)) : "no labels");
}

void
kg_review_own_selector(struct kg_scene *scene, const struct kg_subject *subject)
{
	const cJSON *selector = kg_field_at(subject->object->json, "spec.selector.matchLabels");

	if (!subject->template_ || !cJSON_IsObject(selector) || strcmp(subject->object->kind, "Job") == 0 ||
	    labels_match(selector, pod_labels(subject)))
		return;
	struct kg_error *error = kg_review_tell(scene, true, subject, selector, "%s selects %s, which its own pods do not have",
	    kg_object_tell(scene->arena, subject->object), labels_tell(scene->arena, selector));
	kg_error_advise(scene->arena, error, "its template has %s",
	    pod_labels(subject) ? labels_tell(scene->arena, pod_labels(subject)) : "no labels");
}

/* ---- ports ---- */

struct ports {
	bool are_there, any; /* the one that is looked for; any at all */
	KG_LIST(const char *) names;
};

static void
pod_ports_look(struct kg_scene *scene, const struct kg_subject *pod, const cJSON *target, struct ports *ports)
{
	for (const char *const *list = kg_field_container_lists; *list; list++) {
		const cJSON *containers = kg_field_member(pod->pod, *list);

		for (const cJSON *container = cJSON_IsArray(containers) ? containers->child : NULL; container;
		    container = container->next) {
			const cJSON *open = kg_field_member(container, "ports");

			for (const cJSON *one = cJSON_IsArray(open) ? open->child : NULL; one; one = one->next) {
				const cJSON *number = kg_field_member(one, "containerPort");
				const char *name = kg_field_text(one, "name");

				ports->any = true;
				ports->are_there = ports->are_there ||
				    (cJSON_IsNumber(target) ? !cJSON_IsNumber(number) || number->valueint == target->valueint
							    : name && strcmp(name, target->valuestring) == 0);
				if (name)
					kg_list_push(scene->arena, &ports->names, name);
			}
		}
	}
}

static void
port_look(struct kg_scene *scene, const struct kg_subject *service, const cJSON *selector, const cJSON *port)
{
	const cJSON *target = kg_field_member(port, "targetPort");
	uint32_t at = selected_start(scene, service, first_label(selector));
	const struct kg_subject *pod, *last = NULL;
	struct ports ports = { 0 };

	if (!target)
		target = kg_field_member(port, "port");
	if ((!cJSON_IsNumber(target) && !cJSON_IsString(target)) ||
	    (cJSON_IsString(target) && kg_review_is_open(target->valuestring)))
		return;
	while ((pod = selected_next(scene, selector, &at))) {
		pod_ports_look(scene, pod, target, &ports);
		last = pod;
	}
	if (!last || ports.are_there || (cJSON_IsNumber(target) && !ports.any))
		return;
	kg_list_push(scene->arena, &ports.names, NULL);
	const char *told = cJSON_IsNumber(target) ? kg_format(scene->arena, "%d", target->valueint) : target->valuestring;
	struct kg_error *error = kg_review_tell(scene, cJSON_IsString(target), service, target,
	    "%s leads to the port `%s`, which no container of %s opens", kg_object_tell(scene->arena, service->object), told,
	    kg_object_tell(scene->arena, last->object));
	const char *nearest = cJSON_IsString(target) ? kg_text_nearest(told, ports.names.items) : NULL;
	if (nearest)
		kg_error_advise(scene->arena, error, "did you mean `%s`?", nearest);
	else
		kg_error_advise(scene->arena, error, "targetPort is a name or number of a container's `ports`");
}

void
kg_review_service_ports(struct kg_scene *scene, const struct kg_subject *subject)
{
	const cJSON *selector = is_service(subject) ? selector_of(subject) : NULL;
	const cJSON *ports = kg_field_at(subject->object->json, "spec.ports");

	for (const cJSON *port = selector && cJSON_IsArray(ports) ? ports->child : NULL; port; port = port->next)
		port_look(scene, subject, selector, port);
}

/* ---- ports of the cluster's nodes ---- */

/* Who has the port in the cluster. In one that the graph makes, and behind commands of the graph, that is known when the node has its turn. */
static void
holder_look(struct kg_scene *scene, const struct kg_subject *subject, const char *protocol, const cJSON *node_port)
{
	const struct kg_world *world = scene->world;
	const char *own = kg_format(scene->arena, "%s/%s", subject->namespace_, subject->object->name), *holder = NULL;
	bool is_now = subject->node->makers == KG_MAKERS_NONE && !subject->node->is_fresh;

	if (world->node_port_holder)
		holder = world->node_port_holder(world->context, subject->node->cluster, node_port->valueint, protocol);
	if (holder && strcmp(holder, own) != 0 && !subject->node->is_fresh)
		kg_error_advise(scene->arena,
		    kg_review_tell(scene, is_now, subject, node_port, "the NodePort %d is of the Service %s in the cluster already",
			node_port->valueint, holder),
		    "give one of them another nodePort");
	if (is_now || subject->node->makers == KG_MAKERS_BESIDE || !world->lacks)
		return;
	const struct kg_lack lack = {
		.node_port = node_port->valueint,
		.protocol = protocol,
		.service = own,
		.error = kg_review_make(scene, subject, node_port, "the NodePort %d is taken", node_port->valueint),
	};
	world->lacks(world->context, subject->node, &lack);
}

static const char *
protocol_of(const cJSON *port)
{
	const char *said = kg_field_text(port, "protocol");

	return said ? said : "TCP";
}

static const char *
node_port_key(const struct kg_scene *scene, const struct kg_subject *subject, const cJSON *port, const cJSON *node_port)
{
	return kg_format(scene->arena, "%s\n%s %d", subject->node->cluster, protocol_of(port), node_port->valueint);
}

/* What is not known yet of an object's name comes once more when it is, and is the same object. */
static bool
is_once_more(const struct kg_subject *subject, const struct kg_subject *other)
{
	return subject->node == other->node &&
	    (kg_review_is_open(other->object->name) || kg_review_is_open(other->namespace_ ? other->namespace_ : ""));
}

static void
node_port_look(struct kg_scene *scene, const struct kg_subject *subject, uint32_t index, const cJSON *port, const cJSON *node_port)
{
	const struct kg_world *world = scene->world;
	const char *protocol = protocol_of(port), *cluster = subject->node->cluster;
	uint32_t first = 0;

	kg_map_get(&scene->node_ports, node_port_key(scene, subject, port, node_port), &first);
	const struct kg_wanted_port *holder = &scene->ports.items[first];
	const struct kg_subject *other = &scene->subjects.items[holder->subject];
	if ((other != subject || holder->port != index) && !is_once_more(subject, other)) {
		struct kg_error *error = kg_review_tell(scene, true, subject, node_port, "the NodePort %d is of %s already",
		    node_port->valueint, kg_object_tell(scene->arena, other->object));
		kg_error_advise(scene->arena, error, "that is at %s:%u", other->object->place.file, other->object->place.line);
		return;
	}
	holder_look(scene, subject, protocol, node_port);
	if (node_port->valueint < 30000 || node_port->valueint > 32767)
		kg_error_advise(scene->arena,
		    kg_review_tell(scene, false, subject, node_port, "%d is outside the ports that a cluster gives to Services",
			node_port->valueint),
		    "these are 30000 to 32767, where an API server was not told otherwise");
	else if (world->maps_port && world->maps_port(world->context, cluster, node_port->valueint) == KG_ABSENT)
		kg_error_advise(scene->arena,
		    kg_review_tell(scene, false, subject, node_port,
			"the kind cluster does not map the NodePort %d to this machine", node_port->valueint),
		    "add it to `ports` of the cluster's node: \"%d:%d\"", node_port->valueint, node_port->valueint);
}

static bool
is_node_port(const cJSON *node_port)
{
	return cJSON_IsNumber(node_port) && node_port->valueint > 0;
}

void
kg_review_node_ports_add(struct kg_scene *scene, const struct kg_subject *subject)
{
	const cJSON *ports = is_service(subject) ? kg_field_at(subject->object->json, "spec.ports") : NULL;
	struct kg_wanted_port wanted = { .subject = (uint32_t)(subject - scene->subjects.items) };

	for (const cJSON *port = ports && cJSON_IsArray(ports) ? ports->child : NULL; port; port = port->next, wanted.port++) {
		const cJSON *node_port = kg_field_member(port, "nodePort");
		const char *key = is_node_port(node_port) ? node_port_key(scene, subject, port, node_port) : NULL;

		if (!key || kg_map_get(&scene->node_ports, key, NULL))
			continue;
		kg_map_put(&scene->node_ports, key, scene->ports.count);
		kg_list_push(scene->arena, &scene->ports, wanted);
	}
}

void
kg_review_node_ports(struct kg_scene *scene, const struct kg_subject *subject)
{
	const cJSON *ports = is_service(subject) ? kg_field_at(subject->object->json, "spec.ports") : NULL;
	uint32_t index = 0;

	for (const cJSON *port = ports && cJSON_IsArray(ports) ? ports->child : NULL; port; port = port->next, index++) {
		const cJSON *node_port = kg_field_member(port, "nodePort");

		if (is_node_port(node_port))
			node_port_look(scene, subject, index, port, node_port);
	}
}
