/*
 * The kind `process`: a daemon on this machine that outlives kgraph.
 *
 *     [node.redis]
 *     kind = "process"
 *     command = ["redis-server", "--port", "${port.redis}"]
 *     ready = { redis = "127.0.0.1:${port.redis}" }
 */
#pragma once

struct kg_kind;

extern const struct kg_kind kg_kind_process;
