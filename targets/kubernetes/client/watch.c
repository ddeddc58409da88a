/*
 * A watch, as a stream that many jobs share: list, then follow from there, for as long as somebody wants it. What ends a watch and what is done:
 *
 *     the server's time limit, a cut connection, nothing for a while      follow again from the last version seen
 *     410, as a status or as an event                                     list again; what the list does not bring has gone
 *     404                                                                 the resource is not there (yet): no objects, asked again
 *     401, 403                                                            the end: kg_api_watch.error
 *     anything else                                                       kg_api_watch.trouble, asked again after a growing pause
 */
#include <inttypes.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/inside.h"
#include "targets/kubernetes/client/json.h"
#include "targets/kubernetes/client/path.h"
#include "targets/kubernetes/client/watched.h"

static constexpr int64_t pause_first_ms = 200, pause_most_ms = 30'000;
static constexpr int64_t absent_pause_most_ms = 2'000;
static constexpr int64_t stall_ms = 90'000;       /* servers send a bookmark a minute */
static constexpr int64_t good_ns = 5'000'000'000; /* a stream that lasted so long has begun well */

/* Which watch it is. */
struct about {
	struct kg_api *api;
	const struct kg_resource *resource;
	const char *namespace_, *label_selector, *field_selector;
};

struct watch {
	struct kg_api_watch is; /* first: what subscribers see */
	struct kg_watched watched;
	const struct about *about;
	const char *next;    /* page of the list */
	int64_t pause_ms;    /* before the next try; 0: none was in vain */
	int64_t followed_ns; /* when it began to follow */
};

static kg_step list_begin, page_ask, page_came, follow, follow_ended;

static void
changed(struct watch *watch)
{
	watch->is.count = watch->watched.count;
	watch->is.version++;
	kg_topic_signal(watch->is.topic);
}

static void
watch_release(struct kg_job *job)
{
	struct watch *watch = job->survey;

	kg_watched_free(&watch->watched);
	watch->is.is_synced = false;
	watch->is.count = 0;
}

static struct kg_next
begin(struct kg_job *job)
{
	struct watch *watch = job->survey;

	watch->about = job->about;
	watch->is.error = NULL;
	watch->is.trouble = NULL;
	watch->pause_ms = 0;
	job->release = watch_release;
	return kg_go(list_begin);
}

/* Waits longer each time, and tells why. */
static struct kg_next
pause_for(struct kg_job *job, const char *trouble, int64_t most_ms, kg_step *then)
{
	struct watch *watch = job->survey;

	watch->pause_ms = watch->pause_ms ? watch->pause_ms * 2 : pause_first_ms;
	if (watch->pause_ms > most_ms)
		watch->pause_ms = most_ms;
	if (!kg_text_equal(watch->is.trouble, trouble)) {
		watch->is.trouble = trouble;
		changed(watch);
	}
	return kg_wait_timer(job, watch->pause_ms, then);
}

static struct kg_next
denied(struct kg_job *job)
{
	struct watch *watch = job->survey;

	watch->is.error = kg_api_error(job, kg_format(job->arena, "cannot watch %s", watch->about->resource->plural));
	changed(watch);
	return kg_failed(watch->is.error);
}

static struct kg_next
in_trouble(struct kg_job *job, kg_step *then)
{
	const struct watch *watch = job->survey;
	const struct kg_error *error = kg_api_error(job, kg_format(job->arena, "watching %s", watch->about->resource->plural));
	const char *words = watch->watched.ended_words;

	return pause_for(job,
	    error       ? kg_error_text(job->arena, error)
		: words ? words
			: "the API server ends the watch at once",
	    pause_most_ms, then);
}

static struct kg_next
list_begin(struct kg_job *job)
{
	struct watch *watch = job->survey;

	watch->next = NULL;
	kg_watched_begin(&watch->watched);
	return kg_go(page_ask);
}

static struct kg_next
page_ask(struct kg_job *job)
{
	const struct watch *watch = job->survey;
	const struct about *about = watch->about;

	return kg_api_ask(job, about->api,
	    &(struct kg_api_request){
		.path = kg_list_path(
		    job->arena, about->resource, about->namespace_, about->label_selector, about->field_selector, watch->next),
		.patience_ms = -1,
	    },
	    page_came);
}

static void
item_complete(cJSON *item, const char *name, const char *value)
{
	if (!cJSON_GetObjectItemCaseSensitive(item, name))
		cJSON_AddStringToObject(item, name, value);
}

/* False: it is no list. */
static bool
page_read(struct kg_job *job, struct watch *watch)
{
	const struct kg_resource *resource = watch->about->resource;
	cJSON *page = cJSON_ParseWithLength(job->http.body, job->http.body_size), *item;
	cJSON *list = cJSON_GetObjectItemCaseSensitive(page, "items");
	const char *version = kg_json_text(page, "metadata.resourceVersion"), *next = kg_json_text(page, "metadata.continue");
	bool is_list = version && (!list || cJSON_IsArray(list) || cJSON_IsNull(list));

	while (is_list && (item = cJSON_DetachItemFromArray(list, 0))) {
		item_complete(item, "kind", resource->kind);
		item_complete(item, "apiVersion", resource->api_version);
		kg_watched_put(&watch->watched, item);
	}
	watch->next = is_list && next && *next ? kg_copy(job->arena, next) : NULL;
	if (is_list)
		kg_watched_go_on_from(&watch->watched, version);
	cJSON_Delete(page);
	return is_list;
}

static struct kg_next
absent(struct kg_job *job)
{
	struct watch *watch = job->survey;

	kg_watched_begin(&watch->watched);
	kg_watched_sweep(&watch->watched);
	watch->is.trouble = NULL;
	if (!watch->is.is_absent || !watch->is.is_synced) {
		watch->is.is_absent = watch->is.is_synced = true;
		changed(watch);
	}
	return pause_for(job, NULL, absent_pause_most_ms, list_begin);
}

static struct kg_next
page_came(struct kg_job *job)
{
	struct watch *watch = job->survey;
	int32_t status = job->http.status;

	if (job->http.error)
		return in_trouble(job, list_begin);
	if (status == 404)
		return absent(job);
	if (status == 401 || status == 403)
		return denied(job);
	if (status < 200 || status > 299)
		return in_trouble(job, list_begin);
	if (!page_read(job, watch))
		return pause_for(job, "the API server answered with no list", pause_most_ms, list_begin);
	if (watch->next)
		return kg_go(page_ask);
	kg_watched_sweep(&watch->watched);
	watch->is.is_synced = true;
	watch->is.is_absent = false;
	watch->is.trouble = NULL;
	changed(watch);
	return kg_go(follow);
}

static bool
events_came(void *context, const char *bytes, size_t size)
{
	struct watch *watch = context;
	uint32_t version = watch->watched.version;
	bool goes_on = kg_watched_feed(&watch->watched, bytes, size);

	if (watch->watched.version != version || watch->is.trouble) {
		watch->is.trouble = NULL;
		changed(watch);
	}
	return goes_on;
}

static struct kg_next
follow(struct kg_job *job)
{
	struct watch *watch = job->survey;
	const struct about *about = watch->about;
	struct kg_text path = { .arena = job->arena };

	kg_text_add(&path, kg_api_path(job->arena, about->resource, about->namespace_, NULL));
	kg_path_query(&path, "labelSelector", about->label_selector);
	kg_path_query(&path, "fieldSelector", about->field_selector);
	kg_path_query(&path, "watch", "1");
	kg_path_query(&path, "allowWatchBookmarks", "true");
	kg_path_query(&path, "resourceVersion", watch->watched.resource_version);
	/* Not all watches of a run end at the same moment. */
	kg_path_query(&path, "timeoutSeconds", kg_format(job->arena, "%" PRId64, 300 + job->now_ns / 1000 % 300));
	kg_watched_open(&watch->watched);
	watch->followed_ns = job->now_ns;
	return kg_api_ask(job, about->api,
	    &(struct kg_api_request){
		.path = kg_text_end(&path),
		.timeout_ms = -1,
		.stall_ms = stall_ms,
		.patience_ms = -1,
		.collect = events_came,
		.context = watch,
	    },
	    follow_ended);
}

/*
 * A stream that has lasted and is cut goes on where it was. One that does not begin is begun by a list, whose answer shows that all is well again; the answer
 * to a watch shows nothing before something changes.
 */
static struct kg_next
follow_ended(struct kg_job *job)
{
	struct watch *watch = job->survey;
	int32_t status = job->http.status;
	bool is_stream = job->http.error || (status >= 200 && status <= 299),
	     is_named = watch->watched.ended_code || watch->watched.ended_words;
	bool has_lasted = is_stream && job->now_ns - watch->followed_ns > good_ns;

	if (has_lasted)
		watch->pause_ms = 0;
	if (status == 410 || watch->watched.ended_code == 410) {
		if (watch->pause_ms)
			return pause_for(job, NULL, pause_most_ms, list_begin);
		watch->pause_ms = pause_first_ms;
		return kg_go(list_begin);
	}
	if (status == 404)
		return kg_go(list_begin);
	if (status == 401 || status == 403)
		return denied(job);
	return has_lasted && !is_named ? kg_go(follow) : in_trouble(job, list_begin);
}

struct kg_api_watch *
kg_api_watch(struct kg_job *job, struct kg_api *api, const struct kg_resource *resource, const char *namespace_,
    const char *label_selector, const char *field_selector)
{
	struct about *about = kg_new(job->arena, struct about);
	struct watch *watch;

	*about = (struct about){ api, resource, kg_copy(job->arena, namespace_), kg_copy(job->arena, label_selector),
		kg_copy(job->arena, field_selector) };
	watch = kg_subscribe(job,
	    &(struct kg_question){
		.key = kg_format(job->arena, "%" PRIxPTR " %s", (uintptr_t)api,
		    kg_list_path(job->arena, resource, namespace_, label_selector, field_selector, NULL)),
		.ask = begin,
		.size = sizeof(struct watch),
		.about = about,
	    });
	if (!api->changed)
		api->changed = kg_topic_make(job);
	if (!watch) {
		watch = kg_new(job->arena, struct watch);
		watch->is.error = kg_error_make(job->arena, KG_EFAILED, "%s cannot be watched", resource->plural);
	}
	watch->is.topic = api->changed;
	return &watch->is;
}

const cJSON *
kg_api_watch_find(const struct kg_api_watch *watch, const char *namespace_, const char *name)
{
	return kg_watched_find(&((const struct watch *)watch)->watched, namespace_, name);
}

const cJSON *
kg_api_watch_at(const struct kg_api_watch *watch, uint32_t index)
{
	return ((const struct watch *)watch)->watched.items[index].object;
}
