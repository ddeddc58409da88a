/* All objects of a kind, in pages of one and the same moment. */
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/inside.h"
#include "targets/kubernetes/client/json.h"
#include "targets/kubernetes/client/path.h"

static constexpr uint32_t restarts_most = 5;

struct kg_listing {
	struct kg_api *api;
	const struct kg_resource *resource;
	const char *namespace_, *label_selector;
	struct kg_api_items *items;
	kg_step *then;
	const char *next; /* the server's token for the next page; NULL: the first */
	uint32_t restarts;
	uint32_t room;
};

static kg_step page_ask, page_came;

struct kg_next
kg_api_list(struct kg_job *job, struct kg_api *api, const struct kg_resource *resource, const char *namespace_,
    const char *label_selector, struct kg_api_items *ret_items, kg_step *then)
{
	struct kg_api_call *call = kg_api_call_of(job);

	if (!call->listing)
		call->listing = kg_new(job->arena, struct kg_listing);
	*call->listing = (struct kg_listing){ api, resource, namespace_, label_selector, ret_items, then, NULL, 0, 0 };
	*ret_items = (struct kg_api_items){};
	return kg_go(page_ask);
}

const char *
kg_list_path(struct kg_arena *arena, const struct kg_resource *resource, const char *namespace_, const char *label_selector,
    const char *field_selector, const char *next)
{
	struct kg_text path = { .arena = arena };

	kg_text_add(&path, kg_api_path(arena, resource, namespace_, NULL));
	kg_path_query(&path, "labelSelector", label_selector);
	kg_path_query(&path, "fieldSelector", field_selector);
	kg_path_query(&path, "limit", "500");
	kg_path_query(&path, "continue", next);
	return kg_text_end(&path);
}

static struct kg_next
page_ask(struct kg_job *job)
{
	struct kg_listing *listing = kg_api_call_of(job)->listing;

	return kg_api_ask(job, listing->api,
	    &(struct kg_api_request){ .path = kg_list_path(job->arena, listing->resource, listing->namespace_,
					  listing->label_selector, NULL, listing->next) },
	    page_came);
}

/* Those of a list say neither what they are nor of which version. */
static void
item_add(struct kg_job *job, struct kg_listing *listing, cJSON *item)
{
	struct kg_api_items *items = listing->items;

	if (!cJSON_IsObject(item))
		return;
	if (!kg_json_text(item, "kind"))
		kg_json_set_text(job->arena, item, "kind", listing->resource->kind);
	if (!kg_json_text(item, "apiVersion"))
		kg_json_set_text(job->arena, item, "apiVersion", listing->resource->api_version);
	items->items = kg_list_grow(job->arena, items->items, items->count, &listing->room, sizeof(*items->items));
	items->items[items->count++] = item;
}

static struct kg_error *
page_read(struct kg_job *job, struct kg_listing *listing)
{
	cJSON *page = kg_api_answer(job), *next_item;
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(page, "items");
	const char *version = kg_json_text(page, "metadata.resourceVersion"), *next = kg_json_text(page, "metadata.continue");

	if (!page || (list && !cJSON_IsArray(list) && !cJSON_IsNull(list)))
		return kg_error_make(job->arena, KG_ENETWORK, "the API server answered with no list");
	for (cJSON *item = list ? list->child : NULL; item; item = next_item) {
		next_item = item->next;
		item->next = item->prev = NULL;
		item_add(job, listing, item);
	}
	listing->next = next && *next ? next : NULL;
	listing->items->resource_version = version;
	return NULL;
}

static struct kg_next
listing_failed(struct kg_listing *listing, struct kg_error *error)
{
	*listing->items = (struct kg_api_items){ .error = error };
	return kg_go(listing->then);
}

static struct kg_next
page_came(struct kg_job *job)
{
	struct kg_listing *listing = kg_api_call_of(job)->listing;
	const char *doing = kg_format(job->arena, "cannot list %s%s%s", listing->resource->plural,
	    listing->namespace_ ? " in " : "", listing->namespace_ ? listing->namespace_ : "");
	struct kg_error *error;

	/* The moment that the pages are of is forgotten by the server: from the start. */
	if (job->http.status == 410 && listing->next && listing->restarts++ < restarts_most) {
		listing->next = NULL;
		listing->items->count = 0;
		return kg_go(page_ask);
	}
	if (job->http.status == 404) {
		*listing->items = (struct kg_api_items){ .is_absent = true };
		return kg_go(listing->then);
	}
	error = kg_api_error(job, doing);
	if (error)
		return listing_failed(listing, error);
	error = page_read(job, listing);
	if (error)
		return listing_failed(listing, kg_error_wrap(job->arena, error, "%s", doing));
	return kg_go(listing->next ? page_ask : listing->then);
}
