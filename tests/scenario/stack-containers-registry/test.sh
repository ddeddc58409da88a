need_podman debian builder postgres redis
# What one machine has built and pushed, another one that has nothing pulls: it builds nothing.
stack_in_containers
registry_start
export KGRAPH_CACHE=oci://$registry/kgraph
watch_engine
kg up --push
ended_with 0
same "$(engine_calls build)" 1
[ "$(registry_tags kgraph/images | wc -l)" -ge 1 ] || fail "nothing was pushed"
kg down --purge
ended_with 0

# The other machine: no state, no store, no image that was built.
rm -rf .kgraph "$XDG_CACHE_HOME" "$XDG_STATE_HOME"
podman rmi --force --all >/dev/null 2>&1 || true
engine_forget
kg run datastorage-stack -- tests/e2e.sh
ended_with 0
same "$(engine_calls build)" 0
[ "$(engine_calls pull)" -ge 1 ] || fail "nothing was pulled"
