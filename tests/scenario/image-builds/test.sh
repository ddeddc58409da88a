need_podman busybox
# An image is built when its content has changed, and not otherwise.
watch_engine

graph <<'END'
[target]
default = ["web", "second"]
[vars]
version = "1"
date = "today"
[node.base]
kind = "image"
context = "base"
[node.web]
kind = "image"
context = "web"
base = "${node.base.ref}"
build_args = { VERSION = "${vars.version}" }
volatile_args = { DATE = "${vars.date}" }
[node.second]
kind = "image"
name = "web"
tag = "second"
context = "web"
base = "${node.base.ref}"
build_args = { VERSION = "${vars.version}" }
volatile_args = { DATE = "${vars.date}" }
END
mkdir -p base web/lib
mine() { printf 'FROM localhost/test/busybox:1\nLABEL number=%s\n' "$1" | podman build --quiet --tag localhost/mine:1 - >/dev/null; }
mine 1
printf 'FROM localhost/mine:1\nCOPY base.txt /base.txt\nRUN cut -c1 /base.txt >/first && rm /base.txt\n' >base/Containerfile
printf 'a1\n' >base/base.txt
printf 'FROM debian:bookworm\nARG VERSION\nARG DATE\nCOPY . /web/\nRUN echo "$VERSION" >/version\n' >web/Dockerfile
printf '*.log\nlib/*\n!lib/kept\n' >web/.containerignore
echo kept >web/lib/kept
echo ignored >web/lib/ignored
echo main >web/main

# Tags of an image of ours, the newest first.
tags_of() { podman images --sort created --format '{{.Repository}}:{{.Tag}}' | grep "^localhost/$1:"; }

# up ARGUMENTS...: how often the builder was called is in $builds.
up() {
    engine_forget
    kg up "$@"
    builds=$(engine_calls build)
}

# Two consumers of one content: one build.
up
ended_with 0
says "2 made, 1 restored"
same "$builds" 2
first=$(tags_of web | sort | xargs)
[[ $first =~ ^localhost/web:[0-9a-f]{8}\ localhost/web:second-[0-9a-f]{8}$ ]] || fail "tags are $first"
podman run --rm "${first%% *}" cat /first /version /web/main /web/lib/kept | xargs >seen
same "$(cat seen)" "a 1 main kept"
podman run --rm "${first%% *}" ls /web/lib/ignored 2>/dev/null && fail "what is ignored is in the image"

# Nothing changed: nobody is asked to build, and one listing answers for all.
up
says "3 nodes unchanged"
same "$builds $(engine_calls images) $(wc -l <.watch/calls)" "0 1 1"

# Touched, ignored, volatile: nothing to do.
touch web/main
echo more >web/lib/ignored
echo noise >web/x.log
up --set date=tomorrow
says "3 nodes unchanged"
same "$builds" 0

# Behind a negation.
echo changed >web/lib/kept
up
says "web/lib/kept changed"
same "$builds" 1

# A build argument; and back again, where the image of before is still there.
up --set version=2
same "$builds" 1
up
says "2 restored"
same "$builds" 0

# The base comes out the same: the wave ends there. podman's clock is in an image's id, so that it is its own layer cache that makes it the same.
cp base/Containerfile kept
printf '# a comment\n' >>base/Containerfile
up
says "base/Containerfile changed"
same "$builds" 1
says "1 made, 2 unchanged"

# Another base: all above it is built.
printf 'b1\n' >base/base.txt
up
same "$builds" 2
says "2 made, 1 restored"
podman run --rm "$(tags_of web | head -n 1)" cat /first >seen
same "$(cat seen)" b

# A base that others change under its name is seen.
mine 2
up
says "its base localhost/mine:1 is another image now"
same "$builds" 2
mine 1
up
same "$builds" 0

# What others remove is found, or built again by the builder's own layers.
podman rmi --force "$(sed 's/.*"id":"\([0-9a-f]*\).*/\1/' .kgraph/default/nodes/web/image.json)" >/dev/null
up
says "the image is gone"
ended_with 0

# A base by its name, in FROM and in COPY --from alike.
mkdir named
printf 'FROM one:1 AS build\nRUN echo built >/built\nFROM two\nCOPY --from=build /built /\nCOPY --from=one:1 /first /\n' >named/Containerfile
cat >>kgraph.toml <<'END'
[node.named]
kind = "image"
context = "named"
bases = { "one:1" = "${node.base.ref}", two = "${node.web.ref}" }
END
up named
ended_with 0
podman run --rm "$(tags_of named)" cat /built /first | xargs >seen
same "$(cat seen)" "built b"

# An ignore file of the Containerfile's own, and kgraph's folder, which never counts and never gets in.
mkdir own
printf 'FROM localhost/mine:1\nCOPY . /all/\n' >own/Containerfile
printf '*\n!web/main\n!.kgraph\n' >own/Containerfile.dockerignore
cat >>kgraph.toml <<'END'
[node.own]
kind = "image"
context = "."
file = "own/Containerfile"
END
up own
ended_with 0
same "$(podman run --rm "$(tags_of own)" find /all -type f)" /all/web/main
echo other >web/lib/other
up own
says "1 node unchanged"
