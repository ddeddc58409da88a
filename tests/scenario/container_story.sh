# What containers, networks and volumes do, told once for every engine:
#
#     container_story podman
#
# The world must have the image localhost/test/busybox:1 (tests/scenario/containers.sh).

container_story() {
    engine=$1
    export KGRAPH_ENGINE=$engine
    image=localhost/test/busybox:1
    somebody_elses
    life
    changes
    deaths
    health
    data_stays
    clashes
    wrong_things
    secrets
    interrupted
    nothing_is_left
}

names() { $engine ps --all --filter label=io.kgraph.graph --format '{{.Names}}' | grep -vx other | sort | xargs; }
# The full name of a node's container.
container_of() { $engine ps --all --filter "label=io.kgraph.node=$1" --format '{{.Names}}'; }
network_of() { $engine network ls --filter "label=io.kgraph.node=$1" --format '{{.Name}}'; }
id_of() { $engine inspect --format '{{.Id}}' "$(container_of "$1")"; }
has_ended() { [ "$($engine inspect --format '{{.State.Running}}' "$1")" = false ]; }
runs() { [ -n "$($engine ps --quiet --filter "label=io.kgraph.node=$1")" ]; }

# It is there from the beginning to the end.
somebody_elses() {
    $engine network create other >/dev/null
    $engine volume create other >/dev/null
    $engine run --detach --name other --network other --volume other:/data --label io.kgraph.graph=of-another "$image" sleep 1000 >/dev/null
    other=$($engine inspect --format '{{.Id}} {{.State.StartedAt}}' other)
}

# stack [MORE-OF-WEB [MORE-OF-NET]]
stack() {
    graph <<END
[ports]
web = {}
[secrets]
password = { env = "TEST_PASSWORD", default = "correct-horse-battery" }
[node.net]
kind = "network"
${2:-}
[node.data]
kind = "volume"
[node.web]
kind = "container"
image = "$image"
command = ["sh", "-c", "echo serving for \$WHO; echo kept >>/data/starts; cd /data && exec httpd -f -p 80"]
network = "\${node.net.name}"
volumes = ["\${node.data.name}:/data"]
ports = ["\${port.web}:80"]
env = { WHO = "\${secrets.password}", PATH = "/bin:/usr/bin:/sbin" }
ready = { http = "http://127.0.0.1:\${port.web}/starts" }
stop = { after = "1s" }
${1:-}
[node.client]
kind = "container"
image = "$image"
command = ["sh", "-c", "echo client is here; exec sleep 1000"]
needs = ["web:ready"]
network = "\${node.net.name}"
ready = { exec = ["wget", "-q", "-O", "/dev/null", "http://web/starts"] }
stop = { signal = "KILL" }
[node.other-client]
kind = "container"
image = "$image"
command = ["sh", "-c", "sleep 0.3; echo I am ready; exec sleep 1000"]
ready = { log = "^I am ready$" }
stop = { signal = "KILL" }
END
}

life() {
    stack
    kg up
    ended_with 0
    says "5 made"
    web=$(id_of web) client=$(id_of client)
    kg up
    ended_with 0
    says "5 nodes unchanged"
    same "$(id_of web) $(id_of client)" "$web $client"
    kg status
    says_like "web +container +running"
    says_like "net +network +running"
    kg logs client
    says "client is here"
    kg logs web
    says "serving for ***"
    TEST_PASSWORD=another kg collect artifacts
    ended_with 0
    says "5 nodes"
    grep -q 'serving for' artifacts/web/gathered.log || fail "what the container prints was not collected"
    grep -q '"Running"' artifacts/web/inspect.json || fail "the container is not described"
    sed -i '/default = "correct/s/, default = "[^"]*"//' kgraph.toml
    kg collect artifacts web
    ended_with 0
    grep -q '"WHO=\*\*\*"' artifacts/web/inspect.json || fail "the environment is not masked: $(grep -h WHO artifacts/web/inspect.json)"
    stack
    $engine port "$(container_of web)" | grep -q 127.0.0.1 || fail "it is not published at 127.0.0.1"
}

# Only what changed is made anew.
changes() {
    stack 'hostname = "changed"'
    kg up
    ended_with 0
    says "hostname"
    says "1 made"
    [ "$(id_of web)" != "$web" ] || fail "it was not made anew"
    same "$(id_of client)" "$client"

    # The image behind the tag.
    printf 'FROM %s\nENV CHANGED=1\n' "$image" >Containerfile
    $engine build --quiet --tag localhost/test/moved:1 --file Containerfile . >/dev/null 2>&1
    $engine tag "$image" localhost/test/busybox:kept
    $engine tag localhost/test/moved:1 "$image"
    kg plan
    says_like "web +the image $image is now [0-9a-f]{12}, the container was made from [0-9a-f]{12}"
    kg up
    ended_with 0
    says "3 made"
    $engine tag localhost/test/busybox:kept "$image"
    stack
    kg up
    ended_with 0

    # A network that is made anew takes our containers along; one of another name is left nowhere.
    stack '' 'name = "of-another-name"'
    kg up
    ended_with 0
    same "$(network_of net)" of-another-name
    stack '' 'labels = { of = "a test" }'
    kg up
    ended_with 0
    says "3 made"
    web=$(id_of web) client=$(id_of client)
}

deaths() {
    # What was killed is started again, and alone.
    $engine kill "$(container_of web)" >/dev/null
    eventually 10 has_ended "$(container_of web)"
    kg up
    ended_with 0
    says "exit status 137"
    says "1 made"
    same "$(id_of web)" "$web"
    $engine rm --force "$(container_of client)" >/dev/null 2>&1
    kg up
    ended_with 0
    says "is not there any more"
    says "1 made"

    # One that ends while it is waited for fails at once.
    cp kgraph.toml kept.toml
    cat >>kgraph.toml <<END
[node.crash]
kind = "container"
image = "$image"
command = ["sh", "-c", "echo cannot find my configuration; sleep 0.6; exit 3"]
ready = { tcp = "127.0.0.1:1", timeout = "60s" }
END
    local started=$SECONDS
    kg up
    ended_with 1
    says "exit status 3"
    says "cannot find my configuration"
    [ $((SECONDS - started)) -lt 30 ] || fail "it waited for the time limit"
    sed -i 's/sleep 0.6; exit 3/exit 4/; s/^ready = { tcp.*//' kgraph.toml
    kg up
    ended_with 1
    says "exit status 4"
    cp kept.toml kgraph.toml
}

# The engine's own check.
health() {
    cat >>kgraph.toml <<END
[node.healthy]
kind = "container"
image = "$image"
command = ["sh", "-c", "sleep 0.5; touch /fine; exec sleep 1000"]
health = { command = ["test", "-e", "/fine"], interval = "500ms" }
stop = { signal = "KILL" }
[node.ill]
kind = "container"
image = "$image"
command = ["sleep", "1000"]
health = { command = "echo I am ill; exit 1", interval = "300ms", start_period = "1ms", timeout = "1s", retries = 1 }
stop = { signal = "KILL" }
END
    kg up
    [ "$status" != 0 ] || fail "the ill one is taken for a healthy one"
    says_like "ready +healthy"
    says "not healthy"
    cp kept.toml kgraph.toml
    kg down healthy ill crash
    ended_with 0
}

data_stays() {
    kg down
    ended_with 0
    same "$(names)" ""
    same "$($engine volume ls --filter label=io.kgraph.graph --format '{{.Name}}' | wc -l)" 1
    kg up
    ended_with 0
    [ "$($engine exec "$(container_of web)" wc -l /data/starts | cut -d' ' -f1)" -gt 3 ] || fail "the volume has lost its data"

    # What holds data is not made anew for a setting.
    sed '/^kind = "volume"/a options = { type = "tmpfs", device = "tmpfs" }' kgraph.toml >changed.toml
    kg -f changed.toml up data
    ended_with 1
    says "holds data and was made with other settings"
    says "down --purge data"
}

# A port in use, by a process and by a container of somebody else.
clashes() {
    local port server
    need python3
    port=$(free_port)
    python3 -m http.server "$port" --bind 127.0.0.1 >/dev/null 2>&1 &
    server=$!
    eventually 10 curl --silent --output /dev/null "http://127.0.0.1:$port/"
    mkdir -p clash
    cd clash
    graph <<END
[node.published]
kind = "container"
image = "$image"
command = ["sleep", "1000"]
ports = ["$port:80"]
END
    kg up
    ended_with 1
    says "port $port is held by process $server: "
    same "$(container_of published)" ""
    kill "$server"
    wait "$server" 2>/dev/null || true
    $engine run --detach --name holder --publish "127.0.0.1:$port:80" "$image" sleep 1000 >/dev/null
    kg up
    ended_with 1
    says "port $port is held by the container holder"
    kg down
    $engine rm --force holder >/dev/null 2>&1

    # A name that somebody else has.
    graph <<END
[node.a]
kind = "container"
image = "$image"
name = "other"
command = ["sleep", "1000"]
[node.b]
kind = "network"
name = "other"
[node.c]
kind = "volume"
name = "other"
END
    kg up
    ended_with 1
    says "there is a container other already, and it is not of this node"
    says "there is a network other already, and it is not of this node"
    says "there is a volume other already, and it is not of this node"
    kg down --purge
    ended_with 0
    cd ..

    # A network that somebody else uses as well.
    $engine network connect "$(network_of net)" other
    kg down net
    ended_with 1
    says "is still used by other, not of this graph"
    $engine network disconnect "$(network_of net)" other
    kg down net
    ended_with 0
}

wrong_things() {
    mkdir -p wrong
    cd wrong
    graph <<END
[node.local]
kind = "container"
image = "localhost/test/nosuch:1"
[node.remote]
kind = "container"
image = "127.0.0.1:9/nosuch/image:1"
timeout = "60s"
[node.folder]
kind = "container"
image = "$image"
mounts = [{ source = "nosuch", target = "/x" }]
command = ["true"]
[node.program]
kind = "container"
image = "$image"
command = ["/no/such/program"]
END
    # Rootless engines limit memory only where a cgroup was handed to the user.
    if [ "$EUID" = 0 ]; then
        cat >>kgraph.toml <<END
[node.hungry]
kind = "container"
image = "$image"
command = ["sh", "-c", "sleep 0.5; exec tail /dev/zero"]
memory = "16M"
ready = { tcp = "127.0.0.1:1", timeout = "60s" }
END
    fi
    kg up
    ended_with 1
    says "there is no image localhost/test/nosuch:1"
    says "cannot pull 127.0.0.1:9/nosuch/image:1"
    says_like "refused"
    says_like "folder failed: cannot (make|start) the container"
    says "/no/such/program"
    if [ "$EUID" = 0 ]; then
        says "exit status 137"
        says '`memory` limits it to 16 MiB'
    fi
    same "$($engine ps --all --format '{{.Names}}' | grep '^wrong-' | grep -vc hungry)" 0
    kg down
    ended_with 0
    graph <<END
[node.a]
kind = "container"
image = "x"
ports = ["eighty"]
END
    kg check
    ended_with 2
    says "eighty is not [ADDRESS:][PORT:]PORT[/udp]"
    graph <<END
[node.a]
kind = "network"
END
    KGRAPH_ENGINE=nosuch kg up
    ended_with 1
    says 'there is no container engine `nosuch`'
    if command -v docker >/dev/null; then
        DOCKER_HOST=unix://$PWD/nosuch KGRAPH_ENGINE=docker kg up
        ended_with 1
        says "start docker's daemon"
    fi
    kg down
    ended_with 0
    cd ..
}

# The password is in the container and nowhere else.
secrets() {
    stack
    kg up --events events.jsonl
    ended_with 0
    says_nothing_of correct-horse-battery
    $engine exec "$(container_of web)" sh -c 'echo "$WHO"' | grep -qx correct-horse-battery || fail "the container has no password"
    # graph.bin is the graph file in another form, and has what that has.
    if grep -rF --exclude='graph*.bin' correct-horse-battery .kgraph events.jsonl; then
        fail "the password is in what kgraph keeps"
    fi
    kg down
    ended_with 0
    watch_engine
    kg up
    ended_with 0
    if grep -qF correct-horse-battery "$WORK/.watch/calls"; then fail "the password is in an argument list of the engine"; fi
    [ "$(engine_calls create)" -ge 3 ] || fail "nothing was made"

    # Nothing has changed: one listing each, and what a rule itself runs.
    engine_forget
    kg up
    ended_with 0
    same "$(engine_calls 'ps --all') $(engine_calls images) $(engine_calls 'volume ls') $(engine_calls 'network ls')" "1 1 1 0"
    same "$(engine_calls inspect) $(engine_calls create) $(engine_calls start)" "0 0 0"
}

interrupted() {
    kg down
    cat >>kgraph.toml <<END
[node.slow]
kind = "container"
image = "$image"
command = ["sleep", "1000"]
ready = { tcp = "127.0.0.1:1", timeout = "600s" }
stop = { signal = "KILL" }
END
    "$KGRAPH" up >interrupted.log 2>&1 &
    local run=$!
    eventually 60 runs slow
    sleep 0.5
    kill -INT "$run"
    if wait "$run"; then fail "an interrupted run has succeeded"; fi
    # No helper of its is left behind.
    if ps -eo args | grep -E "^[^ ]*$engine (logs --follow|events) "; then fail "a follower was left"; fi
    kg down --purge
    ended_with 0
}

nothing_is_left() {
    same "$($engine inspect --format '{{.Id}} {{.State.StartedAt}}' other)" "$other"
    $engine network inspect other >/dev/null || fail "somebody else's network is gone"
    $engine volume inspect other >/dev/null || fail "somebody else's volume is gone"
    same "$(left_of_ours | xargs)" other
}
