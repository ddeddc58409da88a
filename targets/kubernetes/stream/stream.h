/*
 * kgraph-stream: connections to containers by way of the API server, for as long as somebody needs them.
 *
 *     kgraph-stream forward --kubeconfig FILE --namespace shop --service postgresql --port 5432 --listen 127.0.0.1:15432 --told FILE
 *     kgraph-stream try     --kubeconfig FILE --namespace shop --service postgresql --port 5432
 *     kgraph-stream exec    --kubeconfig FILE --namespace shop --deployment web [--container web] [--input] -- COMMAND...
 *
 * `forward` listens, and writes "HOST PORT" into FILE once it does. `try` says whether the port of a ready pod takes a connection, by its exit status and a line.
 * `exec` is the command as far as streams and exit status go, run in the pod that is named, or in one of a workload's that is ready; what goes wrong beside it is
 * exit status 125, as podman and docker have it.
 *
 * It is a program apart from kgraph because it stays in memory as long as the stack is up, and because few runs need a WebSocket.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct conn_ways;

struct forward_about {
	const char *host;
	uint16_t port;    /* 0: any that is free */
	bool may_differ;  /* another one where that is taken */
	const char *told; /* where it is written down; NULL: nowhere */
};
/* Serves until it is killed. An exit status when it cannot begin. */
int forward_serve(struct conn_ways *ways, const struct forward_about *about);
/* 0: the port takes connections. What is wrong goes to standard error. */
int forward_try(struct conn_ways *ways);

struct exec_about {
	const char *container;      /* NULL: the pod's only one */
	const char *const *command; /* ended by NULL */
	bool has_input;             /* standard input is the command's */
};
int exec_run(struct conn_ways *ways, const struct exec_about *about);
static constexpr int stream_failed = 125;
