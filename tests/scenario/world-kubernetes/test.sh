need_kubernetes
cluster_images busybox
# The cluster that scenarios share: pods run, find each other by name, and are reached from here.

k apply -f - >/dev/null <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: web
        image: localhost/test/busybox:1
        imagePullPolicy: Never
        command: [sh, -c, "echo hello >/index.html; echo started; exec httpd -f -p 8080 -h /"]
        readinessProbe: { httpGet: { path: /, port: 8080 }, periodSeconds: 1 }
        resources: { limits: { memory: 64Mi } }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { type: NodePort, selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }
YAML
k rollout status --timeout=90s deployment/web >/dev/null
same "$(field deployment/web .status.readyReplicas)" 2
answers() { [ "$(curl --silent --max-time 5 "$1")" = hello ]; }
eventually 20 answers "http://$node_address:$(field service/web '.spec.ports[0].nodePort')/"
same "$(k exec deployment/web -- wget -q -O - http://web/)" hello
same "$(k logs --tail=1 deployment/web 2>/dev/null)" started

# Who somebody is ends with his token.
k create serviceaccount somebody >/dev/null
k create rolebinding somebody --clusterrole=view --serviceaccount="$namespace:somebody" >/dev/null
token=$(token_for somebody 4)
as_somebody() { kubectl --kubeconfig=/dev/null --server="https://$node_address:6443" --certificate-authority="$cluster/pki/ca.crt" --token="$token" --namespace="$namespace" "$@"; }
same "$(as_somebody get service web -o name)" service/web
no_longer() { ! as_somebody get service web 2>/dev/null; }
eventually 20 no_longer
