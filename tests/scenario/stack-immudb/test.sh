need_kubernetes
cluster_images immudb
# The example's Immudb, a real one, in a namespace of its own: brought up alone, written and read through its port, with its password only.
stack_copy
client=$("$ROOT/tests/cluster/immudb/build")/client
namespace=$namespace-db
echo "$namespace" >>"$WORK/.namespaces"
export KGRAPH_VAR_platform=kubernetes KGRAPH_VAR_ds_namespace=$namespace KGRAPH_VAR_immudb_image=localhost/test/immudb:1
export KGRAPH_VAR_ds_platform_node_address=$node_address KGRAPH_VAR_ds_platform_containerd=$cluster/containerd.sock
export IMMUDB_PASSWORD=Open-Sesame1

# What was not asked for is not exported either.
kg run -f with-immudb.toml immudb -- sh -c 'echo "Immudb is at $IMMUDB_ADDR, Redis at ${REDIS_ADDR-none}"'
ended_with 0
says "Redis at none"
address=$(sed -n 's/^Immudb is at \([^,]*\),.*/\1/p' <<<"$out")
kg up -f with-immudb.toml immudb
ended_with 0
says "3 nodes unchanged"

same "$("$client" "$address" event stored)" stored
! answer=$(IMMUDB_PASSWORD=wrong "$client" "$address" event forged 2>&1) || fail "Immudb takes any password"
same "$answer" "invalid user name or password"

kg down -f with-immudb.toml
ended_with 0
gone_namespace() { ! kubectl get namespace "$namespace" >/dev/null 2>&1; }
eventually 60 gone_namespace
