need_docker debian builder postgres redis
# The example in containers with docker.
stack_in_containers
export KGRAPH_ENGINE=docker
kg run datastorage-stack -- tests/e2e.sh
ended_with 0
kg up
same "$(wc -l <<<"$out")" 1
docker kill "$(docker ps --quiet --filter label=io.kgraph.node=ds.redis.server)" >/dev/null
kg up
ended_with 0
says "ds.redis.server"
kg down --purge
ended_with 0
same "$(left_of_ours)" ""
