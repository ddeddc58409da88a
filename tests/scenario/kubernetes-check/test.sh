need_kubernetes
# Each mistake that costs a day when the cluster tells it: told by `check` in a moment, with its line and what was meant, and by `up` before anything is written.
# What the cluster has and the graph does not is no mistake, and what it has not may still come.

k create configmap settings --from-literal=level=debug >/dev/null
k create secret generic half --from-literal=password=x >/dev/null
k create serviceaccount runner >/dev/null
k create role reader --verb=get --resource=pods >/dev/null

# One Deployment that nothing is wrong with; $1 is put into its pod, $2 is its probe, $3 into its container.
probe='readinessProbe: { httpGet: { path: /, port: http } }'
pod() {
    cat >web.yaml <<END
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      ${1:-terminationGracePeriodSeconds: 0}
      containers:
      - name: main
        image: web:1
        ports: [{ name: http, containerPort: 8080 }]
        ${2-$probe}
        ${3:-}
END
}
graph_of() { printf '[node.web]\nkind = "kubernetes"\nnamespace = "%s"\nfiles = ["web.yaml"]\n' "$namespace" >kgraph.toml; }
# check gives the cluster three seconds, which a busy machine may need.
checked() {
    local try
    for try in 1 2 3; do
        kg check
        [[ $out == *"has not answered"* || $out == *"did not answer"* ]] || return 0
    done
}
well() {
    checked
    ended_with 0
    same "$out" "ok: 1 node and 0 targets in 1 file"
}
# wrong LINE SENTENCE [ADVICE]: an error there; warned: a warning.
wrong() {
    checked
    ended_with 2
    says "error: $2"
    says "web.yaml:$1:"
    says '^'
    [ -z "${3:-}" ] || says "$3"
}
warned() {
    checked
    ended_with 0
    says "warning: $2"
    says "web.yaml:$1:"
    [ -z "${3:-}" ] || says "$3"
}
graph_of

# What the cluster has is there.
pod 'serviceAccountName: runner' "$probe" 'envFrom: [{ configMapRef: { name: settings } }, { secretRef: { name: half } }]'
well
pod '' "$probe" 'env: [{ name: A, valueFrom: { secretKeyRef: { name: half, key: password } } }]'
well

# A ConfigMap, a Secret, a key, in a volume, env and envFrom.
pod '' "$probe" 'envFrom: [{ configMapRef: { name: setings } }]'
wrong 15 "envFrom names ConfigMap $namespace/setings, which neither the graph nor the cluster has" 'did you mean `settings`?'
kg up
ended_with 2
says "neither the graph nor the cluster has"
same "$(k get deployments -o name)" ""
pod '' "$probe" 'env: [{ name: A, valueFrom: { secretKeyRef: { name: nobodys, key: password } } }]'
wrong 15 "env names Secret $namespace/nobodys, which neither the graph nor the cluster has"
pod '' "$probe" 'env: [{ name: A, valueFrom: { secretKeyRef: { name: half, key: pasword } } }]'
wrong 15 "Secret $namespace/half in the cluster has no key \`pasword\`" 'did you mean `password`?'
pod 'volumes: [{ name: v, configMap: { name: settings, items: [{ key: levle, path: x }] } }]'
wrong 9 "ConfigMap $namespace/settings in the cluster has no key \`levle\`" 'did you mean `level`?'
pod 'volumes: [{ name: v, projected: { sources: [{ secret: { name: halv } }] } }]'
wrong 9 "volume names Secret $namespace/halv, which neither the graph nor the cluster has" 'did you mean `half`?'
pod 'volumes: [{ name: v, persistentVolumeClaim: { claimName: disk } }]'
wrong 9 "volume names PersistentVolumeClaim $namespace/disk, which neither the graph nor the cluster has"
pod '' "$probe" 'envFrom: [{ configMapRef: { name: setings, optional: true } }]'
well

# A kind that Kubernetes does not have, and what is no metadata.
pod
sed -i 's/^kind: Deployment$/kind: Deploymnet/' web.yaml
wrong 2 'apps/v1 has no kind `Deploymnet`' 'did you mean `Deployment`?'
pod
sed -i 's/^metadata: .*/metadata: web/' web.yaml
wrong 3 "metadata is a mapping with the object's name, and this is a text" 'metadata: {name: web}'

# A mount without volume; a container without probes; a probe of a port that the container does not open.
pod '' "$probe" 'volumeMounts: [{ name: data, mountPath: /data }]'
wrong 15 'the container `main` mounts `data`, but the pod has no such volume'
pod '' ''
warned 11 'the container `main` has no probe'
pod '' 'readinessProbe: { httpGet: { port: htpp } }'
wrong 14 'the readinessProbe of the container `main` asks the port `htpp`, which it does not open' 'did you mean `http`?'

# A Service that selects no pod, one whose port no container has, and NodePorts that are taken, here and in the cluster.
service() {
    pod
    printf -- '---\napiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec:\n  type: NodePort\n  selector: { app: %s }\n  ports: [{ port: 80, targetPort: %s%s }]\n' "$@" >>web.yaml
}
service wbe http ''
wrong 22 "Service $namespace/web selects app=wbe, which no pod of the graph" 'app=web'
service web htpp ''
wrong 23 "Service $namespace/web leads to the port \`htpp\`, which no container of Deployment $namespace/web opens" 'did you mean `http`?'
for port in $(seq 31200 31299); do # others of the cluster have some
    ! k create service nodeport taken --tcp=80 --node-port="$port" >/dev/null 2>&1 || break
done
service web http ", nodePort: $port"
wrong 23 "the NodePort $port is of the Service $namespace/taken in the cluster already"
kg up
ended_with 2
same "$(k get services -o name)" service/taken
printf -- '---\napiVersion: v1\nkind: Service\nmetadata: { name: api }\nspec: { type: NodePort, selector: { app: web }, ports: [{ port: 80, targetPort: http, nodePort: %s }] }\n' "$port" >>web.yaml
wrong 28 "the NodePort $port is of Service $namespace/web already"

# An image that no node loads, with pull policy Never, alone and beside another one that is loaded.
pod '' "$probe" 'imagePullPolicy: Never'
warned 12 'no node loads the image web:1, and its pull policy is Never'
printf '[node.loaded]\nkind = "image-load"\nimage = "api:1"\nregistry = "127.0.0.1:5000"\n' >>kgraph.toml
warned 12 'no node loads the image web:1, and with the pull policy Never nothing else will'

# A NodePort that the kind cluster does not map.
service web http ', nodePort: 30081'
cat >kgraph.toml <<'END'
[node.cluster]
kind = "kind-cluster"
ports = ["30981:30082"]
[node.web]
kind = "kubernetes"
kubeconfig = "${node.cluster.kubeconfig}"
files = ["web.yaml"]
END
warned 23 'the kind cluster does not map the NodePort 30081 to this machine' '"30081:30081"'

# A binding to a role or an account that is not there; an account that is not there; a class; a namespace.
graph_of
binding() {
    printf 'apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: { name: web }\nroleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: %s }\nsubjects: [{ kind: ServiceAccount, name: %s, namespace: %s }]\n' "$1" "$2" "${3:-$namespace}" >web.yaml
}
binding reader runner
well
binding raeder runner
wrong 4 "roleRef names Role $namespace/raeder, which neither the graph nor the cluster has" 'did you mean `reader`?'
binding reader runer
wrong 5 "subject names ServiceAccount $namespace/runer, which neither the graph nor the cluster has" 'did you mean `runner`?'
binding reader runner
sed -i 's/^subjects: .*/subjects: [{ kind: ServiceAccount, name: runner }, { kind: ServiceAccount, name: runer }]/' web.yaml
warned 5 "subject names ServiceAccount $namespace/runer, which neither the graph nor the cluster has" 'did you mean `runner`?'
pod 'serviceAccountName: runer'
wrong 9 "serviceAccountName names ServiceAccount $namespace/runer" 'did you mean `runner`?'
# In a cluster that is ten minutes old it is an error; in a younger one it may still come, and is a warning.
lacking() {
    checked
    says "$2"
    says "web.yaml:$1:"
}
pod 'priorityClassName: urgent'
lacking 9 'priorityClassName names PriorityClass urgent, which neither the graph nor the cluster has'
pod 'priorityClassName: system-cluster-critical'
well
printf 'apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: { name: disk }\nspec: { storageClassName: fastest, accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Mi } } }\n' >web.yaml
lacking 4 'storageClassName names StorageClass fastest, which neither the graph nor the cluster has'
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x, namespace: %s }\n' "${namespace}x" >web.yaml
sed -i '/^namespace/d' kgraph.toml
wrong 3 "neither the graph nor the cluster has the namespace \`${namespace}x\`" "did you mean \`$namespace\`?"

# A service that speaks to a database whose schema a migration makes, and does not wait for it.
graph_of
pod '' "$probe" 'env: [{ name: DATABASE, value: "postgresql://db/shop" }]'
cat >db.yaml <<'END'
apiVersion: v1
kind: Service
metadata: { name: db }
spec: { selector: { app: db }, ports: [{ port: 5432 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: db, labels: { app: db } }
spec: { containers: [{ name: db, image: postgres:16, ports: [{ containerPort: 5432 }], readinessProbe: { tcpSocket: { port: 5432 } } }] }
END
mkdir migrations
cat >>kgraph.toml <<END
[node.db]
kind = "kubernetes"
namespace = "$namespace"
files = ["db.yaml"]
[node.schema]
kind = "migration"
needs = ["db:ready"]
url = "postgresql://db/shop"
dir = "migrations"
END
warned 3 "Deployment $namespace/web speaks to the database db, whose schema the node \`schema\` makes, and may start before it" 'add "schema" to `needs` of `web`'

# What may still come is a warning: by rights, by an operator, by a command of the graph. A pod that is not made now needs nothing now.
missing='envFrom: [{ secretRef: { name: made-later } }]'
sentence="envFrom names Secret $namespace/made-later, which neither the graph nor the cluster has"
graph_of
pod '' "$probe" "$missing"
wrong 15 "$sentence"
sed -i 's/^spec:/&\n  replicas: 0/' web.yaml
warned 16 "$sentence"
pod '' "$probe" "$missing"
printf -- '---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: { name: maker }\nrules: [{ apiGroups: [""], resources: [secrets], verbs: [get, create] }]\n' >>web.yaml
warned 15 "$sentence"
pod '' "$probe" "$missing"
printf -- '---\napiVersion: databases.example.org/v1\nkind: Database\nmetadata: { name: made }\n' >>web.yaml
warned 15 "$sentence"
binding reader prometheus monitoring # of what is not installed here, nobody is hurt
warned 5 'subject names ServiceAccount monitoring/prometheus'
pod '' "$probe" "$missing"
printf '[node.beside]\nkind = "command"\ncommand = ["./make-secret"]\n' >>kgraph.toml
warned 15 "$sentence"

# What a command before it was to make is known when the node has its turn: told before it writes anything.
graph_of
binding made-later runner
printf -- '---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: first }\n' >>web.yaml
sed -i 's/^kind.*/&\nneeds = ["before"]/' kgraph.toml
printf '[node.before]\nkind = "command"\ncommand = ["true"]\npass_env = ["KUBECONFIG"]\n' >>kgraph.toml
warned 4 "roleRef names Role $namespace/made-later, which neither the graph nor the cluster has"
kg up
ended_with 1
says "roleRef names Role $namespace/made-later, which neither the graph nor the cluster has"
says_like 'web.yaml:4:[0-9]+'
same "$(k get configmap first --ignore-not-found -o name)" ""
sed -i "s/\"true\"/\"kubectl\", \"create\", \"role\", \"made-later\", \"--verb=get\", \"--resource=pods\", \"--namespace\", \"$namespace\"/" kgraph.toml
kg up
ended_with 0
same "$(k get configmap first -o name)" configmap/first
kg up
ended_with 0
says unchanged
says_nothing_of made-later

# What the graph made and has no more is there, and goes with the next run.
printf 'apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: { name: other }\nroleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: own }\nsubjects: [{ kind: ServiceAccount, name: runner }]\n' >web.yaml
sed -i '/^needs/d; /node.before/,$d' kgraph.toml
cp web.yaml binding.yaml
printf -- '---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: { name: own }\nrules: []\n' >>web.yaml
kg up
ended_with 0
cp binding.yaml web.yaml
wrong 4 "roleRef names Role $namespace/own, which the graph has no more: this run deletes it"
kg down
ended_with 0

# A key that the graph has no more is there as long, and one that somebody else has put beside ours stays.
keys() {
    pod 'terminationGracePeriodSeconds: 1' "$probe" "env: [{ name: A, valueFrom: { configMapKeyRef: { name: shared, key: $1 } } }]"
    printf -- '---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: shared }\ndata: { %s }\n' "$2" >>web.yaml
}
sed -i '$a ready_when = [{ object = "Deployment", is = "applied" }]' kgraph.toml # whose pods nobody waits for: no errors, but warnings
keys old 'old: x, kept: x'
kg up
ended_with 0
k patch configmap shared --field-manager=injector --patch '{"data":{"injected":"x"}}' >/dev/null
keys injected 'kept: x'
well
keys old 'kept: x'
warned 15 "ConfigMap $namespace/shared has no key \`old\`"
kg down
ended_with 0

# What commands print is reviewed when its node has its turn, before anything of it is applied, and from then on by `check`; each mistake with the line that was
# printed and the template that it comes from. What another command prints is there.
rendered='.kgraph/default/nodes/web/rendered.yaml'
printed() {
    printf -- '---\n# Source: web/templates/web.yaml\n' | cat - web.yaml >printed.yaml
    printf -- '---\n# Source: web/templates/service.yaml\napiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { selector: { app: %s }, ports: [{ port: 80, targetPort: http }] }\n' "$1" >>printed.yaml
}
cat >kgraph.toml <<END
[node.web]
kind = "kubernetes"
namespace = "$namespace"
render = ["cat", "printed.yaml"]
inputs = ["printed.yaml"]
needs = ["brought"]
[node.brought]
kind = "kubernetes"
namespace = "$namespace"
render = ["printf", "{apiVersion: v1, kind: ConfigMap, metadata: {name: brought}, data: {level: debug}}"]
END
three_mistakes() {
    says 'ConfigMap '"$namespace"'/settings in the cluster has no key `levle` (rendered from web/templates/web.yaml)'
    says "$rendered:18:"
    says '^^^^^'
    says 'did you mean `level`?'
    says 'the container `main` mounts `data`, but the pod has no such volume (rendered from web/templates/web.yaml)'
    says "$rendered:19:"
    says "Service $namespace/web selects app=wbe, which no pod of the graph in the namespace \`$namespace\` has (rendered from web/templates/service.yaml)"
    says "$rendered:25:"
}
pod '' "$probe" 'env: [{ name: A, valueFrom: { configMapKeyRef: { name: settings, key: levle } } }]
        volumeMounts: [{ name: data, mountPath: /data }]'
printed wbe
checked
ended_with 0
says 'what `render` of 2 nodes prints is reviewed at `kgraph up`, before it is applied'
kg up
ended_with 1
three_mistakes
same "$(stat -c %a "$rendered")" 600
same "$(k get deployments -o name)" ""
checked
ended_with 2
three_mistakes

pod 'volumes: [{ name: v, configMap: { name: brought, items: [{ key: level, path: x }] } }]'
printed web
# Without an order, either may be the first.
sed -i 's/^needs.*/ready_when = [{ object = "Deployment", is = "applied" }, { object = "Service", is = "applied" }]/' kgraph.toml
kg up
ended_with 0
says_nothing_of 'names ConfigMap'
kg up
ended_with 0
says 'unchanged'
checked
ended_with 0
says 'ok: 2 nodes'
says_nothing_of warning

# It is the same cluster by another context, and what is in a Secret is not shown.
kubectl config view --raw --flatten >two.conf
kubectl --kubeconfig two.conf config set-context also --cluster="$(kubectl --kubeconfig two.conf config view -o 'jsonpath={.contexts[0].context.cluster}')" --user="$(kubectl --kubeconfig two.conf config view -o 'jsonpath={.contexts[0].context.user}')" >/dev/null
sed -i '/node.brought/,$s/^namespace/context = "also"\n&/' kgraph.toml
KUBECONFIG=$PWD/two.conf checked
ended_with 0
says_nothing_of warning
printf -- '---\napiVersion: v1\nkind: Secret\nmetadata: { name: own }\nstringData:\n  password: 8086\n' >>printed.yaml
kg up
ended_with 1
says 'what a Secret holds is a text, and this is a number'
says "$rendered:"
says_nothing_of 8086
kg down --purge
ended_with 0
gone "$rendered"

# Who may not look is told what is known without it. A cluster that does not answer costs a moment and a note, where there is something to ask.
graph_of
pod '' "$probe" 'envFrom: [{ configMapRef: { name: setings } }]'
k create serviceaccount blind >/dev/null
kubectl config view --raw --flatten >blind.conf
kubectl --kubeconfig blind.conf config set-credentials blind --token="$(k create token blind)" >/dev/null
kubectl --kubeconfig blind.conf config set-context --current --user=blind >/dev/null
KUBECONFIG=$PWD/blind.conf kg check
ended_with 0
says "warning: envFrom names ConfigMap $namespace/setings, which no node of the graph has"
kubectl --kubeconfig blind.conf config set-cluster "$(kubectl --kubeconfig blind.conf config view -o 'jsonpath={.clusters[0].name}')" --server=https://192.0.2.1:6443 >/dev/null
started=$SECONDS
KUBECONFIG=$PWD/blind.conf kg check
ended_with 0
says "cannot ask the cluster what it has"
says "kgraph.toml:1:"
[ $((SECONDS - started)) -lt 20 ] || fail "a cluster that does not answer held \`check\` up for $((SECONDS - started)) s"
KUBECONFIG=$PWD/nowhere kg check
ended_with 0
says "cannot ask the cluster what it has: there is no kubeconfig"
pod
sed -i '/^namespace/d' kgraph.toml
KUBECONFIG=$PWD/nowhere well
