/*
 * FieldsV1 is a tree: "f:NAME" is the member of that name, "k:{…}" the element of a list with these keys, "v:…" the element of a set, "i:N" the one at a
 * place, "." the thing itself. What has nothing below it is a leaf: a value, or a list or table that is owned as one.
 */
#include "targets/kubernetes/owned.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include "engine/base/arena.h"
#include "engine/base/list.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/json.h"

/* Manifests are shallow; a server that nests deeper than this is not believed. */
enum { DEEPEST = 64 };
/* Longer values are kept as digests: the sentence would not show them whole anyway. */
static constexpr size_t value_most = 80;

struct walk {
	struct kg_arena *arena;
	const char *keys[DEEPEST]; /* of the leaf */
	uint32_t depth;
	bool is_secret;   /* values are kept as digests */
	const char *salt; /* what digests of short secrets are mixed with */
	void (*leaf)(struct walk *walk, const cJSON *value);
	void *context;
};

const cJSON *
kg_owned_fields(const cJSON *object, const char *manager)
{
	const cJSON *entry;

	cJSON_ArrayForEach(entry, kg_json_at(object, "metadata.managedFields"))
	{
		const char *name = kg_json_text(entry, "manager"), *operation = kg_json_text(entry, "operation");
		const char *part = kg_json_text(entry, "subresource");

		if (kg_text_equal(name, manager) && kg_text_equal(operation, "Apply") && (!part || !*part))
			return kg_json_at(entry, "fieldsV1");
	}
	return NULL;
}

static bool
is_leaf(const cJSON *fields)
{
	return !fields->child || (strcmp(fields->child->string, ".") == 0 && !fields->child->next);
}

static bool
has_keys(const cJSON *element, const cJSON *keys)
{
	const cJSON *key;

	cJSON_ArrayForEach(key, keys)
	{
		const cJSON *value = cJSON_GetObjectItemCaseSensitive(element, key->string);

		if (!value || !cJSON_Compare(value, key, true))
			return false;
	}
	return true;
}

/* What a key leads to, or NULL. */
static const cJSON *
step_down(struct kg_arena *arena, const cJSON *value, const char *key)
{
	const cJSON *element;

	if (kg_text_starts(key, "f:"))
		return cJSON_GetObjectItemCaseSensitive(value, key + 2);
	if (kg_text_starts(key, "i:"))
		return cJSON_GetArrayItem(value, atoi(key + 2));
	const cJSON *wanted = kg_json_read(arena, key + 2, strlen(key + 2));
	if (!wanted || !cJSON_IsArray(value))
		return NULL;
	cJSON_ArrayForEach(element, value)
	{
		if (kg_text_starts(key, "k:") ? has_keys(element, wanted) : cJSON_Compare(element, wanted, true))
			return element;
	}
	return NULL;
}

static void
walk_below(struct walk *walk, const cJSON *fields, const cJSON *value)
{
	const cJSON *field;

	if (walk->depth == DEEPEST)
		return;
	cJSON_ArrayForEach(field, fields)
	{
		if (strcmp(field->string, ".") == 0 || strlen(field->string) < 2)
			continue;
		const cJSON *below = value ? step_down(walk->arena, value, field->string) : NULL;

		walk->keys[walk->depth++] = field->string;
		if (is_leaf(field))
			walk->leaf(walk, below);
		else
			walk_below(walk, field, below);
		walk->depth--;
	}
}

static struct walk
walk_make(struct kg_arena *arena, const cJSON *object, void (*leaf)(struct walk *, const cJSON *), void *context)
{
	const char *uid = kg_json_text(object, "metadata.uid");

	return (struct walk){
		.arena = arena,
		.is_secret = kg_text_equal(kg_json_text(object, "kind"), "Secret"),
		.salt = uid ? uid : "",
		.leaf = leaf,
		.context = context,
	};
}

static const char *
digest(struct walk *walk, const char *text)
{
	unsigned char sum[SHA256_DIGEST_LENGTH];
	struct kg_text digest = { .arena = walk->arena };
	const char *salted = kg_format(walk->arena, "%s %s", walk->salt, text);

	SHA256((const unsigned char *)salted, strlen(salted), sum);
	kg_text_add(&digest, "#");
	for (int i = 0; i < 12; i++)
		kg_text_format(&digest, "%02x", sum[i]);
	return kg_text_end(&digest);
}

/* What is secret of a Secret stands in data and stringData. */
static const char *
value_tell(struct walk *walk, const cJSON *value)
{
	bool is_hidden = walk->is_secret && strstr(walk->keys[0], "ata");

	if (!value)
		return "";
	const char *text = kg_json_print(walk->arena, value);
	return is_hidden || strlen(text) > value_most ? digest(walk, text) : text;
}

struct values {
	KG_LIST(const char *) texts;
};

static void
value_keep(struct walk *walk, const cJSON *value)
{
	struct values *values = walk->context;

	kg_list_push(walk->arena, &values->texts, value_tell(walk, value));
}

const char *const *
kg_owned_values(struct kg_arena *arena, const cJSON *fields, const cJSON *object)
{
	struct values values = { 0 };
	struct walk walk = walk_make(arena, object, value_keep, &values);

	walk_below(&walk, fields, object);
	kg_list_push(arena, &values.texts, NULL);
	return values.texts.items;
}

/* "spec.template.spec.containers[app].image", "data[app.yaml]" */
static const char *
path_tell(const struct walk *walk)
{
	struct kg_text text = { .arena = walk->arena };

	for (uint32_t i = 0; i < walk->depth; i++) {
		const char *key = walk->keys[i] + 2;
		bool is_member = walk->keys[i][0] == 'f';

		if (is_member && !strpbrk(key, "./ ")) {
			kg_text_format(&text, "%s%s", i > 0 ? "." : "", key);
			continue;
		}
		const cJSON *keys = is_member ? NULL : kg_json_read(walk->arena, key, strlen(key));
		const cJSON *name = cJSON_GetObjectItemCaseSensitive(keys, "name");
		if (cJSON_IsString(name))
			key = name->valuestring;
		kg_text_format(&text, "[%s]", key);
	}
	return kg_text_end(&text);
}

struct comparison {
	const char *const *values; /* of the leaf that comes next */
	const cJSON *object;
	const char *sentence; /* of the first difference */
	uint32_t count;
};

/* Who has it now, beside us, or NULL. */
static const char *
owner_find(const struct walk *walk, const cJSON *object)
{
	const cJSON *entry;
	const char *found = NULL;

	cJSON_ArrayForEach(entry, kg_json_at(object, "metadata.managedFields"))
	{
		const cJSON *at = kg_json_at(entry, "fieldsV1");

		for (uint32_t i = 0; at && i < walk->depth && !(i > 0 && is_leaf(at)); i++)
			at = cJSON_GetObjectItemCaseSensitive(at, walk->keys[i]);
		if (at && !kg_text_equal(kg_json_text(entry, "manager"), "kgraph"))
			found = kg_json_text(entry, "manager");
	}
	return found;
}

static void
leaf_compare(struct walk *walk, const cJSON *value)
{
	struct comparison *comparison = walk->context;

	if (!*comparison->values)
		return;
	const char *before = *comparison->values++, *now = value_tell(walk, value);
	if (strcmp(before, now) == 0 || comparison->count++ > 0)
		return;
	const char *path = path_tell(walk), *owner = owner_find(walk, comparison->object);
	const char *by = owner ? kg_format(walk->arena, " (%s)", owner) : "";
	if (!*now)
		comparison->sentence = kg_format(walk->arena, "%s is gone%s", path, by);
	else if (!*before || *before == '#' || *now == '#')
		comparison->sentence = kg_format(walk->arena, "%s has another value than it was given%s", path, by);
	else
		comparison->sentence = kg_format(walk->arena, "%s is %s, it was %s%s", path, now, before, by);
}

const char *
kg_owned_difference(struct kg_arena *arena, const cJSON *fields, const char *const *values, const cJSON *object)
{
	struct comparison comparison = { .values = values, .object = object };
	struct walk walk = walk_make(arena, object, leaf_compare, &comparison);

	walk_below(&walk, fields, object);
	if (comparison.count > 1)
		return kg_format(arena, "%s, and %u more", comparison.sentence, (unsigned)comparison.count - 1);
	return comparison.sentence;
}

struct search {
	const char *path;
	bool is_found;
};

static bool
stands_below(const char *path, const char *above)
{
	size_t length = strlen(above);

	return strncmp(path, above, length) == 0 && (!path[length] || path[length] == '.' || path[length] == '[');
}

/* As structured-merge-diff prints a path: .name, [key="value",other=1], [="element"], [3]. */
static void
leaf_search(struct walk *walk, const cJSON *)
{
	struct search *search = walk->context;
	struct kg_text text = { .arena = walk->arena };

	for (uint32_t i = 0; i < walk->depth; i++) {
		const char *key = walk->keys[i] + 2;

		if (walk->keys[i][0] == 'f') {
			kg_text_format(&text, ".%s", key);
		} else if (walk->keys[i][0] == 'k') {
			const cJSON *member, *keys = kg_json_read(walk->arena, key, strlen(key));
			const char *comma = "";

			kg_text_add(&text, "[");
			cJSON_ArrayForEach(member, keys)
			{
				kg_text_format(&text, "%s%s=%s", comma, member->string, kg_json_print(walk->arena, member));
				comma = ",";
			}
			kg_text_add(&text, "]");
		} else {
			kg_text_format(&text, walk->keys[i][0] == 'v' ? "[=%s]" : "[%s]", key);
		}
	}
	const char *ours = kg_text_end(&text);
	search->is_found |= stands_below(ours, search->path) || stands_below(search->path, ours);
}

bool
kg_owned_has(struct kg_arena *arena, const cJSON *fields, const char *path)
{
	struct search search = { .path = path };
	struct walk walk = walk_make(arena, NULL, leaf_search, &search);

	walk_below(&walk, fields, NULL);
	return search.is_found;
}
