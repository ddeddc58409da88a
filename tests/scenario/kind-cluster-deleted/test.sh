need_kind busybox
# A cluster that somebody has deleted, with all that was in it, comes back up to the last answer. Its node is of this machine's making: an image that was
# loaded, a volume, a NodePort on 127.0.0.1, names of the cluster.

cat >shop.yaml <<'YAML'
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: pages, namespace: shop }
data: { index.html: hello }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data, namespace: shop }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Mi } } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
      - name: web
        image: localhost/test/busybox:1
        imagePullPolicy: Never
        command: [sh, -c, "cp /pages/index.html /data && exec httpd -f -p 8080 -h /data"]
        ports: [{ containerPort: 8080 }]
        readinessProbe: { httpGet: { path: /, port: 8080 }, periodSeconds: 1 }
        livenessProbe: { tcpSocket: { port: 8080 } }
        volumeMounts: [{ name: pages, mountPath: /pages }, { name: data, mountPath: /data }]
      volumes:
      - { name: pages, configMap: { name: pages } }
      - { name: data, persistentVolumeClaim: { claimName: data } }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { type: NodePort, selector: { app: web }, ports: [{ port: 80, targetPort: 8080, nodePort: 30081 }] }
YAML
graph <<END
[graph]
name = "shop"
default = "objects"
[ports]
web = { prefer = 30982 }
[node.cluster]
kind = "kind-cluster"
name = "shop-e2e"
image = "$kind_node"
ports = [{ mapping = "\${port.web}:30081", as = "web" }]
search = ["$(dirname "$(command -v kind)")"]
[node.load]
kind = "image-load"
image = "localhost/test/busybox:1"
cluster = "\${node.cluster.name}"
[node.objects]
kind = "kubernetes"
needs = ["load"]
kubeconfig = "\${node.cluster.kubeconfig}"
files = ["shop.yaml"]
[export]
WEB = "\${node.cluster.web}"
END
k() { kubectl --kubeconfig .kgraph/default/nodes/cluster/kubeconfig "$@"; }
answers() { [ "$(curl --silent --max-time 5 "http://127.0.0.1:$(kgraph_port web)/")" = hello ]; }

kg up
ended_with 0
says "3 made"
eventually 20 answers
kg up
ended_with 0
says "3 nodes unchanged"

# As `kind delete cluster` does it. The kubeconfig still says where the API server was.
podman rm --force --volumes --time 0 shop-e2e-control-plane >/dev/null
kg plan
ended_with 0
says "cluster  the cluster shop-e2e is not there any more"
kg why objects
ended_with 0
says "objects would run: it uses an output of cluster"
kg up
ended_with 0
says "3 made"
eventually 20 answers
kg up
ended_with 0
says "3 nodes unchanged"
names() { k exec --namespace shop deployment/web -- nslookup kubernetes.default.svc.cluster.local >/dev/null 2>&1; }
eventually 90 names
