#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/text.h"
#include "engine/run/writer.h"

static void
add(struct kg_writer *writer, const char *text)
{
	kg_writer_add(writer, text, strlen(text));
}

static void
texts_arrive_in_order(void **)
{
	int ends[2];
	char got[64];

	assert_int_equal(pipe(ends), 0);
	struct kg_writer *writer = kg_writer_start(&(struct kg_writer_options){ .fd = ends[1], .limit_bytes = 1000 });
	add(writer, "one\n");
	add(writer, "two\n");
	assert_int_equal(read(ends[0], got, 4), 4);
	add(writer, "three\n");
	assert_int_equal(kg_writer_close(writer), 0);
	close(ends[1]);
	ssize_t rest = read(ends[0], got + 4, sizeof(got) - 4);
	assert_int_equal(rest, 10);
	assert_memory_equal(got, "one\ntwo\nthree\n", 14);
	close(ends[0]);
}

static void
left_out(struct kg_text *text, uint64_t count)
{
	kg_text_format(text, "<%llu left out>", (unsigned long long)count);
}

static size_t
read_all(int fd, char *bytes, size_t room)
{
	size_t size = 0;
	ssize_t got;

	while ((got = read(fd, bytes + size, room - size)) > 0)
		size += (size_t)got;
	return size;
}

static void
nobody_waits_for_a_reader_that_does_not_read(void **)
{
	enum { texts = 20000, text_bytes = 100, room = 4 << 20 };
	int ends[2];
	char text[text_bytes + 1];
	char *bytes = malloc(room);

	assert_int_equal(pipe(ends), 0);
	struct kg_writer *writer =
	    kg_writer_start(&(struct kg_writer_options){ .fd = ends[1], .limit_bytes = 100000, .left_out = left_out });
	memset(text, 'x', text_bytes);
	text[text_bytes - 1] = '\n';
	text[text_bytes] = '\0';
	/* More than pipe and limit take, and nobody reads: this would hang if anything waited. */
	for (int i = 0; i < texts; i++)
		add(writer, text);
	pid_t child = fork();
	if (child == 0) {
		/* The reader that comes late is another process, so that closing may wait for it. */
		close(ends[1]);
		size_t size = read_all(ends[0], bytes, room), lines = 0;
		unsigned long long left = 0;

		for (size_t i = 0; i < size; i++) {
			lines += bytes[i] == '\n';
			left += bytes[i] == '<' ? strtoull(bytes + i + 1, NULL, 10) : 0;
		}
		_exit(left > 0 && lines + left == texts ? 0 : 1);
	}
	assert_int_equal(kg_writer_close(writer), 0);
	close(ends[1]);
	close(ends[0]);
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	free(bytes);
}

static void
a_reader_that_has_gone_is_an_error_and_no_signal(void **)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	struct kg_writer *writer = kg_writer_start(&(struct kg_writer_options){ .fd = ends[1], .limit_bytes = 1000 });
	add(writer, "lost\n");
	assert_int_equal(kg_writer_close(writer), EPIPE);
	close(ends[1]);
}

static void
a_full_disk_is_told_at_the_end(void **)
{
	int fd = open("/dev/full", O_WRONLY);

	struct kg_writer *writer = kg_writer_start(&(struct kg_writer_options){ .fd = fd, .limit_bytes = 1000 });
	add(writer, "lost\n");
	assert_int_equal(kg_writer_close(writer), ENOSPC);
	close(fd);
}

static void
a_descriptor_that_does_not_block_is_waited_for(void **)
{
	enum { size = 1 << 20 };
	int ends[2];
	char *bytes = malloc(size);

	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	memset(bytes, 'y', size);
	struct kg_writer *writer = kg_writer_start(&(struct kg_writer_options){ .fd = ends[1], .limit_bytes = size });
	kg_writer_add(writer, bytes, size);
	size_t got = 0;
	while (got < size) {
		ssize_t part = read(ends[0], bytes, size);

		if (part > 0)
			got += (size_t)part;
		else
			usleep(500);
	}
	assert_int_equal(kg_writer_close(writer), 0);
	close(ends[0]);
	close(ends[1]);
	free(bytes);
}

static atomic_int drawings;

static void
draw(void *, struct kg_text *out, const char *added, bool is_last)
{
	atomic_fetch_add(&drawings, 1);
	kg_text_format(out, "[%s%s]", added, is_last ? "." : "");
}

static void
what_is_drawn_takes_in_what_was_added_and_ends_once(void **)
{
	int ends[2];
	char got[64] = "";

	assert_int_equal(pipe(ends), 0);
	struct kg_writer *writer = kg_writer_start(&(struct kg_writer_options){
	    .fd = ends[1], .limit_bytes = 1000, .draw = draw, .draw_after_ms = 3600000, .draw_pause_ms = 50 });
	add(writer, "a");
	kg_writer_redraw(writer);
	add(writer, "b");
	assert_int_equal(kg_writer_close(writer), 0);
	/* What is over before the first drawing was due is drawn once, at the end. */
	assert_int_equal(atomic_load(&drawings), 1);
	assert_int_equal(read(ends[0], got, sizeof(got)), 5);
	assert_string_equal(got, "[ab.]");
	close(ends[0]);
	close(ends[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_arrive_in_order),
		cmocka_unit_test(nobody_waits_for_a_reader_that_does_not_read),
		cmocka_unit_test(a_reader_that_has_gone_is_an_error_and_no_signal),
		cmocka_unit_test(a_full_disk_is_told_at_the_end),
		cmocka_unit_test(a_descriptor_that_does_not_block_is_waited_for),
		cmocka_unit_test(what_is_drawn_takes_in_what_was_added_and_ends_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
