need_kind busybox
# kind as users have it, with a node of this machine's making: a pod of an image that was loaded, its NodePort on 127.0.0.1, a volume.

cat >cluster.yaml <<YAML
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes:
- { role: control-plane, image: "$kind_node", extraPortMappings: [{ containerPort: 30080, hostPort: 30080, listenAddress: 127.0.0.1 }] }
YAML
export KUBECONFIG=$WORK/kubeconfig
kind create cluster --name test --config cluster.yaml --wait 120s 2>kind.log || { cat kind.log; fail "kind makes no cluster"; }
podman save --quiet localhost/test/busybox:1 >busybox.tar
kind load image-archive --name test busybox.tar 2>>kind.log
kubectl apply -f - >/dev/null <<'YAML'
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Mi } } }
---
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec:
  containers:
  - name: web
    image: localhost/test/busybox:1
    imagePullPolicy: Never
    command: [sh, -c, "echo hello >/data/index.html; exec httpd -f -p 8080 -h /data"]
    readinessProbe: { httpGet: { path: /, port: 8080 }, periodSeconds: 1 }
    volumeMounts: [{ name: data, mountPath: /data }]
  volumes: [{ name: data, persistentVolumeClaim: { claimName: data } }]
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { type: NodePort, selector: { app: web }, ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }] }
YAML
is_ready() { [ "$(kubectl get pod web -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}' 2>/dev/null)" = True ]; }
eventually 90 is_ready
answers() { [ "$(curl --silent --max-time 5 http://127.0.0.1:30080/)" = hello ]; }
eventually 20 answers
eventually 20 kubectl exec web -- nslookup kubernetes.default.svc.cluster.local >/dev/null
kind delete cluster --name test 2>>kind.log
same "$(podman ps --all --quiet)" ""
