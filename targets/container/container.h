/*
 * The kinds of this family that run what images hold: `container`, `network` and `volume`.
 *
 *     [node.postgresql]
 *     kind = "container"
 *     image = "postgres:16"
 *     network = "${node.net.name}"
 *     ports = ["${port.postgresql}:5432"]
 *     ready = { postgresql = "postgresql://postgres@127.0.0.1:${port.postgresql}/postgres" }
 */
#pragma once

struct kg_kind;

extern const struct kg_kind kg_kind_container, kg_kind_network, kg_kind_volume;
