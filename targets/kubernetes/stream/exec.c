#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/json.h"
#include "targets/kubernetes/stream/conn.h"
#include "targets/kubernetes/stream/console.h"
#include "targets/kubernetes/stream/stream.h"

static constexpr int64_t ms = 1'000'000;
static constexpr int64_t quiet_ns = 5'000 * ms, dead_ns = 60'000 * ms;
static constexpr size_t room = 256 << 10, piece = 16 << 10;

struct running {
	struct kg_arena *arena;
	struct conn_ways *ways;
	const struct exec_about *about;
	const char *pod; /* that it runs in */
	struct link link;
	struct kg_console console;
	struct kg_bytes to_server, from_server, out, error;
	bool input_ended, link_ended;
	int64_t heard_ns, pinged_ns;
};

static void
parameter_add(struct kg_text *path, const char *name, const char *value)
{
	kg_text_format(path, "%s%s=", strchr(kg_text_end(path), '?') ? "&" : "?", name);
	for (; *value; value++)
		kg_text_format(
		    path, isalnum((unsigned char)*value) || strchr("-._~", *value) ? "%c" : "%%%02X", (unsigned char)*value);
}

static const char *
path_of(struct running *running)
{
	const struct exec_about *about = running->about;
	struct kg_text path = { .arena = running->arena };

	kg_text_format(&path, "%s/api/v1/namespaces/%s/pods/%s/exec", server_root(&running->ways->server),
	    running->ways->about.namespace_, running->pod);
	for (const char *const *word = about->command; *word; word++)
		parameter_add(&path, "command", *word);
	if (about->container)
		parameter_add(&path, "container", about->container);
	if (about->has_input)
		parameter_add(&path, "stdin", "true");
	parameter_add(&path, "stdout", "true");
	parameter_add(&path, "stderr", "true");
	return kg_text_end(&path);
}

/* How the one handle that is open has ended. */
static CURLcode
handle_await(CURLM *multi)
{
	CURLMsg *message = NULL;
	int left;

	while (!message) {
		curl_multi_perform(multi, &left);
		message = curl_multi_info_read(multi, &left);
		if (!message)
			curl_multi_poll(multi, NULL, 0, 1000, NULL);
	}
	return message->data.result;
}

/* NULL, or why not. */
static const char *
link_make(struct running *running)
{
	CURLM *multi = running->ways->multi;

	link_open(&running->link, multi, &running->ways->server, NULL);
	CURLcode result = handle_await(multi);
	if (result != CURLE_OK)
		return *running->link.error ? running->link.error : curl_easy_strerror(result);
	link_connected(&running->link);
	return NULL;
}

/* An answer of the API server; NULL and why, and in *ret_status HTTP's, or 0. */
static const cJSON *
question_ask(struct running *running, const char *path, int *ret_status, const char **ret_why)
{
	struct kg_arena *arena = running->arena;
	struct ask ask = { 0 };

	ask_start(&ask, running->ways->multi, &running->ways->server, path, NULL);
	ask_done(&ask, handle_await(running->ways->multi));
	const cJSON *answer = kg_json_read(arena, kg_bytes_at(&ask.body), ask.body.size);
	const char *message = kg_json_text(answer, "message");
	*ret_status = (int)ask.status;
	if (ask.status == 0)
		*ret_why = kg_format(arena, "the API server cannot be reached: %s", ask.error);
	else if (ask.status != 200 || !answer)
		*ret_why = message ? message : kg_format(arena, "the API server answers %ld", ask.status);
	else
		*ret_why = NULL;
	ask_free(&ask);
	return *ret_why ? NULL : answer;
}

/* Of a workload one of its pods that is ready. NULL, or why not. */
static const char *
pod_find(struct running *running, int *ret_status)
{
	struct kg_pick_about *about = &running->ways->about;
	const cJSON *second = NULL;
	struct kg_pick pick;
	const char *why;

	*ret_status = 0;
	if (!about->namespace_)
		about->namespace_ = kg_copy(running->arena, server_namespace(&running->ways->server));
	running->pod = about->name;
	if (strcmp(about->kind, "pod") == 0)
		return NULL;
	const cJSON *first = question_ask(running, kg_pick_path(running->arena, about), ret_status, &why);
	const char *path = first ? kg_pick_second_path(running->arena, about, first) : NULL;
	if (path)
		second = question_ask(running, path, ret_status, &why);
	if (why)
		return why;
	struct kg_error *error = kg_pick(running->arena, about, first, second, NULL, &pick);
	running->pod = error ? NULL : pick.pod;
	return error ? kg_error_text(running->arena, error) : NULL;
}

static void
link_await(struct running *running, short events)
{
	struct pollfd one = { .fd = running->link.socket, .events = events };

	poll(&one, 1, 1000);
}

/* What has come, up to the end or as much as may wait. */
static void
link_drain(struct running *running)
{
	while (!running->link_ended && running->from_server.size < room) {
		ssize_t got = link_read(&running->link, kg_bytes_reserve(&running->from_server, piece), piece);

		if (got == LINK_AGAIN)
			return;
		running->link_ended = got <= 0;
		running->heard_ns = kg_clock_now_ns();
		kg_bytes_added(&running->from_server, got > 0 ? (size_t)got : 0);
	}
}

static const char *
refusal(struct running *running, const struct kg_websocket_answer *answer)
{
	struct kg_bytes *body = &running->from_server;

	kg_bytes_take(body, answer->header_size);
	for (int tries = 0; tries < 5 && !running->link_ended && (int64_t)body->size < answer->body_size; tries++) {
		link_await(running, POLLIN);
		link_drain(running);
	}
	const cJSON *status = kg_json_read(running->arena, kg_bytes_at(body), body->size);
	const char *message = kg_json_text(status, "message");
	return message
	    ? message
	    : kg_format(running->arena, "the API server answers %d %.*s", answer->status, (int)body->size, kg_bytes_at(body));
}

/* NULL, or why not; then *ret_status is HTTP's, or 0. */
static const char *
upgrade(struct running *running, int *ret_status)
{
	const struct server *server = &running->ways->server;
	enum kg_websocket_read read = KG_WEBSOCKET_MORE;
	struct kg_websocket_answer answer;
	char key[kg_websocket_key_size];
	const char *why = link_make(running);

	*ret_status = 0;
	if (why)
		return kg_format(running->arena, "the API server cannot be reached: %s", why);
	kg_websocket_key_make(key);
	const char *request = kg_websocket_request(
	    running->arena, path_of(running), server_host(running->arena, server), server->headers, kg_console_protocols, key);
	kg_bytes_put(&running->to_server, request, strlen(request));
	while (read == KG_WEBSOCKET_MORE && !running->link_ended) {
		if (!link_write(&running->link, &running->to_server))
			break;
		link_await(running, running->to_server.size > 0 ? POLLOUT : POLLIN);
		link_drain(running);
		read = kg_websocket_answer_read(kg_bytes_at(&running->from_server), running->from_server.size, key, &answer);
	}
	if (read != KG_WEBSOCKET_READ)
		return "the API server answers in no way that is HTTP";
	*ret_status = answer.status;
	if (answer.status != 101)
		return refusal(running, &answer);
	kg_bytes_take(&running->from_server, answer.header_size);
	if (!answer.is_accepted || !kg_console_begin(&running->console, answer.protocol, &running->to_server))
		return kg_format(
		    running->arena, "the API server speaks no protocol for this that kgraph knows (\"%s\")", answer.protocol);
	return running->about->has_input && !running->console.can_end_input
	    ? "the API server cannot be told where the input ends: it is older than 1.30"
	    : NULL;
}

static void
input_read(struct running *running)
{
	char bytes[piece];
	ssize_t got = read(STDIN_FILENO, bytes, sizeof(bytes));

	if (got > 0) {
		kg_console_input(&running->console, bytes, (size_t)got);
	} else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
		running->input_ended = true;
		kg_console_input_end(&running->console);
	}
}

/* False: nobody reads what it prints. */
static bool
output_write(struct running *running)
{
	int sys = kg_file_write_all(STDOUT_FILENO, kg_bytes_at(&running->out), running->out.size);

	if (sys == 0)
		sys = kg_file_write_all(STDERR_FILENO, kg_bytes_at(&running->error), running->error.size);
	kg_bytes_take(&running->out, running->out.size);
	kg_bytes_take(&running->error, running->error.size);
	return sys == 0;
}

static void
silence_look(struct running *running)
{
	int64_t now_ns = kg_clock_now_ns();

	if (now_ns - running->heard_ns > dead_ns)
		running->link_ended = true;
	else if (now_ns - running->heard_ns > quiet_ns && now_ns - running->pinged_ns > quiet_ns) {
		running->pinged_ns = now_ns;
		kg_websocket_put(&running->to_server, KG_WEBSOCKET_PING, "", 0);
	}
}

static int
flow(struct running *running)
{
	const char *why;

	running->heard_ns = kg_clock_now_ns();
	running->input_ended = !running->about->has_input;
	while (true) {
		kg_console_read(&running->console, &running->from_server, &running->out, &running->error);
		if (!output_write(running))
			return stream_failed;
		if (running->console.is_closed || running->console.wrong || running->link_ended)
			break;
		if (!link_write(&running->link, &running->to_server))
			break;
		struct pollfd fds[] = { { running->link.socket, (short)(POLLIN | (running->to_server.size > 0 ? POLLOUT : 0)), 0 },
			{ running->input_ended || running->to_server.size > room ? -1 : STDIN_FILENO, POLLIN, 0 } };
		poll(fds, 2, 1000);
		if (fds[1].revents)
			input_read(running);
		link_drain(running);
		silence_look(running);
	}
	int status = kg_console_ended(running->arena, &running->console, &why);
	if (why)
		fprintf(stderr, "%s\n", running->console.wrong ? running->console.wrong : why);
	return why ? stream_failed : status;
}

int
exec_run(struct conn_ways *ways, const struct exec_about *about)
{
	struct running running = { .arena = kg_arena_make(), .ways = ways, .about = about };
	const char *why = NULL;
	int status = 0;

	for (int tries = 0; tries < 2; tries++) {
		struct kg_error *error = server_prepare(&ways->server, running.arena);

		why = error ? kg_error_text(running.arena, error) : pod_find(&running, &status);
		if (!why)
			why = upgrade(&running, &status);
		if (!why || error || status != 401)
			break;
		ways->server.is_refused = true;
		link_close(&running.link);
		kg_bytes_free(&running.from_server);
		running.link_ended = false;
	}
	if (why)
		fprintf(stderr, "%s\n", why);
	int ended = why ? stream_failed : flow(&running);
	link_close(&running.link);
	kg_console_free(&running.console);
	kg_bytes_free(&running.to_server);
	kg_bytes_free(&running.from_server);
	kg_bytes_free(&running.out);
	kg_bytes_free(&running.error);
	kg_arena_free(running.arena);
	return ended;
}
