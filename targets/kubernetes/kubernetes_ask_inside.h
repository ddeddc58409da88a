/*
 * What the two files of the asking share: kubernetes_ask.c plans the requests, kubernetes_answer.c makes them and reads what comes back.
 */
#pragma once

#include "targets/kubernetes/client/api.h"
#include "targets/kubernetes/kubernetes_ask.h"

enum ask_what {
	ASK_OBJECT,
	ASK_HOLDERS,   /* Services of all namespaces */
	ASK_NAMES,     /* those of the same kind and namespace */
	ASK_ELSEWHERE, /* those of the same kind and name */
	ASK_VOLUMES,   /* PersistentVolumes that name a class */
	ASK_NAMESPACE, /* that something is missing in */
	ASK_GROUPS,    /* of the server's kinds */
	ASK_AGE,       /* of the cluster */
	ASK_RIGHT,     /* of an account */
};

/* One request; a part of the job. */
struct ask {
	struct kubernetes_asking *asking;
	enum ask_what what;
	struct kubernetes_question *question; /* that it is about; NULL: none */
	struct kubernetes_right *right;       /* of ASK_RIGHT */
};

struct kubernetes_asks {
	struct kg_api *api;
	KG_LIST(struct ask) asks;
	struct kg_map absent_namespaces;
	bool has_operators; /* the server has kinds that are not Kubernetes' own */
	bool wants_age;     /* something is missing that clusters come with */
	bool is_young;      /* the cluster may still be bringing what it comes with */
};

/* NULL: of a kind that is not asked for. */
const struct kg_resource *kubernetes_ask_resource(const char *kind);
kg_step kubernetes_ask_send;
