# `kgraph collect`: what explains a failure in one folder, also when kgraph was killed in the middle, and without secrets.
export DB_PASSWORD=hunter2-and-more
graph <<'END'
[secrets]
db_password = { env = "DB_PASSWORD" }

[target]
stack = ["slow"]

[node.daemon]
kind = "process"
command = ["sh", "-c", "echo password is $DB_PASSWORD; echo daemon is up; exec sleep 1000"]
env = { DB_PASSWORD = "${secrets.db_password}" }

[node.broken]
kind = "command"
shell = "echo before it broke; exit 3"

[node.slow]
kind = "command"
needs = ["daemon"]
shell = "echo slow has begun; touch begun; sleep 60"
END

# Before anything was brought up there is nothing.
kg collect early
ended_with 0
says "nothing was brought up here yet"

kg up broken
ended_with 1
"$KGRAPH" up >/dev/null 2>&1 &
pid=$!
eventually 20 test -f begun

# Beside the run, which holds the lock.
kg collect beside
ended_with 0
says "collected what is known of 3 nodes into beside"
exists beside/daemon/process.txt

kill -KILL "$pid"
wait "$pid" || true
kg collect artifacts
ended_with 0
says "collected what is known of 3 nodes into artifacts"
grep -q '"state": "unfinished"' artifacts/slow/node.json || fail "slow is not told as unfinished"
grep -q 'slow has begun' artifacts/slow/runs/*.log || fail "the log of the killed run is not there"
grep -q 'before it broke' artifacts/broken/runs/*.log || fail "the log of the failed run is not there"
grep -q 'daemon is up' artifacts/daemon/log || fail "the daemon's log is not there"
grep -q 'state: running' artifacts/daemon/process.txt || fail "the daemon is not described"
same "$(stat -c %a artifacts)" 700
! grep -rq "$DB_PASSWORD" artifacts || fail "a secret was collected"

# Also when the secret is not set any more; only what is asked for; and what is wrong is told before anything is written.
unset DB_PASSWORD
kg collect later stack
ended_with 0
says "collected what is known of 2 nodes into later"
! grep -rq hunter2 later || fail "a secret was collected"
kg collect wrong demon
ended_with 2
says "did you mean \`daemon\`?"
gone wrong
kg collect
ended_with 2
