#include "targets/kubernetes/stream/plugin_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/base/list.h"
#include "engine/base/text.h"
#include "engine/kubeconfig/base64.h"
#include "engine/kubeconfig/kubeconfig.h"
#include "targets/kubernetes/client/json.h"
#include "targets/kubernetes/client/plugin.h"
#include "targets/kubernetes/stream/bytes.h"

static constexpr int64_t limit_ns = 60'000'000'000;
static constexpr size_t answer_most = 1 << 20;

static void
member_add(struct kg_text *text, const char *name, const char *value)
{
	if (!value)
		return;
	kg_text_format(text, ",\"%s\":", name);
	kg_text_add_json(text, value);
}

static const char *
exec_info(struct kg_arena *arena, const struct kg_kubeconfig *config)
{
	struct kg_text text = { .arena = arena };

	kg_text_format(&text, "{\"kind\":\"ExecCredential\",\"apiVersion\":\"%s\",\"spec\":{", config->plugin->api_version);
	if (config->plugin->wants_cluster) {
		kg_text_add(&text, "\"cluster\":{\"server\":");
		kg_text_add_json(&text, config->server);
		member_add(&text, "tls-server-name", config->tls_name);
		if (config->insecure)
			kg_text_add(&text, ",\"insecure-skip-tls-verify\":true");
		if (config->ca_pem)
			member_add(
			    &text, "certificate-authority-data", kg_base64_encode(arena, config->ca_pem, strlen(config->ca_pem)));
		member_add(&text, "proxy-url", config->proxy);
		if (config->plugin->cluster_config)
			kg_text_format(&text, ",\"config\":%s", kg_json_print(arena, config->plugin->cluster_config));
		kg_text_add(&text, "},");
	}
	kg_text_add(&text, "\"interactive\":false}}");
	return kg_text_end(&text);
}

static bool
is_set_anew(const struct kg_kubeconfig_plugin *plugin, const char *variable)
{
	if (kg_text_starts(variable, "KUBERNETES_EXEC_INFO="))
		return true;
	for (const struct kg_pair *pair = plugin->env; pair && pair->name; pair++)
		if (kg_text_starts(variable, pair->name) && variable[strlen(pair->name)] == '=')
			return true;
	return false;
}

static char *const *
environment(struct kg_arena *arena, const struct kg_kubeconfig *config)
{
	KG_LIST(char *) all = { 0 };

	for (char **variable = environ; *variable; variable++)
		if (!is_set_anew(config->plugin, *variable))
			kg_list_push(arena, &all, *variable);
	for (const struct kg_pair *pair = config->plugin->env; pair && pair->name; pair++)
		kg_list_push(arena, &all, kg_format(arena, "%s=%s", pair->name, pair->value));
	kg_list_push(arena, &all, kg_format(arena, "KUBERNETES_EXEC_INFO=%s", exec_info(arena, config)));
	kg_list_push(arena, &all, NULL);
	return all.items;
}

/* The pid, or an errno below zero. */
static pid_t
start(struct kg_arena *arena, const struct kg_kubeconfig *config, int *ret_fd)
{
	KG_LIST(char *) argv = { 0 };
	posix_spawn_file_actions_t actions;
	int ends[2];
	pid_t pid = -1;

	kg_list_push(arena, &argv, kg_copy(arena, config->plugin->command));
	for (const char *const *argument = config->plugin->args; argument && *argument; argument++)
		kg_list_push(arena, &argv, kg_copy(arena, *argument));
	kg_list_push(arena, &argv, NULL);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	int sys = posix_spawnp(&pid, argv.items[0], &actions, NULL, argv.items, environment(arena, config));
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (sys != 0)
		close(ends[0]);
	*ret_fd = ends[0];
	return sys != 0 ? -sys : pid;
}

/* All that it prints until it closes its output; false when it does not within the limit. */
static bool
drain(int fd, struct kg_bytes *bytes)
{
	int64_t until_ns = kg_clock_now_ns() + limit_ns;

	while (bytes->size <= answer_most) {
		struct pollfd one = { .fd = fd, .events = POLLIN };
		int64_t left_ms = (until_ns - kg_clock_now_ns()) / 1'000'000;

		if (left_ms <= 0 || poll(&one, 1, (int)left_ms) == 0)
			return false;
		ssize_t got = read(fd, kg_bytes_reserve(bytes, 4096), 4096);
		if (got <= 0 && errno != EINTR)
			return got == 0;
		if (got == 0)
			return true;
		kg_bytes_added(bytes, got > 0 ? (size_t)got : 0);
	}
	return false;
}

struct kg_error *
plugin_run(struct kg_arena *arena, const struct kg_kubeconfig *config, struct kg_plugin_answer *ret_answer)
{
	const char *command = config->plugin->command;
	struct kg_bytes bytes = { 0 };
	int fd = -1, status = 0;
	pid_t pid = start(arena, config, &fd);

	if (pid < 0)
		return kg_error_system(arena, -pid, "the plug-in %s cannot be run", command);
	bool is_whole = drain(fd, &bytes);
	if (!is_whole)
		kill(pid, SIGKILL);
	close(fd);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	const char *text = kg_copy_bytes(arena, kg_bytes_at(&bytes), bytes.size);
	size_t size = bytes.size;
	kg_bytes_free(&bytes);
	if (!is_whole)
		return kg_error_make(arena, KG_ETIME, "the plug-in %s does not end", command);
	if (status != 0)
		return kg_error_make(arena, KG_EFAILED, "the plug-in %s failed (%s %d)", command,
		    WIFEXITED(status) ? "status" : "signal", WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	return kg_plugin_read(arena, text, size, config->plugin->api_version, ret_answer);
}
