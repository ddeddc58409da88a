/*
 * Ports of this machine that a cluster is to have, asked for before its nodes are made: kind would find out after a minute, and not who holds them.
 */
#pragma once

#include "engine/job.h"

/* Goes on with then when all ports that state->config maps are free, else fails and names who holds one: another cluster, a container, a process. */
struct kg_next kg_cluster_ports_free(struct kg_job *job, kg_step *then);
