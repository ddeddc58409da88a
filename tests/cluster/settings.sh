# The files that the programs of a cluster are told with. Sourced by tests/cluster/inside, whose $dir and $address they use.
pki=$dir/pki
bridge_address=10.244.0.1 pod_network=10.244.0.0/16

# ---- who is who ---------------------------------------------------------------------------------------------------------

# certificate NAME SUBJECT [EXTENSION]: of our authority, for two days.
certificate() {
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "$2" -keyout "$pki/$1.key" 2>/dev/null |
        openssl x509 -req -CA "$pki/ca.crt" -CAkey "$pki/ca.key" -days 2 -out "$pki/$1.crt" \
            -extfile <(printf 'extendedKeyUsage=serverAuth,clientAuth\n%s\n' "${3:-}") 2>/dev/null
}

make_certificates() {
    mkdir -p "$pki"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test-cluster \
        -keyout "$pki/ca.key" -out "$pki/ca.crt" 2>/dev/null
    openssl genrsa -out "$pki/service-account.key" 2048 2>/dev/null
    certificate server /CN=kube-apiserver \
        "subjectAltName=DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local,IP:127.0.0.1,IP:10.96.0.1,IP:$address"
    certificate admin /O=system:masters/CN=kubernetes-admin
    certificate node /O=system:nodes/CN=system:node:node1
}

base64_of() { base64 -w 0 "$1"; }
write_kubeconfig() {
    cat <<YAML
apiVersion: v1
kind: Config
current-context: test
contexts:
- name: test
  context: { cluster: test, user: $1 }
clusters:
- name: test
  cluster: { server: "https://$address:6443", certificate-authority-data: $(base64_of "$pki/ca.crt") }
users:
- name: $1
  user: { client-certificate-data: $(base64_of "$pki/$1.crt"), client-key-data: $(base64_of "$pki/$1.key") }
YAML
}

# ---- the node -----------------------------------------------------------------------------------------------------------

# restrict_oom_score_adj: not everybody's root may lower it. No AppArmor: the machine's would have to be loaded with profiles.
containerd_settings() {
    cat <<TOML
version = 2
root = "$dir/containerd/root"
state = "$dir/containerd/state"
oom_score = 0
disabled_plugins = ["io.containerd.internal.v1.opt"]
[grpc]
address = "$dir/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "localhost/pause:1"
restrict_oom_score_adj = true
disable_apparmor = true
max_container_log_line_size = 65536
[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "overlayfs"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = false
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "$dir/cni"
TOML
}

pod_network_settings() {
    cat <<JSON
{ "cniVersion": "0.4.0", "name": "test", "plugins": [
  { "type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": false, "hairpinMode": true,
    "ipam": { "type": "host-local", "dataDir": "/run/cni-addresses", "ranges": [[{ "subnet": "$pod_network" }]], "routes": [{ "dst": "0.0.0.0/0" }] } },
  { "type": "portmap", "capabilities": { "portMappings": true } } ] }
JSON
}

# No cgroups by quality of service: one folder for all, which is there before and gone afterwards. The disk is never full enough. What ends is started again
# after 1, 2, 4 s instead of 10, 20, 40.
kubelet_settings() {
    printf 'nameserver %s\n' "$bridge_address" >"$dir/resolv.conf"
    cat <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $address
authentication: { x509: { clientCAFile: $pki/ca.crt }, webhook: { enabled: true }, anonymous: { enabled: false } }
authorization: { mode: Webhook }
containerRuntimeEndpoint: unix://$dir/containerd.sock
cgroupDriver: cgroupfs
cgroupRoot: /kgraph-c$(cat "$dir/number")
cgroupsPerQOS: false
enforceNodeAllocatable: []
failCgroupV1: false
failSwapOn: false
featureGates: { ReduceDefaultCrashLoopBackOffDecay: true }
oomScoreAdj: 0
clusterDomain: cluster.local
clusterDNS: [$bridge_address]
resolvConf: $dir/resolv.conf
readOnlyPort: 0
healthzPort: 0
serializeImagePulls: false
imageGCHighThresholdPercent: 100
evictionHard: { memory.available: 50Mi, nodefs.available: 1%, nodefs.inodesFree: 0%, imagefs.available: 1% }
kubeAPIQPS: 200
kubeAPIBurst: 400
eventRecordQPS: 0
maxPods: 250
YAML
}

proxy_settings() {
    cat <<YAML
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection: { kubeconfig: $dir/kubeconfig }
mode: iptables
nodePortAddresses: [127.0.0.0/8, $address/32]
iptables: { localhostNodePorts: true, masqueradeAll: true, syncPeriod: 1s, minSyncPeriod: 0s }
conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s }
healthzBindAddress: ""
metricsBindAddress: ""
YAML
}

dns_settings() {
    cat <<COREFILE
cluster.local:53 {
    bind $bridge_address
    errors
    kubernetes cluster.local {
        kubeconfig $dir/kubeconfig
        ttl 1
    }
}
COREFILE
}

# ---- the image of what holds a pod together -----------------------------------------------------------------------------

# FROM scratch; as `docker save` writes it, so that no container engine has to be there.
pause_image() {
    local folder=$1 digest
    mkdir -p "$folder/layer"
    cc -static -Os -o "$folder/layer/pause" "$here/pause.c"
    tar --owner=0 --group=0 --numeric-owner -C "$folder/layer" -cf "$folder/layer.tar" pause
    digest=$(sha256sum "$folder/layer.tar" | cut -d' ' -f1)
    cat >"$folder/config.json" <<JSON
{ "architecture": "$(dpkg --print-architecture 2>/dev/null || echo amd64)", "os": "linux",
  "config": { "Entrypoint": ["/pause"] }, "rootfs": { "type": "layers", "diff_ids": ["sha256:$digest"] } }
JSON
    echo '[{ "Config": "config.json", "RepoTags": ["localhost/pause:1"], "Layers": ["layer.tar"] }]' >"$folder/manifest.json"
    tar -C "$folder" -cf "$folder/image.tar" manifest.json config.json layer.tar
}
