need_podman debian
# A cluster is made once, used again after it was looked at, and made anew when it has to be other than it is.
fake_kind

write_graph() {
    graph <<END
[graph]
name = "shop"
default = "cluster"
[ports]
web = { prefer = 30981 }
[node.cluster]
kind = "kind-cluster"
name = "shop-e2e"
workers = 1
ports = [{ mapping = "\${port.web}:30081", as = "web" }]
$1
[export]
WEB = "\${node.cluster.web}"
KUBECONFIG = "\${node.cluster.kubeconfig}"
END
}
write_graph ''
calls_forget() { : >"$FAKE_KIND/calls"; }
# up_quietly: without a word to kind.
up_quietly() {
    calls_forget
    kg up
    ended_with 0
    same "$(kind_calls '')" 0
}
# up_anew WHY: the cluster is deleted and made.
up_anew() {
    calls_forget
    kg up
    ended_with 0
    same "$(kind_calls delete) $(kind_calls create)" "1 1"
    grep -qF -- "$1" .kgraph/default/runs/*/cluster.log || fail "the log does not say: $1"
}

# Made, with what others need to know of it, and with a kubeconfig of its own.
kg up
ended_with 0
same "$(kind_nodes shop-e2e)" "shop-e2e-control-plane shop-e2e-worker"
kg env
says "WEB='127.0.0.1:$(kgraph_port web)'"
kubeconfig=$PWD/.kgraph/default/nodes/cluster/kubeconfig
says "KUBECONFIG='$kubeconfig'"
same "$(stat -c %a "$kubeconfig")" 600
gone "$HOME/.kube/config"

# There, and well: nothing is done, and one listing tells it.
watch_engine
up_quietly
says "1 node unchanged"
same "$(engine_calls ps) $(wc -l <.watch/calls)" "1 1"

# Nodes that were stopped or killed are started again; what is in them stays.
podman exec shop-e2e-worker touch /kind/kept
podman stop --time 1 shop-e2e-worker >/dev/null
up_quietly
says "its node shop-e2e-worker is exited"
podman exec shop-e2e-worker test -e /kind/kept
podman kill shop-e2e-control-plane shop-e2e-worker >/dev/null
up_quietly
podman exec shop-e2e-worker test -e /kind/kept

# A checkout that has lost its state knows its own by the mark in it, and has its kubeconfig told again.
rm -rf .kgraph
calls_forget
kg up
ended_with 0
same "$(kind_calls 'get kubeconfig') $(kind_calls create)" "1 0"
podman exec shop-e2e-worker test -e /kind/kept
up_quietly

# Other settings that kind cannot put into a cluster that is there: it is said which, and it is made anew.
write_graph 'feature_gates = { InPlacePodVerticalScaling = true }'
up_anew "featureGates is new"
write_graph 'feature_gates = { InPlacePodVerticalScaling = false }'
up_anew "featureGates.InPlacePodVerticalScaling was true and is false"

# A node that is gone, an API server that does not come back.
podman rm --force --time 0 shop-e2e-worker >/dev/null
up_anew "1 of its 2 nodes are left"
podman exec shop-e2e-control-plane touch /kind/broken
write_graph 'feature_gates = { InPlacePodVerticalScaling = false }
wait = "1s"'
kg plan
says "its API server is not ready: HTTP 500"
up_anew "API server: HTTP 500"

# Nodes are waited for, and it is told what they lack.
podman exec shop-e2e-control-plane sh -c 'echo cni plugin not initialized >/kind/unready'
kg up
ended_with 3
says "the nodes are not ready: node shop-e2e-control-plane: cni plugin not initialized"
podman exec shop-e2e-control-plane rm /kind/unready

# Another name: the earlier cluster is not left behind.
sed -i 's/shop-e2e/shop-two/' kgraph.toml
up_anew "it is called shop-two now"
same "$(kind_nodes shop-e2e)" ""

# `down` leaves it as it leaves data; purged, nothing is left.
kg down
ended_with 0
says "kept      cluster  the cluster runs on, for the next \`up\`; \`kgraph down --purge\` deletes it"
same "$(kind_nodes shop-two)" "shop-two-control-plane shop-two-worker"
up_quietly
podman stop --time 1 shop-two-control-plane shop-two-worker >/dev/null
kg down
says "the cluster is stopped, and stays for the next \`up\`"
podman rm --force --time 0 shop-two-control-plane shop-two-worker >/dev/null
kg down
ended_with 0
says_nothing_of kept
kg down --purge
ended_with 0
same "$(podman ps --all --quiet)" ""
gone "$kubeconfig"
