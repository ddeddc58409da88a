#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/process_identity.h"

static void
a_process_knows_itself(void **)
{
	struct kg_process_identity self;

	assert_true(kg_process_identify(getpid(), &self));
	assert_int_equal(self.pid, getpid());
	assert_true(self.start_ticks > 0);
	assert_int_equal(strlen(self.boot), 36);
	assert_true(kg_process_alive(&self));
}

static void
the_same_pid_with_another_start_or_boot_is_another_process(void **)
{
	struct kg_process_identity self, other;

	assert_true(kg_process_identify(getpid(), &self));
	other = self;
	other.start_ticks++;
	assert_false(kg_process_alive(&other));
	other = self;
	other.boot[0] ^= 1;
	assert_false(kg_process_alive(&other));
}

static void
a_process_that_has_ended_is_not_alive_even_as_a_zombie(void **)
{
	struct kg_process_identity child;
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	assert_true(kg_process_identify(pid, &child));
	assert_true(kg_process_alive(&child));
	kill(pid, SIGKILL);
	/* Waits for the end without taking the zombie away. */
	siginfo_t info;
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_false(kg_process_alive(&child));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_false(kg_process_alive(&child));
}

static void
there_is_no_process_zero_or_below(void **)
{
	struct kg_process_identity none;

	assert_false(kg_process_identify(0, &none));
	assert_false(kg_process_identify(-1, &none));
}

static void
the_command_line_is_told_with_spaces(void **)
{
	struct kg_arena *arena = kg_arena_make();
	const char *line = kg_process_command_line(arena, getpid());

	assert_non_null(line);
	assert_non_null(strstr(line, "process_identity_test"));
	assert_true(strlen(line) <= 200);
	assert_null(kg_process_command_line(arena, -1));
	kg_arena_free(arena);
}

static void
who_listens_on_a_port_is_found(void **)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	uint16_t port = ntohs(address.sin_port);
	assert_int_equal(kg_process_listening(port), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(kg_process_listening(port), getpid());
	close(fd);
	assert_int_equal(kg_process_listening(port), 0);
}

static void
who_listens_on_a_port_by_the_new_protocol_is_found_too(void **)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0) {
		print_message("this machine has no IPv6\n");
		skip();
	}
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(kg_process_listening(ntohs(address.sin6_port)), getpid());
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_knows_itself),
		cmocka_unit_test(the_same_pid_with_another_start_or_boot_is_another_process),
		cmocka_unit_test(a_process_that_has_ended_is_not_alive_even_as_a_zombie),
		cmocka_unit_test(there_is_no_process_zero_or_below),
		cmocka_unit_test(the_command_line_is_told_with_spaces),
		cmocka_unit_test(who_listens_on_a_port_is_found),
		cmocka_unit_test(who_listens_on_a_port_by_the_new_protocol_is_found_too),
	};

	return cmocka_run_group_tests_name("process_identity", tests, nullptr, nullptr);
}
