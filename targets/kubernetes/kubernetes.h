/*
 * The kind `kubernetes`: objects of a cluster, applied in their order, looked at by one listing, waited for by watching.
 *
 *     [node.datastorage]
 *     kind = "kubernetes"
 *     needs = ["schema", "redis:ready"]
 *     files = ["deploy/datastorage"]
 *     namespace = "ds-e2e"
 *     images = { datastorage = "${node.image.ref}" }
 */
#pragma once

struct kg_kind;

extern const struct kg_kind kg_kind_kubernetes;
