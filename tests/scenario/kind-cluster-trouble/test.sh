need_podman debian
# What goes wrong while a cluster is made, and whose is never touched.
fake_kind

graph <<'END'
[graph]
name = "shop"
default = "cluster"
[node.cluster]
kind = "kind-cluster"
name = "shop-e2e"
ports = ["30981:30081"]
END

# kind is not there.
(
    PATH=${PATH#*fake_kind:}
    kg up
    ended_with 1
    says "the program \`kind\` is not installed"
    says "go install sigs.k8s.io/kind@latest"
)

# A cluster of that name that somebody else has made is not touched.
echo '{ "kind": "Cluster", "apiVersion": "kind.x-k8s.io/v1alpha4" }' >plain.json
KIND_EXPERIMENTAL_PROVIDER=podman kind create cluster --name shop-e2e --config plain.json --kubeconfig plain.kubeconfig 2>/dev/null
kg up
ended_with 1
says "there is a cluster shop-e2e already, and it is not of this node (kgraph has not made it)"
kg down --purge
same "$(kind_nodes shop-e2e)" shop-e2e-control-plane
KIND_EXPERIMENTAL_PROVIDER=podman kind delete cluster --name shop-e2e --kubeconfig plain.kubeconfig 2>/dev/null

# A port that another cluster, a container or a process has: told at once, with who it is.
sed 's/shop-e2e/other/; s/"shop"/"other"/' kgraph.toml >other.toml
mkdir other
mv other.toml other/kgraph.toml
kg -f other/kgraph.toml up
ended_with 0
: >"$FAKE_KIND/calls"
kg up
ended_with 1
says "port 30981 is held by the kind cluster other (other-control-plane)"
same "$(kind_calls create)" 0
kg -f other/kgraph.toml down --purge
podman run --detach --publish 127.0.0.1:30981:80 --name holder localhost/test/debian:1 sleep 100 >/dev/null
kg up
says "port 30981 is held by the container holder"
podman rm --force --time 0 holder >/dev/null
/usr/bin/python3 -m http.server --bind 127.0.0.1 30981 >/dev/null 2>&1 &
server=$!
eventually 10 listener 30981
kg up
says "port 30981 is held by process $server: /usr/bin/python3"
kill $server
wait $server || true

# Creating fails as it does on busy machines: what is left is deleted, and it is tried again.
echo 2 >"$FAKE_KIND/fail"
: >"$FAKE_KIND/calls"
kg up
ended_with 0
same "$(kind_calls create)" 3
grep -q "it is tried again" .kgraph/default/runs/*/cluster.log
kg collect living
same "$(ls living/cluster/shop-e2e-control-plane/inspect.json)" living/cluster/shop-e2e-control-plane/inspect.json
kg down --purge

# It fails each time: nothing of it is left, and what its nodes said is kept.
echo 9 >"$FAKE_KIND/fail"
kg up
ended_with 1
says "cannot make the cluster shop-e2e: failed to init node with kubeadm"
same "$(kind_nodes shop-e2e)" ""
kg collect failed
grep -q shop-e2e-control-plane failed/cluster/failed/shop-e2e-control-plane/inspect.json
rm "$FAKE_KIND/fail"
kg down --purge

# What stays wrong is told in kind's words, and once.
echo 'could not find kindest/node:v9: manifest unknown' >"$FAKE_KIND/fail_for_good"
: >"$FAKE_KIND/calls"
kg up
ended_with 1
says "cannot make the cluster shop-e2e: could not find kindest/node:v9: manifest unknown"
same "$(kind_calls create)" 1
rm "$FAKE_KIND/fail_for_good"

# Killed while it is made: the next run does not take the torso for a cluster.
echo 30 >"$FAKE_KIND/slow"
"$KGRAPH" up >/dev/null 2>&1 &
run=$!
torso() { [ "$(kind_nodes shop-e2e)" = shop-e2e-control-plane ]; }
eventually 30 torso
kill -KILL $run
wait $run 2>/dev/null || true
pkill -KILL -x sleep || true # in this world alone: what kind waits for
rm "$FAKE_KIND/slow"
: >"$FAKE_KIND/calls"
kg up
ended_with 0
same "$(kind_calls delete) $(kind_calls create)" "1 1"
grep -q "an earlier run was ended while it was being made" .kgraph/default/runs/*/cluster.log

# Without the program, a purge still leaves nothing.
PATH=${PATH#*fake_kind:} kg down --purge
ended_with 0
same "$(podman ps --all --quiet)" ""

# Another graph's node of the same name is told apart by its mark.
kg -f other/kgraph.toml up
ended_with 0
sed -i 's/"shop-e2e"/"other"/' kgraph.toml
kg up
ended_with 1
says "there is a cluster other already, and it is not of this node (the node cluster of $PWD/other made it)"
kg -f other/kgraph.toml down --purge
same "$(podman ps --all --quiet)" ""

# Settings that are no settings.
sed -i 's/30981:30081/30981/' kgraph.toml
kg check
ended_with 2
says '`30981` maps no port to one of the node'
