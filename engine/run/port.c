#include "engine/run/port.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/file.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "engine/run/state.h"

/* How many ports behind the preferred one are tried before the system is asked for any. */
static constexpr uint32_t ports_tried = 64;

/* One line of the user's file: PORT, the state folder that has it, its name there. */
struct claim {
	uint16_t port;
	const char *folder, *name;
};

struct claims {
	KG_LIST(struct claim) list;
	bool changed;
};

static bool
folder_exists(const char *folder)
{
	struct stat stat_buffer;

	return stat(folder, &stat_buffer) == 0 && S_ISDIR(stat_buffer.st_mode);
}

/* Claims of folders that are gone are dropped: a removed checkout gives its ports back. */
static void
claims_read(struct kg_run *run, struct claims *claims)
{
	const char *bytes;
	size_t size;

	if (!run->options.ports_file || kg_file_read(run->arena, run->options.ports_file, &bytes, &size))
		return;
	char *rest = kg_copy_bytes(run->arena, bytes, size);
	for (char *line; (line = strsep(&rest, "\n"));) {
		char *port = strsep(&line, "\t"), *folder = strsep(&line, "\t");
		unsigned long number = port ? strtoul(port, NULL, 10) : 0;

		if (!line || number == 0 || number > UINT16_MAX)
			continue;
		if (folder_exists(folder))
			kg_list_push(run->arena, &claims->list, (struct claim){ (uint16_t)number, folder, line });
		else
			claims->changed = true;
	}
}

static struct kg_error *
claims_write(struct kg_run *run, const struct claims *claims)
{
	struct kg_text text = { .arena = run->arena };

	for (uint32_t i = 0; i < claims->list.count; i++) {
		const struct claim *claim = &claims->list.items[i];

		kg_text_format(&text, "%u\t%s\t%s\n", claim->port, claim->folder, claim->name);
	}
	return kg_file_write(run->arena, run->options.ports_file, kg_text_end(&text), text.size, 0600);
}

static bool
is_claimed_elsewhere(struct kg_run *run, const struct claims *claims, uint16_t port, const char *name)
{
	for (uint32_t i = 0; i < claims->list.count; i++) {
		const struct claim *claim = &claims->list.items[i];

		if (claim->port == port && (strcmp(claim->folder, run->folders.state) != 0 || strcmp(claim->name, name) != 0))
			return true;
	}
	return false;
}

/*
 * Binds the port, or any for 0, and gives its number; 0 when it is taken. The socket stays open in *ret_fd: until the node that is to have the
 * port starts, nobody else gets it, not even another kgraph whose user keeps another file of claims.
 */
static uint16_t
port_bind(uint16_t port, int *ret_fd)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_ANY) };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return 0;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    getsockname(fd, (struct sockaddr *)&address, &size) == 0) {
		*ret_fd = fd;
		return ntohs(address.sin_port);
	}
	close(fd);
	return 0;
}

static uint16_t
port_choose(struct kg_run *run, const struct claims *claims, uint16_t prefer, const char *name, int *ret_fd)
{
	for (uint32_t i = 0; prefer != 0 && i < ports_tried && prefer + i <= UINT16_MAX; i++) {
		uint16_t port = (uint16_t)(prefer + i);

		if (!is_claimed_elsewhere(run, claims, port, name) && port_bind(port, ret_fd) != 0)
			return port;
	}
	for (uint32_t i = 0; i < ports_tried; i++) {
		uint16_t port = port_bind(0, ret_fd);

		if (port != 0 && !is_claimed_elsewhere(run, claims, port, name))
			return port;
		if (port != 0)
			close(*ret_fd);
	}
	return 0;
}

static struct claim *
claim_of(struct kg_run *run, const struct claims *claims, const char *name)
{
	for (uint32_t i = 0; i < claims->list.count; i++)
		if (strcmp(claims->list.items[i].folder, run->folders.state) == 0 && strcmp(claims->list.items[i].name, name) == 0)
			return &claims->list.items[i];
	return NULL;
}

/* The ledger's fact is "PORT PREFERRED": who changes what is preferred wants another port. *ret_port stays NULL when a new one is needed. */
static struct kg_error *
port_recall(struct kg_run *run, const struct kg_port *port, const char **ret_port)
{
	const char *name = kg_graph_text(run->graph, port->name), *fact = NULL;
	unsigned number, prefer;

	if (!run->ledger)
		return NULL;
	struct kg_error *error = kg_ledger_fact(run->ledger, run->arena, kg_format(run->arena, "port.%s", name), &fact);
	if (error || !fact || sscanf(fact, "%u %u", &number, &prefer) != 2 || prefer != port->prefer)
		return error;
	*ret_port = kg_format(run->arena, "%u", number);
	return NULL;
}

static struct kg_error *
port_remember(struct kg_run *run, struct claims *claims, const struct kg_port *port, uint16_t number)
{
	const char *name = kg_graph_text(run->graph, port->name);
	struct claim *claim = claim_of(run, claims, name);

	if (claim)
		claim->port = number;
	else
		kg_list_push(run->arena, &claims->list, (struct claim){ number, run->folders.state, name });
	claims->changed = true;
	return kg_ledger_set_fact(
	    run->ledger, run->arena, kg_format(run->arena, "port.%s", name), kg_format(run->arena, "%u %u", number, port->prefer));
}

static struct kg_error *
port_find(struct kg_run *run, struct claims *claims, uint32_t index)
{
	const struct kg_port *port = &run->graph->ports[index];
	const char *name = kg_graph_text(run->graph, port->name);
	struct kg_error *error = port_recall(run, port, &run->ports[index]);

	if (error || run->ports[index])
		return error;

	/* A ledger that was thrown away does not lose the port: as long as the same one is preferred, the user's file still has it. */
	const struct claim *claim = claim_of(run, claims, name);
	bool is_near = claim && port->prefer != 0 && claim->port >= port->prefer && claim->port - port->prefer < ports_tried;
	uint16_t number = is_near ? claim->port : port_choose(run, claims, port->prefer, name, &run->port_holds[index]);
	if (number == 0)
		return kg_error_make(run->arena, KG_ESYSTEM, "no free port can be found for `%s`", name);
	run->ports[index] = kg_format(run->arena, "%u", number);
	return run->options.reading || run->options.plan ? NULL : port_remember(run, claims, port, number);
}

static struct kg_error *
ports_find(struct kg_run *run)
{
	struct claims claims = { 0 };

	claims_read(run, &claims);
	for (uint32_t i = 0; i < run->graph->port_count; i++) {
		struct kg_error *error = port_find(run, &claims, i);

		if (error)
			return error;
	}
	return claims.changed && run->options.ports_file && !run->options.reading && !run->options.plan ? claims_write(run, &claims)
													: NULL;
}

/* All of them known already: the file of the user is not looked at. */
static bool
ports_remembered(struct kg_run *run)
{
	for (uint32_t i = 0; i < run->graph->port_count; i++)
		if (port_recall(run, &run->graph->ports[i], &run->ports[i]) || !run->ports[i])
			return false;
	return true;
}

struct kg_error *
kg_ports_choose(struct kg_run *run)
{
	run->ports = kg_new_array(run->arena, const char *, run->graph->port_count + 1);
	run->port_holds = kg_new_array(run->arena, int, run->graph->port_count + 1);
	for (uint32_t i = 0; i < run->graph->port_count; i++)
		run->port_holds[i] = -1;
	if (run->graph->port_count == 0 || ports_remembered(run))
		return NULL;
	if (!run->options.ports_file)
		return ports_find(run);

	struct kg_error *error = kg_file_make_folder(run->arena, kg_path_folder(run->arena, run->options.ports_file), 0700);
	if (error)
		return error;
	const char *lock = kg_format(run->arena, "%s.lock", run->options.ports_file);
	int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || flock(fd, LOCK_EX) < 0) {
		error = kg_error_system(run->arena, errno, "cannot lock %s", lock);
		if (fd >= 0)
			close(fd);
		return error;
	}
	error = ports_find(run);
	close(fd);
	return error;
}

void
kg_port_give(struct kg_run *run, uint32_t index)
{
	int fd = __atomic_exchange_n(&run->port_holds[index], -1, __ATOMIC_ACQ_REL);

	if (fd >= 0)
		close(fd);
}
