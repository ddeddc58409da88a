need_podman busybox
# Old images of ours go beyond a budget; what is in use, what is somebody else's, and what the nodes have stays.
graph <<'END'
[vars]
size = "1"
[node.it]
kind = "image"
context = "it"
build_args = { SIZE = "${vars.size}" }
END
mkdir it
printf 'FROM localhost/test/busybox:1\nARG SIZE\nRUN head -c ${SIZE}000000 /dev/urandom >/data\n' >it/Containerfile
ids() { podman images --format '{{.Id}} {{.Repository}}' --sort created | awk '$2 == "localhost/it" { print $1 }' | xargs; }

for size in 1 2 3 4 5; do
    kg up --set size=$size
    ended_with 0
    sleep 1 # ages are told in seconds
done
read -r fifth fourth third second first < <(ids)
podman create --quiet --name user "$first" true >/dev/null
podman tag "$second" localhost/precious
printf 'FROM localhost/test/busybox:1\nRUN echo >/other\n' | podman build --quiet --tag localhost/other - >/dev/null

# 1 + 2 + 5 stay whatever the limit, which leaves room for the fourth and not for the third.
kg gc --images 100M
says "5 images"
says "removed 0"
kg gc --images 13M
ended_with 0
says "removed 1, 2.9 MiB"
same "$(ids)" "$fifth $fourth $second $first"
kg gc --images 0
says "removed 1, 3.8 MiB"
same "$(ids)" "$fifth $second $first"
podman image exists localhost/precious && podman image exists localhost/other && podman container exists user

# Nothing of what was removed is missed.
kg up --set size=5
says "1 node unchanged"
kg up --set size=4
says "1 made"

# Without a node that makes images there is nobody to ask.
mkdir empty
printf '[node.x]\nkind = "command"\ncommand = ["true"]\n' >empty/kgraph.toml
kg -C empty gc --images 0
says "no node of this graph makes images"
