# One run at a time: the second says who has the lock and ends with 4, or waits for it.
graph <<'END'
[node.slow]
kind = "command"
command = ["sleep", "3"]
END
"$KGRAPH" up >/dev/null 2>&1 &
first=$!
eventually 10 test -f .kgraph/default/lock
sleep 0.3
kg up
ended_with 4
says "$first"
kg up --wait-lock
ended_with 0
says "unchanged"
wait "$first"
