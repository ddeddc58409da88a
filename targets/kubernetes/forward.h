/*
 * The kind `forward`: a port of this machine that leads to a pod's, for as long as the stack is up.
 *
 *     [node.database-port]
 *     kind = "forward"
 *     needs = ["database:ready"]
 *     service = "postgresql"
 *     port = 5432
 *
 *     [node.schema]
 *     kind = "migration"
 *     url = "postgresql://app@${node.database-port.address}/app"
 */
#pragma once

struct kg_kind;

extern const struct kg_kind kg_kind_forward;
