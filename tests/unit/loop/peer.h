/*
 * A real server as the other side of a test: started on a free port of 127.0.0.1, ended with the test however that ends.
 *
 *     struct peer peer = peer_start(folder, (const char *const[]){ "nghttpd", "-a", "127.0.0.1", peer_port, "key", "pem", NULL });
 *     ... peer.port, and what it prints in folder/peer.log
 *     peer_stop(&peer);
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

struct peer {
	pid_t pid;
	uint16_t port;
};

/* In the place of an argument: the port, and "127.0.0.1:PORT". */
extern const char peer_port[], peer_address[];

/* Runs in the folder, and takes connections when this returns. A program that is not there fails the test. */
struct peer peer_start(const char *folder, const char *const *argv);
void peer_stop(struct peer *peer);
