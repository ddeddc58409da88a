need_kubernetes
cluster_images busybox
# Objects of a cluster: the first up, the second that sends nothing, and what is done after each kind of change, with the reason.

mkdir app
cat >app/config.yaml <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata: { name: config }
data: { greeting: hello }
---
apiVersion: v1
kind: Secret
metadata: { name: secret }
stringData: { password: correct-horse }
YAML
cat >app/web.yaml <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 1
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: web
        image: web
        imagePullPolicy: Never
        command: [sh, -c, 'echo serving; mkdir /www && echo "$GREETING" >/www/index.html && exec httpd -f -p 8080 -h /www']
        env: [{ name: GREETING, valueFrom: { configMapKeyRef: { name: config, key: greeting } } }]
        ports: [{ containerPort: 8080 }]
        readinessProbe: { httpGet: { path: /, port: 8080 }, periodSeconds: 1 }
        livenessProbe: { tcpSocket: { port: 8080 } }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }
YAML
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: extra }\n' >app/extra.yaml
graph <<END
[node.app]
kind = "kubernetes"
files = ["app"]
namespace = "$namespace"
images = { web = "localhost/test/busybox:1" }
ready = { exec = ["grep", "-E", "hello|moin", "/www/index.html"], timeout = "20s" }
[node.stamp]
kind = "kubernetes"
namespace = "$namespace"
objects = [{ apiVersion = "v1", kind = "ConfigMap", metadata = { name = "stamp" }, data = { by = "\${vars.by}" } }]
[vars]
by = "kgraph"
END
# What of our objects was written, and when; not what controllers write into them.
versions() {
    k get configmap,secret,deployment,service --show-managed-fields \
        -o 'jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.uid} {.metadata.managedFields[?(@.manager=="kgraph")].time}{"\n"}{end}' | grep -v kube-root-ca
}

kg up
ended_with 0
same "$(field deployment/web .status.readyReplicas)" 1
same "$(k exec deployment/web -- wget -q -O - http://web/)" hello
same "$(field configmap/stamp .data.by)" kgraph

# What its pods say, and what it says that has none; without kubectl.
kg logs app
ended_with 0
says_like '^\[web-[a-z0-9-]+/web\] serving$'
kg logs stamp
says "it has no pods"
"$KGRAPH" logs --follow app >followed 2>&1 &
follower=$!
follows() { grep -q '/web\] serving$' followed; }
eventually 60 follows
k delete pod --all --wait=false >/dev/null
follows_on() { [ "$(grep -c '/web\] serving$' followed)" = 2 ]; }
eventually 60 follows_on
kill $follower
wait $follower || true

# Its rule runs in a pod: there is no such file on this machine.
sed -i 's/hello|moin/salut/; s/timeout = "20s"/timeout = "6s"/' kgraph.toml
kg up
ended_with 3
says "not ready after 6 s: exec grep -E salut /www/index.html: exit status 1"
sed -i 's/salut/hello|moin/; s/timeout = "6s"/timeout = "20s"/' kgraph.toml

# Again: nothing is written.
before=$(versions)
kg up
ended_with 0
says unchanged
same "$(versions)" "$before"

# A remark in a manifest is read, and that is all.
echo "# a remark" >>app/config.yaml
kg up
ended_with 0
same "$(versions)" "$before"

# One field of one object.
sed -i 's/greeting: hello/greeting: moin/' app/config.yaml
kg plan
says config.yaml
kg up
ended_with 0
same "$(field configmap/config .data.greeting)" moin
same "$(versions | grep -v ConfigMap/config)" "$(grep -v ConfigMap/config <<<"$before")"

# Another image: the pod is another one, and nothing else.
in_node() { ctr -a "$cluster/containerd.sock" -n k8s.io images "$@" >/dev/null; }
in_node tag localhost/test/busybox:1 "localhost/$namespace:2"
sed -i "s#localhost/test/busybox:1#localhost/$namespace:2#" kgraph.toml
kg up
ended_with 0
is_other() { [ "$(field pods '.items[*].spec.containers[0].image')" = "localhost/$namespace:2" ]; }
eventually 60 is_other
same "$(versions | grep -v -e ConfigMap/config -e Deployment)" "$(grep -v -e ConfigMap/config -e Deployment <<<"$before")"

sed -i 's/replicas: 1/replicas: 2/' app/web.yaml
kg up
ended_with 0
same "$(field deployment/web .status.readyReplicas)" 2

# A manifest that has gone takes its objects along, and nothing else.
k create configmap not-ours >/dev/null
rm app/extra.yaml
kg up
ended_with 0
! k get configmap extra >/dev/null 2>&1 || fail "the object of a manifest that has gone is there"
k get configmap not-ours >/dev/null

# By hand, behind our back.
k patch configmap config --type merge --patch '{"data":{"greeting":"hacked"}}' >/dev/null
kg plan
says "edited"
kg up
ended_with 0
same "$(field configmap/config .data.greeting)" moin
k delete service web >/dev/null
kg plan
says "web is not there any more"
kg up
ended_with 0
k get service web >/dev/null
kg up
says unchanged

# Its namespace as a whole.
kubectl delete namespace "$namespace" >/dev/null
kubectl create namespace "$namespace" >/dev/null
kg up
ended_with 0
same "$(field deployment/web .status.readyReplicas)" 2

kg down
ended_with 0
same "$(k get configmap,secret,deployment,service,pod -o name | grep -v kube-root-ca)" ""
in_node rm "localhost/$namespace:2"
