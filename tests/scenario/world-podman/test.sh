need_podman busybox
# The library that scenarios with containers are told with: a podman of its own, registries, and a count of what was asked.

watch_engine
registry_start --password me:secret --trusted-tls
podman push --quiet --creds me:secret localhost/test/busybox:1 "$registry/some/image:a"
same "$(registry_tags some/image)" a
same "$(registry_asked 'PUT [^ ]*/manifests/a')" 1
podman pull --quiet --creds me:wrong "$registry/some/image:a" 2>/dev/null && fail "a wrong password is taken"
registry_stop

registry_start --port "${registry##*:}"
podman pull --quiet --tls-verify=false "$registry/some/image:a" >/dev/null
same "$(engine_calls push) $(engine_calls pull) $(engine_calls build)" "1 2 0"

podman network create --label io.kgraph.graph=test ours >/dev/null
podman run --quiet --detach --name web --label io.kgraph.graph=test --network ours --publish 127.0.0.1:8080:80 \
    localhost/test/busybox:1 httpd -f -p 80 >/dev/null
[[ $(podman run --rm --network ours localhost/test/busybox:1 nslookup web) == *Name:*web* ]] || fail "containers do not find each other"
eventually 10 curl --silent --output /dev/null http://127.0.0.1:8080/
same "$(left_of_ours | xargs)" "web ours"
