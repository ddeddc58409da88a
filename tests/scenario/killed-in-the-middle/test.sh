# kgraph is killed in the middle of a run: what was finished stays finished, and the next `up` finishes the rest.
graph <<'END'
[node.first]
kind = "command"
shell = "echo run >>first.runs; echo 1 >first.out"
outputs = ["first.out"]

[node.second]
kind = "command"
needs = ["first"]
shell = "echo half >second.out; echo run >>second.runs; test -f fast || sleep 60; echo whole >second.out"
outputs = ["second.out"]

[node.third]
kind = "command"
shell = "cat ${node.second.path} >third.out"
outputs = ["third.out"]
END
"$KGRAPH" up >/dev/null 2>&1 &
pid=$!
eventually 20 test -f second.runs
kill -KILL "$pid"
wait "$pid" || true
touch fast
kg plan
says "second"
says "did not finish"
kg up
ended_with 0
same "$(wc -l <first.runs)" 1
same "$(cat third.out)" whole
