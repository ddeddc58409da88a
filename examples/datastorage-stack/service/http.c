#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <microhttpd.h>

#include "clock.h"
#include "log.h"
#include "metrics.h"

enum { IDLE_CONNECTION_S = 30 };

struct http {
	struct api *api;
	struct MHD_Daemon *daemon;
	atomic_bool stopping;

	pthread_mutex_t mutex;
	pthread_cond_t one_finished;
	long in_flight; /* requests whose header has come and whose answer has not gone; guarded by the mutex */
};

struct request {
	enum route route;
	const char *method;
	char *path; /* without the query, which may hold what does not belong in a log */
	struct text body;
	unsigned status;
	long long start_us;
};

static enum route
find_route(const char *method, const char *path)
{
	bool get = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;

	if (strcmp(path, "/api/v1/audit/events") == 0 && strcmp(method, "POST") == 0)
		return ROUTE_EVENTS_POST;
	if (strcmp(path, "/api/v1/audit/events") == 0 && get)
		return ROUTE_EVENTS_GET;
	if (strcmp(path, "/healthz") == 0 && get)
		return ROUTE_HEALTHZ;
	if (strcmp(path, "/readyz") == 0 && get)
		return ROUTE_READYZ;
	if (strcmp(path, "/metrics") == 0 && get)
		return ROUTE_METRICS;
	return ROUTE_OTHER;
}

/* The methods that a path has; NULL when there is no such path. */
static const char *
find_methods(const char *path)
{
	if (strcmp(path, "/api/v1/audit/events") == 0)
		return "GET, HEAD, POST";
	if (strcmp(path, "/healthz") == 0 || strcmp(path, "/readyz") == 0 || strcmp(path, "/metrics") == 0)
		return "GET, HEAD";
	return NULL;
}

static enum MHD_Result
send_response(struct http *http, struct MHD_Connection *connection, struct request *request, struct response *response)
{
	const char *methods = response->status == 405 ? find_methods(request->path) : NULL;
	struct MHD_Response *message;
	enum MHD_Result result;

	message = MHD_create_response_from_buffer(response->body.length, response->body.bytes, MHD_RESPMEM_MUST_FREE);
	if (!message) {
		text_free(&response->body);
		return MHD_NO;
	}
	MHD_add_response_header(message, MHD_HTTP_HEADER_CONTENT_TYPE, response->type);
	if (methods)
		MHD_add_response_header(message, MHD_HTTP_HEADER_ALLOW, methods);
	if (response->status == 503)
		MHD_add_response_header(message, MHD_HTTP_HEADER_RETRY_AFTER, "1");
	if (atomic_load(&http->stopping))
		MHD_add_response_header(message, MHD_HTTP_HEADER_CONNECTION, "close");
	request->status = response->status;
	result = MHD_queue_response(connection, response->status, message);
	MHD_destroy_response(message);
	return result;
}

static const char *
header(struct MHD_Connection *connection, const char *name)
{
	const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);

	return value ? value : "";
}

static bool
is_json(const char *content_type)
{
	static const char json[] = "application/json";
	size_t length = sizeof(json) - 1;

	return strncasecmp(content_type, json, length) == 0 && strchr("; \t", content_type[length]);
}

static void
set_too_large(struct http *http, struct problem *problem)
{
	problem_set(problem, 413, "body too large", "the body may have %ld bytes", http->api->config->max_body_bytes);
}

/* What can be said against a request before its body has come. */
static void
check_header(struct http *http, struct MHD_Connection *connection, const struct request *request, struct problem *problem)
{
	const char *methods = find_methods(request->path);

	if (request->route == ROUTE_OTHER && methods)
		problem_set(problem, 405, "method not allowed", "this path has %s", methods);
	else if (request->route == ROUTE_OTHER)
		problem_set(problem, 404, "not found", "there is no such path");
	else if (request->route != ROUTE_EVENTS_POST)
		return;
	else if (!is_json(header(connection, MHD_HTTP_HEADER_CONTENT_TYPE)))
		problem_set(problem, 415, "unsupported media type", "events are sent as application/json");
	else if (strtoull(header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH), NULL, 10) >
	    (unsigned long long)http->api->config->max_body_bytes)
		set_too_large(http, problem);
}

struct listing {
	struct query query;
	struct problem problem;
};

static enum MHD_Result
on_argument(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct listing *listing = context;

	(void)kind;
	query_add(&listing->query, name, value ? value : "", &listing->problem);
	return MHD_YES;
}

static void
list_events(struct http *http, struct MHD_Connection *connection, struct response *response)
{
	struct listing listing = { 0 };

	MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, on_argument, &listing);
	api_list_events(http->api, &listing.query, &listing.problem, response);
	query_free(&listing.query);
}

static enum MHD_Result
answer(struct http *http, struct MHD_Connection *connection, struct request *request)
{
	struct response response = { 0 };
	struct problem problem = { 0 };

	switch (request->route) {
	case ROUTE_EVENTS_POST:
		if (request->body.length > (size_t)http->api->config->max_body_bytes) {
			set_too_large(http, &problem);
			api_problem(&problem, &response);
		} else {
			api_post_events(http->api, text_get(&request->body), request->body.length, &response);
		}
		break;
	case ROUTE_EVENTS_GET: list_events(http, connection, &response); break;
	case ROUTE_HEALTHZ: api_healthz(&response); break;
	case ROUTE_READYZ: api_readyz(http->api, atomic_load(&http->stopping), &response); break;
	case ROUTE_METRICS: api_metrics(&response); break;
	case ROUTE_OTHER:
	case ROUTES: return MHD_NO;
	}
	return send_response(http, connection, request, &response);
}

static struct request *
request_start(struct http *http, const char *method, const char *path)
{
	struct request *request = memory_get(sizeof(*request));

	request->route = find_route(method, path);
	request->method = method;
	request->path = memory_copy(path);
	request->start_us = clock_us();
	pthread_mutex_lock(&http->mutex);
	http->in_flight++;
	pthread_mutex_unlock(&http->mutex);
	return request;
}

/* libmicrohttpd calls this once with the header, then with each piece of the body, and once more at its end. */
static enum MHD_Result
on_request(void *context, struct MHD_Connection *connection, const char *path, const char *method, const char *version,
    const char *piece, size_t *piece_length, void **state)
{
	struct http *http = context;
	struct request *request = *state;

	(void)version;
	if (!request) {
		struct problem problem = { 0 };
		struct response response = { 0 };

		*state = request = request_start(http, method, path);
		check_header(http, connection, request, &problem);
		if (problem.status == 0)
			return MHD_YES;
		api_problem(&problem, &response);
		return send_response(http, connection, request, &response);
	}
	if (*piece_length > 0) {
		/* A body without a stated length may grow too large on the way; the rest is read and dropped. */
		if (request->body.length <= (size_t)http->api->config->max_body_bytes)
			text_add_bytes(&request->body, piece, *piece_length);
		*piece_length = 0;
		return MHD_YES;
	}
	return answer(http, connection, request);
}

static void
on_request_end(void *context, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code)
{
	struct http *http = context;
	struct request *request = *state;
	long long duration_us;
	bool probe;

	(void)connection;
	(void)code;
	if (!request)
		return;
	duration_us = clock_us() - request->start_us;
	metrics_request(request->route, request->status, duration_us);
	/* Probes come every second and would drown the rest. */
	probe = request->status == 200 && request->route >= ROUTE_HEALTHZ && request->route <= ROUTE_METRICS;
	log_at(probe ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, "request", LOG_TEXT("method", request->method),
	    LOG_TEXT("path", request->path), LOG_NUMBER("status", request->status), LOG_NUMBER("duration_us", duration_us));
	text_free(&request->body);
	free(request->path);
	free(request);
	*state = NULL;
	pthread_mutex_lock(&http->mutex);
	http->in_flight--;
	pthread_cond_signal(&http->one_finished);
	pthread_mutex_unlock(&http->mutex);
}

static void __attribute__((format(printf, 2, 0)))
on_message(void *context, const char *format, va_list arguments)
{
	char message[512];

	(void)context;
	vsnprintf(message, sizeof(message), format, arguments);
	message[strcspn(message, "\n")] = '\0';
	log_warn("libmicrohttpd", LOG_TEXT("says", message));
}

static struct MHD_Daemon *
start_daemon(struct http *http, const struct sockaddr_in *address)
{
	const struct config *config = http->api->config;
	const unsigned flags = MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ITC | MHD_USE_ERROR_LOG;
	/* One thread is not a pool. */
	const struct MHD_OptionItem pool[] = { { MHD_OPTION_THREAD_POOL_SIZE, config->workers, NULL },
		{ MHD_OPTION_END, 0, NULL } };

	return MHD_start_daemon(flags, 0, NULL, NULL, on_request, http, MHD_OPTION_EXTERNAL_LOGGER, on_message, NULL,
	    MHD_OPTION_NOTIFY_COMPLETED, on_request_end, http, MHD_OPTION_SOCK_ADDR, address, MHD_OPTION_CONNECTION_TIMEOUT,
	    (unsigned)IDLE_CONNECTION_S, MHD_OPTION_ARRAY, config->workers > 1 ? pool : pool + 1, MHD_OPTION_END);
}

struct http *
http_start(struct api *api)
{
	const struct config *config = api->config;
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)config->listen_port) };
	const union MHD_DaemonInfo *info;
	struct http *http;

	if (inet_pton(AF_INET, config->listen_host, &address.sin_addr) != 1) {
		log_error("cannot listen: listen_host is not an IPv4 address", LOG_TEXT("listen_host", config->listen_host));
		return NULL;
	}
	http = memory_get(sizeof(*http));
	http->api = api;
	pthread_mutex_init(&http->mutex, NULL);
	pthread_cond_init(&http->one_finished, NULL);
	http->daemon = start_daemon(http, &address);
	if (!http->daemon) {
		log_error("cannot listen", LOG_TEXT("host", config->listen_host), LOG_NUMBER("port", config->listen_port),
		    LOG_TEXT("reason", strerror(errno)));
		free(http);
		return NULL;
	}
	info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT);
	log_info("listening", LOG_TEXT("host", config->listen_host), LOG_NUMBER("port", info ? info->port : config->listen_port));
	return http;
}

void
http_stop(struct http *http)
{
	long timeout_ms = http->api->config->stop_timeout_ms;
	struct timespec until;
	MHD_socket listener;
	long left;

	atomic_store(&http->stopping, true);
	listener = MHD_quiesce_daemon(http->daemon);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += timeout_ms / 1000 + 1; /* not exact: it is a limit, and not a pause */
	pthread_mutex_lock(&http->mutex);
	while (http->in_flight > 0 && pthread_cond_timedwait(&http->one_finished, &http->mutex, &until) == 0)
		;
	left = http->in_flight;
	pthread_mutex_unlock(&http->mutex);
	if (left > 0)
		log_warn("requests were cut off", LOG_NUMBER("count", left));
	MHD_stop_daemon(http->daemon);
	if (listener != MHD_INVALID_SOCKET)
		close(listener);
	pthread_cond_destroy(&http->one_finished);
	pthread_mutex_destroy(&http->mutex);
	free(http);
}
