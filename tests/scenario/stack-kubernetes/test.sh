need_kubernetes
cluster_images postgres redis
need_podman busybox debian builder
# The example in a cluster: built, loaded, applied, migrated through a forwarded port, ready, used through its NodePort.
[ -n "$cluster" ] || skip "the cluster's containerd cannot be reached"
stack_copy
export KGRAPH_PROFILE=kubernetes
export KGRAPH_VAR_ds_namespace=$namespace-ds KGRAPH_VAR_ds_platform_node_address=$node_address
export KGRAPH_VAR_ds_platform_containerd=$cluster/containerd.sock
export KGRAPH_VAR_ds_postgresql_image=localhost/test/postgres:1 KGRAPH_VAR_ds_redis_image=localhost/test/redis:1
export KGRAPH_VAR_ds_platform_build_builder_image=localhost/test/builder:1
export KGRAPH_VAR_ds_platform_build_runtime_image=localhost/test/debian:1
echo "$namespace-ds" >>"$WORK/.namespaces"
namespace=$namespace-ds

kg run -- tests/e2e.sh
ended_with 0
says "0 failed"
kg up
ended_with 0
says "nodes unchanged"

# One field of a Deployment, by somebody else's hand.
k scale --replicas=2 deployment/redis >/dev/null
kg up
ended_with 0
says_like "Deployment.*redis.*replicas"
same "$(field deployment/redis .spec.replicas)" 1

# A line of its configuration: only DataStorage's objects, and a new pod.
before=$(field pods '.items[?(@.metadata.labels.app=="datastorage")].metadata.uid')
kg up --set ds.log_level=debug
ended_with 0
[ "$before" != "$(field pods '.items[?(@.metadata.labels.app=="datastorage")].metadata.uid')" ] || fail "the pod reads what it read before"

# A change in the source: one image, of which the top layer travels.
sed -i 's/"datastorage is up"/"datastorage is up again"/; $a\\' service/main.c
echo 'static const char changed[] __attribute__((used)) = "changed";' >>service/main.c
kg up -v
ended_with 0
says_like "sending [0-9.]+ (KiB|B)"
kg run -- tests/e2e.sh
ended_with 0

kg down
ended_with 0
gone_namespace() { ! kubectl get namespace "$namespace" >/dev/null 2>&1; }
eventually 60 gone_namespace
