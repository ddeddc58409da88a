/*
 * A TCP connection for a probe: HOST:PORT becomes addresses, and they are tried one after another.
 *
 *     return kg_probe_connect(job, &own->connection, connected);           the connection is first in kg_probe_try.own
 *     ...
 *     if (own->connection.fd < 0)
 *         return kg_probe_not_yet(job, "%s", own->connection.failure);
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "engine/job.h"

static constexpr int kg_probe_addresses_max = 8;

/* What a worker thread fills: it may touch nothing else. */
struct kg_probe_addresses {
	char host[256], port[8]; /* set by the caller */
	int failure;             /* of getaddrinfo(3); 0: well */
	int count;
	struct {
		struct sockaddr_storage bytes;
		socklen_t size;
	} items[kg_probe_addresses_max];
};

struct kg_probe_connection {
	const char *host, *port; /* set by the caller, with kg_probe_address_read */
	int fd;                  /* non-blocking; -1: not connected, and failure says why. The release function closes it */
	const char *failure;

	struct kg_probe_addresses *addresses;
	int next;
	kg_step *then;
};

/* "127.0.0.1:5432", "[::1]:5432", "db.example:5432" in two. False when it is not one. */
bool kg_probe_address_read(struct kg_arena *arena, const char *text, const char **ret_host, const char **ret_port);

struct kg_next kg_probe_connect(struct kg_job *job, struct kg_probe_connection *connection, kg_step *then);
void kg_probe_disconnect(struct kg_probe_connection *connection);

/* A host name that only a look-up tells, which may take long. */
bool kg_probe_host_needs_lookup(const char *host);
/* For kg_wait_worker; data is a struct kg_probe_addresses. */
void kg_probe_lookup(void *data);
/* The first address in figures. */
const char *kg_probe_address_tell(struct kg_arena *arena, const struct kg_probe_addresses *addresses);
