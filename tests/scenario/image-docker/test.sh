need_docker busybox
# The same by docker, with its older and its newer builder: built once, found, told with its line, removed when old.
export KGRAPH_ENGINE=docker
PATH=/usr/bin:$PATH # docker.io of the distribution, which has both
watch_engine
registry_start
export TOKEN=the-token
graph <<END
[cache]
remote = "oci://$registry/cache"
[secrets]
token = { env = "TOKEN" }
[node.base]
kind = "image"
context = "base"
[node.web]
kind = "image"
context = "web"
base = "\${node.base.ref}"
build_args = { VERSION = "1" }
[node.second]
kind = "image"
name = "web"
tag = "second"
context = "web"
base = "\${node.base.ref}"
build_args = { VERSION = "1" }
[node.own]
kind = "image"
context = "."
file = "own/Containerfile"
secrets = [{ id = "token", value = "\${secrets.token}" }]
END
mkdir base web own
# What the newer builder alone has: secrets, an ignore file of the Containerfile's own.
printf 'FROM localhost/test/busybox:1\nCOPY . /all/\nRUN --mount=type=secret,id=token cat /run/secrets/token; wc -c </run/secrets/token >/length\n' >own/Containerfile
printf '*\n!web/kept\n!.kgraph\n' >own/Containerfile.dockerignore

# Another machine, as far as an image can tell.
empty_disk() {
    docker images --quiet --filter label=io.kgraph=image | awk '!seen[$0]++' | xargs --no-run-if-empty docker rmi --force >/dev/null
    rm -rf .kgraph
    engine_forget
}

story() {
    empty_disk
    printf 'FROM localhost/test/busybox:1\nRUN echo base >/base\n' >base/Dockerfile
    printf 'ARG UNUSED\nFROM whatever AS first\nARG VERSION\nCOPY . /web/\nRUN echo "$VERSION" >/version\n' >web/Dockerfile
    printf '*\n!kept\n' >web/.dockerignore
    echo kept >web/kept

    kg up --push web second
    ended_with 0
    says "2 made, 1 restored"
    same "$(engine_calls build)" 2
    web=$(docker images --format '{{.Repository}}:{{.Tag}}' | grep '^localhost/web:second-')
    same "$(docker run --rm "$web" cat /base /web/kept /version | xargs)" "base kept 1"

    engine_forget
    kg up web second
    says "3 nodes unchanged"
    same "$(engine_calls build) $(wc -l <.watch/calls)" "0 1"

    # Pulled, not built, on an empty disk.
    empty_disk
    kg up web second
    ended_with 0
    same "$(engine_calls build) $(engine_calls pull)" "0 2"
    same "$(docker run --rm "$web" cat /base /web/kept /version | xargs)" "base kept 1"

    echo ignored >web/other
    kg up web second
    says "3 nodes unchanged"
    echo changed >web/kept
    engine_forget
    kg up web second
    same "$(engine_calls build)" 1

    # Found by its key after the ledger is gone.
    rm -rf .kgraph
    engine_forget
    kg up web second
    says "3 restored"
    same "$(engine_calls build)" 0

    printf 'FROM x\n\n# why\nRUN echo printed; \\\n  exit 3\n' >web/Dockerfile
    kg up web second
    ended_with 1
    says 'RUN echo printed;'
    says 'exit 3: exit status 3'
    says ' --> web/Dockerfile:4:1'
    says '    printed'
}

DOCKER_BUILDKIT=0 story
DOCKER_BUILDKIT=0 kg up own
ended_with 1
says "docker's older builder knows no secrets"
before=$(registry_tags cache/images | wc -l)
unset DOCKER_BUILDKIT
story
# Another builder, other keys.
same "$(registry_tags cache/images | wc -l)" $((2 * before))

kg up own
ended_with 0
own=$(docker images --format '{{.Repository}}:{{.Tag}}' | grep '^localhost/own:')
same "$(docker run --rm "$own" sh -c 'cat /length; find /all -type f' | xargs)" "9 /all/web/kept"
! grep -rq the-token .kgraph .watch || fail "the secret is in $(grep -rl the-token .kgraph .watch | xargs)"

docker create --name user "$web" true >/dev/null
kg gc --images 0
ended_with 0
docker image inspect "$web" >/dev/null
says 'docker holds'
