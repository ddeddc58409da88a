need_kubernetes --own --api-only
# An API server that goes away and comes back at each stage of a run, one that is far away, tokens that end; and a cluster that is another one.

# Many objects, so that there is a middle; and one that is ready when somebody says so.
cat >many.sh <<'END'
#!/bin/sh
i=0
while [ $i -lt 600 ]; do
    i=$((i + 1))
    printf -- '---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: "many-%d" }\ndata: { round: "%s" }\n' $i "$1"
done
END
chmod +x many.sh
cat >thing.yaml <<END
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: things.$SCENARIO.example }
spec:
  group: $SCENARIO.example
  names: { kind: Thing, plural: things }
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    subresources: { status: {} }
    schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } }
---
apiVersion: $SCENARIO.example/v1
kind: Thing
metadata: { name: thing }
END
graph <<END
[vars]
round = "1"
[node.many]
kind = "kubernetes"
render = ["./many.sh", "\${vars.round}"]
namespace = "$namespace"
[node.thing]
kind = "kubernetes"
files = ["thing.yaml"]
namespace = "$namespace"
ready_when = [{ object = "Thing/thing", is = "condition=Ready" }]
END
count() { k get configmap -o 'jsonpath={range .items[*]}{.data.round}{"\n"}{end}' 2>/dev/null | grep -cx "$1" || true; }
has() { [ "$(count "$1")" -ge "$2" ]; }
# Of the thing.
status_is() { k patch things thing --subresource status --type merge --patch "{\"status\":$1}" >/dev/null; }
ready='{"conditions":[{"type":"Ready","status":"True","reason":"Told","message":"","lastTransitionTime":"2026-01-01T00:00:00Z"}]}'
in_background() {
    rm -f events.jsonl
    "$KGRAPH" "$@" --events events.jsonl >background.log 2>&1 &
    running=$!
}
ends_well() {
    wait "$running" || fail "kgraph ended with $?: $(cat background.log)"
}

kg up many
ended_with 0

# Beside all of that: who we are ends every few seconds, and a program says who we are then.
mkdir token
k create serviceaccount worker >/dev/null
k create rolebinding worker --clusterrole=admin --serviceaccount="$namespace:worker" >/dev/null
declare -f token_for field k base64_url >functions.sh
cat >token.sh <<END
#!/bin/bash
unset KUBERNETES_EXEC_INFO
export KUBECONFIG=$KUBECONFIG
namespace=$namespace cluster=$cluster
source $PWD/functions.sh
echo asked >>$PWD/asked
printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}' "\$(token_for worker 6)"
END
chmod +x token.sh
cat >token.kubeconfig <<END
apiVersion: v1
kind: Config
current-context: test
contexts: [{ name: test, context: { cluster: test, user: worker } }]
clusters: [{ name: test, cluster: { server: "https://$node_address:6443", certificate-authority: "$cluster/pki/ca.crt" } }]
users: [{ name: worker, user: { exec: { apiVersion: client.authentication.k8s.io/v1, command: "$PWD/token.sh", interactiveMode: Never } } }]
END
cat >token/kgraph.toml <<END
[node.late]
kind = "kubernetes"
namespace = "$namespace"
objects = [{ apiVersion = "v1", kind = "ConfigMap", metadata = { name = "late" } }]
needs = ["pause"]
[node.early]
kind = "kubernetes"
namespace = "$namespace"
objects = [{ apiVersion = "v1", kind = "ConfigMap", metadata = { name = "early" } }]
[node.pause]
kind = "command"
needs = ["early"]
shell = "until [ -e go ]; do sleep 0.1; done"
END
(cd token && KUBECONFIG=../token.kubeconfig exec "$KGRAPH" up) >token/log 2>&1 &
tired=$!
has_begun() { [ -n "$(field configmap/early .metadata.uid)" ]; }
eventually 60 has_begun

# In the middle of the objects.
in_background up many --set round=2
eventually 60 has 2 20
api_server stop
sleep 1
api_server start
ends_well
has 2 600 || fail "$(count 2) of 600 objects are there"
kg up many --set round=2
ended_with 0
says unchanged

# While it is waited for what becomes ready, and for what goes: who is killed then writes nothing anew the next time, and watches go on where they were.
mkdir other
cat >other/kgraph.toml <<END
[node.other]
kind = "kubernetes"
namespace = "$namespace"
objects = [{ apiVersion = "v1", kind = "ConfigMap", metadata = { name = "other" } }]
END
kg up -f other/kgraph.toml
ended_with 0
k patch configmap other --type merge --patch '{"metadata":{"finalizers":["example.com/held"]}}' >/dev/null
"$KGRAPH" down -f other/kgraph.toml --events other/events.jsonl >other/log 2>&1 &
leaving=$!
is_held() { grep -qs 'finalizer example.com/held' other/events.jsonl; }
eventually 60 is_held
is_waited_for() { grep -qs '"event":"node_waiting","node":"thing"' events.jsonl; }
in_background up thing
eventually 60 is_waited_for
kill -KILL "$running"
wait "$running" || true
version=$(field things/thing .metadata.resourceVersion)
in_background up thing
eventually 60 is_waited_for
same "$(field things/thing .metadata.resourceVersion)" "$version"
api_server stop
api_server start
status_is "$ready"
ends_well
k patch configmap other --type merge --patch '{"metadata":{"finalizers":null}}' >/dev/null
wait "$leaving" || fail "down ended with $?: $(cat other/log)"

# It comes back without the history that watches go on from (410): etcd keeps none, and the server is a new one.
status_is null
in_background up thing
eventually 60 is_waited_for
sleep 1
api_server stop
api_server start --watch-cache=false
status_is "$ready"
ends_well

# It says nothing for a while, longer than a connection may take.
api_server freeze
in_background up many --set round=3
sleep 6
api_server thaw
ends_well
has 3 600 || fail "$(count 3) of 600 objects are there"

# Far away: 50 ms there and 50 ms back are no 600 times 100 ms.
port=$(free_port)
"$ROOT/tests/scenario/slow_line" "$port" "$node_address:6443" 0.05 &
line=$!
sed "s#https://[^\"]*#https://127.0.0.1:$port#" "$KUBECONFIG" >far.kubeconfig
started=$SECONDS
KUBECONFIG=$PWD/far.kubeconfig kg up many --set round=5
ended_with 0
[ $((SECONDS - started)) -lt 55 ] || fail "600 objects took $((SECONDS - started)) s over a slow line"
kill "$line"

touch token/go
wait "$tired" || fail "kgraph ended with $?: $(cat token/log)"
[ "$(grep -c asked asked)" -ge 2 ] || fail "who we are was asked for $(grep -c asked asked) times"

# Another cluster at the same address, with the same certificates: nothing that is remembered of the old one is so, down to the kinds that it has.
kg up -f other/kgraph.toml
ended_with 0
api_server stop
api_server forget
kubectl create namespace "$namespace" >/dev/null
k create configmap other --from-literal=whose=theirs >/dev/null
kg plan --set round=5
says "is another one than the last run's"
in_background up --set round=5
eventually 60 is_waited_for
status_is "$ready"
ends_well
has 5 600 || fail "$(count 5) of 600 objects are there"
kg up --set round=5
ended_with 0
says unchanged
kg down -f other/kgraph.toml
ended_with 0
says "is another one than the last run's: nothing is deleted"
same "$(field configmap/other .data.whose)" theirs
