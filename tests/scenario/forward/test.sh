# A port of this machine leads into the cluster: migrations reach a database there, and what replaces its pod is found. Also where a program says who we
# are, and where the API server is behind a proxy.
need_kubernetes
cluster_images postgres busybox
need curl
mkdir migrations
cat >migrations/0001_people.sql <<'END'
-- +goose Up
CREATE TABLE people (name text PRIMARY KEY);
INSERT INTO people VALUES ('Ada'), ('Grace');
-- +goose Down
DROP TABLE people;
END

# Who we are by a program, as somebody who may do no more than he needs to.
k create serviceaccount walker >/dev/null
k create role walker --verb=get,list,create --resource=pods,pods/portforward,deployments.apps >/dev/null
k create rolebinding walker --role=walker --serviceaccount="$namespace:walker" >/dev/null
kubectl config view --raw --flatten --minify >direct.yaml
sed '/^users:/,$d' direct.yaml >program.yaml
cat >>program.yaml <<END
users:
- name: $(kubectl config view --minify -o 'jsonpath={.users[0].name}')
  user: { exec: { apiVersion: client.authentication.k8s.io/v1, command: ./who, args: [walker], interactiveMode: Never, provideClusterInfo: true } }
END
cat >who <<END
#!/bin/sh
echo "\$1 \$KUBERNETES_EXEC_INFO" >>$PWD/asked-who
printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"$(k create token walker)"}}'
END
chmod +x who

# By a proxy, of either kind.
proxy=$(free_port)
"$ROOT/tests/scenario/proxy" "$proxy" "$PWD/asked-proxy" &
disown $!
for way in http socks5; do
    sed "s#^\( *\)server: .*#&\n\1proxy-url: $way://127.0.0.1:$proxy#" direct.yaml >$way.yaml
done
graph <<END
[vars]
namespace = "$namespace"

[target]
all = ["schema", "web-port", "nobody-port", "program-port", "http-port", "socks5-port"]

[node.database]
kind = "kubernetes"
namespace = "\${vars.namespace}"
objects = [
    { apiVersion = "v1", kind = "Service", metadata = { name = "database" }, spec = { selector = { app = "database" }, ports = [{ name = "sql", port = 5432, targetPort = "sql" }] } },
    { apiVersion = "apps/v1", kind = "Deployment", metadata = { name = "database" }, spec = { selector = { matchLabels = { app = "database" } }, template = { metadata = { labels = { app = "database" } }, spec = { terminationGracePeriodSeconds = 1, containers = [{ name = "database", image = "localhost/test/postgres:1", imagePullPolicy = "Never", env = [{ name = "POSTGRES_USER", value = "app" }, { name = "POSTGRES_PASSWORD", value = "for-tests" }, { name = "POSTGRES_DB", value = "app" }], ports = [{ name = "sql", containerPort = 5432 }], readinessProbe = { exec = { command = ["pg_isready", "-h", "127.0.0.1"] }, periodSeconds = 1 } }] } } } },
]

[node.web]
kind = "kubernetes"
kubeconfig = "socks5.yaml"
namespace = "\${vars.namespace}"
objects = [
    { apiVersion = "apps/v1", kind = "Deployment", metadata = { name = "web" }, spec = { replicas = 2, selector = { matchLabels = { app = "web" } }, template = { metadata = { labels = { app = "web" } }, spec = { terminationGracePeriodSeconds = 0, containers = [{ name = "web", image = "localhost/test/busybox:1", imagePullPolicy = "Never", command = ["sh", "-c", "mkdir /www; hostname >/www/name; head -c 20000000 /dev/zero >/www/zeros; exec httpd -f -p 8080 -h /www"], ports = [{ name = "http", containerPort = 8080 }], readinessProbe = { httpGet = { path = "/name", port = "http" }, periodSeconds = 1 } }] } } } },
]

[node.database-port]
kind = "forward"
needs = ["database:ready"]
namespace = "\${vars.namespace}"
service = "database"
port = 5432

[node.schema]
kind = "migration"
needs = ["database-port:ready"]
dir = "migrations"
url = "postgresql://app:for-tests@\${node.database-port.address}/app"

[node.web-port]
kind = "forward"
needs = ["web"]
namespace = "\${vars.namespace}"
deployment = "web"
port_name = "http"

[node.nobody-port]
kind = "forward"
needs = ["web:ready"]
namespace = "\${vars.namespace}"
deployment = "web"
port = 9
ready = { exec = ["true"] }
$(for way in program http socks5; do
    printf '\n[node.%s-port]\nkind = "forward"\nneeds = ["web"]\nkubeconfig = "%s.yaml"\nnamespace = "%s"\ndeployment = "web"\nport = 8080\n' $way $way "$namespace"
done)
END
PATH_WITHOUT_KUBECTL=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
listening() { cut -d' ' -f2 ".kgraph/default/nodes/$1/listening"; }

# Without kubectl; the database's tables are there.
out=$(PATH=$PATH_WITHOUT_KUBECTL "$KGRAPH" up all 2>&1) && status=0 || status=$?
ended_with 0
same "$(k exec deployment/database -- psql -h 127.0.0.1 -U app app -tAc 'SELECT count(*) FROM people' 2>/dev/null || k exec deployment/database -- env PGPASSWORD=for-tests psql -h 127.0.0.1 -U app app -tAc 'SELECT count(*) FROM people')" 2

web=$(listening web-port)
first=$(curl -fsS "http://127.0.0.1:$web/name")
same "$(curl -fsS "http://127.0.0.1:$web/name")" "$first"
same "$(curl -fsS "http://127.0.0.1:$web/zeros" | tr -d '\0' | wc -c)" 0
same "$(curl -fsS "http://127.0.0.1:$web/zeros" | wc -c)" 20000000
for _ in $(seq 30); do curl -fsS "http://127.0.0.1:$web/name" >>names & done
wait
same "$(sort names | uniq -c | xargs)" "30 $first"

# The program is asked once for all connections, and told of the cluster; the proxies know the API server alone.
server=$(sed -nE 's#^ *server: https?://([^/]*).*#\1#p' direct.yaml)
for way in program http socks5; do
    curl -fsS "http://127.0.0.1:$(listening $way-port)/name" >/dev/null || fail "nothing comes by $way"
done
asked=$(wc -l <asked-who)
for _ in 1 2 3; do curl -fsS "http://127.0.0.1:$(listening program-port)/name" >/dev/null; done
same "$(wc -l <asked-who)" "$asked"
grep -q "^walker .*\"server\":\"https://$server" asked-who || fail "the program was told: $(tail -n 1 asked-who)"
same "$(sort -u asked-proxy)" "CONNECT $server
SOCKS $server"

# A second time nothing is done.
before=$(head -n 3 .kgraph/default/nodes/web-port/status)
kg up all
ended_with 0
says "9 nodes unchanged"
same "$(head -n 3 .kgraph/default/nodes/web-port/status)" "$before"

# Another pod is found by the next connection.
k delete pod "$first" --wait=false >/dev/null
eventually 10 bash -c "[ \"\$(curl -fsS http://127.0.0.1:$web/name)\" != $first ]"
k rollout restart deployment/web >/dev/null
k rollout status deployment/web --timeout=60s >/dev/null
curl -fsS "http://127.0.0.1:$web/name" >/dev/null || fail "the port does not lead to the pods of the next revision"

# What nobody listens on is broken off, and the log says what the kubelet said.
curl -sS "http://127.0.0.1:$(listening nobody-port)/" >/dev/null 2>&1 && fail "something answers where nothing listens"
kg logs nobody-port
says "connection refused"

# Killed behind our back: started again, on the same port.
kill -KILL "$(listener "$web")"
eventually 10 bash -c "! curl -fsS http://127.0.0.1:$web/name >/dev/null 2>&1"
kg up all
ended_with 0
says_like "web-port +it was ended by signal 9"
same "$(listening web-port)" "$web"
curl -fsS "http://127.0.0.1:$web/name" >/dev/null

kg down
ended_with 0
curl -fsS "http://127.0.0.1:$web/name" >/dev/null 2>&1 && fail "it still listens"

# What can never be said before it is tried, and what is wrong at once.
graph <<END
[node.port]
kind = "forward"
namespace = "$namespace"
service = "nobody"
port = 80
ready_timeout = "1s"
END
kg up
ended_with 3
says 'services "nobody" not found'
kg down --purge
graph <<'END'
[node.port]
kind = "forward"
service = "a"
pod = "b"
port = 80
END
kg check
ended_with 2
says "says what it leads to"
