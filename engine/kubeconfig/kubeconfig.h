/*
 * A kubeconfig as client-go reads it: the files of $KUBECONFIG made one (of entries with one name the first counts), one of their contexts, and the
 * cluster and user that it names.
 *
 *     const char *const *files = kg_kubeconfig_files(arena, NULL, getenv("KUBECONFIG"), getenv("HOME"));
 *     struct kg_kubeconfig config;
 *     error = kg_kubeconfig_read(arena, files, "kind-test", &config);
 *
 * Relative paths are relative to the file that says them, `…-data` counts before a path, and tokenFile before token.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "engine/base/error.h"
#include "engine/base/field.h"

struct kg_arena;
struct kg_yaml_source;

/* A program that prints credentials (client.authentication.k8s.io). */
struct kg_kubeconfig_plugin {
	const char *command;       /* looked up along PATH, or absolute */
	const char *const *args;   /* ended by NULL */
	const struct kg_pair *env; /* beside kgraph's own environment; ended by a NULL name */
	const char *api_version;
	const char *install_hint;    /* NULL: none */
	bool wants_cluster;          /* provideClusterInfo */
	bool wants_terminal;         /* interactiveMode: Always */
	const cJSON *cluster_config; /* the cluster's extension for plug-ins; NULL: none */
};

struct kg_kubeconfig {
	const char *context;    /* its name */
	const char *namespace_; /* NULL: none said */
	const char *server;     /* "https://127.0.0.1:6443", no slash at the end */
	const char *tls_name;   /* NULL: the server's host */
	const char *ca_pem; /* NULL: the system's; ca_file counts only in kg_kubeconfig_parse's answer, where nothing was read */
	const char *ca_file;
	bool insecure;
	const char *proxy; /* NULL: the environment's */

	const char *user;                 /* its name, for sentences */
	const char *token, *token_file;   /* NULL: none */
	const char *username, *password;  /* NULL: none */
	const char *cert_pem, *cert_file; /* as ca_pem and ca_file */
	const char *key_pem, *key_file;
	const char *as, *as_uid;                   /* NULL: nobody */
	const char *const *as_groups;              /* ended by NULL */
	const struct kg_pair *as_extra;            /* ended by a NULL name; a name may come several times */
	const struct kg_kubeconfig_plugin *plugin; /* NULL: none */
	struct kg_place user_place;                /* where the user stands; file NULL: in no kubeconfig */

	const char *const *files; /* all that it was made of, ended by NULL: when one of them changes it is to be read again */
};

/* The files to be read, ended by NULL: path when it is given, else what list (of $KUBECONFIG) names, else home/.kube/config. Pure. */
const char *const *kg_kubeconfig_files(struct kg_arena *arena, const char *path, const char *list, const char *home);

/*
 * Files that are not there are passed over. context NULL: the first current-context that one of them says. KG_EINPUT when what is needed is missing or
 * wrong, with its place; KG_ESYSTEM when a file cannot be read. *ret_config is empty, without an error, when none of the files is there.
 */
[[nodiscard]] struct kg_error *kg_kubeconfig_read(
    struct kg_arena *arena, const char *const *files, const char *context, struct kg_kubeconfig *ret_config);
/* The same of texts; the files that they name are not read. Pure. */
[[nodiscard]] struct kg_error *kg_kubeconfig_parse(struct kg_arena *arena, const struct kg_yaml_source *sources, uint32_t count,
    const char *context, struct kg_kubeconfig *ret_config);

/*
 * What a pod is given: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT (host, port), and folder with `token`, `ca.crt` and `namespace`. False: it is
 * no pod, or has no service account.
 */
bool kg_kubeconfig_of_pod(
    struct kg_arena *arena, const char *host, const char *port, const char *folder, struct kg_kubeconfig *ret_config);
