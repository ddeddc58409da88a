# A secret's value is in no log, event, trace, ledger, state file or process title.
graph <<'END'
[secrets]
token = { env = "TEST_TOKEN" }

[node.talker]
kind = "command"
shell = "echo my token is $TOKEN; echo postgresql://u:$TOKEN@h/d; false"
env = { TOKEN = "${secrets.token}" }

[node.daemon]
kind = "process"
command = ["sh", "-c", "echo daemon $TOKEN; sleep 1000"]
env = { TOKEN = "${secrets.token}", OTHER = "writtenoutintheopen" }
secret = ["OTHER"]
ready = { log = "daemon" }
END
WRITTEN_OUT=writtenoutintheopen
export TEST_TOKEN=tiptoptopsecretvalue
kg up --events events.jsonl --trace trace.json
ended_with 1
says_nothing_of "$TEST_TOKEN"
says "***"
ps -eo args | grep -v grep | grep -q "$TEST_TOKEN" && fail "a process title has it"
if grep -rqa "$TEST_TOKEN" .kgraph events.jsonl trace.json; then fail "it is in $(grep -rlaq "$TEST_TOKEN" .kgraph events.jsonl trace.json)"; fi
grep -qa "$WRITTEN_OUT" .kgraph/default/ledger.mdb && fail "the ledger has the one that is written out"
kg logs daemon
says_nothing_of "$TEST_TOKEN"
kg down
unset TEST_TOKEN
kg up
ended_with 2
says "TEST_TOKEN"

graph <<'END'
[secrets]
token = { env = "TEST_TOKEN" }
[node.a]
kind = "command"
command = ["echo", "${secrets.token}"]
END
kg check
ended_with 2
says "env"
