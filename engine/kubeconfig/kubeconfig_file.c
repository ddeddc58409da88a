/* Which files a kubeconfig is made of, and reading them and what they name. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/arena.h"
#include "engine/base/file.h"
#include "engine/base/list.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "engine/kubeconfig/kubeconfig.h"
#include "engine/yaml/yaml.h"

const char *const *
kg_kubeconfig_files(struct kg_arena *arena, const char *path, const char *list, const char *home)
{
	KG_LIST(const char *) files = {};

	if (path && *path) {
		kg_list_push(arena, &files, path);
	} else if (list && *list) {
		for (size_t length; *list; list += length + (list[length] == ':')) {
			length = strcspn(list, ":");
			if (length > 0)
				kg_list_push(arena, &files, kg_copy_bytes(arena, list, length));
		}
	} else if (home && *home) {
		kg_list_push(arena, &files, kg_path_join(arena, home, ".kube/config"));
	}
	kg_list_push(arena, &files, NULL);
	return files.items;
}

/* The text of a file that the kubeconfig names, for *ret_pem unless that is there. */
static struct kg_error *
pem_read(struct kg_arena *arena, const struct kg_kubeconfig *config, const char *what, const char *file, const char **ret_pem)
{
	struct kg_error *error;
	size_t size;

	if (*ret_pem || !file)
		return NULL;
	error = kg_file_read(arena, file, ret_pem, &size);
	if (error)
		return kg_error_wrap(arena, error, "the context `%s` of the kubeconfig names %s", config->context, what);
	if (!strstr(*ret_pem, "-----BEGIN"))
		return kg_error_make(arena, KG_EINPUT, "%s, %s, is not a PEM text", file, what);
	return NULL;
}

static struct kg_error *
files_read(struct kg_arena *arena, struct kg_kubeconfig *config)
{
	struct kg_error *error =
	    pem_read(arena, config, "the certificate of the server's authority", config->ca_file, &config->ca_pem);

	if (!error)
		error = pem_read(arena, config, "the client's certificate", config->cert_file, &config->cert_pem);
	if (!error)
		error = pem_read(arena, config, "the client's key", config->key_file, &config->key_pem);
	return error;
}

struct kg_error *
kg_kubeconfig_read(struct kg_arena *arena, const char *const *files, const char *context, struct kg_kubeconfig *ret_config)
{
	KG_LIST(struct kg_yaml_source) sources = {};
	KG_LIST(const char *) stamped = {};
	struct kg_error *error = NULL;
	struct stat info;

	*ret_config = (struct kg_kubeconfig){};
	for (; *files && !error; files++) {
		struct kg_yaml_source source = { .file = *files };

		kg_list_push(arena, &stamped, *files);
		if (stat(*files, &info) < 0 && (errno == ENOENT || errno == ENOTDIR))
			continue;
		error = kg_file_read(arena, *files, &source.text, &source.size);
		kg_list_push(arena, &sources, source);
	}
	if (error || sources.count == 0)
		return error;
	error = kg_kubeconfig_parse(arena, sources.items, sources.count, context, ret_config);
	if (!error)
		error = files_read(arena, ret_config);
	for (uint32_t i = 0; i < 3; i++) {
		const char *named = i == 0 ? ret_config->ca_file : i == 1 ? ret_config->cert_file : ret_config->key_file;

		if (named)
			kg_list_push(arena, &stamped, named);
	}
	kg_list_push(arena, &stamped, NULL);
	ret_config->files = stamped.items;
	return error;
}

bool
kg_kubeconfig_of_pod(
    struct kg_arena *arena, const char *host, const char *port, const char *folder, struct kg_kubeconfig *ret_config)
{
	static const char *const nobody[] = { NULL };
	static const struct kg_pair nothing = {};
	const char *token, *namespace_;
	struct kg_error *missing;
	size_t size;

	*ret_config = (struct kg_kubeconfig){ .context = "in-cluster",
		.user = "the service account of this pod",
		.as_groups = nobody,
		.as_extra = &nothing,
		.files = nobody };
	if (!host || !*host || !port || !*port)
		return false;
	ret_config->token_file = kg_path_join(arena, folder, "token");
	if (kg_file_read(arena, ret_config->token_file, &token, &size))
		return false;
	/* Without it, the system's authorities are asked, as client-go does. */
	missing = kg_file_read(arena, kg_path_join(arena, folder, "ca.crt"), &ret_config->ca_pem, &size);
	if (missing)
		ret_config->ca_pem = NULL;
	missing = kg_file_read(arena, kg_path_join(arena, folder, "namespace"), &namespace_, &size);
	if (!missing && size > 0)
		ret_config->namespace_ = kg_copy_bytes(arena, namespace_, strcspn(namespace_, "\r\n"));
	ret_config->server = kg_format(arena, strchr(host, ':') ? "https://[%s]:%s" : "https://%s:%s", host, port);
	return true;
}
