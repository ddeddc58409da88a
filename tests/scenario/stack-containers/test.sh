need_podman debian builder postgres redis
# The example in containers, and what is done again after each kind of change: just that, with the reason.
stack_in_containers
watch_engine

# Somebody else's things, with names and labels that look a little like ours. None of what follows may touch them.
podman volume create --label io.kgraph.node=ds.postgresql.data theirs >/dev/null
podman network create --label app=datastorage-stack theirs >/dev/null
podman run --quiet --detach --name datastorage --network theirs --volume theirs:/data localhost/test/redis:1 sleep 1000 >/dev/null
theirs=$(podman ps --quiet --no-trunc --filter name=datastorage)

kg run datastorage-stack -- tests/e2e.sh
ended_with 0
says "12 passed, 0 failed"

# Again: the engine is asked what it has, and for nothing else.
engine_forget
kg up
ended_with 0
says "unchanged"
same "$(wc -l <<<"$out")" 1
same "$(engine_calls build) $(engine_calls run) $(engine_calls create) $(engine_calls start) $(engine_calls pull)" "0 0 0 0 0"

# A file that the image is not made of.
echo "remark" >>service/datastorage.yaml.in.orig
kg up
same "$(wc -l <<<"$out")" 1
same "$(engine_calls build)" 0

# A comment: the image is built, comes out the same, and there it ends.
server=$(container_of ds.postgresql.server) service=$(container_of ds.datastorage)
echo "/* a remark */" >>service/store.c
kg plan
says "store.c changed"
kg up
ended_with 0
says "ds.image"
says_nothing_of "ds.datastorage "
same "$(engine_calls build)" 1
same "$(container_of ds.datastorage)" "$service"

# Code: the image and what runs it, and not the database.
echo "int remark;" >>service/store.c
kg up
ended_with 0
says "ds.datastorage "
says_nothing_of "ds.postgresql.server "
[ "$(container_of ds.datastorage)" != "$service" ] || fail "the service runs the old image"
same "$(container_of ds.postgresql.server)" "$server"

# A new migration is applied from the host, and nothing is restarted.
service=$(container_of ds.datastorage)
printf -- '-- +goose Up\nCREATE TABLE remark (id bigint PRIMARY KEY);\n-- +goose Down\nDROP TABLE remark;\n' >migrations/00018_remark.sql
kg up
ended_with 0
says "ds.schema"
same "$(container_of ds.datastorage) $(container_of ds.postgresql.server)" "$service $server"

# A container that somebody killed is told of, and started again; the others are left alone.
podman kill "$(container_of ds.redis.server)" >/dev/null
kg why ds.redis.server
says "137"
kg up
ended_with 0
says "ds.redis.server"
same "$(container_of ds.datastorage) $(container_of ds.postgresql.server)" "$service $server"
kg run datastorage-stack -- tests/e2e.sh
ended_with 0

# Down keeps the data, and up finds it.
eval "$("$KGRAPH" env)"
stored=$(curl -fsS "$DATASTORAGE_URL/api/v1/audit/events?limit=1000" | grep -o '"event_id"' | wc -l)
[ "$stored" -ge 10 ] || fail "only $stored events are stored"
kg down
ended_with 0
same "$(podman ps --quiet --filter label=io.kgraph.graph | wc -l)" 0
kg up
ended_with 0
same "$(curl -fsS "$DATASTORAGE_URL/api/v1/audit/events?limit=1000" | grep -o '"event_id"' | wc -l)" "$stored"

# And with --purge nothing of ours is left but the image, which the next checkout finds.
kg down --purge
ended_with 0
same "$(left_of_ours)" ""
[[ $(podman images --format '{{.Repository}}' --filter label=io.kgraph=image) == *localhost/datastorage* ]] || fail "the image is gone"

same "$(podman ps --quiet --no-trunc --filter name=datastorage)" "$theirs"
podman volume exists theirs || fail "somebody else's volume is gone"
podman network exists theirs || fail "somebody else's network is gone"
