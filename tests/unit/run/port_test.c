/* Ports that are chosen: one for each name of a checkout, for as long as it is there, and for nobody else. Each checkout in a process of its own. */

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/run/state.h"
#include "tests/unit/run/bench.h"

static constexpr uid_t nobody = 65534;

/* Two checkouts. Root's folders are open to all: one of the two may belong to another user. */
struct pair {
	struct bench *first, *second;
	const char *ports_file;
};

static int
make(void **state)
{
	struct pair *pair = calloc(1, sizeof(*pair));

	pair->first = bench_make();
	pair->second = bench_make();
	pair->ports_file = bench_path(pair->first, "user/ports");
	*state = pair;
	return 0;
}

static int
drop(void **state)
{
	struct pair *pair = *state;

	bench_free(pair->first);
	bench_free(pair->second);
	free(pair);
	return 0;
}

/* A port that is free now, on all addresses. */
static uint16_t
free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	close(fd);
	return ntohs(address.sin_port);
}

static int
listen_on(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 1) < 0)
		_exit(3);
	return fd;
}

static void
graph_write(struct bench *bench, uint16_t prefer)
{
	bench_graph(bench,
	    kg_format(bench->arena,
		"[ports]\ndb = { prefer = %u }\n[node.a]\nkind = \"step\"\nsays = \"${port.db}\"\n[node.b]\nkind = \"step\"\n",
		prefer));
}

/* A run in a child, which tells its port and then keeps the run open until it is told to end. */
struct holder {
	pid_t pid;
	int from, to;
	unsigned port;
};

static void
hold(struct bench *bench, const char *ports_file, uid_t user, int told, int asked)
{
	struct kg_run *run;
	char byte;

	if (user && (setgroups(0, NULL) < 0 || setresgid(user, user, user) < 0 || setresuid(user, user, user) < 0))
		_exit(4);
	struct kg_error *error = bench_open(bench, (struct kg_run_options){ .ports_file = ports_file }, &run);
	if (error) {
		fprintf(stderr, "%s\n", error->message);
		_exit(5);
	}
	dprintf(told, "%s\n", run->ports[0]);
	if (read(asked, &byte, 1) != 1)
		_exit(6);
	kg_run_close(run);
	_exit(0);
}

static struct holder
holder_start(struct bench *bench, const char *ports_file, uid_t user)
{
	struct holder holder = { 0 };
	int told[2], asked[2];
	char line[16] = { 0 };

	assert_int_equal(pipe2(told, O_CLOEXEC), 0);
	assert_int_equal(pipe2(asked, O_CLOEXEC), 0);
	holder.pid = fork();
	if (holder.pid == 0) {
		close(asked[1]);
		hold(bench, ports_file, user, told[1], asked[0]);
	}
	close(told[1]);
	close(asked[0]);
	holder.from = told[0];
	holder.to = asked[1];
	assert_true(read(holder.from, line, sizeof(line) - 1) > 0);
	holder.port = (unsigned)atoi(line);
	assert_true(holder.port > 0);
	return holder;
}

static void
holder_end(struct holder *holder)
{
	int status;

	assert_int_equal(write(holder->to, "", 1), 1);
	close(holder->to);
	close(holder->from);
	assert_int_equal(waitpid(holder->pid, &status, 0), holder->pid);
	assert_int_equal(status, 0);
}

/* A run that opens and closes. */
static unsigned
port_of(struct bench *bench, const char *ports_file)
{
	struct holder holder = holder_start(bench, ports_file, 0);

	holder_end(&holder);
	return holder.port;
}

static void
the_preferred_port_is_taken_and_kept(void **state)
{
	struct pair *pair = *state;
	uint16_t prefer = free_port();

	graph_write(pair->first, prefer);
	unsigned port = port_of(pair->first, pair->ports_file);
	assert_int_equal(port, prefer);
	/* A second run has it although somebody is there: that is told when the node that wants it starts. */
	int fd = listen_on(prefer);
	assert_int_equal(port_of(pair->first, pair->ports_file), prefer);
	close(fd);
}

static void
who_prefers_another_port_gets_it(void **state)
{
	struct pair *pair = *state;
	uint16_t prefer = free_port();

	graph_write(pair->first, prefer);
	assert_int_equal(port_of(pair->first, pair->ports_file), prefer);
	uint16_t other = free_port();
	graph_write(pair->first, other);
	assert_int_equal(port_of(pair->first, pair->ports_file), other);
}

static void
two_checkouts_at_once_get_two_ports(void **state)
{
	struct pair *pair = *state;
	uint16_t prefer = free_port();

	graph_write(pair->first, prefer);
	graph_write(pair->second, prefer);
	struct holder first = holder_start(pair->first, pair->ports_file, 0);
	struct holder second = holder_start(pair->second, pair->ports_file, 0);
	assert_int_equal(first.port, prefer);
	assert_int_not_equal(second.port, prefer);
	holder_end(&first);
	holder_end(&second);
}

static void
a_checkout_that_is_down_keeps_its_port(void **state)
{
	struct pair *pair = *state;
	uint16_t prefer = free_port();

	graph_write(pair->first, prefer);
	graph_write(pair->second, prefer);
	assert_int_equal(port_of(pair->first, pair->ports_file), prefer);
	/* Nothing listens there. */
	unsigned other = port_of(pair->second, pair->ports_file);
	assert_int_not_equal(other, prefer);
	assert_int_equal(port_of(pair->first, pair->ports_file), prefer);
	assert_int_equal(port_of(pair->second, pair->ports_file), other);
}

static void
a_thrown_away_ledger_does_not_lose_the_port(void **state)
{
	struct pair *pair = *state;
	uint16_t prefer = free_port();

	graph_write(pair->first, prefer);
	graph_write(pair->second, prefer);
	port_of(pair->first, pair->ports_file);
	unsigned port = port_of(pair->second, pair->ports_file);
	assert_int_equal(unlink(bench_path(pair->second, ".kgraph/default/ledger.mdb")), 0);
	assert_int_equal(port_of(pair->second, pair->ports_file), port);
}

static void
a_checkout_that_is_gone_gives_its_port_back(void **state)
{
	struct pair *pair = *state;
	uint16_t prefer = free_port();
	const char *ports_file = bench_path(pair->second, "user/ports");

	graph_write(pair->first, prefer);
	graph_write(pair->second, prefer);
	assert_int_equal(port_of(pair->first, ports_file), prefer);
	assert_null(kg_file_remove(pair->first->arena, bench_path(pair->first, ".kgraph")));
	assert_int_equal(port_of(pair->second, ports_file), prefer);
	assert_null(strstr(bench_read(pair->second, "user/ports"), pair->first->folder));
}

static void
a_plan_remembers_nothing(void **state)
{
	struct pair *pair = *state;
	uint16_t prefer = free_port();
	struct kg_run *run;

	graph_write(pair->first, prefer);
	assert_null(bench_open(pair->first, (struct kg_run_options){ .ports_file = pair->ports_file, .plan = true }, &run));
	assert_int_equal(atoi(run->ports[0]), prefer);
	kg_run_close(run);
	assert_null(bench_read(pair->first, "user/ports"));
}

/* Each has a file of claims of its own: what keeps them apart is that a chosen port stays bound until its node starts. */
static void
two_users_at_once_get_two_ports(void **state)
{
	struct pair *pair = *state;
	uint16_t prefer = free_port();

	if (geteuid() != 0) {
		print_message("skipped: only root may become another user\n");
		skip();
	}
	graph_write(pair->first, prefer);
	graph_write(pair->second, prefer);
	assert_int_equal(chown(pair->second->folder, nobody, nobody), 0);
	struct holder first = holder_start(pair->first, pair->ports_file, 0);
	struct holder second = holder_start(pair->second, bench_path(pair->second, "user/ports"), nobody);
	assert_int_equal(first.port, prefer);
	assert_int_not_equal(second.port, prefer);
	holder_end(&first);
	holder_end(&second);
}

static void
who_holds_a_port_is_told_by_pid_and_command_line(void **state)
{
	struct pair *pair = *state;
	uint16_t prefer = free_port();
	struct kg_run *run;
	int ready[2];
	char byte;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (pid == 0) {
		listen_on(prefer);
		if (write(ready[1], "", 1) != 1)
			_exit(3);
		pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	graph_write(pair->first, prefer);
	/* Recalled, not chosen: it was free when the checkout got it. */
	assert_null(kg_file_make_folder(pair->first->arena, bench_path(pair->first, "user"), 0700));
	assert_null(bench_open(pair->first, (struct kg_run_options){ 0 }, &run));
	run->ports[0] = kg_format(pair->first->arena, "%u", prefer);
	struct kg_error *error = kg_run_check_ports(run, pair->first->arena, kg_graph_find(run->graph, "a"));
	assert_non_null(error);
	assert_int_equal(error->code, KG_EBUSY);
	assert_non_null(strstr(error->message, kg_format(pair->first->arena, "process %d: ", (int)pid)));
	assert_non_null(strstr(error->message, "port_test"));
	/* Who does not name the port does not mind. */
	assert_null(kg_run_check_ports(run, pair->first->arena, kg_graph_find(run->graph, "b")));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_null(kg_run_check_ports(run, pair->first->arena, kg_graph_find(run->graph, "a")));
	kg_run_close(run);
	close(ready[0]);
	close(ready[1]);
}

/* Another user's processes cannot be looked into. */
static void
check_as_nobody(struct bench *bench, uint16_t port)
{
	struct kg_run *run;

	if (setgroups(0, NULL) < 0 || setresgid(nobody, nobody, nobody) < 0 || setresuid(nobody, nobody, nobody) < 0)
		_exit(4);
	if (bench_open(bench, (struct kg_run_options){ 0 }, &run))
		_exit(5);
	run->ports[0] = kg_format(bench->arena, "%u", port);
	struct kg_error *error = kg_run_check_ports(run, bench->arena, kg_graph_find(run->graph, "a"));
	bool is_told = error && error->code == KG_EBUSY && strstr(error->message, "is held by another user's process");
	kg_run_close(run);
	_exit(is_told ? 0 : 6);
}

static void
a_port_of_another_user_is_told_as_such(void **state)
{
	struct pair *pair = *state;
	uint16_t port = free_port();
	int status;

	if (geteuid() != 0) {
		print_message("skipped: only root may become another user\n");
		skip();
	}
	graph_write(pair->second, 0);
	assert_int_equal(chown(pair->second->folder, nobody, nobody), 0);
	int fd = listen_on(port);
	pid_t pid = fork();
	if (pid == 0) {
		close(fd);
		check_as_nobody(pair->second, port);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(fd);
}

int
main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, make, drop)
	const struct CMUnitTest tests[] = {
		STORY(the_preferred_port_is_taken_and_kept),
		STORY(who_prefers_another_port_gets_it),
		STORY(two_checkouts_at_once_get_two_ports),
		STORY(a_checkout_that_is_down_keeps_its_port),
		STORY(a_thrown_away_ledger_does_not_lose_the_port),
		STORY(a_checkout_that_is_gone_gives_its_port_back),
		STORY(two_users_at_once_get_two_ports),
		STORY(a_port_of_another_user_is_told_as_such),
		/* Last: they open a run in this process, whose children may start no threads then under ThreadSanitizer. */
		STORY(a_plan_remembers_nothing),
		STORY(who_holds_a_port_is_told_by_pid_and_command_line),
	};

	return cmocka_run_group_tests_name("port", tests, NULL, NULL);
}
