# What runs in a world of its own ends with it, also when it is killed without notice.
need podman
need runc
[ "$EUID" = 0 ] || skip "only root gets a world of its own"
unshare --mount --net --uts --ipc --pid --fork true 2>/dev/null || skip "root gets no namespaces here: unshare is refused"
"$ROOT/tests/scenario/base_image" busybox

mark=$WORK/up
TMPDIR=$WORK "$ROOT/tests/scenario/world" bash -c 'podman network create ours >/dev/null
    podman run --quiet --detach --network ours --publish 127.0.0.1:8080:80 --volume "$1:$1" localhost/test/busybox:1 \
        sh -c "touch $1/up; exec sleep 7654321" >/dev/null
    sleep 1000' world "$WORK" &
world=$!
eventually 60 test -e "$mark"
sleeps() { grep -qsxz 7654321 /proc/[0-9]*/cmdline; }
eventually 10 sleeps

kill -KILL "$world"
wait "$world" 2>/dev/null || true
still() { ! sleeps; }
eventually 10 still
! grep -q " $WORK/" /proc/mounts || fail "something is still mounted: $(grep " $WORK/" /proc/mounts)"

# Empty control groups stay; only a world that ends by itself removes them.
for container in "$WORK"/kgraph-world.*/graph/overlay-containers/*/; do
    container=${container%/}
    rmdir /sys/fs/cgroup/{,*/}libpod_parent/libpod-"${container##*/}" 2>/dev/null || true
done
