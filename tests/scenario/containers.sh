# What scenarios with containers are told with, beside lib.sh, which sources this.
#
#     need_podman busybox              the first line of a test.sh: from there on it runs in a world of its own (tests/scenario/world), with
#                                      podman and these base images (tests/scenario/base_image): localhost/test/busybox:1
#     need_podman --rootless busybox   the same as a user without rights
#     need_docker busybox              the same with dockerd, which `docker` finds by DOCKER_HOST; as root only
#
#     registry_start                   a registry; its HOST:PORT is then in $registry, what it prints in the file $registry_log
#         --password USER:PASSWORD     it wants to be told these
#         --tls                        with a certificate that is in $registry_ca, and that nobody trusts yet
#         --trusted-tls                with one that podman, docker and kgraph find in ~/.config/containers/certs.d
#         --folder DIR  --port PORT    where it keeps what it has, and where it listens: to go on with what an earlier one had
#     registry_stop                    ends it at once
#     registry_asked PATTERN           how many of its requests were like that: registry_asked 'PUT .*/manifests/'
#     registry_tags PATH               the tags that it has there, one a line
#
#     watch_engine                     from there on podman and docker note what they are told to do
#     engine_calls build               how often they were told to build
#     engine_forget                    begins to count anew
#     left_of_ours                     containers, volumes and networks with labels of kgraph's, one a line
#
# Everything ends with the scenario, however that ends. In a world of its own it may use any port.

need_podman() {
    local rootless=''
    [ "${1:-}" != --rootless ] || { rootless=--rootless; shift; }
    need podman
    need runc
    [ -n "${WORLD:-}" ] || enter_world "$rootless" "$@"
    [ "$EUID" = 0 ] || "$ROOT/tests/scenario/base_image" --into podman "$@" # if the world does not have them
}

need_docker() {
    need dockerd
    need docker
    [ "$EUID" = 0 ] || skip "dockerd needs root"
    [ -n "${WORLD:-}" ] || enter_world '' "$@"
    dockerd_start
    "$ROOT/tests/scenario/base_image" --into docker "$@"
}

# The rest happens in there: this shell is replaced, and the test.sh begins anew.
enter_world() {
    local rootless=$1 message
    shift
    if [ "$EUID" = 0 ]; then
        unshare --mount --net --uts --ipc --pid --fork true 2>/dev/null || skip "root gets no namespaces here: unshare is refused"
    else
        need newuidmap
        podman unshare true 2>/dev/null || skip "podman cannot map user ids here: see /etc/subuid"
    fi
    # shellcheck disable=SC2086 # nothing or one word
    message=$("$ROOT/tests/scenario/base_image" $rootless "$@" 2>&1) || skip "${message##*$'\n'}"
    if [ -n "$cluster" ]; then
        WORLD_NETWORK=$(cat "$cluster/process1")
        export WORLD_NETWORK WORLD_CLUSTER=$cluster WORLD_NAMESPACE=$namespace WORLD_NODE_ADDRESS=$node_address
    fi
    # shellcheck disable=SC2016,SC2086 # expanded in there; nothing or one word
    TMPDIR=${WORK%/*} exec "$ROOT/tests/scenario/world" $rootless bash -c '
        source "$ROOT/tests/scenario/lib.sh"
        cd "$WORK"
        source "$ROOT/tests/scenario/$SCENARIO/test.sh"'
}

dockerd_start() {
    local folder=$WORLD/docker
    mkdir -p "$folder"
    export DOCKER_HOST=unix://$folder/socket
    dockerd --host "$DOCKER_HOST" --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$folder/pid" \
        --default-ulimit nofile=4096:4096 >"$folder/log" 2>&1 &
    eventually 60 docker version >/dev/null 2>&1
}

# ---- registry -----------------------------------------------------------------------------------------------------------

registry='' registry_process='' registry_log='' registry_ca='' registry_curl=()

registry_start() {
    need docker-registry
    local folder=$WORK/.registry port='' password='' tls=''
    while [ $# -gt 0 ]; do
        case $1 in
        --folder) folder=$2; shift ;;
        --port) port=$2; shift ;;
        --password) password=$2; shift ;;
        --tls | --trusted-tls) tls=$1 ;;
        *) fail "registry_start knows no $1" ;;
        esac
        shift
    done
    [ -n "$port" ] || port=$(free_port)
    registry=127.0.0.1:$port registry_log=$folder/log
    mkdir -p "$folder"
    registry_curl=(curl --silent --max-time 10 ${password:+--user "$password"})
    registry_configure >"$folder/config.yml"
    docker-registry serve "$folder/config.yml" >>"$registry_log" 2>&1 &
    registry_process=$!
    eventually 20 registry_answers
}
registry_answers() { "${registry_curl[@]}" --fail --output /dev/null "$registry_url/"; }

# With the variables of registry_start.
registry_configure() {
    registry_url=http://$registry/v2
    printf '%s\n' 'version: 0.1' 'log: { level: info }' \
        "storage: { filesystem: { rootdirectory: $folder/data }, delete: { enabled: true } }" \
        "http:" "    addr: $registry" "    secret: of-a-test"
    if [ -n "$tls" ]; then
        registry_url=https://$registry/v2 registry_ca=$folder/cert.pem
        registry_curl+=(--cacert "$registry_ca")
        [ -f "$registry_ca" ] || openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test \
            -addext subjectAltName=IP:127.0.0.1,DNS:localhost -keyout "$folder/key.pem" -out "$registry_ca" 2>/dev/null
        printf '    tls: { certificate: %s, key: %s }\n' "$registry_ca" "$folder/key.pem"
        [ "$tls" != --trusted-tls ] || registry_trust
    fi
    if [ -n "$password" ]; then
        # libcrypt makes what the registry wants (bcrypt), and perl is everywhere.
        printf '%s:%s\n' "${password%%:*}" "$(perl -e 'print crypt($ARGV[0], q($2b$05$abcdefghijklmnopqrstuu))' "${password#*:}")" >"$folder/htpasswd"
        printf 'auth: { htpasswd: { realm: test, path: %s } }\n' "$folder/htpasswd"
    fi
}
registry_trust() {
    mkdir -p "$HOME/.config/containers/certs.d/$registry"
    cp "$registry_ca" "$HOME/.config/containers/certs.d/$registry/ca.crt"
}

registry_stop() {
    kill -KILL "$registry_process"
    wait "$registry_process" 2>/dev/null || true
}
registry_asked() { grep -cE "\"$1" "$registry_log" || true; }
registry_tags() { "${registry_curl[@]}" "$registry_url/$1/tags/list" | grep -oE '"tags":\[[^]]*' | grep -oE '"[^"]*"' | tail -n +2 | tr -d '"' | sort; }

# ---- what was done ------------------------------------------------------------------------------------------------------

watch_engine() {
    local name real
    mkdir -p "$WORK/.watch"
    for name in podman docker buildah; do
        real=$(command -v "$name") || continue
        # One line a call, in one write.
        printf '#!/bin/sh\necho "%s $*" >>%q\nexec %q "$@"\n' "$name" "$WORK/.watch/calls" "$real" >"$WORK/.watch/$name"
        chmod +x "$WORK/.watch/$name"
    done
    PATH=$WORK/.watch:$PATH
    engine_forget
}
engine_calls() { grep -cE "^[a-z]+ ([^ ]+ )*$1( |\$)" "$WORK/.watch/calls" || true; }
engine_forget() { : >"$WORK/.watch/calls"; }

left_of_ours() {
    local engine=podman
    [ -z "${DOCKER_HOST:-}" ] || engine=docker
    $engine ps --all --filter label=io.kgraph.graph --format '{{.Names}}'
    $engine volume ls --filter label=io.kgraph.graph --format '{{.Name}}'
    $engine network ls --filter label=io.kgraph.graph --format '{{.Name}}'
}

# ---- the example --------------------------------------------------------------------------------------------------------

# The example, copied here, with --profile containers and the base images of this machine:
# need_podman debian builder postgres redis
stack_in_containers() {
    need curl
    stack_copy
    export KGRAPH_PROFILE=containers
    export KGRAPH_VAR_ds_postgresql_image=localhost/test/postgres:1 KGRAPH_VAR_ds_redis_image=localhost/test/redis:1
    export KGRAPH_VAR_ds_builder_image=localhost/test/builder:1 KGRAPH_VAR_ds_runtime_image=localhost/test/debian:1
}
# The container of a node, by its labels, in this scenario's only stack.
container_of() { podman ps --all --quiet --no-trunc --filter "label=io.kgraph.node=$1"; }

# ---- kind -----------------------------------------------------------------------------------------------------------------

# After need_podman debian: `kind` is the one of tests/scenario/fake_kind, whose nodes are containers with a real containerd.
fake_kind() {
    need containerd
    need ctr
    need python3
    export FAKE_KIND=$HOME/.fake_kind PATH=$ROOT/tests/scenario/fake_kind:$PATH
    mkdir -p "$FAKE_KIND"
}
kind_calls() { grep -c "^$1" "$FAKE_KIND/calls" || true; }
kind_nodes() { podman ps --filter "label=io.x-k8s.kind.cluster=$1" --format '{{.Names}}' | sort | xargs; }
