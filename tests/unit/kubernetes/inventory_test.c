#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "targets/kubernetes/client/json.h"
#include "targets/kubernetes/inventory.h"

struct scratch {
	struct kg_arena *arena;
	char folder[64];
	const char *path;
};

static int
scratch_make(void **state)
{
	struct kg_arena *arena = kg_arena_make();
	struct scratch *scratch = kg_new(arena, struct scratch);

	scratch->arena = arena;
	strcpy(scratch->folder, "/tmp/kgraph-inventory.XXXXXX");
	*state = scratch;
	if (!mkdtemp(scratch->folder))
		return -1;
	scratch->path = kg_format(arena, "%s/inventory.json", scratch->folder);
	return 0;
}

static int
scratch_free(void **state)
{
	struct scratch *scratch = *state;
	bool is_gone = !kg_file_remove(scratch->arena, scratch->folder);

	kg_arena_free(scratch->arena);
	return is_gone ? 0 : -1;
}

static void
what_is_written_is_read_again(void **state)
{
	struct scratch *scratch = *state;
	struct kg_inventory before = { .cluster = "c1", .is_whole = true }, after;
	static const char fields[] = "{\"f:spec\":{\"k:{\\\"name\\\":\\\"a\\\"}\":{}}}";

	kg_inventory_add(&before, scratch->arena,
	    (struct kg_put){ .api_version = "apps/v1",
		.kind = "Deployment",
		.namespace_ = "shop",
		.name = "web",
		.uid = "u1",
		.made_of = "d1",
		.level = 6,
		.fields = kg_json_read(scratch->arena, fields, strlen(fields)),
		.values = (const char *const[]){ "\"a\\n\"", "", NULL } });
	kg_inventory_add(&before, scratch->arena,
	    (struct kg_put){ .api_version = "v1", .kind = "Namespace", .name = "shop", .uid = "", .made_of = "" });
	assert_null(kg_inventory_write(scratch->arena, scratch->path, &before));
	assert_null(kg_inventory_read(scratch->arena, scratch->path, &after));

	assert_string_equal(after.cluster, "c1");
	assert_true(after.is_whole);
	assert_int_equal(after.puts.count, 2);
	const struct kg_put *web = kg_inventory_find(&after, scratch->arena, "apps/v1", "Deployment", "shop", "web");
	assert_non_null(web);
	assert_string_equal(web->uid, "u1");
	assert_string_equal(web->made_of, "d1");
	assert_int_equal(web->level, 6);
	assert_string_equal(kg_json_print(scratch->arena, web->fields), fields);
	assert_string_equal(web->values[0], "\"a\\n\"");
	assert_string_equal(web->values[1], "");
	assert_null(web->values[2]);
	const struct kg_put *shop = kg_inventory_find(&after, scratch->arena, "v1", "Namespace", NULL, "shop");
	assert_non_null(shop);
	assert_null(shop->namespace_);
	assert_null(shop->fields);
}

static void
another_version_of_a_kind_is_the_same_object(void **state)
{
	struct scratch *scratch = *state;
	struct kg_inventory inventory = { .cluster = "" };

	kg_inventory_add(&inventory, scratch->arena,
	    (struct kg_put){
		.api_version = "batch/v1beta1", .kind = "CronJob", .namespace_ = "a", .name = "x", .uid = "", .made_of = "" });
	assert_non_null(kg_inventory_find(&inventory, scratch->arena, "batch/v1", "CronJob", "a", "x"));
	assert_null(kg_inventory_find(&inventory, scratch->arena, "example.com/v1", "CronJob", "a", "x"));
	assert_null(kg_inventory_find(&inventory, scratch->arena, "batch/v1", "CronJob", "b", "x"));
}

static void
no_file_is_an_empty_inventory(void **state)
{
	struct scratch *scratch = *state;
	struct kg_inventory inventory;

	assert_null(kg_inventory_read(scratch->arena, scratch->path, &inventory));
	assert_int_equal(inventory.puts.count, 0);
	assert_false(inventory.is_whole);
}

static void
a_damaged_file_is_told(void **state)
{
	struct scratch *scratch = *state;
	struct kg_inventory inventory;

	assert_null(kg_file_write(scratch->arena, scratch->path, "{\"version\":1,", 13, 0600));
	struct kg_error *error = kg_inventory_read(scratch->arena, scratch->path, &inventory);
	assert_non_null(error);
	assert_int_equal(error->code, KG_EDATA);
	assert_non_null(error->advice);
}

static void
nobody_else_may_read_it(void **state)
{
	struct scratch *scratch = *state;
	struct kg_inventory inventory = { .cluster = "" };
	struct stat status;

	assert_null(kg_inventory_write(scratch->arena, scratch->path, &inventory));
	assert_int_equal(stat(scratch->path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_written_is_read_again, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(another_version_of_a_kind_is_the_same_object, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(no_file_is_an_empty_inventory, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(a_damaged_file_is_told, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(nobody_else_may_read_it, scratch_make, scratch_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
