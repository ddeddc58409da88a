need_podman busybox
# An image that any machine has built is pulled by the others: an empty disk and a warm registry need no builder.
watch_engine
registry_start --password me:secret --trusted-tls
podman login --username me --password secret "$registry" >/dev/null
podman push --quiet localhost/test/busybox:1 "$registry/base/busybox:1"

mkdir one two
graph <<END
[cache]
remote = "oci://$registry/team/cache"
[node.one]
kind = "image"
context = "one"
[node.two]
kind = "image"
context = "two"
base = "\${node.one.ref}"
[node.three]
kind = "image"
context = "two"
base = "\${node.one.ref}"
build_args = { EXTRA = "three" }
END
printf 'FROM %s/base/busybox:1\nRUN echo one >/one\n' "$registry" >one/Containerfile
printf 'FROM one\nARG EXTRA=two\nCOPY . /files/\nRUN echo "$EXTRA" >/extra\n' >two/Containerfile
echo file >two/file

# Another machine, as far as an image can tell: nothing in the engine, nothing of kgraph's.
empty_disk() {
    podman rmi --all --force >/dev/null
    rm -rf .kgraph "$HOME/cache"
    engine_forget
}

kg up
ended_with 0
says "3 made"
same "$(registry_tags team/cache/images)" "" # nobody asked for it

empty_disk
kg up --push
ended_with 0
says "3 made"
same "$(engine_calls build) $(engine_calls push)" "3 3"
same "$(registry_tags team/cache/images | wc -l)" 3

empty_disk
kg up
ended_with 0
same "$(engine_calls build) $(engine_calls pull)" "0 3"
says "3 from the shared cache"
podman run --rm "$(podman images --format '{{.Repository}}:{{.Tag}}' | grep '^localhost/two:')" cat /one /extra /files/file | xargs >seen
same "$(cat seen)" "one two file"

# What was pulled is as good as what was built.
kg up
says "3 nodes unchanged"
rm -rf .kgraph
engine_forget
kg up
says "3 restored"
same "$(engine_calls build) $(engine_calls pull)" "0 0"

# A change builds what it changes, and takes the rest.
empty_disk
echo other >two/file
kg up --push
same "$(engine_calls build) $(engine_calls pull) $(engine_calls push)" "2 1 2"
same "$(registry_tags team/cache/images | wc -l)" 5

# What others have pushed meanwhile is not pushed again.
empty_disk
kg up --push
same "$(engine_calls build) $(engine_calls pull) $(engine_calls push)" "0 3 0"

# Another checkout, in another folder, is made of the same.
mkdir other
cp -r kgraph.toml one two other
engine_forget
kg -C other up
ended_with 0
says "3 restored"
same "$(engine_calls build) $(engine_calls pull)" "0 0"
