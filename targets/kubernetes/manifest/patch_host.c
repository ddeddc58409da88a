/*
 * Host names of Services in texts, "NAME.NAMESPACE.svc…": they say the namespace outright, so that a stack in another one would quietly speak to the first.
 */
#include <ctype.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/manifest/patch_inside.h"

static bool
is_label(char byte)
{
	return isalnum((unsigned char)byte) || byte == '-';
}

/* Where the label that ends at `end` starts; itself when there is none. */
static const char *
label_start(const char *text, const char *end)
{
	while (end > text && is_label(end[-1]))
		end--;
	return end;
}

/* False when what stands in front of ".svc" at dot is no Service that was renamed. */
static bool
host_find(const struct kg_hosts *hosts, const char *text, const char *dot, const char **ret_start, const char **ret_host)
{
	const char *namespace_ = label_start(text, dot);
	const char *name = namespace_ > text && namespace_[-1] == '.' ? label_start(text, namespace_ - 1) : namespace_;

	if (is_label(dot[strlen(".svc")]) || namespace_ == dot || name >= namespace_ - 1)
		return false;
	const char *host = kg_copy_bytes(hosts->arena, name, (size_t)(dot - name));
	uint32_t index;
	if (!kg_map_get(&hosts->names, host, &index))
		return false;
	*ret_start = name;
	*ret_host = hosts->renamed.items[index];
	return true;
}

static void
text_follow(const struct kg_hosts *hosts, cJSON *value)
{
	struct kg_text text = { .arena = hosts->arena };
	const char *from = value->valuestring, *start, *host;

	for (const char *dot = from; (dot = strstr(dot, ".svc")); dot += strlen(".svc")) {
		if (!host_find(hosts, from, dot, &start, &host))
			continue;
		kg_text_add_bytes(&text, from, (size_t)(start - from));
		kg_text_add(&text, host);
		from = dot;
	}
	if (from == value->valuestring)
		return;
	kg_text_add(&text, from);
	value->valuestring = (char *)kg_text_end(&text);
}

/* As deep as trees are read. */
void
kg_patch_hosts(const struct kg_hosts *hosts, cJSON *json)
{
	if (cJSON_IsString(json))
		text_follow(hosts, json);
	for (cJSON *child = json->child; child; child = child->next)
		kg_patch_hosts(hosts, child);
}
