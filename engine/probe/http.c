/* ready = { http = "http://127.0.0.1:8080/readyz", status = 200, header = { … }, body = "…" }: a URL answers as it should. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "engine/base/arena.h"
#include "engine/base/mask.h"
#include "engine/base/text.h"
#include "engine/probe/attempt.h"

/* So much of a body is looked into; what comes behind it is not waited for. */
static constexpr size_t body_most = 1 << 20;
/* So much of an answer is shown. */
static constexpr size_t shown_most = 160;
/* So much of it is kept when only that is wanted. */
static constexpr size_t kept_for_show = 4096;

struct http_own {
	char *body;
	size_t size, room;
};

struct kg_error *
kg_probe_http_check(struct kg_arena *arena, const struct kg_probe *probe)
{
	bool is_url = kg_text_starts(probe->http, "http://") || kg_text_starts(probe->http, "https://");

	if (!is_url && !kg_text_starts(probe->http, "${"))
		return kg_error_make(arena, KG_EINPUT, "`http` must be a URL with http:// or https://, not \"%s\"", probe->http);
	if (probe->status != 0 && (probe->status < 100 || probe->status > 599))
		return kg_error_make(
		    arena, KG_EINPUT, "`status` must be one of HTTP, 100 to 599, not %lld", (long long)probe->status);
	return NULL;
}

/* The reason phrases that people meet while something starts (RFC 9110); HTTP/2 sends none. */
static const char *
reason_of(int status)
{
	static const struct {
		int status;
		const char *reason;
	} known[] = { { 200, "OK" }, { 204, "No Content" }, { 301, "Moved Permanently" }, { 302, "Found" }, { 400, "Bad Request" },
		{ 401, "Unauthorized" }, { 403, "Forbidden" }, { 404, "Not Found" }, { 405, "Method Not Allowed" },
		{ 429, "Too Many Requests" }, { 500, "Internal Server Error" }, { 501, "Not Implemented" }, { 502, "Bad Gateway" },
		{ 503, "Service Unavailable" }, { 504, "Gateway Timeout" } };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].status == status)
			return known[i].reason;
	return NULL;
}

/* Whether one of the header's lines, "name: value\n" each, holds the text. Names have no case. */
static bool
header_holds(struct kg_arena *arena, const char *lines, const char *name, const char *text)
{
	size_t name_length = strlen(name);

	for (const char *line = lines; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		if (strncasecmp(line, name, name_length) != 0 || line[name_length] != ':')
			continue;
		const char *value = line + name_length + 1;

		if (strstr(kg_copy_bytes(arena, value, strcspn(value, "\n")), text))
			return true;
	}
	return false;
}

/* The body may hold zero bytes. */
static bool
body_holds(const struct http_own *own, const char *text)
{
	return memmem(own->body ? own->body : "", own->size, text, strlen(text)) != NULL;
}

/*
 * "503 Service Unavailable ({"schema":"missing"})". Secrets are masked before the body is cut to what is shown: the half of one would not be
 * known any more.
 */
static const char *
answer_tell(struct kg_job *job, const struct http_own *own)
{
	struct kg_text text = { .arena = job->arena };
	const char *reason = reason_of(job->http.status);
	const char *body = kg_mask_text(job->arena, job->mask, kg_copy_bytes(job->arena, own->body, own->size));
	size_t size = strlen(body), shown;

	while (size > 0 && strchr(" \r\n", body[size - 1]))
		size--;
	shown = size < shown_most ? size : shown_most;
	while (shown < size && shown > 0 && ((unsigned char)body[shown] & 0xc0) == 0x80)
		shown--;
	kg_text_format(&text, "%d", job->http.status);
	if (reason)
		kg_text_format(&text, " %s", reason);
	if (shown > 0)
		kg_text_format(&text, " (%.*s%s)", (int)shown, body, size > shown ? "…" : "");
	return kg_text_end(&text);
}

static struct kg_next
answered(struct kg_job *job)
{
	const struct kg_probe *rule = kg_probe_run(job)->rule;
	const struct http_own *own = kg_probe_run(job)->own;
	int status = job->http.status;

	kg_probe_run(job)->attempt_is_over = status == 0 && job->timed_out;
	if (status == 0)
		return kg_probe_not_yet(
		    job, "%s", job->http.error ? kg_error_text(job->arena, job->http.error) : "no answer within its time");
	if (rule->status ? status != rule->status : status < 200 || status > 399)
		return kg_probe_not_yet(job, "%s", answer_tell(job, own));
	for (const struct kg_pair *pair = rule->header; pair && pair->name; pair++)
		if (!header_holds(job->arena, job->http.headers, pair->name, pair->value))
			return kg_probe_not_yet(
			    job, "%s, but its header %s does not hold \"%s\"", answer_tell(job, own), pair->name, pair->value);
	if (rule->body && !body_holds(own, rule->body))
		return kg_probe_not_yet(job, "%s, but its body does not hold \"%s\"", answer_tell(job, own), rule->body);
	return kg_probe_passed(job);
}

/* Every attempt uses the same room; a long answer is cut, not an error: /metrics may be a probe. */
static bool
body_collect(void *context, const char *bytes, size_t size)
{
	struct http_own *own = context;

	if (size > own->room - own->size)
		size = own->room - own->size;
	memcpy(own->body + own->size, bytes, size);
	own->size += size;
	return true;
}

struct kg_next
kg_probe_http_try(struct kg_job *job)
{
	const struct kg_probe *rule = kg_probe_run(job)->rule;
	struct http_own *own = kg_probe_own(job, sizeof(*own));
	struct kg_http *request = kg_new(job->arena, struct kg_http);

	if (!own->body) {
		own->room = rule->body ? body_most : kept_for_show;
		own->body = kg_alloc(job->arena, own->room);
	}
	own->size = 0;
	*request = (struct kg_http){
		.url = rule->http,
		.timeout_ms = kg_probe_attempt_ms(job),
		.ca_file = rule->ca_file,
		.insecure = rule->insecure,
		.collect = body_collect,
		.context = own,
	};
	return kg_wait_http(job, request, answered);
}
