/*
 * What is wrong with the manifests of all nodes together, told before anything starts: manifest/review.h has the rules within objects; here stands what the
 * graph knows beside them: which images its nodes load, which ports its clusters map, which schema comes from a migration.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "engine/review.h"
#include "targets/kubernetes/client/json.h"
#include "targets/kubernetes/kubernetes_inside.h"
#include "targets/kubernetes/kubernetes_world.h"
#include "targets/kubernetes/manifest/review.h"

static constexpr int postgresql_port = 5432;

static const char *
cluster_of(struct kg_arena *arena, const struct kubernetes_spec *spec)
{
	return kg_format(arena, "%s %s", spec->kubeconfig ? spec->kubeconfig : "", spec->context ? spec->context : "");
}

static bool
is_open(const char *text)
{
	return text && strstr(text, "${");
}

/* Files that are not there may be made by a node of the graph: what is wrong with files that are there has a place. */
static bool
errors_take(struct kg_review *review, const struct kg_review_node *node, struct kg_errors *errors, bool is_whole)
{
	bool is_partial = false;

	for (struct kg_error *error = errors->first, *next; error; error = next) {
		next = error->next;
		error->next = NULL;
		if (!error->place.file && !is_whole) {
			is_partial = true;
			continue;
		}
		if (!error->place.file)
			error->place = node->place;
		kg_errors_add(review->errors, error);
	}
	errors->first = errors->last = NULL;
	errors->count = 0;
	return is_partial;
}

/*
 * What the node's command printed in the last run, where it would print the same now. A run renders anew what has not come up: what the command reads may not
 * all be among `inputs`.
 */
static bool
rendered_find(struct kg_review *review, const struct kg_review_node *node, struct kubernetes_reading *reading)
{
	struct kg_review_kept kept = kg_review_kept(review, node);

	return kept.folder && (kept.is_up || !review->is_run) &&
	    kg_kubernetes_rendered_read(reading, kept.folder, kept.fingerprint);
}

static void
node_read(struct kubernetes_view *view, uint32_t index)
{
	struct kg_review *review = view->review;
	const struct kg_review_node *node = &review->nodes[index];
	const struct kubernetes_spec *spec = node->spec;
	struct kubernetes_reading *reading = &view->readings[index];
	bool is_partial;

	*reading = (struct kubernetes_reading){ .arena = review->arena, .spec = spec, .node = node->name };
	reading->errors.arena = review->arena;
	is_partial = spec->render && *spec->render && !rendered_find(review, node, reading);
	kg_kubernetes_read(reading);
	kg_kubernetes_rendered_tell(&reading->errors, reading, 1);
	is_partial |= errors_take(review, node, &reading->errors, false);
	for (const struct kg_pair *pair = spec->values; pair && pair->name; pair++)
		is_partial |= is_open(pair->value);
	kg_kubernetes_patch(reading, NULL, NULL);
	kg_kubernetes_rendered_tell(&reading->errors, reading, 1);
	errors_take(review, node, &reading->errors, !is_partial);
	view->nodes[index] = (struct kg_reviewed){
		.node = node->name,
		.manifest = &reading->manifest,
		.cluster = cluster_of(review->arena, spec),
		.namespace_ = spec->namespace_ ? spec->namespace_ : kg_kubernetes_default_namespace,
		.is_partial = is_partial,
	};
}

static bool
text_is(const struct kg_values *values, const struct kg_value *value, const char *text)
{
	return value->type == KG_VALUE_TEXT && strcmp(kg_value_text(values, value), text) == 0;
}

/* Whether a setting, a text or a list of texts, says the text. */
static bool
setting_has(const struct kg_review_node *node, const char *name, const char *text)
{
	const struct kg_value *value = kg_value_member(node->values, node->settings, name);

	if (!value)
		return false;
	if (value->type != KG_VALUE_LIST)
		return text_is(node->values, value, text);
	for (uint32_t i = 0; i < value->count; i++)
		if (text_is(node->values, &node->values->items[value->start + i], text))
			return true;
	return false;
}

static bool
setting_is_open(const struct kg_review_node *node, const char *name)
{
	const struct kg_value *value = kg_value_member(node->values, node->settings, name);
	uint32_t count = value && value->type == KG_VALUE_LIST ? value->count : 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct kg_value *item = &node->values->items[value->start + i];

		if (item->type == KG_VALUE_TEXT && is_open(kg_value_text(node->values, item)))
			return true;
	}
	return value && value->type == KG_VALUE_TEXT && is_open(kg_value_text(node->values, value));
}

/* References are compared as they are written: ${node.image.ref} here and there is the same image. */
enum kg_presence
kg_kubernetes_has_image(void *context, const char *, const char *image)
{
	const struct kubernetes_view *view = context;
	uint32_t count;
	const struct kg_review_node *loads = kg_review_nodes_of(view->review, "image-load", &count);

	for (uint32_t i = 0; i < count; i++)
		if (setting_has(&loads[i], "image", image))
			return KG_PRESENT;
	/* A reference that is not known yet may be to what another node has pushed or loaded. */
	return count > 0 && !is_open(image) ? KG_ABSENT : KG_PRESENCE_UNKNOWN;
}

enum kg_presence
kg_kubernetes_has_known_image(void *context, const char *cluster, const char *image)
{
	const struct kubernetes_view *view = context;
	enum kg_presence presence = kg_kubernetes_has_image(context, cluster, image);
	uint32_t count;
	const struct kg_review_node *loads = kg_review_nodes_of(view->review, "image-load", &count);

	for (uint32_t i = 0; presence == KG_ABSENT && i < count; i++)
		if (setting_is_open(&loads[i], "image"))
			return KG_ABSENT_YET;
	return presence;
}

/* "[ADDRESS:]PORT:NODEPORT[/PROTOCOL]" */
static bool
mapping_is(const char *mapping, int64_t node_port)
{
	const char *colon = strrchr(mapping, ':');

	return colon && strtoll(colon + 1, NULL, 10) == node_port;
}

/* The kind cluster that a kubeconfig comes from, or NULL. */
static const struct kg_review_node *
kind_cluster(struct kg_review *review, const char *cluster)
{
	uint32_t count;
	const struct kg_review_node *clusters = kg_review_nodes_of(review, "kind-cluster", &count);

	for (uint32_t i = 0; i < count; i++)
		if (strstr(cluster, kg_format(review->arena, "${node.%s.", clusters[i].name)))
			return &clusters[i];
	return NULL;
}

enum kg_presence
kg_kubernetes_maps_port(void *context, const char *cluster, int64_t node_port)
{
	const struct kubernetes_view *view = context;
	const struct kg_review_node *node = kind_cluster(view->review, cluster);

	if (!node || kg_value_member(node->values, node->settings, "config"))
		return KG_PRESENCE_UNKNOWN;
	const struct kg_value *ports = kg_value_member(node->values, node->settings, "ports");
	for (uint32_t i = 0; ports && ports->type == KG_VALUE_LIST && i < ports->count; i++) {
		const struct kg_value *port = &node->values->items[ports->start + i];

		if (port->type == KG_VALUE_TABLE)
			port = kg_value_member(node->values, port, "mapping");
		if (!port || port->type != KG_VALUE_TEXT)
			continue;
		const char *mapping = kg_value_text(node->values, port);
		if (is_open(mapping))
			return KG_PRESENCE_UNKNOWN;
		if (mapping_is(mapping, node_port))
			return KG_PRESENT;
	}
	return KG_ABSENT;
}

/* name as a whole word of text, as a host in a URL or a setting is. */
static bool
has_word(const char *text, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = strstr(text, name); at; at = strstr(at + 1, name)) {
		bool begins = at == text || !(isalnum((unsigned char)at[-1]) || strchr("-._", at[-1]));
		bool ends = !(isalnum((unsigned char)at[length]) || (at[length] && strchr("-_", at[length])));

		if (begins && ends)
			return true;
	}
	return false;
}

static const char *
namespace_of(const struct kubernetes_view *view, uint32_t index, const struct kg_object *object)
{
	const char *namespace_ = object->namespace_ ? object->namespace_ : view->nodes[index].namespace_;

	return namespace_ ? namespace_ : "";
}

/* The node's object that speaks of that Service, or NULL. From another namespace the name alone leads elsewhere. */
static const struct kg_object *
object_speaks(
    const struct kubernetes_view *view, uint32_t index, uint32_t first, const char *service, const char *service_namespace)
{
	const struct kg_manifest *manifest = &view->readings[index].manifest;
	const char *from_elsewhere = kg_format(view->review->arena, "%s.%s", service, service_namespace);

	for (uint32_t i = first; i < manifest->objects.count; i++) {
		const struct kg_object *object = &manifest->objects.items[i];
		enum kg_object_level level = kg_object_level(object);
		const char *host = strcmp(namespace_of(view, index, object), service_namespace) == 0 ? service : from_elsewhere;

		if ((level == KG_LEVEL_WORKLOAD || level == KG_LEVEL_CONFIGURATION) &&
		    has_word(kg_object_canonical(view->review->arena, object->json), host))
			return object;
	}
	return NULL;
}

static bool
is_database(const struct kg_object *object)
{
	const cJSON *port;

	if (strcmp(object->kind, "Service") != 0)
		return false;
	cJSON_ArrayForEach(port, kg_json_at(object->json, "spec.ports"))
	{
		const cJSON *number = kg_json_at(port, "port");

		if (cJSON_IsNumber(number) && number->valueint == postgresql_port)
			return true;
	}
	return false;
}

/* Whoever speaks of the database's host, is of the same cluster, and does not come after the migration. Objects from first on. */
static void
user_review(struct kubernetes_view *view, const struct kubernetes_database *database, uint32_t index, uint32_t first)
{
	struct kg_review *review = view->review;
	const struct kg_review_node *migration = database->migration, *node = &review->nodes[index];
	const char *namespace_ = namespace_of(view, database->server, &database->service);

	if (index == database->server || strcmp(view->nodes[index].cluster, view->nodes[database->server].cluster) != 0)
		return;
	const struct kg_object *object = object_speaks(view, index, first, database->service.name, namespace_);
	if (!object || kg_review_needs(review, node, migration) || kg_review_needs(review, migration, node))
		return;
	struct kg_error *warning = kg_review_warn(review, object->place,
	    "%s speaks to the database %s, whose schema the node `%s` makes, and may start before it",
	    kg_object_tell(review->arena, object), database->service.name, migration->name);
	kg_error_advise(review->arena, warning, "add \"%s\" to `needs` of `%s`", migration->name, node->name);
}

/* Those among the node's objects, from first on, whose schema a migration makes that needs the node. */
static void
databases_find(struct kubernetes_view *view, const struct kg_review_node *migration, uint32_t index, uint32_t first)
{
	const struct kg_manifest *manifest = &view->readings[index].manifest;

	for (uint32_t at = first; at < manifest->objects.count; at++)
		if (is_database(&manifest->objects.items[at]) &&
		    kg_review_needs(view->review, migration, &view->review->nodes[index]))
			kg_list_push(view->review->arena, &view->databases,
			    (struct kubernetes_database){ migration, index, manifest->objects.items[at] });
}

static void
schemas_review(struct kubernetes_view *view)
{
	struct kg_review *review = view->review;
	uint32_t count;
	const struct kg_review_node *migrations = kg_review_nodes_of(review, "migration", &count);

	for (uint32_t m = 0; m < count; m++)
		for (uint32_t i = 0; i < review->count; i++)
			databases_find(view, &migrations[m], i, 0);
	for (uint32_t d = 0; d < view->databases.count; d++)
		for (uint32_t i = 0; i < review->count; i++)
			user_review(view, &view->databases.items[d], i, 0);
}

void
kg_kubernetes_schemas_review(struct kubernetes_view *view, uint32_t node, uint32_t first)
{
	uint32_t count;
	const struct kg_review_node *migrations = kg_review_nodes_of(view->review, "migration", &count);

	for (uint32_t d = 0; d < view->databases.count; d++)
		user_review(view, &view->databases.items[d], node, first);
	for (uint32_t m = 0; m < count; m++)
		databases_find(view, &migrations[m], node, first);
}

/* Two nodes that have the same object would take it from each other at every run. */
void
kg_kubernetes_own(struct kubernetes_view *view, uint32_t node, const struct kg_object *object)
{
	struct kg_review *review = view->review;
	struct kg_object named = *object;
	uint32_t first;

	if (kg_object_level(object) <= KG_LEVEL_DEFINITION || is_open(object->name))
		return;
	if (!named.namespace_ && kg_object_is_namespaced(named.api_version, named.kind) == 1)
		named.namespace_ = view->nodes[node].namespace_;
	const char *key = kg_format(review->arena, "%s %s", view->nodes[node].cluster, kg_object_key(review->arena, &named));
	if (kg_map_get(&view->owners, key, &first) && first != node)
		kg_review_error(review, object->place, "%s is of the node `%s` already", kg_object_tell(review->arena, &named),
		    review->nodes[first].name);
	else
		kg_map_put(&view->owners, key, node);
}

static void
duplicates_review(struct kubernetes_view *view)
{
	view->owners.arena = view->review->arena;
	for (uint32_t i = 0; i < view->review->count; i++)
		for (uint32_t at = 0; at < view->readings[i].manifest.objects.count; at++)
			kg_kubernetes_own(view, i, &view->readings[i].manifest.objects.items[at]);
}

static struct kubernetes_view *
view_make(struct kg_review *review)
{
	struct kubernetes_view *view = kg_new(review->arena, struct kubernetes_view);
	struct kubernetes_makers makers = { 0 };

	view->review = review;
	view->readings = kg_new_array(review->arena, struct kubernetes_reading, review->count);
	view->nodes = kg_new_array(review->arena, struct kg_reviewed, review->count);
	kg_kubernetes_makers_find(review, &makers);
	for (uint32_t i = 0; i < review->count; i++) {
		node_read(view, i);
		view->nodes[i].is_fresh = kind_cluster(review, view->nodes[i].cluster);
		view->nodes[i].makers = kg_kubernetes_makers_of(review, &makers, &review->nodes[i]);
	}
	return view;
}

/* Of the kind's rules for an object, the most exact one: whether its readiness is waited for. */
bool
kg_kubernetes_is_let_be(void *context, const struct kg_reviewed *node, const struct kg_object *object)
{
	const struct kubernetes_view *view = context;
	const struct kubernetes_spec *spec = view->review->nodes[node - view->nodes].spec;

	if (view->review->is_run && !view->review->is_waited)
		return true;
	const char *is = kg_kubernetes_rule(spec, object->kind, object->name);
	return is && strcmp(is, "applied") == 0;
}

static void
unknown_tell(struct kubernetes_view *view, uint32_t count)
{
	kg_review_warn(view->review, (struct kg_place){ 0 },
	    "what `render` of %u %s prints is reviewed at `kgraph up`, before it is applied", (unsigned)count,
	    count == 1 ? "node" : "nodes");
}

/* In the second round, what the clusters have is known as far as it could be asked. */
static void
all_tell(struct kubernetes_view *view)
{
	struct kg_review *review = view->review;
	uint32_t unknown = 0;
	bool has_kept = false;

	for (uint32_t i = 0; i < review->count; i++) {
		const struct kubernetes_spec *spec = review->nodes[i].spec;

		has_kept |= view->readings[i].rendered != NULL;
		unknown += spec->render && *spec->render && !view->readings[i].rendered;
	}
	struct kg_world world = {
		.context = view,
		.has = kg_kubernetes_world_has,
		.may_make = kg_kubernetes_world_may_make,
		.role_makes = kg_kubernetes_world_role_makes,
		.advise = kg_kubernetes_world_advise,
		.node_port_holder = kg_kubernetes_world_holder,
		.has_image = has_kept ? kg_kubernetes_has_known_image : kg_kubernetes_has_image,
		.maps_port = kg_kubernetes_maps_port,
		.is_let_be = kg_kubernetes_is_let_be,
		.lacks = review->is_run ? kg_kubernetes_world_lacks : NULL,
	};

	kg_kubernetes_world_unite(view);
	kg_kubernetes_world_warn(view);
	kg_manifest_review(review->arena, view->nodes, review->count, &world, review->errors, review->warnings);
	kg_kubernetes_world_leave(view);
	duplicates_review(view);
	schemas_review(view);
	kg_kubernetes_rendered_tell(review->errors, view->readings, review->count);
	kg_kubernetes_rendered_tell(review->warnings, view->readings, review->count);
	if (unknown > 0 && !review->is_run)
		unknown_tell(view, unknown);
}

void
kg_kubernetes_review(struct kg_review *review)
{
	struct kubernetes_view *view = review->round == 0 ? view_make(review) : review->memory;

	review->memory = view;
	if (review->errors->count > 0)
		return;
	if (review->round > 0) {
		all_tell(view);
		return;
	}
	kg_kubernetes_world_ask(view);
}
