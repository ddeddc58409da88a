need_kind debian builder postgres redis
# Two consumers' stacks of the example in one cluster that kind makes: two namespaces, one image, and a port of this machine for each.
stack_copy
sed -i "s|^kind = \"kind-cluster\"|&\nsearch = [\"$(dirname "$(command -v kind)")\"]|" stacks/kubernetes/platform-kind.toml
export KGRAPH_VAR_gateway_platform_node_image=$kind_node
export KGRAPH_VAR_gateway_platform_build_builder_image=localhost/test/builder:1
export KGRAPH_VAR_gateway_platform_build_runtime_image=localhost/test/debian:1
for consumer in gateway aianalysis; do
    export "KGRAPH_VAR_${consumer}_postgresql_image=localhost/test/postgres:1" "KGRAPH_VAR_${consumer}_redis_image=localhost/test/redis:1"
done
nodes() { podman ps "$@" --filter label=io.x-k8s.kind.cluster --format '{{index .Labels "io.x-k8s.kind.cluster"}}'; }

# Others find the images of PostgreSQL and Redis in a registry.
kg up -f two-consumers.toml gateway.platform.cluster
ended_with 0
podman save --quiet --multi-image-archive --output servers.tar localhost/test/postgres:1 localhost/test/redis:1
kind load image-archive servers.tar --name "$(nodes)" >/dev/null 2>&1
rm servers.tar

kg up -f two-consumers.toml
ended_with 0
kg up -f two-consumers.toml
ended_with 0
says "17 nodes unchanged"
for port in 30081 30098; do
    DATASTORAGE_URL=http://127.0.0.1:$port tests/e2e.sh >e2e.log 2>&1 || { cat e2e.log; fail "the suite fails at port $port"; }
done

# Objects go, the cluster stays, and goes as well when that is asked for.
kg down -f two-consumers.toml
ended_with 0
same "$(nodes | wc -l)" 1
kg down -f two-consumers.toml --purge
ended_with 0
same "$(nodes --all | wc -l)" 0
