need_podman debian builder postgres redis
# Two consumers side by side: one image, built once, and everything else twice.
stack_in_containers
watch_engine
kg up
ended_with 0
kg up --set consumer=aianalysis
ended_with 0
same "$(engine_calls build)" 1
first=$("$KGRAPH" env | grep DATASTORAGE_URL)
second=$("$KGRAPH" env --set consumer=aianalysis | grep DATASTORAGE_URL)
[ "$first" != "$second" ] || fail "both have $first"
same "$(podman network ls --quiet --filter label=io.kgraph.graph | wc -l)" 2
kg run datastorage-stack --set consumer=aianalysis -- tests/e2e.sh
ended_with 0

kg down --purge --set consumer=aianalysis
ended_with 0
kg run datastorage-stack -- tests/e2e.sh
ended_with 0
kg up
same "$(wc -l <<<"$out")" 1
