#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/path.h"
#include "engine/probe.h"
#include "tests/unit/probe/alone.h"

static constexpr int64_t short_ms = 300;
static constexpr int64_t long_ms = 20000;

static int
setup(void **state)
{
	*state = alone_make(NULL, NULL);
	return 0;
}

static int
teardown(void **state)
{
	alone_free(*state);
	return 0;
}

static const char *
failure_of(struct alone *alone, struct kg_next next)
{
	assert_int_equal(next.what, KG_NEXT_FAILED);
	return kg_error_text(alone->arena, next.error);
}

static const char *
text_append(struct alone *alone, const char *name, const char *text)
{
	const char *path = kg_path_join(alone->arena, alone->folder, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	assert_int_equal(kg_file_write_all(fd, text, strlen(text)), 0);
	close(fd);
	return path;
}

static void
a_line_that_is_there_already_counts(void **state)
{
	struct alone *alone = *state;
	const char *path = text_append(alone, "log", "starting\nready to accept connections\nmore\n");
	struct kg_probe rule = { .log = "^ready to .* connections$", .timeout_ms = long_ms, .attempt_ms = 1000 };

	assert_int_equal(alone_probe(alone, &rule, &(struct kg_probe_about){ .log = path }).what, KG_NEXT_DONE);
	assert_int_equal(alone->waits, 0);
}

static void
an_earlier_life_does_not_count(void **state)
{
	struct alone *alone = *state;
	const char *path = text_append(alone, "log", "ready\nstopped\n");
	struct kg_probe rule = { .log = "ready", .timeout_ms = short_ms, .attempt_ms = 1000 };
	struct kg_probe_about about = { .log = path, .log_from = 6 };

	assert_string_equal(failure_of(alone, alone_probe(alone, &rule, &about)),
	    "not ready after 300 ms: log /ready/: no line matches yet, the last one is \"stopped\"");
}

static void
half_a_line_does_not_match(void **state)
{
	struct alone *alone = *state;
	const char *path = text_append(alone, "log", "ready");
	struct kg_probe rule = { .log = "ready", .timeout_ms = short_ms, .attempt_ms = 1000 };

	assert_string_equal(failure_of(alone, alone_probe(alone, &rule, &(struct kg_probe_about){ .log = path })),
	    "not ready after 300 ms: log /ready/: nothing was printed yet");
}

/* Writes piece after piece into the log of the folder, with rotation where a piece is NULL. */
struct writer {
	pthread_t thread;
	struct alone *alone;
	const char *path;
	const char *const *pieces;
	int count;
};

static void *
writer_run(void *context)
{
	const struct writer *writer = context;
	char older[128];

	snprintf(older, sizeof(older), "%s.1", writer->path);
	for (int i = 0; i < writer->count; i++) {
		usleep(20000);
		if (!writer->pieces[i]) {
			rename(writer->path, older);
			continue;
		}
		int fd = open(writer->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		kg_file_write_all(fd, writer->pieces[i], strlen(writer->pieces[i]));
		close(fd);
	}
	return NULL;
}

static void
log_watched(struct alone *alone, const char *const *pieces, int count)
{
	struct writer writer = {
		.alone = alone, .path = kg_path_join(alone->arena, alone->folder, "log"), .pieces = pieces, .count = count
	};
	struct kg_probe rule = { .log = "ready [0-9]+", .timeout_ms = long_ms, .attempt_ms = 1000 };

	assert_int_equal(pthread_create(&writer.thread, NULL, writer_run, &writer), 0);
	assert_int_equal(alone_probe(alone, &rule, &(struct kg_probe_about){ .log = writer.path }).what, KG_NEXT_DONE);
	pthread_join(writer.thread, NULL);
}

static void
lines_may_come_in_pieces(void **state)
{
	log_watched(*state, (const char *const[]){ "starting\nrea", "dy ", "7\n" }, 3);
}

static void
a_log_is_followed_through_its_rotation(void **state)
{
	log_watched(*state, (const char *const[]){ "starting\n", NULL, "old one\n", NULL, "ready 1\n" }, 5);
}

static void
a_log_is_watched_before_it_is_there(void **state)
{
	struct alone *alone = *state;

	log_watched(alone, (const char *const[]){ "ready 1\n" }, 1);
	assert_in_range(alone->waits, 1, 20);
}

static void
a_log_that_was_rotated_before_is_read_from_its_older_part(void **state)
{
	struct alone *alone = *state;
	const char *path = kg_path_join(alone->arena, alone->folder, "log");
	struct kg_probe rule = { .log = "ready", .timeout_ms = long_ms, .attempt_ms = 1000 };
	const char *older = text_append(alone, "log.1", "ready in an earlier life\nready\n");
	struct stat stat_buffer;

	text_append(alone, "log", "chatter\n");
	assert_int_equal(stat(older, &stat_buffer), 0);
	struct kg_probe_about about = { .log = path, .log_inode = stat_buffer.st_ino, .log_from = 25 };
	assert_int_equal(alone_probe(alone, &rule, &about).what, KG_NEXT_DONE);

	rule.timeout_ms = short_ms;
	about.log_from = 31;
	assert_int_equal(alone_probe(alone, &rule, &about).what, KG_NEXT_FAILED);
}

#define log_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		log_test(a_line_that_is_there_already_counts),
		log_test(an_earlier_life_does_not_count),
		log_test(half_a_line_does_not_match),
		log_test(lines_may_come_in_pieces),
		log_test(a_log_is_followed_through_its_rotation),
		log_test(a_log_is_watched_before_it_is_there),
		log_test(a_log_that_was_rotated_before_is_read_from_its_older_part),
	};

	return cmocka_run_group_tests_name("log", tests, nullptr, nullptr);
}
