# A daemon that ends while it is waited for fails at once with its last words; one that is never ready says what was seen last.
need python3
graph <<'END'
[node.crash]
kind = "process"
command = ["sh", "-c", "echo cannot find my configuration; exit 3"]
ready = { tcp = "127.0.0.1:1", timeout = "60s" }
END
started=$SECONDS
kg up
ended_with 1
says "exit status 3"
says "cannot find my configuration"
[ $((SECONDS - started)) -lt 20 ] || fail "it waited for the time limit"

graph <<'END'
[node.deaf]
kind = "process"
command = ["sleep", "1000"]
ready = { tcp = "127.0.0.1:1", timeout = "300ms" }
END
kg up
ended_with 3
says "refused"
kg down
ended_with 0
