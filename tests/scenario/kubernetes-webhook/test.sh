need_kubernetes
cluster_images busybox
# Webhooks come when what they call is there. What they change is no edit, what they refuse is an error with their name and words, and one that cannot be
# asked is asked again.
need python3
machine=${node_address%.*}.1 port=$(free_port)

# Behind the Service is a pod that takes its time, and then hands on to a program of this machine.
cat >hook.yaml <<END
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: { name: "check.$namespace" }
webhooks:
- name: check.$namespace.example
  admissionReviewVersions: [v1]
  sideEffects: None
  timeoutSeconds: 2
  clientConfig: { service: { name: hook, namespace: "$namespace", path: /check }, caBundle: "\${CA}" }
  namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: "$namespace" } }
  rules: [{ apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [configmaps, pods] }]
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: { name: "change.$namespace" }
webhooks:
- name: change.$namespace.example
  admissionReviewVersions: [v1]
  sideEffects: None
  timeoutSeconds: 2
  clientConfig: { service: { name: hook, namespace: "$namespace", path: /change }, caBundle: "\${CA}" }
  namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: "$namespace" } }
  rules: [{ apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [configmaps] }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: hook }
spec:
  selector: { matchLabels: { app: hook } }
  template:
    metadata: { labels: { app: hook } }
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - name: hook
        image: localhost/test/busybox:1
        imagePullPolicy: Never
        command: [sh, -c, "sleep 2; touch /ready; exec nc -ll -p 8443 -e nc $machine $port"]
        ports: [{ containerPort: 8443 }]
        readinessProbe: { exec: { command: [test, -e, /ready] }, periodSeconds: 1 }
---
apiVersion: v1
kind: Service
metadata: { name: hook }
spec: { selector: { app: hook }, ports: [{ port: 443, targetPort: 8443 }] }
END
cat >thing.yaml <<END
apiVersion: v1
kind: ConfigMap
metadata: { name: thing, labels: { mood: good } }
data: { word: one }
END
graph <<END
[node.certificate]
kind = "certificate"
out = "tls"
common_name = "hook.$namespace.svc"
usages = ["server"]
[node.hook]
kind = "kubernetes"
files = ["hook.yaml"]
namespace = "$namespace"
values = { CA = "\${node.certificate.ca_base64}" }
[node.thing]
kind = "kubernetes"
needs = ["hook:ready"]
files = ["thing.yaml"]
namespace = "$namespace"
END
hook_start() {
    "$ROOT/tests/scenario/webhook" "$machine" "$port" tls/tls.crt tls/tls.key asked &
    hook=$!
}
kg up certificate
hook_start

# It would have refused its own pod.
kg up
ended_with 0
same "$(field configmap/thing '.metadata.labels.touched}{.data.word')" yesone
ready=$(k get pods -l app=hook -o 'jsonpath={.items[0].status.conditions[?(@.type=="Ready")].lastTransitionTime}')
for webhook in "validatingwebhookconfiguration/check.$namespace" "mutatingwebhookconfiguration/change.$namespace"; do
    made=$(field "$webhook" .metadata.creationTimestamp)
    [[ ! $made < $ready ]] || fail "$webhook was made at $made, and its pod was ready at $ready"
done
grep -qx '/check ConfigMap thing' asked || fail "the webhook was not asked"
kg up
says "3 nodes unchanged"

# What it refuses: an object of ours, and pods that a controller makes of one.
sed -i 's/mood: good/mood: bad/' thing.yaml
kg up
ended_with 1
says "cannot apply ConfigMap $namespace/thing"
says "admission webhook \"check.$namespace.example\" denied the request: nothing bad comes in here"
says "thing.yaml:3:19"
cat >thing.yaml <<END
apiVersion: apps/v1
kind: Deployment
metadata: { name: thing }
spec:
  selector: { matchLabels: { mood: bad } }
  template:
    metadata: { labels: { mood: bad } }
    spec: { containers: [{ name: main, image: "localhost/test/busybox:1", imagePullPolicy: Never }] }
END
kg up
ended_with 1
says "deployment/thing: its pods cannot be made: an admission webhook refuses them"
says "nothing bad comes in here"

# Nobody is behind it: that is told, and what was to be written is written when there is somebody again.
kill "$hook"
cat >thing.yaml <<END
apiVersion: v1
kind: ConfigMap
metadata: { name: thing }
data: { word: two }
END
"$KGRAPH" up --events events.jsonl >background.log 2>&1 &
running=$!
is_told() { grep -F '"event":"node_told","node":"thing"' events.jsonl | grep -F 'failed calling webhook' | grep -qF "change.$namespace.example"; }
eventually 20 is_told
hook_start
wait "$running" || fail "kgraph ended with $?: $(cat background.log)"
same "$(field configmap/thing .data.word)" two

kg down
ended_with 0
same "$(kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations -o name | grep -F "$namespace")" ""
