/* Plug-ins that print credentials: programs of the user's, such as a cloud's (client.authentication.k8s.io). */
#include <string.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/kubeconfig/base64.h"
#include "targets/kubernetes/client/inside.h"
#include "targets/kubernetes/client/json.h"
#include "targets/kubernetes/client/plugin.h"

/* One that opens a browser has to be waited for. */
static constexpr int64_t plugin_timeout_ms = 120'000;

static kg_step plugin_ended;

static void
add_member(struct kg_text *text, const char *name, const char *value)
{
	if (!value)
		return;
	kg_text_format(text, ",\"%s\":", name);
	kg_text_add_json(text, value);
}

/* What the plug-in is told: of the server only when it asks for that. */
static const char *
exec_info(struct kg_job *job, const struct kg_kubeconfig *config)
{
	struct kg_text text = { .arena = job->arena };

	kg_text_format(&text, "{\"kind\":\"ExecCredential\",\"apiVersion\":\"%s\",\"spec\":{", config->plugin->api_version);
	if (config->plugin->wants_cluster) {
		kg_text_add(&text, "\"cluster\":{\"server\":");
		kg_text_add_json(&text, config->server);
		add_member(&text, "tls-server-name", config->tls_name);
		if (config->insecure)
			kg_text_add(&text, ",\"insecure-skip-tls-verify\":true");
		if (config->ca_pem)
			add_member(&text, "certificate-authority-data",
			    kg_base64_encode(job->arena, config->ca_pem, strlen(config->ca_pem)));
		add_member(&text, "proxy-url", config->proxy);
		if (config->plugin->cluster_config)
			kg_text_format(&text, ",\"config\":%s", kg_json_print(job->arena, config->plugin->cluster_config));
		kg_text_add(&text, "},");
	}
	kg_text_add(&text, "\"interactive\":false}}");
	return kg_text_end(&text);
}

/* kgraph's own environment, for it is the user's program; what the kubeconfig says comes behind, and so counts where a name comes twice. */
static const char *const *
plugin_environment(struct kg_job *job, const struct kg_kubeconfig *config)
{
	KG_LIST(const char *) variables = {};

	for (char **variable = environ; *variable; variable++) {
		bool is_replaced = kg_text_starts(*variable, "KUBERNETES_EXEC_INFO=");

		for (const struct kg_pair *pair = config->plugin->env; pair->name; pair++)
			is_replaced |= kg_text_starts(*variable, pair->name) && (*variable)[strlen(pair->name)] == '=';
		if (!is_replaced)
			kg_list_push(job->arena, &variables, *variable);
	}
	for (const struct kg_pair *pair = config->plugin->env; pair->name; pair++)
		kg_list_push(job->arena, &variables, kg_format(job->arena, "%s=%s", pair->name, pair->value));
	kg_list_push(job->arena, &variables, kg_format(job->arena, "KUBERNETES_EXEC_INFO=%s", exec_info(job, config)));
	kg_list_push(job->arena, &variables, NULL);
	return variables.items;
}

static struct kg_error *
plugin_error(struct kg_job *job, struct kg_error *error)
{
	const struct kg_kubeconfig *config = &kg_api_call_of(job)->api->config;

	error =
	    kg_error_wrap(job->arena, error, "the user `%s` of the kubeconfig gets its credentials from a plug-in", config->user);
	if (config->plugin->install_hint)
		return kg_error_advise(job->arena, error, "%s", config->plugin->install_hint);
	return error;
}

static struct kg_next
plugin_failed(struct kg_job *job, struct kg_error *error)
{
	struct kg_api_call *call = kg_api_call_of(job);

	call->failure = plugin_error(job, error);
	return kg_go(call->plugin_then);
}

struct kg_next
kg_plugin_ask(struct kg_job *job, kg_step *then)
{
	struct kg_api_call *call = kg_api_call_of(job);
	const struct kg_kubeconfig *config = &call->api->config;
	const struct kg_kubeconfig_plugin *plugin = config->plugin;
	KG_LIST(const char *) argv = {};
	const char *program = kg_job_program(job, plugin->command);

	call->plugin_then = then;
	if (plugin->wants_terminal)
		return plugin_failed(job,
		    kg_error_make(job->arena, KG_EINPUT, "%s wants a terminal (interactiveMode: Always), which kgraph has none for",
			plugin->command));
	if (!program)
		return plugin_failed(job, kg_error_make(job->arena, KG_EINPUT, "the program %s is not there", plugin->command));
	kg_list_push(job->arena, &argv, program);
	for (const char *const *argument = plugin->args; *argument; argument++)
		kg_list_push(job->arena, &argv, *argument);
	kg_list_push(job->arena, &argv, NULL);
	return kg_wait_child(job,
	    &(struct kg_child){
		.argv = argv.items,
		.env = plugin_environment(job, config),
		.timeout_ms = plugin_timeout_ms,
		.capture = true,
	    },
	    plugin_ended);
}

static struct kg_next
plugin_ended(struct kg_job *job)
{
	struct kg_api_call *call = kg_api_call_of(job);
	struct kg_identity *identity = &call->api->identity;
	const struct kg_kubeconfig *config = &call->api->config;
	struct kg_plugin_answer answer;
	struct kg_error *error;

	if (job->child.status != 0)
		return plugin_failed(job, kg_child_error(job));
	error = kg_plugin_read(job->arena, job->child.output, job->child.output_size, config->plugin->api_version, &answer);
	if (error)
		return plugin_failed(
		    job, kg_error_wrap(job->arena, error, "what %s printed cannot be used", config->plugin->command));
	if (answer.key_pem)
		kg_hide(job, answer.key_pem);
	identity->cert_pem = answer.cert_pem ? answer.cert_pem : config->cert_pem;
	identity->key_pem = answer.cert_pem ? answer.key_pem : config->key_pem;
	identity->expires_wall_ns = answer.expires_wall_ns;
	kg_identity_set(job, call->api, answer.token ? answer.token : config->token);
	return kg_go(call->plugin_then);
}
