/* Single objects: apply, delete, get; and the log of a container. */
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/inside.h"
#include "targets/kubernetes/client/json.h"
#include "targets/kubernetes/client/path.h"

const char kg_api_manager[] = "kgraph";

struct kg_next
kg_api_apply(
    struct kg_job *job, struct kg_api *api, const struct kg_resource *resource, const struct kg_api_apply *apply, kg_step *then)
{
	const char *namespace_ = kg_json_text(apply->object, "metadata.namespace"),
		   *name = kg_json_text(apply->object, "metadata.name");
	const char *json = apply->json ? apply->json : kg_json_print(job->arena, apply->object);
	struct kg_text path = { .arena = job->arena };

	if (!namespace_ || !*namespace_)
		namespace_ = apply->namespace_ ? apply->namespace_ : kg_api_namespace(api);
	kg_text_add(&path, kg_api_path(job->arena, resource, namespace_, name ? name : ""));
	kg_path_query(&path, "fieldManager", kg_api_manager);
	kg_path_query(&path, "fieldValidation", "Strict");
	kg_path_query(&path, "force", apply->force ? "true" : NULL);
	kg_path_query(&path, "dryRun", apply->dry_run ? "All" : NULL);
	return kg_api_ask(job, api,
	    &(struct kg_api_request){
		.method = "PATCH",
		.path = kg_text_end(&path),
		.name = name,
		.content_type = "application/apply-patch+yaml",
		.body = json,
		.body_size = strlen(json),
	    },
	    then);
}

static const char *
delete_options(struct kg_job *job, const struct kg_api_delete *what)
{
	static const char *const policies[] = { "Background", "Foreground", "Orphan" };
	struct kg_text text = { .arena = job->arena };

	kg_text_format(
	    &text, "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"propagationPolicy\":\"%s\"", policies[what->propagation]);
	if (what->grace_s >= 0)
		kg_text_format(&text, ",\"gracePeriodSeconds\":%lld", (long long)what->grace_s);
	if (what->uid) {
		kg_text_add(&text, ",\"preconditions\":{\"uid\":");
		kg_text_add_json(&text, what->uid);
		kg_text_add(&text, "}");
	}
	kg_text_add(&text, "}");
	return kg_text_end(&text);
}

struct kg_next
kg_api_delete(
    struct kg_job *job, struct kg_api *api, const struct kg_resource *resource, const struct kg_api_delete *what, kg_step *then)
{
	const char *options = delete_options(job, what);

	return kg_api_ask(job, api,
	    &(struct kg_api_request){
		.method = "DELETE",
		.path = kg_api_path(job->arena, resource, what->namespace_, what->name),
		.content_type = "application/json",
		.body = options,
		.body_size = strlen(options),
	    },
	    then);
}

struct kg_next
kg_api_get(struct kg_job *job, struct kg_api *api, const struct kg_resource *resource, const char *namespace_, const char *name,
    kg_step *then)
{
	return kg_api_ask(
	    job, api, &(struct kg_api_request){ .path = kg_api_path(job->arena, resource, namespace_, name), .name = name }, then);
}

struct kg_next
kg_api_logs(struct kg_job *job, struct kg_api *api, const struct kg_api_logs *logs, kg_step *then)
{
	static constexpr int64_t limit_default = 1 << 20;
	int64_t limit = logs->limit_bytes ? logs->limit_bytes : limit_default;
	struct kg_text path = { .arena = job->arena };

	kg_text_add(&path, "/api/v1/namespaces/");
	kg_path_add(&path, logs->namespace_);
	kg_text_add(&path, "/pods/");
	kg_path_add(&path, logs->pod);
	kg_text_add(&path, "/log");
	kg_path_query(&path, "container", logs->container);
	kg_path_query(&path, "previous", logs->previous ? "true" : NULL);
	kg_path_query(&path, "timestamps", logs->timestamps ? "true" : NULL);
	kg_path_query(&path, "follow", logs->follow ? "true" : NULL);
	kg_path_query(&path, "sinceTime", logs->since);
	if (logs->tail_lines != 0)
		kg_path_query(
		    &path, "tailLines", kg_format(job->arena, "%lld", (long long)(logs->tail_lines > 0 ? logs->tail_lines : 0)));
	if (limit > 0 && !logs->follow)
		kg_path_query(&path, "limitBytes", kg_format(job->arena, "%lld", (long long)limit));
	return kg_api_ask(job, api,
	    &(struct kg_api_request){
		.path = kg_text_end(&path),
		.accept = "*/*",
		.timeout_ms = logs->follow || logs->stall_ms > 0 ? -1 : 0,
		.stall_ms = logs->stall_ms,
		.patience_ms = logs->follow ? -1 : 0,
		.collect = logs->collect,
		.context = logs->context,
	    },
	    then);
}
