# What one checkout has made from the same is restored in another, modes and all, and an edit cannot reach the store.
mkdir one two
for checkout in one two; do
    cat >$checkout/kgraph.toml <<'END'
[node.tool]
kind = "command"
shell = "echo run >>runs; mkdir -p out/sub; cp source out/tool; chmod 755 out/tool; ln -s tool out/link; echo x >out/sub/x"
inputs = ["source"]
outputs = ["out"]

[node.object]
kind = "command"
shell = "cat main.c part.h >main.o; echo 'main.o: main.c part.h' >main.d; echo run >>runs.object"
inputs = ["main.c"]
depfile = "main.d"
outputs = ["main.o"]
END
    echo '#!/bin/sh' >$checkout/source
    echo 'main' >$checkout/main.c
    echo 'part' >$checkout/part.h
done
kg -C one up
ended_with 0
kg -C two up
ended_with 0
gone two/runs
gone two/runs.object
[ -x two/out/tool ] || fail "the mode is lost"
same "$(readlink two/out/link)" tool
same "$(cat two/main.o)" "$(cat one/main.o)"

# The header that only the dependency file knows counts.
echo other >two/part.h
kg -C two up
ended_with 0
exists two/runs.object

# An edit of a restored file is told, and does not reach the store.
chmod u+w two/out/tool
echo edited >>two/out/tool
kg -C two plan
says "changed after it was made"
kg -C two up
same "$(cat two/out/tool)" "#!/bin/sh"
gone two/runs

kg gc --size 0
ended_with 0
rm -rf one/.kgraph one/out
kg -C one up
ended_with 0
same "$(wc -l <one/runs)" 2
