/*
 * The kinds about clusters that kind makes out of containers: `kind-cluster` makes one, `image-load` puts images into its nodes.
 *
 *     [node.cluster]
 *     kind = "kind-cluster"
 *     workers = 1
 *     ports = ["${port.datastorage}:30081"]
 *
 *     [node.datastorage-load]
 *     kind = "image-load"
 *     image = "${node.datastorage-image.ref}"
 *     cluster = "${node.cluster.name}"
 */
#pragma once

struct kg_kind;

extern const struct kg_kind kg_kind_kind_cluster, kg_kind_image_load;
