need_kubernetes
cluster_images busybox
# What goes wrong in a cluster is told in its own words as soon as it is known, and not when a time limit has passed.

# pod NAME [LINES OF THE CONTAINER]: a Deployment of one container, which runs httpd unless the lines say otherwise.
pod() {
    local name=$1 command="[sh, -c, 'mkdir /www; exec httpd -f -p 8080 -h /www']"
    [[ ${2:-} != *command:* ]] || command=''
    cat >"$name.yaml" <<END
apiVersion: apps/v1
kind: Deployment
metadata: { name: $name }
spec:
  selector: { matchLabels: { app: $name } }
  template:
    metadata: { labels: { app: $name } }
    spec:
      terminationGracePeriodSeconds: 0
      ${3:-}
      containers:
      - name: main
        image: ${image:-localhost/test/busybox:1}
        imagePullPolicy: Never
        ${command:+command: $command}
        ${2:-}
END
    printf '[node.%s]\nkind = "kubernetes"\nfiles = ["%s.yaml"]\nnamespace = "%s"\nready_timeout = "60s"\n' "$name" "$name" "$namespace" >>kgraph.toml
}
begin() { : >kgraph.toml; }

# Each of these is known for good.
begin
image=localhost/test/nobody-made-this:1 pod no-image
pod no-account '' 'serviceAccountName: nobody'
pod no-config 'envFrom: [{ configMapRef: { name: forgotten } }]'
k create secret generic half --from-literal=there=1 >/dev/null
pod no-key 'env: [{ name: A, valueFrom: { secretKeyRef: { name: half, key: absent } } }]'
pod nowhere 'resources: { requests: { cpu: "1000" } }'
started=$SECONDS
kg up
ended_with 1
took=$((SECONDS - started))
says "localhost/test/nobody-made-this:1"
says "imagePullPolicy is Never"
says "nobody"
says "forgotten"
says "absent"
says "Insufficient cpu"
[ $took -lt 45 ] || fail "what was known at once was told after $took s"
kg down
ended_with 0

# A container that ends gets three more tries; then what it printed last is told.
begin
pod crash "command: [sh, -c, 'echo I cannot find the database; exit 3']
        readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 }"
sed -i 's/60s/120s/' kgraph.toml
kg up
ended_with 1
says "I cannot find the database"
says "exit code 3"
kg down
ended_with 0

# These may mend by themselves: told live, and by name when the time is up.
begin
pod unhealthy 'readinessProbe: { httpGet: { path: /healthz, port: 8080 }, periodSeconds: 1 }'
pod hungry "command: [sh, -c, 'x=\$(tail /dev/zero)']
        readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 }
        resources: { limits: { memory: 24Mi } }"
sed -i 's/60s/15s/' kgraph.toml
cat >>kgraph.toml <<END
[node.service]
kind = "kubernetes"
namespace = "$namespace"
ready_timeout = "15s"
objects = [{ apiVersion = "v1", kind = "Service", metadata = { name = "lonely" }, spec = { selector = { app = "unhealty" }, ports = [{ port = 80 }] } }]
END
kg up
says "404"
says "memory"
says "unhealty"
[ "$status" = 1 ] || [ "$status" = 3 ] || fail "kgraph ended with $status"
kg down
ended_with 0

# A quota that is used up: the pod is never made, and no pod says so.
begin
k create quota none --hard=pods=0 >/dev/null
pod over
kg up
ended_with 1
says "quota"
kg down
ended_with 0
