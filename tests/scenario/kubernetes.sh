# What scenarios with a Kubernetes are told with, beside lib.sh, which sources this.
#
#     need_kubernetes                  the first line of a test.sh: a cluster, with a namespace of its own for this scenario. All
#                                      scenarios share the cluster, which the runner starts; or the one that KGRAPH_TEST_KUBECONFIG names
#     need_kubernetes --own            one for this scenario alone, where it may stop the API server
#     need_kubernetes --own --api-only the same without a node: no pod ever runs
#     cluster_images busybox redis     these base images (tests/scenario/base_image) are in the node: localhost/test/redis:1
#
# Then there are $cluster, the folder of tests/cluster/up; $KUBECONFIG, which kubectl and kgraph read; $namespace; $node_address, where
# NodePorts are reached; kubectl in PATH, and
#
#     k get pods                       kubectl in that namespace
#     field deployment/web .spec.replicas      one field of an object, by a JSONPath
#     api_server stop|start|freeze|thaw|forget   (of an own cluster)
#     token_for ACCOUNT SECONDS        a token of a ServiceAccount that expires about then: the API server itself gives none below 10 minutes.
#                                      It takes one for 10 s without looking at it again, so that expires up to 10 s later
#
#     need_kind busybox                instead: a world of its own (need_podman) with kind, kubectl, a node image, $kind_node, and these base
#                                      images. A cluster takes a minute to start in there
#
# With need_podman in the line below, the scenario has a world of its own on the cluster's network: podman builds what the cluster runs.
# Namespace and cluster go away with the scenario, however it ends.

# In a world they are what they were outside (enter_world of containers.sh).
cluster=${WORLD_CLUSTER:-} namespace=${WORLD_NAMESPACE:-} node_address=${WORLD_NODE_ADDRESS:-}

need_kubernetes() {
    local own='' options=()
    [ -z "$namespace" ] || return 0
    while [ $# -gt 0 ]; do
        case $1 in
        --own) own=yes ;;
        --api-only) options+=(--api-only) ;;
        *) fail "need_kubernetes knows no $1" ;;
        esac
        shift
    done
    if [ -n "$own" ]; then
        cluster=$WORK/.cluster
        cluster_start "${options[@]}"
    elif [ -n "${KGRAPH_TEST_KUBECONFIG:-}" ]; then
        export KUBECONFIG=$KGRAPH_TEST_KUBECONFIG
        need kubectl
    else
        [ -n "${SHARED_CLUSTER:-}" ] || skip "there is no cluster for the scenarios"
        [ -f "$SHARED_CLUSTER/kubeconfig" ] || skip "$(tail -n 1 "$SHARED_CLUSTER.log")"
        cluster=$SHARED_CLUSTER
    fi
    if [ -n "$cluster" ]; then
        export KUBECONFIG=$cluster/kubeconfig
        PATH=$(programs_folder):$PATH
        node_address=$(cat "$cluster/address")
    else
        node_address=$(kubectl get nodes -o 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}')
    fi
    namespace=$(new_namespace)
}

programs_folder() { "$ROOT/tests/cluster/build"; } # nothing is built any more

# It ends with this shell, at the latest.
cluster_start() {
    local message
    [ "$EUID" = 0 ] || skip "a cluster of one's own needs root"
    message=$("$ROOT/tests/cluster/build" --check 2>&1) || skip "$message"
    "$ROOT/tests/cluster/up" --with $$ "$@" "$cluster" >/dev/null || fail "no cluster can be started"
}

need_kind() {
    [ "$EUID" = 0 ] || skip "a node of kind needs root here"
    need_podman kind-node "$@"
    kind_node=localhost/test/kind-node:1
    export KIND_EXPERIMENTAL_PROVIDER=podman
    PATH=$ROOT/tests/cluster/kind:$(programs_folder):$PATH
}

# new_namespace: makes one more, and prints its name. The clean-up takes it away.
new_namespace() {
    local name=$SCENARIO-$RANDOM
    kubectl create namespace "$name" >/dev/null
    echo "$name" >>"$WORK/.namespaces"
    echo "$name"
}
leftovers_in_cluster() {
    [ -n "$namespace" ] || return 0
    if [ "$cluster" = "$WORK/.cluster" ]; then
        [ -n "${WORLD:-}" ] || "$ROOT/tests/cluster/down" "$cluster" # from inside nobody sees its processes; it ends by itself
    elif [ -s "$WORK/.namespaces" ]; then
        xargs kubectl delete namespace --wait=false --ignore-not-found <"$WORK/.namespaces" >/dev/null 2>&1 || true
    fi
}

cluster_images() {
    local name
    [ -n "$cluster" ] || skip "images are put into clusters of the tests alone"
    need podman
    for name; do
        (
            flock 9
            [ ! -e "$cluster/run/image-$name" ] || exit 0
            "$ROOT/tests/scenario/base_image" "$name"
            "$ROOT/tests/scenario/world" podman save --quiet "localhost/test/$name:1" | "$ROOT/tests/cluster/load" "$cluster" --tar -
            touch "$cluster/run/image-$name"
        ) 9>>"$cluster/run/images.lock" || skip "the image $name cannot be put into the cluster"
    done
}

k() { kubectl --namespace "$namespace" "$@"; }
field() { k get "$1" -o "jsonpath={$2}" 2>/dev/null; }
api_server() { "$ROOT/tests/cluster/api-server" "$1" "$cluster" "${@:2}"; }

base64_url() { base64 -w 0 | tr '+/' '-_' | tr -d '='; }
token_for() {
    local account=$1 now words
    now=$(($(date +%s) - 60)) # it grants a minute to clocks that are late
    words=$(printf '{"alg":"RS256"}' | base64_url).$(printf '{"iss":"%s","aud":["%s"],"sub":"system:serviceaccount:%s:%s","iat":%d,"nbf":%d,"exp":%d,"kubernetes.io":{"namespace":"%s","serviceaccount":{"name":"%s","uid":"%s"}}}' \
        https://kubernetes.default.svc.cluster.local{,} "$namespace" "$account" "$now" "$now" $((now + $2)) \
        "$namespace" "$account" "$(field "serviceaccount/$account" .metadata.uid)" | base64_url)
    printf '%s.%s\n' "$words" "$(printf %s "$words" | openssl dgst -sha256 -sign "$cluster/pki/service-account.key" | base64_url)"
}
