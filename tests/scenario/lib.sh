# What a scenario is told with. Sourced by tests/scenario/run before the scenario's test.sh, in its new and empty folder.
#
#     graph <<'END'
#     [node.hello]
#     kind = "command"
#     command = ["echo", "hello"]
#     END
#     kg up                      # runs kgraph; its output is in $out, its status in $status
#     ended_with 0
#     says "1 made"
set -euo pipefail

# Nothing of the user's is read or written. Scenarios that run side by side share the file that says which port is whose, as checkouts do.
export HOME=$WORK/.home XDG_CACHE_HOME=$WORK/.home/cache XDG_STATE_HOME=${WORK%/*}/.state NO_COLOR=1 LC_ALL=C.UTF-8
[ -z "${WORLD:-}" ] || export XDG_STATE_HOME=$WORK/.home/state # nobody else is in there
[ -n "${WORLD:-}" ] || unset KUBECONFIG
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
unset CI KGRAPH_CACHE KGRAPH_PUSH KGRAPH_ENGINE KGRAPH_PROFILE DB_PASSWORD PGPASSWORD PGHOST PGPORT PGUSER PGDATABASE
mkdir -p "$HOME"
out='' status=0
source "$ROOT/tests/scenario/containers.sh" # what scenarios with containers are told with
source "$ROOT/tests/scenario/kubernetes.sh" # and those with a Kubernetes

# Whatever goes wrong, nothing that was started stays: every kgraph.toml below the folder is taken down, and what is still there is killed.
leftovers_kill() {
    local process
    for process in /proc/[0-9]*; do
        [[ $(readlink "$process/cwd" 2>/dev/null)/ == "$WORK"/* ]] || continue
        [ "${process#/proc/}" = $$ ] || kill -KILL "${process#/proc/}" 2>/dev/null || true
    done
}
leftovers_down() {
    local file
    while read -r file; do
        timeout 30 "$KGRAPH" -f "$file" down --purge >/dev/null 2>&1 || true
    done < <(find "$WORK" -name kgraph.toml -not -path '*/.kgraph/*' 2>/dev/null)
    leftovers_kill
}
clean_up() {
    local ended=$?
    # A world of its own takes everything with it.
    [ -n "${WORLD:-}" ] && [ "$EUID" = 0 ] || leftovers_down
    leftovers_in_cluster
    [ "$ended" = 0 ] || [ "$ended" = 77 ] || printf '\n--- last output of kgraph (status %s) ---\n%s\n' "$status" "$out"
}
trap clean_up EXIT

graph() { cat >kgraph.toml; }

kg() {
    status=0
    out=$("$KGRAPH" "$@" 2>&1) || status=$?
}

fail() {
    local at=$((${#BASH_SOURCE[@]} - 1)) # the test.sh, whoever of here was between
    printf 'FAILED: %s (%s:%s)\n' "$*" "${BASH_SOURCE[at]##*/scenario/}" "${BASH_LINENO[at - 1]}"
    exit 1
}
skip() {
    printf '%s\n' "$*"
    exit 77
}
need() { command -v "$1" >/dev/null || skip "there is no $1 on this machine"; }

ended_with() { [ "$status" = "$1" ] || fail "kgraph ended with $status, not with $1"; }
says() { grep -qF -- "$1" <<<"$out" || fail "kgraph does not say: $1"; }
says_like() { grep -qE -- "$1" <<<"$out" || fail "kgraph says nothing like: $1"; }
says_nothing_of() { ! grep -qF -- "$1" <<<"$out" || fail "kgraph says: $1"; }
same() { [ "$1" = "$2" ] || fail "\"$1\" is not \"$2\""; }
exists() { [ -e "$1" ] || fail "$1 is not there"; }
gone() { [ ! -e "$1" ] || fail "$1 is there"; }

# eventually SECONDS COMMAND...: true within that time.
eventually() {
    local limit=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$limit" ] || fail "not within its time: $*"
        sleep 0.05
    done
}

# Where this distribution keeps PostgreSQL's programs.
postgresql_bin() {
    local folder
    folder=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
    [ -n "$folder" ] || skip "PostgreSQL is not installed"
    echo "$folder"
}

# stack: the example, copied here, with what it needs on this machine.
stack() {
    need redis-server
    need cc
    postgresql_bin >/dev/null
    stack_copy
}
stack_copy() {
    mkdir -p stack
    (cd "$ROOT/examples/datastorage-stack" && tar -cf - --exclude=.kgraph --exclude=build .) | tar -xf - -C stack
    cd stack
}

# A free port; nothing keeps it from being taken, so it is used at once.
free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

dead() { ! kill -0 "$1" 2>/dev/null; }
# Who listens on a port of this machine.
listener() {
    need ss
    ss -Hltnp "sport = :$1" | grep -oE 'pid=[0-9]+' | head -n 1 | cut -d= -f2
}
# The port that a name got in this checkout, as the user's file of ports has it.
kgraph_port() { awk -F '\t' -v name="$1" -v folder="$PWD/" 'index($2, folder) == 1 && $3 == name { print $1 }' "$XDG_STATE_HOME/kgraph/ports"; }
# ${dir.data} of the only stack that a scenario has up.
data_folder() { "$KGRAPH" graph --format json >/dev/null; tr '\0' '\n' </proc/"$(listener "$(kgraph_port ds.postgresql.server)")"/cmdline | grep -A1 -x -- -D | tail -n 1 | xargs dirname; }

# The whole example with kgraph-NAME, which stands beside kgraph when the sanitizer's part of the tests has run.
whole_story_under() {
    KGRAPH=${KGRAPH%/*}/kgraph-$1
    [ -x "$KGRAPH" ] || skip "there is no kgraph-$1 beside kgraph (./dev test $1 makes it)"
    export ASAN_OPTIONS=detect_leaks=0 TSAN_OPTIONS=halt_on_error=1:exitcode=66
    stack
    for _ in 1 2; do
        kg up --events events.jsonl --trace trace.json
        ended_with 0
        says_nothing_of "Sanitizer"
    done
    echo "/* a remark */" >>service/store.h
    kg plan
    ended_with 0
    kg up
    ended_with 0
    kg status
    ended_with 0
    kg down --purge
    ended_with 0
    says_nothing_of "Sanitizer"
}
