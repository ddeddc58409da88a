# An authority and what it signs: taken by others' TLS, made anew when it must be, never half, and the key shown nowhere.
need openssl
need curl
port=$(free_port)
graph <<END
[node.ca]
kind = "certificate"
out = "tls/ca"
common_name = "test authority"
usages = ["ca"]

[node.middle]
kind = "certificate"
out = "tls/middle"
common_name = "the one between"
usages = ["ca"]
ca = { cert = "\${node.ca.cert}", key = "\${node.ca.key}" }

[node.web]
kind = "certificate"
out = "tls/web"
common_name = "localhost"
sans = ["localhost", "127.0.0.1"]
usages = ["server"]
ca = { cert = "\${node.middle.cert}", key = "\${node.middle.key}", root = "\${node.middle.ca}" }

[node.server]
kind = "process"
command = ["openssl", "s_server", "-accept", "127.0.0.1:$port", "-www", "-quiet", "-key", "\${node.web.key}", "-cert", "\${node.web.cert}", "-cert_chain", "\${node.web.cert}"]
ready = { tcp = "127.0.0.1:$port" }

[node.copy]
kind = "file"
path = "copy.pem"
content = "\${node.web.key_pem}"
mode = "0600"
END
kg up --events events.jsonl --trace trace.json
ended_with 0
curl -fsS -o /dev/null --cacert tls/web/ca.crt "https://localhost:$port/" || fail "curl does not take the server's certificate"
curl -fsS -o /dev/null --cacert tls/ca/tls.crt "https://127.0.0.1:$port/" || fail "curl does not take the chain"
cmp copy.pem tls/web/tls.key
same "$(stat -c %a tls/web/tls.key)" 600

secret=$(sed -n 2p tls/web/tls.key)
says_nothing_of "$secret"
! grep -qF -- "$secret" events.jsonl trace.json || fail "the key is in what was told"
! grep -rqF -- "$secret" .kgraph/default/runs || fail "the key is in a log"

kg up
ended_with 0
says "5 nodes unchanged"

# The server starts again with another certificate.
before=$(openssl x509 -noout -serial -in tls/web/tls.crt)
rm tls/web/tls.crt
kg up
ended_with 0
says "tls/web/tls.crt is gone"
[ "$(openssl x509 -noout -serial -in tls/web/tls.crt)" != "$before" ] || fail "it was not made anew"
curl -fsS -o /dev/null --cacert tls/web/ca.crt "https://localhost:$port/" || fail "the server goes on with the old one"

# What is not kgraph's stays, and so does what is there.
touch tls/web/mine
rm tls/web/ca.crt
kg up
ended_with 1
says "holds mine, which would be lost"
exists tls/web/mine
rm tls/web/mine
kg up
ended_with 0
kg down --purge
gone tls/web

# Killed at any moment, key and certificate belong together, or there is none.
graph <<'END'
[vars]
name = "a"
[node.self]
kind = "certificate"
out = "tls/self"
common_name = "${vars.name}"
END
for round in $(seq 30); do
    "$KGRAPH" up --set name="name-$round" >/dev/null 2>&1 &
    sleep "0.0$((round % 8))$round"
    kill -KILL $! 2>/dev/null || true
    wait $! 2>/dev/null || true
    [ -e tls/self/tls.crt ] || continue
    same "$(openssl x509 -noout -pubkey -in tls/self/tls.crt)" "$(openssl pkey -pubout -in tls/self/tls.key)"
    same "$(cat tls/self/ca.crt)" "$(cat tls/self/tls.crt)"
done
kg up
ended_with 0
same "$(ls -A tls)" self
openssl verify -CAfile tls/self/ca.crt tls/self/tls.crt || fail "openssl does not take it"
kg down --purge
