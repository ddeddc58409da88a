/*
 * docker-registry itself, on a free port of 127.0.0.1, with its data in a folder of the test's. It ends with the test, however
 * that ends.
 *
 *     struct registry_server *server = registry_server_start(arena, folder, (struct registry_options){ 0 });
 *     ... server->host is "127.0.0.1:40123"
 *     registry_server_stop(server);
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

struct kg_arena;

struct registry_options {
	const char *user, *password; /* Basic authentication; NULL: none */
	const char *certificate;     /* PEM with its key beside it; NULL: plain */
	const char *key;
	const char *more; /* further lines of its configuration, behind those of http; NULL */
	uint16_t port;    /* 0: a free one */
};

struct registry_server {
	const char *host;
	const char *config;
	uint16_t port;
	pid_t pid;
};

/* NULL when docker-registry is not installed. */
struct registry_server *registry_server_start(struct kg_arena *arena, const char *folder, struct registry_options options);
void registry_server_stop(struct registry_server *server);
/* The same again after a stop: with its data, on its port. */
void registry_server_again(struct kg_arena *arena, struct registry_server *server);
/* Runs a program to its end; its exit status. */
int run_program(const char *const *argv);
