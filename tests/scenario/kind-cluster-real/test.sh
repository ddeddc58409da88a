need_kind busybox
# What kind-cluster and image-load-kind show with a stand-in, with kind itself, Kubernetes, and two nodes.

graph <<END
[graph]
name = "shop"
default = "load"
[ports]
web = { prefer = 30981 }
[node.cluster]
kind = "kind-cluster"
image = "$kind_node"
workers = 1
labels = { tier = "test" }
ports = [{ mapping = "\${port.web}:30081", as = "web" }]
search = ["$(dirname "$(command -v kind)")"]
[node.load]
kind = "image-load"
image = "localhost/test/busybox:1"
cluster = "\${node.cluster.name}"
[export]
WEB = "\${node.cluster.web}"
KUBECONFIG = "\${node.cluster.kubeconfig}"
END
k() { kubectl --kubeconfig .kgraph/default/nodes/cluster/kubeconfig "$@"; }
nodes() { podman ps "$@" --filter label=io.x-k8s.kind.cluster --format '{{.Names}}'; }

# Made, all nodes ready, reached by its own kubeconfig alone.
kg up
ended_with 0
same "$(k get nodes -l tier=test --no-headers | awk '{ print $2 }' | xargs)" "Ready Ready"
gone "$HOME/.kube/config"

# A pod of the image that was loaded, reached through the port.
k apply -f - >/dev/null <<'END'
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec:
  containers:
  - name: web
    image: localhost/test/busybox:1
    imagePullPolicy: Never
    command: [sh, -c, "mkdir /www && echo hello >/www/index.html && exec httpd -f -p 8080 -h /www"]
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { type: NodePort, selector: { app: web }, ports: [{ port: 80, targetPort: 8080, nodePort: 30081 }] }
END
answers() { [ "$(curl --silent --max-time 2 "http://127.0.0.1:$(kgraph_port web)/")" = hello ]; }
eventually 60 answers

# Looked at: nothing is done.
kg up
ended_with 0
says "2 nodes unchanged"

# Stopped and started: objects and images stay.
nodes | xargs podman stop --time 2 >/dev/null
kg up
ended_with 0
same "$(k get pod web --no-headers | awk '{ print $1 }')" web
eventually 90 answers

# Nothing is left.
kg down --purge
ended_with 0
same "$(podman ps --all --quiet)$(podman volume ls --quiet)" ""
