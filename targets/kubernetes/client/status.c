/* What a server says of what it did not do (metav1.Status), and the sentence for it. */
#include <ctype.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/mask.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/inside.h"
#include "targets/kubernetes/client/json.h"

static constexpr size_t words_most = 2000;
/* Longer values are left out of sentences. */
static constexpr size_t value_most = 100;
static constexpr uint32_t causes_told = 8;

/* The end of a value as a server prints it, JSON or Go: behind the last bracket and quote that it opens. */
static const char *
value_end(const char *value)
{
	uint32_t depth = 0;
	bool is_quoted = false;

	for (const char *at = value; *at; at++) {
		if (is_quoted && *at == '\\' && at[1])
			at++;
		else if (*at == '"')
			is_quoted = !is_quoted;
		else if (!is_quoted && strchr("{[(", *at))
			depth++;
		else if (!is_quoted && strchr("}])", *at) && depth > 0)
			depth--;
		else if (!is_quoted && depth == 0 && *at == ':')
			return at;
	}
	return NULL;
}

/* `spec.template: Invalid value: {a pod, on three pages}: field is immutable`: what the user wrote is in front of him anyway. */
static char *
values_cut(char *text)
{
	static const char words[] = "Invalid value: ";

	for (char *at = strstr(text, words); at; at = strstr(at + 1, words)) {
		char *value = at + strlen("Invalid value");
		const char *end = value_end(value + 2);

		if (end && (size_t)(end - value) > value_most)
			memmove(value, end, strlen(end) + 1);
	}
	return text;
}

/* On one line, masked and not too long: whoever answers chooses the words. */
static const char *
words_of(struct kg_job *job, const char *text)
{
	char *words = values_cut(kg_copy(job->arena, kg_mask_text(job->arena, job->mask, text)));
	size_t length = 0;

	for (char *at = words; *at; at++) {
		bool is_space = (unsigned char)*at <= ' ' || *at == 0x7f;

		if (!is_space)
			words[length++] = *at;
		else if (length > 0 && words[length - 1] != ' ')
			words[length++] = ' ';
	}
	if (length > words_most) {
		length = words_most;
		while (length > 0 && ((unsigned char)words[length] & 0xc0) == 0x80)
			length--;
	}
	while (length > 0 && words[length - 1] == ' ')
		length--;
	words[length] = '\0';
	return words;
}

struct causes {
	KG_LIST(struct kg_api_cause) list;
};

static void
causes_read(struct kg_job *job, const cJSON *list, struct causes *causes)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, list)
	{
		const char *reason = kg_json_text(item, "reason"), *field = kg_json_text(item, "field");
		const char *message = kg_json_text(item, "message");

		kg_list_push(job->arena, &causes->list,
		    (struct kg_api_cause){ .reason = reason ? reason : "",
			.field = field ? field : "",
			.message = message ? words_of(job, message) : "" });
	}
}

/* `strict decoding error: unknown field "spec.replica", duplicate field "metadata.name"`: what the server has no causes for. */
static void
strict_causes_read(struct kg_job *job, const char *message, struct causes *causes)
{
	static const struct {
		const char *words, *reason, *told;
	} mistakes[] = {
		{ "unknown field \"", "UnknownField", "there is no such field" },
		{ "duplicate field \"", "DuplicateField", "it is said twice" },
	};

	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		for (const char *at = strstr(message, mistakes[i].words); at; at = strstr(at, mistakes[i].words)) {
			at += strlen(mistakes[i].words);
			kg_list_push(job->arena, &causes->list,
			    (struct kg_api_cause){
				mistakes[i].reason, kg_copy_bytes(job->arena, at, strcspn(at, "\"")), mistakes[i].told });
		}
	}
}

/*
 * `failed to create typed patch object (ns/name; apps/v1, Kind=Deployment): .spec.replica: field not declared in schema`, or, of several,
 * `…: errors:\n  .spec.a: field not declared in schema\n  .spec.b: expected numeric (int or float), got string`.
 */
static void
typed_causes_read(struct kg_job *job, const char *message, struct causes *causes)
{
	const char *at = strstr(message, "typed patch object (");

	if (at)
		at = strstr(at, "): ");
	if (!at)
		return;
	at += 3;
	if (kg_text_starts(at, "errors:"))
		at += strlen("errors:");
	while (at) {
		at += strspn(at, " \n");
		const char *colon = strstr(at, ": "), *end = strchr(at, '\n');

		if (*at != '.' || !colon || (end && colon > end))
			return;
		bool is_unknown = kg_text_starts(colon + 2, "field not declared");
		kg_list_push(job->arena, &causes->list,
		    (struct kg_api_cause){ .reason = is_unknown ? "UnknownField" : "FieldValueInvalid",
			.field = kg_copy_bytes(job->arena, at + 1, (size_t)(colon - at) - 1),
			.message = is_unknown
			    ? "there is no such field"
			    : words_of(job,
				  kg_copy_bytes(job->arena, colon + 2, end ? (size_t)(end - colon) - 2 : strlen(colon + 2))) });
		at = end;
	}
}

const struct kg_api_status *
kg_api_status(struct kg_job *job)
{
	struct kg_api_status *status;
	struct causes causes = {};
	const char *message, *reason;
	cJSON *root;

	if (job->http.error || (job->http.status >= 200 && job->http.status < 300))
		return NULL;
	status = kg_new(job->arena, struct kg_api_status);
	root = kg_json_read(job->arena, job->http.body, job->http.body_size);
	reason = kg_json_text(root, "reason");
	message = kg_json_text(root, "message");
	causes_read(job, kg_json_at(root, "details.causes"), &causes);
	if (message && causes.list.count == 0) {
		strict_causes_read(job, message, &causes);
		typed_causes_read(job, message, &causes);
	}
	*status = (struct kg_api_status){
		.code = job->http.status,
		.reason = reason ? reason : "",
		.message = words_of(job, message ? message : job->http.body),
		.causes = causes.list.items,
		.cause_count = causes.list.count,
	};
	return status;
}

/* `conflict with "kubectl" using apps/v1`, `conflict with "kubectl-client-side-apply" with subresource "scale" using apps/v1` → kubectl… */
static const char *
manager_of(struct kg_job *job, const char *message)
{
	const char *from = strchr(message, '"'), *to = from ? strchr(from + 1, '"') : NULL;

	return to ? kg_copy_bytes(job->arena, from + 1, (size_t)(to - from) - 1) : NULL;
}

/* "kubectl sets spec.replicas and spec.paused; argocd sets metadata.labels.x". */
static const char *
conflicts_tell(struct kg_job *job, const struct kg_api_status *status)
{
	struct kg_text text = { .arena = job->arena };
	bool *is_told = kg_new_array(job->arena, bool, status->cause_count + 1);

	for (uint32_t i = 0; i < status->cause_count; i++) {
		const char *manager = manager_of(job, status->causes[i].message);
		KG_LIST(const char *) fields = {};

		if (is_told[i] || !manager || strcmp(status->causes[i].reason, "FieldManagerConflict") != 0)
			continue;
		for (uint32_t k = i; k < status->cause_count; k++) {
			const struct kg_api_cause *other = &status->causes[k];
			const char *field = other->field + (*other->field == '.');

			if (!kg_text_equal(manager_of(job, other->message), manager))
				continue;
			is_told[k] = true;
			kg_list_push(job->arena, &fields, field);
		}
		kg_text_format(&text, "%s%s sets %s", text.size ? "; " : "", manager,
		    kg_text_enumerate(job->arena, fields.items, fields.count, " and "));
	}
	return text.size ? kg_text_end(&text) : NULL;
}

/* "spec.replicas: must be 0 or more", a line each. */
static const char *
causes_tell(struct kg_job *job, const struct kg_api_status *status)
{
	struct kg_text text = { .arena = job->arena };

	for (uint32_t i = 0; i < status->cause_count && i < causes_told; i++) {
		const struct kg_api_cause *cause = &status->causes[i];

		kg_text_format(&text, "%s%s%s%s", text.size ? "; " : "", cause->field, *cause->field ? ": " : "", cause->message);
	}
	if (status->cause_count > causes_told)
		kg_text_format(&text, "; and %u more", status->cause_count - causes_told);
	return text.size ? kg_text_end(&text) : NULL;
}

static struct kg_error *
no_answer(struct kg_job *job)
{
	const struct kg_api_call *call = job->client;
	struct kg_error *error = kg_error_copy(job->arena, job->http.error);

	if (call->failure)
		return error;
	error->code = error->code == KG_ETIME ? KG_ETIME : KG_ENETWORK;
	error = kg_error_wrap(job->arena, error, "the API server at %s does not answer", call->api->server);
	return kg_error_advise(job->arena, error, "is the cluster of the context `%s` up?", call->api->config.context);
}

static struct kg_error *
refused(struct kg_job *job, const struct kg_api_status *status)
{
	const struct kg_api *api = ((const struct kg_api_call *)job->client)->api;
	const char *conflicts = status->code == 409 ? conflicts_tell(job, status) : NULL;
	/* Of what a server cannot merge it says 500, and which fields they are. */
	bool is_mistake =
	    status->code == 400 || status->code == 409 || status->code == 422 || (status->code == 500 && status->cause_count > 0);
	const char *causes;
	struct kg_error *error;

	if (conflicts)
		return kg_error_advise(job->arena,
		    kg_error_make(job->arena, KG_EINPUT, "other managers own fields that it sets: %s", conflicts),
		    "leave the fields out, and they stay the other manager's; or take them over with `force = true`");
	if (status->code == 401) {
		error =
		    kg_error_make(job->arena, KG_EFAILED, "the API server at %s does not take the credentials of %s", api->server,
			*api->config.user ? kg_format(job->arena, "the user `%s`", api->config.user)
					  : "nobody: the context names no user");
		error->place = api->config.user_place;
		error->place.line_text = NULL;
		return error;
	}
	causes = is_mistake ? causes_tell(job, status) : NULL;
	if (causes || *status->message)
		return kg_error_make(job->arena, is_mistake ? KG_EINPUT : KG_EFAILED, "%s", causes ? causes : status->message);
	return kg_error_make(job->arena, KG_EFAILED, "the API server at %s answered %d", api->server, status->code);
}

struct kg_error *
kg_api_error(struct kg_job *job, const char *doing)
{
	const struct kg_api_status *status = kg_api_status(job);

	if (job->http.error)
		return kg_error_wrap(job->arena, no_answer(job), "%s", doing);
	return status ? kg_error_wrap(job->arena, refused(job, status), "%s", doing) : NULL;
}

cJSON *
kg_api_answer(struct kg_job *job)
{
	return job->http.error ? NULL : kg_json_read(job->arena, job->http.body, job->http.body_size);
}
