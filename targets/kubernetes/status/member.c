#include "targets/kubernetes/status/member.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"

/* cJSON's own lookup wants a name that ends with a zero byte; the names here end with a dot. */
static const cJSON *
child(const cJSON *object, const char *name, size_t length)
{
	if (!cJSON_IsObject(object))
		return NULL;
	for (const cJSON *one = object->child; one; one = one->next)
		if (one->string && strncmp(one->string, name, length) == 0 && !one->string[length])
			return one;
	return NULL;
}

const cJSON *
kg_member(const cJSON *object, const char *path)
{
	for (const char *at = path; object; at++) {
		size_t length = strcspn(at, ".");

		object = child(object, at, length);
		at += length;
		if (!*at)
			break;
	}
	return object;
}

const char *
kg_member_text(const cJSON *object, const char *path, const char *otherwise)
{
	const char *text = cJSON_GetStringValue(kg_member(object, path));

	return text ? text : otherwise;
}

const char *
kg_member_some_text(const cJSON *object, const char *path)
{
	const char *text = cJSON_GetStringValue(kg_member(object, path));

	return text && *text ? text : NULL;
}

bool
kg_is_integer(const cJSON *value)
{
	return cJSON_IsNumber(value) && value->valuedouble == floor(value->valuedouble) && fabs(value->valuedouble) < 9e15;
}

int64_t
kg_member_integer(const cJSON *object, const char *path, int64_t otherwise)
{
	const cJSON *value = kg_member(object, path);

	return kg_is_integer(value) ? (int64_t)value->valuedouble : otherwise;
}

bool
kg_member_flag(const cJSON *object, const char *path, bool otherwise)
{
	const cJSON *value = kg_member(object, path);

	return cJSON_IsBool(value) ? cJSON_IsTrue(value) : otherwise;
}

int64_t
kg_member_time_s(const cJSON *object, const char *path)
{
	struct tm tm = { 0 };
	int zone_hours = 0, zone_minutes = 0, from = 0;
	char sign = 'Z';
	const char *text = kg_member_text(object, path, "");

	if (sscanf(text, "%4d-%2d-%2d%*1[Tt ]%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
		&tm.tm_sec, &from) != 6)
		return 0;
	const char *rest = text + from;
	rest += strspn(rest, ".0123456789");
	if (sscanf(rest, "%c%2d:%2d", &sign, &zone_hours, &zone_minutes) < 3 || (sign != '+' && sign != '-'))
		zone_hours = zone_minutes = 0;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	int64_t east_s = (int64_t)zone_hours * 3600 + (int64_t)zone_minutes * 60;
	return (int64_t)timegm(&tm) - (sign == '-' ? -east_s : east_s);
}

bool
kg_is_built_in(const char *group, size_t length)
{
	static const char *const plain[] = { "apps", "batch", "autoscaling", "policy", "extensions" };
	static const char *const with_domain[] = { "admissionregistration", "apiextensions", "apiregistration", "authentication",
		"authorization", "certificates", "coordination", "discovery", "events", "flowcontrol.apiserver",
		"internal.apiserver", "networking", "node", "rbac.authorization", "resource", "scheduling", "storage",
		"storagemigration" };
	static const char domain[] = ".k8s.io";
	size_t domain_length = sizeof(domain) - 1;

	if (length == 0)
		return true;
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		if (strlen(plain[i]) == length && memcmp(plain[i], group, length) == 0)
			return true;
	if (length <= domain_length || memcmp(group + length - domain_length, domain, domain_length) != 0)
		return false;
	for (size_t i = 0; i < sizeof(with_domain) / sizeof(*with_domain); i++)
		if (strlen(with_domain[i]) == length - domain_length && memcmp(with_domain[i], group, length - domain_length) == 0)
			return true;
	return false;
}

bool
kg_is_of_kubernetes(const cJSON *object)
{
	const char *version = kg_member_text(object, "apiVersion", "");
	const char *slash = strchr(version, '/');

	return kg_is_built_in(version, slash ? (size_t)(slash - version) : 0);
}

bool
kg_is_kind(const cJSON *object, const char *group, const char *kind)
{
	const char *version = kg_member_text(object, "apiVersion", "");
	size_t length = strlen(group);

	if (strcmp(kg_member_text(object, "kind", ""), kind) != 0)
		return false;
	return length == 0 ? !strchr(version, '/') : strncmp(version, group, length) == 0 && version[length] == '/';
}

const char *
kg_member_key(const cJSON *object, const char *path, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(kg_member(object, path), key));
}

const char *
kg_object_title(struct kg_arena *arena, const char *kind, const char *name)
{
	char *title = kg_format(arena, "%s/%s", kind, name);

	for (char *at = title; *at != '/'; at++)
		*at = (char)tolower((unsigned char)*at);
	return title;
}
