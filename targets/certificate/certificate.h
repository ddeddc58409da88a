/*
 * The kind `certificate`: a certificate authority of the graph's own, and certificates that it signs, made anew in time.
 *
 *     [node.ca]
 *     kind = "certificate"
 *     out = "${dir.state}/ca"
 *     common_name = "test authority"
 *     usages = ["ca"]
 *
 *     [node.server-certificate]
 *     kind = "certificate"
 *     out = "${dir.state}/server"
 *     common_name = "localhost"
 *     sans = ["localhost", "127.0.0.1"]
 *     ca = { cert = "${node.ca.cert}", key = "${node.ca.key}" }
 */
#pragma once

struct kg_kind;

extern const struct kg_kind kg_kind_certificate;
