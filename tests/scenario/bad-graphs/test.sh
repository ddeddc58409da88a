# All that is wrong is told at once, each with file, line, column, the line itself and what to do.
graph <<'END'
[node.postgresql]
kind = "process"
comand = ["postgres"]
neds = ["x"]

[node.schema]
kind = "migraton"

[node.web]
kind = "command"
command = ["echo", "${vars.prot}"]
needs = ["postgres", "loop"]

[node.loop]
kind = "command"
command = ["true"]
needs = ["web"]
END
kg check
ended_with 2
says "kgraph.toml:4:1"
says "neds"
says 'did you mean `needs`?'
says 'did you mean `command`?'
says 'did you mean `migration`?'
says "vars.prot"
says "postgresql"
says "^"

graph <<'END'
[node.a]
kind = "command"
command = ["true"]
needs = ["b"]
[node.b]
kind = "command"
command = ["true"]
needs = ["c"]
[node.c]
kind = "command"
command = ["true"]
needs = ["a"]
END
kg up
ended_with 2
says_like "a.*->.*b.*->.*c|b.*->.*c.*->.*a|c.*->.*a.*->.*b"

echo '[node.a' >kgraph.toml
kg up
ended_with 2
says "kgraph.toml:1:"

rm kgraph.toml
kg up
ended_with 2
says "kgraph.toml"

graph <<'END'
[node.a]
kind = "command"
command = ["true"]
outputs = ["never.out"]
END
kg up nothing
ended_with 2
says "nothing"
kg up
ended_with 1
says "never.out"

graph <<'END'
[node.a]
kind = "command"
command = ["true"]
inputs = ["no/such.c", "none/*.c"]
END
kg up
ended_with 1
says "the input no/such.c is not there"

graph <<'END'
[node.a]
kind = "command"
shell = "echo a >same.out"
outputs = ["same.out"]
[node.b]
kind = "command"
needs = ["a"]
shell = "echo b >same.out"
outputs = ["same.out"]
END
kg up
ended_with 1
says "same.out is an output of a as well"
kg upp
ended_with 2
says "did you mean"

# Which of the two runs first is chance: told when the files are read, not by a run that has nothing to do.
graph <<'END'
[node.maker]
kind = "file"
path = "gen/a.h"
content = "a"
[node.user]
kind = "command"
shell = "true"
inputs = ["gen/*.h"]
END
kg check
ended_with 0
says "kgraph.toml:5: \`user\` reads gen/a.h, which \`maker\` makes (kgraph.toml:1), and does not need that node"
sleep 2.1 # what is read so soon after it was written is not kept for the next run
kg up
ended_with 0
says "which \`maker\` makes"
kg up
says_nothing_of "which \`maker\` makes"
kg plan
says "which \`maker\` makes"
kg -q check
says_nothing_of "maker"
