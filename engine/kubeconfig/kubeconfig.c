/*
 * The files are read one after the other and never made one tree: an entry is looked for in each of them in order, and the first counts. So each value
 * keeps its place and its file, which errors and relative paths need.
 */
#include "engine/kubeconfig/kubeconfig.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/list.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "engine/kubeconfig/base64.h"
#include "engine/yaml/yaml.h"

/* An entry of a list of the files, and where it comes from. */
struct entry {
	const cJSON *value;
	const char *file;
};

struct parse {
	struct kg_arena *arena;
	struct kg_error *error; /* the first that was found */
	struct entry *roots;
	uint32_t count;
	const char *files; /* for sentences: "a and b" */
	struct kg_kubeconfig *config;
};

/* The line itself may have a token or key in it, and is never shown. */
[[gnu::format(printf, 3, 4)]] static void
complain(struct parse *parse, const cJSON *value, const char *format, ...)
{
	struct kg_place place = kg_yaml_place(parse->arena, value);
	va_list list;

	if (parse->error)
		return;
	place.line_text = NULL;
	va_start(list, format);
	const char *text = kg_format_list(parse->arena, format, list);
	va_end(list);
	parse->error = place.file ? kg_error_at(parse->arena, KG_EINPUT, place, "%s", text)
				  : kg_error_make(parse->arena, KG_EINPUT, "%s: %s", parse->files, text);
}

/* NULL where nothing, null or "" stands, which are the same to client-go. */
static const char *
text_of(struct parse *parse, const cJSON *object, const char *name)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, name);

	if (!value || cJSON_IsNull(value))
		return NULL;
	if (!cJSON_IsString(value)) {
		complain(parse, value, "`%s` must be a text", name);
		return NULL;
	}
	return *value->valuestring ? value->valuestring : NULL;
}

static bool
is_true(struct parse *parse, const cJSON *object, const char *name)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, name);

	if (value && !cJSON_IsNull(value) && !cJSON_IsBool(value))
		complain(parse, value, "`%s` must be true or false", name);
	return cJSON_IsTrue(value);
}

static const char *
path_of(struct parse *parse, const struct entry *entry, const cJSON *object, const char *name)
{
	const char *path = text_of(parse, object, name);

	return path ? kg_path_join(parse->arena, kg_path_folder(parse->arena, entry->file), path) : NULL;
}

/* The decoded `…-data`, which is a PEM text; NULL when there is none. */
static const char *
data_of(struct parse *parse, const cJSON *object, const char *name)
{
	const char *text = text_of(parse, object, name), *pem = text ? kg_base64_decode(parse->arena, text, NULL) : NULL;

	if (text && !pem)
		complain(parse, cJSON_GetObjectItemCaseSensitive(object, name), "`%s` is not base64", name);
	else if (pem && !strstr(pem, "-----BEGIN"))
		complain(parse, cJSON_GetObjectItemCaseSensitive(object, name), "`%s` is not a PEM text in base64", name);
	return pem;
}

static const char *const *
texts_of(struct parse *parse, const cJSON *object, const char *name)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(object, name), *item;
	const char **texts = kg_new_array(parse->arena, const char *, (size_t)cJSON_GetArraySize(list) + 1);
	uint32_t count = 0;

	if (list && !cJSON_IsNull(list) && !cJSON_IsArray(list)) {
		complain(parse, list, "`%s` must be a list of texts", name);
		return texts;
	}
	cJSON_ArrayForEach(item, list)
	{
		if (cJSON_IsString(item))
			texts[count++] = item->valuestring;
		else
			complain(parse, item, "`%s` must be a list of texts", name);
	}
	return texts;
}

/* Of an entry of such a list; NULL when it has none. */
static const char *
name_of(const cJSON *entry)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(entry, "name"));
}

/* The entry of that name in a list such as `clusters`, whose entries have their content under inner. */
static struct entry
entry_find(struct parse *parse, const char *list, const char *inner, const char *name)
{
	const cJSON *item;

	for (uint32_t i = 0; i < parse->count; i++) {
		cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(parse->roots[i].value, list))
		{
			const char *its_name = name_of(item);

			if (!its_name || strcmp(its_name, name) != 0)
				continue;
			const cJSON *value = cJSON_GetObjectItemCaseSensitive(item, inner);
			return (struct entry){ value ? value : item, parse->roots[i].file };
		}
	}
	return (struct entry){};
}

/* "it has the contexts a, b and c", or the nearest of them. */
static struct kg_error *
advise_contexts(struct parse *parse, struct kg_error *error, const char *meant)
{
	KG_LIST(const char *) names = {};
	const cJSON *item;
	const char *nearest;

	for (uint32_t i = 0; i < parse->count; i++)
		cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(parse->roots[i].value, "contexts")) if (name_of(item))
		    kg_list_push(parse->arena, &names, name_of(item));
	kg_list_push(parse->arena, &names, NULL);
	nearest = meant ? kg_text_nearest(meant, names.items) : NULL;
	if (nearest)
		return kg_error_advise(parse->arena, error, "did you mean `%s`?", nearest);
	if (names.count == 1)
		return kg_error_advise(parse->arena, error, "it has no contexts: is it the right file?");
	return kg_error_advise(parse->arena, error, "name one of its contexts: %s",
	    kg_text_enumerate(parse->arena, names.items, names.count - 1, " or "));
}

static const char *
context_choose(struct parse *parse, const char *asked)
{
	const char *name = asked;

	for (uint32_t i = 0; !name && i < parse->count; i++)
		name = text_of(parse, parse->roots[i].value, "current-context");
	if (!name && !parse->error)
		parse->error = advise_contexts(
		    parse, kg_error_make(parse->arena, KG_EINPUT, "%s says no current-context", parse->files), NULL);
	return name;
}

/* As client-go completes it: TLS where something about TLS is said. */
static const char *
server_of(struct parse *parse, const cJSON *cluster, const char *text)
{
	struct kg_kubeconfig *config = parse->config;
	bool is_secure = config->ca_pem || config->ca_file || config->insecure || config->tls_name;
	size_t length = strlen(text);

	if (strstr(text, "://") && !kg_text_starts(text, "https://") && !kg_text_starts(text, "http://"))
		complain(parse, cJSON_GetObjectItemCaseSensitive(cluster, "server"), "`server` must be an https or http URL");
	while (length > 0 && text[length - 1] == '/')
		length--;
	return kg_format(parse->arena, "%s%.*s", strstr(text, "://") ? "" : is_secure ? "https://" : "http://", (int)length, text);
}

static const cJSON *
plugin_config(const cJSON *cluster)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(cluster, "extensions"))
	{
		if (kg_text_equal(name_of(item), "client.authentication.k8s.io/exec"))
			return cJSON_GetObjectItemCaseSensitive(item, "extension");
	}
	return NULL;
}

static void
cluster_read(struct parse *parse, const struct entry *entry, const char *name)
{
	struct kg_kubeconfig *config = parse->config;
	const cJSON *cluster = entry->value;
	const char *server = text_of(parse, cluster, "server");

	config->tls_name = text_of(parse, cluster, "tls-server-name");
	config->insecure = is_true(parse, cluster, "insecure-skip-tls-verify");
	config->ca_pem = data_of(parse, cluster, "certificate-authority-data");
	if (!config->ca_pem)
		config->ca_file = path_of(parse, entry, cluster, "certificate-authority");
	config->proxy = text_of(parse, cluster, "proxy-url");
	if (config->proxy && !kg_text_starts(config->proxy, "http://") && !kg_text_starts(config->proxy, "https://") &&
	    !kg_text_starts(config->proxy, "socks5://"))
		complain(parse, cJSON_GetObjectItemCaseSensitive(cluster, "proxy-url"),
		    "`proxy-url` must begin with http://, https:// or socks5://");
	if (server)
		config->server = server_of(parse, cluster, server);
	else
		complain(parse, cluster, "the cluster `%s` names no server", name);
}

static const struct kg_pair *
plugin_env(struct parse *parse, const cJSON *exec)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(exec, "env"), *item;
	struct kg_pair *pairs = kg_new_array(parse->arena, struct kg_pair, (size_t)cJSON_GetArraySize(list) + 1);
	uint32_t count = 0;

	cJSON_ArrayForEach(item, list)
	{
		const char *name = text_of(parse, item, "name"), *value = text_of(parse, item, "value");

		if (name)
			pairs[count++] = (struct kg_pair){ name, value ? value : "" };
		else
			complain(parse, item, "a variable of the plug-in has no name");
	}
	return pairs;
}

static void
plugin_read(struct parse *parse, const struct entry *entry, const cJSON *exec)
{
	struct kg_kubeconfig_plugin *plugin = kg_new(parse->arena, struct kg_kubeconfig_plugin);
	const char *mode = text_of(parse, exec, "interactiveMode");

	plugin->command = text_of(parse, exec, "command");
	plugin->api_version = text_of(parse, exec, "apiVersion");
	plugin->install_hint = text_of(parse, exec, "installHint");
	plugin->args = texts_of(parse, exec, "args");
	plugin->env = plugin_env(parse, exec);
	plugin->wants_cluster = is_true(parse, exec, "provideClusterInfo");
	plugin->wants_terminal = kg_text_equal(mode, "Always");
	if (!plugin->command)
		complain(parse, exec, "the plug-in names no command");
	else if (strchr(plugin->command, '/'))
		plugin->command = path_of(parse, entry, exec, "command");
	if (!plugin->api_version)
		complain(parse, exec, "the plug-in names no apiVersion: client.authentication.k8s.io/v1");
	else if (strcmp(plugin->api_version, "client.authentication.k8s.io/v1") != 0 &&
	    strcmp(plugin->api_version, "client.authentication.k8s.io/v1beta1") != 0)
		complain(parse, cJSON_GetObjectItemCaseSensitive(exec, "apiVersion"),
		    "plug-ins speak client.authentication.k8s.io/v1 or v1beta1, and not %s", plugin->api_version);
	else if (!mode && kg_text_ends(plugin->api_version, "/v1"))
		complain(parse, exec, "the plug-in says no interactiveMode, which v1 wants: Never, IfAvailable or Always");
	if (mode && !plugin->wants_terminal && strcmp(mode, "Never") != 0 && strcmp(mode, "IfAvailable") != 0)
		complain(parse, cJSON_GetObjectItemCaseSensitive(exec, "interactiveMode"),
		    "`interactiveMode` must be Never, IfAvailable or Always");
	parse->config->plugin = plugin;
}

/* {"scopes": ["view", "edit"]} → two pairs of one name. */
static const struct kg_pair *
extra_of(struct parse *parse, const cJSON *user)
{
	const cJSON *extra = cJSON_GetObjectItemCaseSensitive(user, "as-user-extra"), *list, *item;
	KG_LIST(struct kg_pair) pairs = {};

	cJSON_ArrayForEach(list, extra)
	{
		cJSON_ArrayForEach(item, list)
		{
			if (list->string && cJSON_IsString(item))
				kg_list_push(parse->arena, &pairs, (struct kg_pair){ list->string, item->valuestring });
			else
				complain(parse, item, "`as-user-extra` must be names with lists of texts");
		}
	}
	kg_list_push(parse->arena, &pairs, (struct kg_pair){});
	return pairs.items;
}

static void
user_read(struct parse *parse, const struct entry *entry)
{
	struct kg_kubeconfig *config = parse->config;
	const cJSON *user = entry->value, *exec = cJSON_GetObjectItemCaseSensitive(user, "exec");
	const cJSON *provider = cJSON_GetObjectItemCaseSensitive(user, "auth-provider");

	config->user_place = kg_yaml_place(parse->arena, user);
	config->token = text_of(parse, user, "token");
	config->token_file = path_of(parse, entry, user, "tokenFile");
	config->username = text_of(parse, user, "username");
	config->password = text_of(parse, user, "password");
	config->cert_pem = data_of(parse, user, "client-certificate-data");
	if (!config->cert_pem)
		config->cert_file = path_of(parse, entry, user, "client-certificate");
	config->key_pem = data_of(parse, user, "client-key-data");
	if (!config->key_pem)
		config->key_file = path_of(parse, entry, user, "client-key");
	config->as = text_of(parse, user, "as");
	config->as_uid = text_of(parse, user, "as-uid");
	config->as_groups = texts_of(parse, user, "as-groups");
	config->as_extra = extra_of(parse, user);
	if ((config->cert_pem || config->cert_file) && !config->key_pem && !config->key_file)
		complain(parse, user, "the user has a client certificate without its key");
	if (!config->as && (config->as_uid || *config->as_groups || config->as_extra->name))
		complain(parse, user, "as-uid, as-groups and as-user-extra need `as`");
	if (cJSON_IsObject(exec))
		plugin_read(parse, entry, exec);
	if (cJSON_IsObject(provider) && !config->plugin && !config->token && !config->token_file)
		complain(parse, provider, "`auth-provider` is of the past: kubectl has dropped it for `exec`");
}

static void
context_read(struct parse *parse, const char *name)
{
	struct kg_kubeconfig *config = parse->config;
	struct entry context = entry_find(parse, "contexts", "context", name), cluster, user = {};
	const char *cluster_name, *user_name;

	if (!context.value) {
		parse->error = advise_contexts(
		    parse, kg_error_make(parse->arena, KG_EINPUT, "%s has no context `%s`", parse->files, name), name);
		return;
	}
	config->context = name;
	config->namespace_ = text_of(parse, context.value, "namespace");
	cluster_name = text_of(parse, context.value, "cluster");
	user_name = text_of(parse, context.value, "user");
	cluster = cluster_name ? entry_find(parse, "clusters", "cluster", cluster_name) : (struct entry){};
	if (user_name)
		user = entry_find(parse, "users", "user", user_name);
	config->user = user_name ? user_name : "";
	if (!cluster_name)
		complain(parse, context.value, "the context `%s` names no cluster", name);
	else if (!cluster.value)
		complain(
		    parse, cJSON_GetObjectItemCaseSensitive(context.value, "cluster"), "there is no cluster `%s`", cluster_name);
	else
		cluster_read(parse, &cluster, cluster_name);
	if (user_name && !user.value)
		complain(parse, cJSON_GetObjectItemCaseSensitive(context.value, "user"), "there is no user `%s`", user_name);
	if (user.value)
		user_read(parse, &user);
	if (config->plugin && cluster.value)
		((struct kg_kubeconfig_plugin *)config->plugin)->cluster_config = plugin_config(cluster.value);
}

/* The roots of the files, in order; one that is empty has nothing to say. */
static void
roots_read(struct parse *parse, const struct kg_yaml_source *sources, uint32_t count)
{
	const char **names = kg_new_array(parse->arena, const char *, count + 1);
	struct kg_errors errors = { .arena = parse->arena };

	parse->roots = kg_new_array(parse->arena, struct entry, count + 1);
	for (uint32_t i = 0; i < count; i++)
		names[i] = sources[i].file;
	parse->files = kg_text_enumerate(parse->arena, names, count, " and ");
	for (uint32_t i = 0; i < count && !parse->error; i++) {
		struct kg_yaml yaml = {};

		kg_yaml_read(parse->arena, &errors, &sources[i], &yaml);
		parse->error = errors.first;
		for (struct kg_error *error = errors.first; error; error = error->next)
			error->place.line_text = NULL;
		if (errors.first && sources[i].text && kg_text_starts(sources[i].text, "enabling experimental"))
			kg_error_advise(parse->arena, errors.first,
			    "kind printed a line of its own into it; `kind export kubeconfig` writes none");
		if (parse->error || yaml.documents.count == 0)
			continue;
		if (!cJSON_IsObject(yaml.documents.items[0]))
			complain(parse, yaml.documents.items[0], "this is no kubeconfig");
		parse->roots[parse->count++] = (struct entry){ yaml.documents.items[0], sources[i].file };
	}
}

struct kg_error *
kg_kubeconfig_parse(struct kg_arena *arena, const struct kg_yaml_source *sources, uint32_t count, const char *context,
    struct kg_kubeconfig *ret_config)
{
	static const char *const nobody[] = { NULL };
	static const struct kg_pair nothing = {};
	struct parse parse = { .arena = arena, .config = ret_config };

	*ret_config = (struct kg_kubeconfig){ .as_groups = nobody, .as_extra = &nothing, .files = nobody };
	roots_read(&parse, sources, count);
	if (!parse.error)
		context = context_choose(&parse, context);
	if (!parse.error)
		context_read(&parse, context);
	return parse.error;
}
