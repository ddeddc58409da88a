# All that can still run runs; what stands behind a failure is told as blocked; --fail-fast starts nothing more.
graph <<'END'
[node.bad]
kind = "command"
shell = "echo the reason; exit 5"

[node.behind]
kind = "command"
command = ["true"]
needs = ["bad"]

[node.good]
kind = "command"
shell = "sleep 0.3; echo good >good.out"
outputs = ["good.out"]
END
kg up
ended_with 1
says "exit status 5"
says "the reason"
says "behind"
exists good.out

graph <<'END'
[pools]
one = 1

[node.a]
kind = "command"
pool = "one"
shell = "mkdir busy && sleep 0.2 && rmdir busy"
[node.b]
kind = "command"
pool = "one"
shell = "mkdir busy && sleep 0.2 && rmdir busy"
[node.c]
kind = "command"
pool = "one"
shell = "mkdir busy && sleep 0.2 && rmdir busy"

[node.flaky]
kind = "command"
shell = "echo try >>tries; test $(wc -l <tries) -ge 3"
retry = { times = 3, pause = "10ms" }

[node.endless]
kind = "command"
command = ["sleep", "1000"]
timeout = "200ms"
END
kg up --jobs 4
ended_with 1
says "endless"
same "$(wc -l <tries)" 3
says_nothing_of "busy"
