need_kubernetes --own --api-only
# An API server that goes away and comes back at each stage of a run, one that is far away, and tokens that end.

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
in_background() {
    "$KGRAPH" "$@" >background.log 2>&1 &
    running=$!
}
ends_well() {
    wait "$running" || fail "kgraph ended with $?: $(cat background.log)"
}

kg up many
ended_with 0

# In the middle of the objects.
in_background up many --set round=2
eventually 30 has 2 20
api_server stop
sleep 1
api_server start
ends_well
has 2 600 || fail "$(count 2) of 600 objects are there"
kg up many --set round=2
ended_with 0
says unchanged

# While it is waited for what becomes ready: watches go on where they were.
in_background up thing
is_there() { [ -n "$(field things/thing .metadata.uid)" ]; }
eventually 30 is_there
sleep 1
api_server stop
api_server start
k patch things thing --subresource status --type merge --patch '{"status":{"conditions":[{"type":"Ready","status":"True","reason":"Told","message":"","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}' >/dev/null
ends_well

# It comes back without the history that watches go on from (410): etcd keeps none, and the server is a new one.
k patch things thing --subresource status --type merge --patch '{"status":null}' >/dev/null
in_background up thing
sleep 2
api_server stop
api_server start --watch-cache=false
k patch things thing --subresource status --type merge --patch '{"status":{"conditions":[{"type":"Ready","status":"True","reason":"Told","message":"","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}' >/dev/null
ends_well

# It says nothing for a while, longer than a connection may take.
api_server freeze
in_background up many --set round=3
sleep 8
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
[ $((SECONDS - started)) -lt 30 ] || fail "600 objects took $((SECONDS - started)) s over a slow line"
kill "$line"

# Who we are ends every few seconds, and a program says who we are then.
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
k patch things thing --subresource status --type merge --patch '{"status":null}' >/dev/null
cat >kgraph.toml <<END
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
command = ["sleep", "20"]
END
KUBECONFIG=$PWD/token.kubeconfig kg up
ended_with 0
[ "$(grep -c asked asked)" -ge 2 ] || fail "who we are was asked for $(grep -c asked asked) times"
