#include "tests/unit/loop/asking.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "tests/unit/loop/transfer_server.h"

static void
on_ended(struct kg_wait *wait)
{
	struct asking *asking = wait->context;

	asking->ended++;
}

int
asking_set_up(void **state)
{
	struct asking *asking = calloc(1, sizeof(*asking));

	strcpy(asking->folder, "/tmp/kgraph-http-XXXXXX");
	assert_non_null(mkdtemp(asking->folder));
	asking->server = transfer_server_start();
	asking->arena = kg_arena_make();
	assert_null(kg_loop_make(asking->arena, &asking->loop));
	asking->wait = (struct kg_wait){ .ended = on_ended, .context = asking };
	asking->start = (struct kg_http_start){ .arena = asking->arena, .context = asking };
	*state = asking;
	return 0;
}

int
asking_tear_down(void **state)
{
	struct asking *asking = *state;

	kg_loop_free(asking->loop);
	transfer_server_stop(asking->server);
	assert_null(kg_file_remove(asking->arena, asking->folder));
	kg_arena_free(asking->arena);
	free(asking);
	return 0;
}

const char *
url_of(struct asking *asking, const char *path)
{
	return kg_format(asking->arena, "http://127.0.0.1:%u%s", transfer_server_port(asking->server), path);
}

void
ask(struct asking *asking, const char *path_or_url)
{
	uint32_t expected = asking->ended + 1;

	asking->start.url = *path_or_url == '/' ? url_of(asking, path_or_url) : path_or_url;
	kg_http_start(asking->loop, &asking->wait, &asking->start);
	kg_loop_run(asking->loop);
	assert_int_equal(asking->ended, expected);
}

void
assert_answered(const struct asking *asking, int status, const char *answer)
{
	if (asking->start.error_text)
		fail_msg("%s", asking->start.error_text);
	assert_int_equal(asking->start.status, status);
	assert_string_equal(asking->start.answer, answer);
}

void
assert_failed(const struct asking *asking, const char *error_text)
{
	assert_int_equal(asking->start.status, 0);
	assert_non_null(asking->start.error_text);
	assert_string_equal(asking->start.error_text, error_text);
}

const char *
file_of(struct asking *asking, const char *name)
{
	return kg_format(asking->arena, "%s/%s", asking->folder, name);
}

static unsigned char *
bytes_make(int64_t from, int64_t size)
{
	unsigned char *bytes = malloc((size_t)size + 1);

	for (int64_t i = 0; i < size; i++)
		bytes[i] = transfer_byte(from + i);
	return bytes;
}

const char *
file_with_bytes(struct asking *asking, const char *name, int64_t size)
{
	const char *path = file_of(asking, name);
	unsigned char *bytes = bytes_make(0, size);

	assert_null(kg_file_write(asking->arena, path, bytes, (size_t)size, 0600));
	free(bytes);
	return path;
}

void
assert_file_has_bytes(struct asking *asking, const char *name, int64_t size)
{
	unsigned char *expected = bytes_make(0, size);
	const char *bytes;
	size_t found;

	assert_null(kg_file_read(asking->arena, file_of(asking, name), &bytes, &found));
	assert_int_equal(found, size);
	assert_true(memcmp(bytes, expected, found) == 0);
	free(expected);
}

const char *
sum_of(struct asking *asking, const char *method, int64_t from, int64_t size)
{
	unsigned char *bytes = bytes_make(from, size);
	uint64_t sum = transfer_sum(0, bytes, (size_t)size);

	free(bytes);
	return kg_format(asking->arena, "%s %lld %llx", method, (long long)size, (unsigned long long)sum);
}
