need_kubernetes --own --api-only
# A cluster of a scenario's own, whose API server comes and goes; and what is left of a cluster however it ends: nothing.

k create configmap one --from-literal=a=b >/dev/null
api_server stop
refused() { ! k get configmap one >/dev/null 2>&1; }
refused || fail "an API server that was stopped answers"
api_server start
same "$(field configmap/one .data.a)" b
api_server freeze
! k get --request-timeout=1s configmap one 2>/dev/null || fail "an API server that is frozen answers"
api_server thaw
same "$(field configmap/one .data.a)" b

folders() { find /sys/fs/cgroup -maxdepth 2 -name "kgraph-c$number"; }
ended() { [ ! -e "$folder" ] && ! ip link show "kgraph-c$number" 2>/dev/null && [ -z "$(folders)" ]; }

# It ends with the process that it was started for.
sleep 1000 &
folder=$WORK/second
"$ROOT/tests/cluster/up" --api-only --with $! "$folder" >/dev/null
number=$(cat "$folder/number")
kill $!
eventually 20 ended

# A start that is killed in the middle, and one whose supervisor is killed as well.
folder=$WORK/third
"$ROOT/tests/cluster/up" --api-only "$folder" >/dev/null 2>&1 &
eventually 10 test -s "$folder/process1"
number=$(cat "$folder/number")
kill -KILL $!
eventually 20 ended

folder=$WORK/fourth
"$ROOT/tests/cluster/up" --api-only "$folder" >/dev/null
number=$(cat "$folder/number")
kill -KILL "$(cat "$folder/supervisor")"
"$ROOT/tests/cluster/down" "$folder"
ended || fail "something is left of a cluster whose supervisor was killed"
