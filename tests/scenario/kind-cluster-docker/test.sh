need_docker debian
# The same with docker, whose listings, copies and words are its own.
fake_kind
export KGRAPH_ENGINE=docker

graph <<'END'
[graph]
name = "shop"
default = "cluster"
[node.cluster]
kind = "kind-cluster"
name = "shop-e2e"
workers = 1
ports = ["30981:30081"]
END
calls_forget() { : >"$FAKE_KIND/calls"; }
nodes() { docker ps "$@" --filter label=io.x-k8s.kind.cluster=shop-e2e --format '{{.Names}}' | sort | xargs; }

kg up
ended_with 0
same "$(nodes)" "shop-e2e-control-plane shop-e2e-worker"
kg up
ended_with 0
says "1 node unchanged"

# Stopped, paused: as they were.
calls_forget
docker exec shop-e2e-worker touch /kind/kept
docker kill shop-e2e-control-plane >/dev/null
docker pause shop-e2e-worker >/dev/null
kg up
ended_with 0
docker exec shop-e2e-worker test -e /kind/kept
same "$(kind_calls '')" 0

# Known again by its mark.
rm -rf .kgraph
kg up
ended_with 0
same "$(kind_calls create)" 0

# A port that another container has.
kg down --purge
ended_with 0
same "$(nodes --all)" ""
docker run --detach --publish 127.0.0.1:30981:80 --name holder localhost/test/debian:1 sleep 100 >/dev/null
kg up
ended_with 1
says "port 30981 is held by the container holder"
docker rm --force holder >/dev/null
same "$(docker ps --all --quiet)" ""
