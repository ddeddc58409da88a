# A registry that does what it should not costs a warning and a moment, and never the run.
need python3
registry_start

checkout() {
    rm -rf "$1" "$WORK/.home/$1"
    mkdir -p "$1"
    cat >"$1/kgraph.toml" <<TOML
[cache]
remote = "oci://${2:-$registry}/shop"
push = true
timeout = "1s"

[node.large]
kind = "command"
shell = "head -c 20000000 /dev/zero | openssl enc -aes-128-ctr -nosalt -K 0123456789abcdef0123456789abcdef -iv 0 >large"
outputs = ["large"]

[node.small]
kind = "command"
shell = "echo small >small"
outputs = ["small"]

[node.last]
kind = "command"
shell = "cat \${node.small.path} >last; wc -c <\${node.large.path} >>last"
outputs = ["last"]
TOML
}
on() {
    local machine=$1
    shift
    XDG_CACHE_HOME=$WORK/.home/$machine kg -C "$machine" "$@"
}
warns_once() { [ "$(grep -c "^warning:" <<<"$out")" = 1 ] || { printf "%s\n" "$out"; fail "there is not one warning"; }; }
is_whole() { same "$(cat "$1/last")" "$(printf 'small\n20000000')"; }
proxy_start() {
    proxy_port=$(free_port)
    "$ROOT/tests/scenario/faulty_proxy" "$proxy_port" "${registry##*:}" "$@" 2>/dev/null &
    proxy=$!
    eventually 10 bash -c "exec 3<>/dev/tcp/127.0.0.1/$proxy_port" 2>/dev/null
}
proxy_stop() {
    kill -KILL "$proxy"
    wait "$proxy" 2>/dev/null || true
}

checkout ci
on ci up
ended_with 0
says "3 made"
says_nothing_of warning
rm -rf ci

# What the registry's disk has damaged.
blob=$(find "$WORK/.registry/data" -path '*/blobs/*' -name data -size +1000k | head -n 1)
printf 'x' | dd of="$blob" bs=1 seek=5000 conv=notrunc status=none
checkout one
on one up --no-push
ended_with 0
says "is not taken from the shared cache"
says "damaged"
warns_once
says "1 made"
says "2 from the shared cache"
is_whole one
printf 'y' | dd of="$blob" bs=1 seek=5000 conv=notrunc status=none
truncate -s 1000000 "$blob"
checkout one
on one up --no-push
ended_with 0
warns_once
is_whole one
rm -rf "$blob"
checkout one
on one up --no-push
ended_with 0
warns_once
is_whole one

# Every blob is wrong: after some it is not asked any more.
proxy_start corrupt
checkout one "127.0.0.1:$proxy_port"
on one up --no-push
ended_with 0
is_whole one
says "3 made"
proxy_stop

# A line that is cut again and again, one on which nothing comes any more, one on which nothing ever comes.
registry_stop
rm -rf "$WORK/.registry/data"
registry_start --port "${registry##*:}"
checkout ci
on ci up
ended_with 0
says_nothing_of warning
for fault in "cut 30" "stall 30" silent; do
    # shellcheck disable=SC2086 # a word and a number
    proxy_start $fault
    checkout one "127.0.0.1:$proxy_port"
    begun=$SECONDS
    on one up --no-push
    ended_with 0
    is_whole one
    says "in this run: "
    warns_once
    [ $((SECONDS - begun)) -le 15 ] || fail "$fault: that took $((SECONDS - begun)) s"
    proxy_stop
done

# A registry that answers, slowly, that it has nothing: asking every node of a chain would be slower than making all of it.
proxy_start slow 0.4
checkout one "127.0.0.1:$proxy_port"
for i in $(seq 1 12); do
    printf '[node.chain%d]\nkind = "command"\nshell = "echo %d >chain%d"\noutputs = ["chain%d"]\n' "$i" "$i" "$i" "$i"
    [ "$i" = 1 ] || printf 'uses = ["${node.chain%d.path}"]\n' $((i - 1))
done >>one/kgraph.toml
on one up --no-push chain12
ended_with 0
# Or it is left aside, where the machine is so busy that one answer took longer than a second.
says_like '(is not asked any more in this run|is left aside in this run: it has not answered within)'
warns_once
says "12 made"
proxy_stop

# The same with many asked for at once: what is still asked for is ended, and what is made goes there all the same.
proxy_start vain 0.4
checkout one "127.0.0.1:$proxy_port"
for i in $(seq 1 48); do
    printf '[node.wide%d]\nkind = "command"\nshell = "echo %d >wide%d"\noutputs = ["wide%d"]\n' "$i" "$i" "$i" "$i"
done >>one/kgraph.toml
printf '[target]\nwide = [%s]\n' "$(printf '"wide%d", ' $(seq 1 48))" >>one/kgraph.toml
on one up wide
ended_with 0
says "is not asked any more in this run"
warns_once
says "48 made"
[ "$(registry_tags shop/outputs | wc -l)" -ge 48 ] || fail "only $(registry_tags shop/outputs | wc -l) were pushed"
proxy_stop

# It goes away in the middle of a push.
registry_stop
rm -rf "$WORK/.registry/data"
registry_start --port "${registry##*:}"
proxy_start slow 0.5
checkout one "127.0.0.1:$proxy_port"
rm -f one.log # what the run before has told is not to be taken for this one's
XDG_CACHE_HOME=$WORK/.home/one "$KGRAPH" -C one up >one.log 2>&1 &
run=$!
eventually 20 grep -q 'POST .*uploads' "$registry_log"
registry_stop
status=0
wait "$run" || status=$?
out=$(cat one.log)
ended_with 0
warns_once
is_whole one
gone one/.kgraph/default/shared
proxy_stop

# Ctrl-C does not wait for a push.
registry_start --port "${registry##*:}"
proxy_start slow 2
checkout one "127.0.0.1:$proxy_port"
sed -i 's/^timeout.*/timeout = "1m"/' one/kgraph.toml
rm -f one.log # what the run before has told is not to be taken for this one's
XDG_CACHE_HOME=$WORK/.home/one "$KGRAPH" -C one up small >one.log 2>&1 &
run=$!
eventually 20 grep -q '^done *small' one.log
begun=$SECONDS
kill -INT "$run"
status=0
wait "$run" || status=$?
out=$(cat one.log)
ended_with 130
[ $((SECONDS - begun)) -le 5 ] || fail "the interrupt took $((SECONDS - begun)) s"
proxy_stop
registry_stop

# Its disk is full.
[ "$EUID" = 0 ] && unshare --mount true 2>/dev/null || skip "root and a mount namespace are needed for a disk that is full; all else was well"
mkdir -p "$WORK/bin" "$WORK/.registry/data"
rm -rf "$WORK/.registry/data"/*
# shellcheck disable=SC2016 # expanded in there
printf '#!/bin/sh\nexec unshare --mount sh -c %q sh "$@"\n' \
    "mount -t tmpfs -o size=2m tmpfs $WORK/.registry/data && exec $(command -v docker-registry) \"\$@\"" >"$WORK/bin/docker-registry"
chmod +x "$WORK/bin/docker-registry"
PATH=$WORK/bin:$PATH registry_start --port "${registry##*:}"
checkout one
on one up
ended_with 0
says "could not be published"
warns_once
is_whole one
registry_stop
