/* ready = { tcp = "127.0.0.1:5432" }: somebody accepts a connection. */
#include <string.h>

#include "engine/base/arena.h"
#include "engine/probe/attempt.h"
#include "engine/probe/connect.h"

struct kg_error *
kg_probe_tcp_check(struct kg_arena *arena, const char *address)
{
	const char *host, *port;

	if (strstr(address, "${") || kg_probe_address_read(arena, address, &host, &port))
		return NULL;
	return kg_error_make(arena, KG_EINPUT, "`tcp` must be HOST:PORT, not \"%s\"", address);
}

static void
release(struct kg_job *job)
{
	kg_probe_disconnect(kg_probe_run(job)->own);
}

static struct kg_next
connected(struct kg_job *job)
{
	const struct kg_probe_connection *connection = kg_probe_run(job)->own;

	if (connection->fd < 0)
		return kg_probe_not_yet(job, "%s", connection->failure);
	return kg_probe_passed(job);
}

struct kg_next
kg_probe_tcp_try(struct kg_job *job)
{
	struct kg_probe_try *probe = kg_probe_run(job);
	struct kg_probe_connection *connection = kg_probe_own(job, sizeof(*connection));

	if (!kg_probe_address_read(job->arena, probe->rule->tcp, &connection->host, &connection->port))
		return kg_probe_failed(job, kg_probe_tcp_check(job->arena, probe->rule->tcp));
	probe->release = release;
	return kg_probe_connect(job, connection, connected);
}
