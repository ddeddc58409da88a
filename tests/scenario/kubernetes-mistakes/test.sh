need_kubernetes
cluster_images busybox
need docker-registry
# What goes wrong in a cluster is told in its own words as soon as it is known, and not when a time limit has passed. All of it at once, side by side: those
# who know at once do not wait for those who have to wait.

# object NODE TIME-LIMIT [NAMESPACE]: a node of what comes on standard input.
object() {
    cat >"$1.yaml"
    printf '[node.%s]\nkind = "kubernetes"\nrender = ["cat", "%s.yaml"]\ninputs = ["%s.yaml"]\nnamespace = "%s"\nready_timeout = "%s"\n' "$1" "$1" "$1" "${3:-$namespace}" "$2" >>kgraph.toml
}
# pod NODE TIME-LIMIT [LINES OF THE CONTAINER] [LINES OF THE POD] [NAMESPACE]: a Deployment of one container, which runs httpd unless the lines say otherwise.
pod() {
    local command="command: [sh, -c, 'mkdir /www; exec httpd -f -p 8080 -h /www']" image='image: localhost/test/busybox:1'
    [[ ${3:-} != command:* ]] || command=''
    [[ ${3:-} != image:* ]] || image=''
    object "$1" "$2" "${5:-}" <<END
apiVersion: apps/v1
kind: Deployment
metadata: { name: $1 }
spec:
  selector: { matchLabels: { app: $1 } }
  template:
    metadata: { labels: { app: $1 } }
    spec:
      terminationGracePeriodSeconds: 0
      ${4:-}
      containers:
      - name: main
        imagePullPolicy: Never
        $image
        $command
        ${3:-}
END
}
# A command of the graph may bring anything, so that what is missing is no error beforehand.
printf '[node.beside]\nkind = "command"\ncommand = ["true"]\n' >kgraph.toml

# Images: not there, no name, not in a registry, and a registry that is not there.
pod no-image 60s 'image: localhost/test/nobody-made-this:1'
pod no-name 60s 'image: localhost/test/Busy:1'
registry=127.0.0.1:$(free_port)
printf 'version: 0.1\nstorage: { inmemory: {} }\nhttp: { addr: "%s", secret: of-a-test }\n' "$registry" >registry.yaml
nsenter --target "$(cat "$cluster/process1")" --net docker-registry serve registry.yaml >registry.log 2>&1 &
pod no-tag 60s "image: $registry/nobody-pushed-this:1"
pod no-registry 40s 'image: 127.0.0.1:9/far-away:1'
sed -i s/Never/Always/ no-tag.yaml no-registry.yaml

# Programs: one that ends again and again, one that is not there, one that wants too much.
ready='readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 }'
pod crash 120s "command: [sh, -c, 'echo I cannot find the database; exit 3']
        $ready"
# Others are not ready either: what it says may be their fault, but a flag is its own.
pod misspelt 120s "command: [sh, -c, 'echo unknown flag: --prot; exit 2']
        $ready"
pod no-program 60s 'command: [/bin/forgotten]'
pod hungry 120s "command: [sh, -c, 'x=\$(tail /dev/zero)']
        $ready
        resources: { limits: { memory: 24Mi } }"
# It was killed in its first life, and says nothing in its second.
pod relapse 40s "command: [sh, -c, 'test ! -e /kept/a || exec sleep 1000; touch /kept/a; echo the disk is full; exit 7']
        volumeMounts: [{ name: kept, mountPath: /kept }]
        $ready" 'volumes: [{ name: kept, emptyDir: {} }]'

# What is named and is not there.
k create secret generic half --from-literal=there=1 >/dev/null
pod no-config 60s 'envFrom: [{ configMapRef: { name: forgotten-config } }]'
pod no-volume 60s 'volumeMounts: [{ name: it, mountPath: /it }]' 'volumes: [{ name: it, configMap: { name: forgotten-volume } }]'
pod no-key 60s 'env: [{ name: A, valueFrom: { secretKeyRef: { name: half, key: absent } } }]'
pod no-account 60s '' 'serviceAccountName: nobody'
pod no-claim 60s 'volumeMounts: [{ name: it, mountPath: /it }]' 'volumes: [{ name: it, persistentVolumeClaim: { claimName: forgotten-claim } }]'
pod no-folder 60s 'volumeMounts: [{ name: it, mountPath: /it }]' 'volumes: [{ name: it, hostPath: { path: /no/such/folder, type: Directory } }]'
pod no-secret 60s 'env: [{ name: A, valueFrom: { secretKeyRef: { name: forgotten-secret, key: a } } }]'
pod nowhere 60s 'resources: { requests: { cpu: "1000" } }'

# Probes, each with its answer.
pod unready 40s 'readinessProbe: { httpGet: { path: /healthz, port: 8080 }, periodSeconds: 1 }'
pod lifeless 40s "livenessProbe: { exec: { command: [sh, -c, 'echo I have no pulse; exit 1'] }, periodSeconds: 1, failureThreshold: 30 }
        $ready"
sed -i 's/port: 8080 }, per/port: 8081 }, per/' lifeless.yaml
pod unstarted 40s 'startupProbe: { tcpSocket: { port: 8081 }, periodSeconds: 1, failureThreshold: 60 }'

# A Service that no pod is behind.
object lonely 40s <<'END'
apiVersion: v1
kind: Service
metadata: { name: lonely }
spec: { selector: { app: unredy }, ports: [{ port: 80 }] }
END

# Refused: by a quota, which counts pods and ConfigMaps, by limits, by pod security.
full=$(new_namespace) tight=$(new_namespace) strict=$(new_namespace)
kubectl create quota none --namespace "$full" --hard=pods=0,count/configmaps=0 >/dev/null
kubectl create --namespace "$tight" -f - >/dev/null <<'END'
apiVersion: v1
kind: LimitRange
metadata: { name: small }
spec: { limits: [{ type: Container, max: { memory: 32Mi } }] }
END
kubectl label namespace "$strict" pod-security.kubernetes.io/enforce=restricted >/dev/null
is_counted() { [ -n "$(kubectl get quota none --namespace "$full" -o 'jsonpath={.status.hard}')" ]; }
eventually 20 is_counted
pod over-quota 60s '' '' "$full"
pod over-limit 60s 'resources: { requests: { memory: 64Mi }, limits: { memory: 64Mi } }' '' "$tight"
pod insecure 60s '' '' "$strict"
object one-more 60s "$full" <<'END'
apiVersion: v1
kind: ConfigMap
metadata: { name: one-more }
END

# Beside all that: an admission webhook that nobody answers for, and that lets nothing pass then.
guarded=$(new_namespace)
kubectl create -f - >/dev/null <<END
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: { name: "$guarded" }
webhooks:
- name: $guarded.tests.example
  admissionReviewVersions: [v1]
  sideEffects: None
  timeoutSeconds: 2
  clientConfig: { url: "https://127.0.0.1:9/" }
  namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: "$guarded" } }
  rules: [{ apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps] }]
END
lets_nothing_pass() { ! kubectl create configmap nothing --namespace "$guarded" --dry-run=server >/dev/null 2>&1; }
eventually 20 lets_nothing_pass
mkdir guarded
(
    cd guarded
    printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: guarded }\n' | object guarded 60s "$guarded"
    "$KGRAPH" up >log 2>&1
) &
guard=$!

kg up --events events.jsonl
ended_with 1

# fails NODE WORDS...: that is how it failed. It does so for good, as opposed to those that might have mended until their time was up.
failure() { grep -F "\"event\":\"node_failed\",\"node\":\"$1\"" events.jsonl || fail "$1 has not failed"; }
fails() {
    local node=$1 told word
    told=$(failure "$node")
    shift
    for word; do grep -qF -- "$word" <<<"$told" || fail "$node does not say \"$word\": $told"; done
}
late() {
    fails "$@" 'not ready within 40.0 s'
    grep -F "\"event\":\"node_told\",\"node\":\"$1\"" events.jsonl | grep -qF -- "$2" || fail "$1 does not tell \"$2\" while it is waited for"
}
at() { failure "$1" | sed -E 's/.*"at_ns":([0-9]+).*/\1/'; }

fails no-image 'image localhost/test/nobody-made-this:1 is not on' 'imagePullPolicy is Never'
fails no-name 'localhost/test/Busy:1 is no name of an image'
fails no-tag "image $registry/nobody-pushed-this:1 cannot be pulled: the registry has no such"
late no-registry 'image 127.0.0.1:9/far-away:1 cannot be pulled: the registry does not answer'
fails crash 'container main ended with exit code 3: ' 'I cannot find the database'
fails misspelt 'unknown flag: --prot'
# How often it was started when that was certain; a busy machine may see two ends at once, and then needs one more.
grep -qE '; started [4-6] times' <<<"$(failure crash)" || fail "crash was started otherwise: $(failure crash)"
grep -qE '; started [2-4] times' <<<"$(failure misspelt)" || fail "misspelt was started otherwise: $(failure misspelt)"
fails no-program 'container main cannot be started' '/bin/forgotten' 'no such file or directory'
fails hungry 'was killed for memory: it needs more than its limit of 24Mi'
late relapse 'container main ended with exit code 7' 'the disk is full'
fails no-config 'there is no ConfigMap forgotten-config'
fails no-volume 'there is no ConfigMap forgotten-volume'
fails no-key 'Secret half in namespace' 'has no key absent'
fails no-account 'there is no ServiceAccount nobody'
fails no-claim 'there is no PersistentVolumeClaim forgotten-claim'
fails no-folder 'volume it cannot be mounted: hostPath type check failed: /no/such/folder'
fails no-secret 'there is no Secret forgotten-secret'
fails nowhere 'no node can take it' 'Insufficient cpu'
late unready 'its readiness probe (GET :8080/healthz) says: HTTP probe failed with statuscode: 404'
late lifeless 'its liveness probe' 'I have no pulse'
late unstarted 'its startup probe (port 8081) says:' 'connection refused'
late lonely 'unredy'
fails over-quota 'the quota of the namespace is used up' 'exceeded quota: none'
fails over-limit 'the LimitRange of the namespace forbids them' 'maximum memory usage per Container is 32Mi'
fails insecure "the namespace's pod security forbids them" 'violates PodSecurity \"restricted'
fails one-more 'exceeded quota: none'

# What was known at once did not wait for what takes half a minute.
for node in no-image no-name no-tag no-program over-quota over-limit insecure; do
    [ "$(at $node)" -lt "$(at nowhere)" ] || fail "$node was told late"
done
for node in over-quota over-limit insecure; do
    [ "$(at $node)" -lt "$(at no-secret)" ] || fail "$node was told late"
done

wait "$guard" && fail "what a webhook is to allow was made without it"
kubectl delete validatingwebhookconfiguration "$guarded" >/dev/null
out=$(cat guarded/log)
says "cannot apply ConfigMap $guarded/guarded"
says "failed calling webhook \"$guarded.tests.example\""
says "connection refused"

kg down
ended_with 0
