# Ctrl-C: nothing more is started, what runs gets TERM, and the exit status is 130. A second one ends it at once.
graph <<'END'
[node.gentle]
kind = "command"
shell = "trap 'echo ended >gentle.end; exit 1' TERM; echo x >gentle.on; sleep 60 & wait"

[node.never]
kind = "command"
needs = ["gentle"]
command = ["touch", "never.out"]
END
"$KGRAPH" up >out.txt 2>&1 &
pid=$!
eventually 20 test -f gentle.on
kill -INT "$pid"
status=0
wait "$pid" || status=$?
ended_with 130
exists gentle.end
gone never.out

graph <<'END'
[node.stubborn]
kind = "command"
shell = "trap '' TERM INT; echo x >stubborn.on; sleep 61"
END
"$KGRAPH" up >out.txt 2>&1 &
pid=$!
eventually 20 test -f stubborn.on
kill -INT "$pid"
sleep 0.3
kill -INT "$pid"
status=0
wait "$pid" || status=$?
ended_with 130
