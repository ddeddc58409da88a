#include "engine/containers/listing_json.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/field.h"
#include "engine/base/list.h"
#include "engine/base/text.h"

struct kg_error *
kg_listing_each(struct kg_arena *arena, const char *text, void (*take)(void *, const cJSON *), void *context)
{
	for (const char *at = text;;) {
		at += strspn(at, " \t\r\n");
		if (!*at)
			return NULL;
		cJSON *item = cJSON_ParseWithOpts(at, &at, false);
		if (!item)
			return kg_error_make(arena, KG_EDATA, "what the engine printed cannot be read: %.60s", at ? at : text);
		if (cJSON_IsArray(item)) {
			const cJSON *one;

			cJSON_ArrayForEach(one, item) take(context, one);
		} else if (cJSON_IsObject(item)) {
			take(context, item);
		}
		cJSON_Delete(item);
	}
}

const char *
kg_listing_text(struct kg_arena *arena, const cJSON *item, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, key));

	return text ? kg_copy(arena, text) : "";
}

const char *
kg_listing_some_text(struct kg_arena *arena, const cJSON *item, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, key));

	return text && *text && strcmp(text, "<none>") != 0 ? kg_copy(arena, text) : NULL;
}

int64_t
kg_listing_number(const cJSON *item, const char *key, int64_t otherwise)
{
	const cJSON *number = cJSON_GetObjectItemCaseSensitive(item, key);

	return cJSON_IsNumber(number) && number->valuedouble > -9e18 && number->valuedouble < 9e18 ? (int64_t)number->valuedouble
												   : otherwise;
}

const char *const *
kg_listing_texts(struct kg_arena *arena, const cJSON *item, const char *key)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(item, key), *one;
	KG_LIST(const char *) texts = { 0 };

	cJSON_ArrayForEach(one, list)
	{
		if (cJSON_IsString(one))
			kg_list_push(arena, &texts, kg_copy(arena, one->valuestring));
	}
	kg_list_push(arena, &texts, NULL);
	return texts.items;
}

const struct kg_pair *
kg_listing_map(struct kg_arena *arena, const cJSON *item, const char *key)
{
	const cJSON *object = cJSON_GetObjectItemCaseSensitive(item, key), *one;
	KG_LIST(struct kg_pair) pairs = { 0 };

	cJSON_ArrayForEach(one, object)
	{
		if (cJSON_IsString(one) && one->string)
			kg_list_push(
			    arena, &pairs, (struct kg_pair){ kg_copy(arena, one->string), kg_copy(arena, one->valuestring) });
	}
	kg_list_push(arena, &pairs, (struct kg_pair){ 0 });
	return pairs.items;
}

const struct kg_pair *
kg_listing_pairs(struct kg_arena *arena, const char *text)
{
	KG_LIST(struct kg_pair) pairs = { 0 };

	for (const char *at = text; *at;) {
		size_t length = strcspn(at, ","), name = strcspn(at, ",=");

		if (at[name] == '=')
			kg_list_push(arena, &pairs,
			    (struct kg_pair){
				kg_copy_bytes(arena, at, name), kg_copy_bytes(arena, at + name + 1, length - name - 1) });
		else if (name > 0)
			kg_list_push(arena, &pairs, (struct kg_pair){ kg_copy_bytes(arena, at, name), "" });
		at += length + (at[length] == ',');
	}
	kg_list_push(arena, &pairs, (struct kg_pair){ 0 });
	return pairs.items;
}

int64_t
kg_listing_time_s(const char *text)
{
	struct tm tm = { 0 };
	int zone_hours = 0, zone_minutes = 0, from = 0;
	char sign = '+';

	if (sscanf(text, "%d-%d-%d%*[T ]%d:%d:%d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec,
		&from) != 6)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	const char *rest = text + from;
	rest += strspn(rest, ".0123456789 ");
	if (sscanf(rest, "%c%2d%*[:]%2d", &sign, &zone_hours, &zone_minutes) < 3 || (sign != '+' && sign != '-'))
		if (sscanf(rest, "%c%2d%2d", &sign, &zone_hours, &zone_minutes) < 3 || (sign != '+' && sign != '-'))
			zone_hours = zone_minutes = 0;
	int64_t east_s = (int64_t)zone_hours * 3600 + (int64_t)zone_minutes * 60;
	return (int64_t)timegm(&tm) - (sign == '-' ? -east_s : east_s);
}

const char *
kg_listing_id(const char *id)
{
	return kg_text_starts(id, "sha256:") ? id + strlen("sha256:") : id;
}
