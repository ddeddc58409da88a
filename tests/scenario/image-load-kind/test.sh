need_podman debian busybox
# Images go into all nodes of a cluster of kind's; what one of them lacks is put there again.

need skopeo
fake_kind

mkdir one two
head -c 8M /dev/urandom >one/base
echo 1 >one/top
echo 2 >two/top
printf 'FROM localhost/test/busybox:1\nCOPY base /base\nCOPY top /top\n' >one/Containerfile
printf 'FROM localhost/test/busybox:1\nCOPY top /top\n' >two/Containerfile
graph <<'END'
[graph]
name = "shop"
default = "all"
[target]
all = ["load-one", "load-two"]
[node.cluster]
kind = "kind-cluster"
name = "shop-e2e"
workers = 1
[node.one]
kind = "image"
context = "one"
[node.two]
kind = "image"
context = "two"
[node.load-one]
kind = "image-load"
image = "${node.one.ref}"
cluster = "${node.cluster.name}"
[node.load-two]
kind = "image-load"
image = ["${node.two.ref}", "localhost/test/busybox:1"]
cluster = "${node.cluster.name}"
END
# In a node, the names of images that are of ours.
in_node() { podman exec "$1" ctr --namespace k8s.io images ls --quiet | grep -c localhost/ || true; }
calls() { grep -c "exec.*ctr.*$1" .watch/calls || true; }
watch_engine

# The cluster, the images and both loads side by side.
kg up
ended_with 0
says "5 made"
same "$(in_node shop-e2e-control-plane) $(in_node shop-e2e-worker)" "3 3"

# One listing a node answers for both.
engine_forget
kg up
ended_with 0
says "5 nodes unchanged"
same "$(calls 'images ls') $(calls import)" "2 0"

# One node has lost one: that is put there again, and the other load has nothing to do.
newest=$(podman images --format '{{.Repository}}:{{.Tag}}' | grep '^localhost/one:' | sed -n 1p)
podman exec shop-e2e-worker ctr --namespace k8s.io images rm "$newest" >/dev/null
kg up
ended_with 0
says "$newest is not in"
says "1 made, 4 unchanged"
same "$(in_node shop-e2e-worker)" 3

# A top layer has changed: kilobytes, to both nodes.
echo 3 >one/top
kg up --verbose
ended_with 0
says_like "sending [0-9.]+ KiB to 2 nodes"
same "$(in_node shop-e2e-control-plane) $(in_node shop-e2e-worker)" "4 4"

# Another cluster has none of them.
kg down --purge cluster
ended_with 0
kg up
ended_with 0
same "$(in_node shop-e2e-control-plane) $(in_node shop-e2e-worker)" "3 3"

# No cluster of that name.
sed -i 's/cluster = "${node.cluster.name}"/cluster = "nowhere"/' kgraph.toml
kg up
ended_with 1
says "there is no cluster nowhere in podman"
