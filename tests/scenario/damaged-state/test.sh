# Damaged state costs time and nothing else.
graph <<'END'
[node.a]
kind = "command"
shell = "echo run >>a.runs; echo a >a.out"
outputs = ["a.out"]
END
kg up
ended_with 0
kg up
says "unchanged"

printf garbage | dd of=.kgraph/graph.bin bs=1 seek=40 conv=notrunc 2>/dev/null
kg up
ended_with 0
says "unchanged"
: >.kgraph/graph.bin
kg up
ended_with 0

head -c 20000 /dev/urandom >.kgraph/default/ledger.mdb
kg up
ended_with 0
says "ledger"
kg up
says "unchanged"
truncate -s 5000 .kgraph/default/ledger.mdb
kg up
ended_with 0
head -c 300 /dev/urandom >.kgraph/default/stat.bin
kg up
ended_with 0
says "unchanged"
