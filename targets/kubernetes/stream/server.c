#include "targets/kubernetes/stream/server.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/list.h"
#include "engine/base/text.h"
#include "engine/kubeconfig/base64.h"
#include "targets/kubernetes/client/plugin.h"
#include "targets/kubernetes/stream/plugin_run.h"

static constexpr char pod_folder[] = "/var/run/secrets/kubernetes.io/serviceaccount";
static constexpr int64_t token_good_ns = 10'000'000'000;
static constexpr int64_t expiry_margin_ns = 10'000'000'000;

/* What the files were like: another inode, size or time means that they are to be read again. */
static const char *
stamp_make(struct kg_arena *arena, const char *const *files)
{
	struct kg_text text = { .arena = arena };
	struct stat stat_of;

	for (; files && *files; files++)
		if (stat(*files, &stat_of) == 0)
			kg_text_format(&text, "%s %ju %jd %jd.%09ld\n", *files, (uintmax_t)stat_of.st_ino,
			    (intmax_t)stat_of.st_size, (intmax_t)stat_of.st_mtim.tv_sec, stat_of.st_mtim.tv_nsec);
	return kg_text_end(&text);
}

static struct kg_error *
config_read(struct server *server, struct kg_arena *arena)
{
	const char *const *files = kg_kubeconfig_files(arena, server->kubeconfig, getenv("KUBECONFIG"), getenv("HOME"));
	struct kg_error *error = kg_kubeconfig_read(arena, files, server->context, &server->config);

	if (error || server->config.server)
		return error;
	if (!server->kubeconfig &&
	    kg_kubeconfig_of_pod(
		arena, getenv("KUBERNETES_SERVICE_HOST"), getenv("KUBERNETES_SERVICE_PORT"), pod_folder, &server->config))
		return NULL;
	return kg_error_make(arena, KG_EINPUT, "there is no kubeconfig%s%s", server->kubeconfig ? " at " : "",
	    server->kubeconfig ? server->kubeconfig : "");
}

/* RFC 9110's tokens stay in the name of a header, all else is %-encoded, as client-go does it. */
static const char *
header_name(struct kg_arena *arena, const char *name)
{
	struct kg_text text = { .arena = arena };

	for (; *name; name++) {
		bool is_plain = (*name >= '0' && *name <= '9') || (*name >= 'a' && *name <= 'z') ||
		    (*name >= 'A' && *name <= 'Z') || strchr("!#$&'*+-.^_`|~", *name);

		kg_text_format(&text, is_plain ? "%c" : "%%%02X", (unsigned char)*name);
	}
	return kg_text_end(&text);
}

static void
headers_make(struct server *server, const char *token)
{
	const struct kg_kubeconfig *config = &server->config;
	struct kg_arena *arena = server->arena;
	KG_LIST(const char *) headers = { 0 };

	if (token && *token) {
		kg_list_push(arena, &headers, kg_format(arena, "Authorization: Bearer %s", token));
	} else if (config->username) {
		const char *pair = kg_format(arena, "%s:%s", config->username, config->password ? config->password : "");

		kg_list_push(
		    arena, &headers, kg_format(arena, "Authorization: Basic %s", kg_base64_encode(arena, pair, strlen(pair))));
	}
	if (config->as)
		kg_list_push(arena, &headers, kg_format(arena, "Impersonate-User: %s", config->as));
	if (config->as_uid)
		kg_list_push(arena, &headers, kg_format(arena, "Impersonate-Uid: %s", config->as_uid));
	for (const char *const *group = config->as_groups; group && *group; group++)
		kg_list_push(arena, &headers, kg_format(arena, "Impersonate-Group: %s", *group));
	for (const struct kg_pair *extra = config->as_extra; extra && extra->name; extra++)
		kg_list_push(
		    arena, &headers, kg_format(arena, "Impersonate-Extra-%s: %s", header_name(arena, extra->name), extra->value));
	kg_list_push(arena, &headers, NULL);
	server->headers = headers.items;
}

static struct kg_error *
plugin_ask(struct server *server, struct kg_arena *arena)
{
	struct kg_plugin_answer answer;
	struct kg_error *error = plugin_run(server->arena, &server->config, &answer);

	if (error)
		return kg_error_copy(arena, error);
	server->cert_pem = answer.cert_pem ? answer.cert_pem : server->config.cert_pem;
	server->key_pem = answer.cert_pem ? answer.key_pem : server->config.key_pem;
	server->expires_wall_ns = answer.expires_wall_ns;
	headers_make(server, answer.token ? answer.token : server->config.token);
	return NULL;
}

/* A file that is empty or cannot be read just now leaves the token before it: it may be in the middle of being replaced. */
static struct kg_error *
token_file_read(struct server *server, struct kg_arena *arena)
{
	const char *file = server->config.token_file, *text = "";
	size_t size;
	struct kg_error *error = kg_file_read(server->arena, file, &text, &size);

	if (!error)
		text += strspn(text, " \t\r\n");
	if (!error && *text)
		server->token = kg_copy_bytes(server->arena, text, strcspn(text, " \t\r\n"));
	else if (!server->token)
		server->token = server->config.token;
	if (server->token)
		return NULL;
	return error ? kg_error_copy(arena, error) : kg_error_make(arena, KG_EINPUT, "the token file %s is empty", file);
}

static struct kg_error *
token_read(struct server *server, struct kg_arena *arena)
{
	struct kg_error *error = server->config.token_file ? token_file_read(server, arena) : NULL;

	if (!error)
		headers_make(server, server->config.token_file ? server->token : server->config.token);
	return error;
}

static struct kg_error *
read_anew(struct server *server, struct kg_arena *arena, const char *stamp)
{
	struct kg_arena *fresh = kg_arena_make();
	struct server next = { .kubeconfig = server->kubeconfig, .context = server->context, .arena = fresh };
	struct kg_error *error = config_read(&next, fresh);

	if (error) {
		error = kg_error_copy(arena, error);
		kg_arena_free(fresh);
		return error;
	}
	next.stamp = kg_copy(fresh, stamp);
	next.cert_pem = next.config.cert_pem;
	next.key_pem = next.config.key_pem;
	next.expires_wall_ns = INT64_MAX;
	if (server->token && kg_text_equal(server->config.token_file, next.config.token_file))
		next.token = kg_copy(fresh, server->token);
	if (server->arena)
		kg_arena_free(server->arena);
	*server = next;
	return NULL;
}

struct kg_error *
server_prepare(struct server *server, struct kg_arena *arena)
{
	const char *const *files = kg_kubeconfig_files(arena, server->kubeconfig, getenv("KUBECONFIG"), getenv("HOME"));
	const char *stamp = stamp_make(arena, server->arena && server->config.files ? server->config.files : files);
	int64_t now_ns = kg_clock_now_ns();
	struct kg_error *error = NULL;

	/* What was refused is made anew whole, and so does the memory of old tokens not grow for ever. */
	bool is_old = !server->arena || strcmp(server->stamp, stamp) != 0 || server->is_refused ||
	    server->expires_wall_ns - expiry_margin_ns < kg_clock_wall_ns() ||
	    (server->config.token_file && now_ns - server->token_read_ns > token_good_ns);
	if (!is_old && server->headers)
		return NULL;
	error = read_anew(server, arena, stamp);
	if (!error && server->config.plugin)
		error = plugin_ask(server, arena);
	else if (!error)
		error = token_read(server, arena);
	server->token_read_ns = now_ns;
	return error;
}

const char *
server_namespace(const struct server *server)
{
	return server->config.namespace_ ? server->config.namespace_ : "default";
}

const char *
server_root(const struct server *server)
{
	const char *host = strstr(server->config.server, "://");
	const char *slash = strchr(host ? host + 3 : server->config.server, '/');

	return slash ? slash : "";
}

const char *
server_host(struct kg_arena *arena, const struct server *server)
{
	const char *host = strstr(server->config.server, "://");

	host = host ? host + 3 : server->config.server;
	return kg_copy_bytes(arena, host, strcspn(host, "/"));
}

static void
blob_set(CURL *easy, CURLoption option, const char *text)
{
	struct curl_blob blob = { .data = (void *)(uintptr_t)text, .len = text ? strlen(text) : 0, .flags = CURL_BLOB_COPY };

	if (text)
		curl_easy_setopt(easy, option, &blob);
}

/* The address of the URL, but the name of the certificate: asked for under that name, and connected to where the URL says. */
static const char *
url_named(struct kg_arena *arena, const struct server *server, struct curl_slist **ret_route)
{
	const char *host = server_host(arena, server), *colon = strrchr(host, ':'), *name = server->config.tls_name;
	bool has_port = colon && !strchr(colon, ']');
	const char *port = has_port ? colon + 1 : "443";

	if (!name)
		return server->config.server;
	host = has_port ? kg_copy_bytes(arena, host, (size_t)(colon - host)) : host;
	*ret_route = curl_slist_append(NULL, kg_format(arena, "%s:%s:%s:%s", name, port, host, port));
	return kg_format(arena, "https://%s:%s%s", name, port, server_root(server));
}

struct curl_slist *
server_set(const struct server *server, CURL *easy, const char *path)
{
	const struct kg_kubeconfig *config = &server->config;
	struct kg_arena *arena = kg_arena_make();
	struct curl_slist *route = NULL;
	const char *url = kg_format(arena, "%s%s", url_named(arena, server, &route), path);

	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_CONNECT_TO, route);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "kgraph");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, 10000L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, config->insecure ? 0L : 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, config->insecure ? 0L : 2L);
	blob_set(easy, CURLOPT_CAINFO_BLOB, config->ca_pem);
	blob_set(easy, CURLOPT_SSLCERT_BLOB, server->cert_pem);
	blob_set(easy, CURLOPT_SSLKEY_BLOB, server->key_pem);
	if (config->proxy)
		curl_easy_setopt(easy, CURLOPT_PROXY,
		    kg_text_starts(config->proxy, "socks5://") ? kg_format(arena, "socks5h%s", config->proxy + strlen("socks5"))
							       : config->proxy);
	curl_easy_setopt(easy, CURLOPT_NOPROXY, config->proxy ? "" : NULL);
	kg_arena_free(arena);
	return route;
}

struct curl_slist *
server_headers(const struct server *server)
{
	struct curl_slist *list = NULL;

	for (const char *const *header = server->headers; *header; header++)
		list = curl_slist_append(list, *header);
	return list;
}
