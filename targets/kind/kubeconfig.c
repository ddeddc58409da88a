#include "targets/kind/kubeconfig.h"

#include <string.h>

#include <openssl/evp.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "targets/kind/yaml.h"

static const cJSON *
member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const char *
text_of(const cJSON *object, const char *name)
{
	const char *text = cJSON_GetStringValue(member(object, name));

	return text ? text : "";
}

/* What the entry of a list of that name holds under key: {name: kind-x, cluster: {…}} */
static const cJSON *
entry(const cJSON *list, const char *name, const char *key)
{
	const cJSON *one;

	cJSON_ArrayForEach(one, list)
	{
		if (strcmp(text_of(one, "name"), name) == 0)
			return member(one, key);
	}
	return NULL;
}

/* NULL when it is none. */
static const char *
base64_read(struct kg_arena *arena, const char *text)
{
	size_t length = strlen(text);
	unsigned char *bytes = kg_new_array(arena, unsigned char, length / 4 * 3 + 1);
	int size = length > 0 && length < INT32_MAX ? EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)length) : -1;

	if (size < 0)
		return NULL;
	/* It counts the bytes that padding stands for. */
	for (size_t i = length; i > 0 && text[i - 1] == '=' && size > 0; i--)
		size--;
	bytes[size] = 0;
	return (const char *)bytes;
}

struct kg_error *
kg_kind_kubeconfig_read(
    struct kg_arena *arena, const char *file, const char *text, size_t size, struct kg_kind_kubeconfig *ret_config)
{
	cJSON *tree;
	struct kg_error *error = kg_kind_yaml_read(arena, file, text, size, &tree);

	*ret_config = (struct kg_kind_kubeconfig){ 0 };
	if (error)
		return error;
	const char *current = text_of(tree, "current-context");
	const cJSON *context = entry(member(tree, "contexts"), current, "context");
	const cJSON *cluster = entry(member(tree, "clusters"), text_of(context, "cluster"), "cluster");
	const cJSON *user = entry(member(tree, "users"), text_of(context, "user"), "user");
	*ret_config = (struct kg_kind_kubeconfig){
		.context = kg_copy(arena, current),
		.server = kg_copy(arena, text_of(cluster, "server")),
		.ca = base64_read(arena, text_of(cluster, "certificate-authority-data")),
		.certificate = base64_read(arena, text_of(user, "client-certificate-data")),
		.key = base64_read(arena, text_of(user, "client-key-data")),
	};
	cJSON_Delete(tree);
	if (kg_text_starts(ret_config->server, "https://") && ret_config->ca && ret_config->certificate && ret_config->key)
		return NULL;
	return kg_error_at(arena, KG_EDATA, (struct kg_place){ .file = kg_copy(arena, file) },
	    "it does not tell how its cluster is reached, as a kubeconfig of kind's does");
}
