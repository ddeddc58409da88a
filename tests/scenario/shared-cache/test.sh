# Machines that share nothing but a registry: what one has made the other takes from there, and runs no command.
registry_start --password ci:s3cret --trusted-tls

# A checkout is a machine of its own: it has an empty store.
checkout() {
    mkdir -p "$1"
    cat >"$1/kgraph.toml" <<TOML
[cache]
remote = "oci://$registry/Acme/shop"
push = "\${env.CI:-false}"

[node.tool]
kind = "command"
shell = "echo run >>runs; sleep 0.5; mkdir -p out/sub; cp source out/tool; chmod 755 out/tool; ln -s tool out/link; echo x >out/sub/x"
inputs = ["source"]
outputs = ["out"]

[node.object]
kind = "command"
shell = "cat main.c part.h >main.o; echo 'main.o: main.c part.h' >main.d; echo run >>runs"
inputs = ["main.c"]
depfile = "main.d"
outputs = ["main.o"]

[node.after]
kind = "command"
shell = "cat \${node.tool.path}/sub/x \${node.object.path} >after; echo run >>runs"
outputs = ["after"]
uses = ["\${node.tool.path}"]
TOML
    echo '#!/bin/sh' >"$1/source"
    echo 'main' >"$1/main.c"
    echo 'part' >"$1/part.h"
}
on() {
    local machine=$1
    shift
    XDG_CACHE_HOME=$WORK/.home/$machine kg -C "$machine" "$@"
}
for machine in ci reader second third; do checkout "$machine"; done

# Nobody has logged in: one warning, and the work is done here.
CI=true on reader up
ended_with 0
says "3 made"
says "wants a login"
same "$(grep -c '^warning:' <<<"$out")" 1
says_nothing_of s3cret
rm -rf reader "$WORK/.home/reader"
checkout reader

mkdir -p "$HOME/.config/containers"
printf '{"auths":{"%s":{"auth":"%s"}}}\n' "$registry" "$(printf 'ci:wrong' | base64)" >"$HOME/.config/containers/auth.json"
CI=true on reader up
ended_with 0
same "$(grep -c '^warning:' <<<"$out")" 1
says "3 made"
says_nothing_of wrong
rm -rf reader "$WORK/.home/reader"
checkout reader
printf '{"auths":{"%s":{"auth":"%s"}}}\n' "$registry" "$(printf 'ci:s3cret' | base64)" >"$HOME/.config/containers/auth.json"

# Who only reads puts nothing there, whoever says so.
on reader up
ended_with 0
says "3 made"
same "$(registry_asked '(PUT|POST) ')" 0
same "$(wc -l <reader/runs)" 3
rm -rf reader "$WORK/.home/reader"
checkout reader
CI=true on reader up --no-push
ended_with 0
KGRAPH_PUSH=0 CI=true on reader up
ended_with 0
same "$(registry_asked '(PUT|POST) ')" 0
rm -rf reader "$WORK/.home/reader"
checkout reader

CI=true on ci up
ended_with 0
says "3 made"
says_nothing_of warning
# Three nodes, and the dependency file.
same "$(registry_tags acme/shop/outputs | wc -l)" 4
[ -z "$(ls -d ci/.kgraph/default/shared 2>/dev/null)" ] || fail "packs were left behind"

# Another machine runs no command.
echo "# Before" >second.md
on second up --events second.json --summary second.md
ended_with 0
says "3 from the shared cache"
gone second/runs
[ -x second/out/tool ] || fail "the mode is lost"
same "$(readlink second/out/link)" tool
same "$(cat second/after)" "$(cat ci/after)"
grep -q '"event":"node_restored".*"text":"from the shared cache".*"spared_ns":5' second.json || fail "nobody says what was spared"
same "$(head -n 1 second.md)" "# Before"
grep -qE '^3 from the shared cache in .*; making what was there already takes ' second.md || fail "the summary does not say what was spared"
grep -qE '^\| tool \| command \| from the shared cache \| .* \| .* \|$' second.md || fail "the summary has no row for a node"
on second up
ended_with 0
says "3 nodes unchanged"
on second plan
says "3 nodes unchanged"
# Its store has it now: no registry is asked for it again.
rm -rf second/.kgraph second/out second/main.o second/after
before=$(registry_asked 'GET .*(manifests|blobs)/')
on second up
says "3 restored"
same "$(registry_asked 'GET .*(manifests|blobs)/')" "$before"

# The header that only the dependency file knows counts here too.
echo other >third/part.h
on third up
ended_with 0
says "2 made"
says "1 from the shared cache"
same "$(cat third/main.o)" "$(printf 'main\nother')"

# Nothing that was there is sent again; the environment may name another place, or none.
rm -rf third "$WORK/.home/third"
checkout third
KGRAPH_CACHE='' on third up
ended_with 0
says "3 made"
rm -rf third "$WORK/.home/third"
checkout third
KGRAPH_CACHE=oci://$registry/other on third up --push
ended_with 0
says "3 made"
same "$(registry_tags other/outputs | wc -l)" 4
KGRAPH_CACHE=https://$registry/other on third up
ended_with 2
says "write oci://$registry/other"
# Who only looks, or takes down, is not stopped for it.
for command in status env down; do
    KGRAPH_CACHE=https://$registry/other on third $command
    ended_with 0
    says "warning: KGRAPH_CACHE is not the URL of a shared cache"
done
registry_stop
