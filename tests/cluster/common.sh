# What the scripts of tests/cluster share. Sourced.
set -euo pipefail
shopt -s inherit_errexit
tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$tree/tests/cluster
kubernetes_version=1.34.4
: "${TEST_CACHE:=${XDG_CACHE_HOME:-$HOME/.cache}/kgraph/test}"
programs=$TEST_CACHE/kubernetes-$kubernetes_version

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# eventually SECONDS COMMAND...: true within that time.
eventually() {
    local limit=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$limit" ] || return 1
        sleep 0.05
    done
}

# The cgroups of the cluster with that number: one, or one a controller.
cgroup_folders() {
    if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
        echo /sys/fs/cgroup/kgraph-c"$1"
    else
        printf "%s/kgraph-c$1\n" /sys/fs/cgroup/*/ | tr -s /
    fi
}
