need_podman busybox
# A registry that is down, damaged, or closed to us costs a warning and never a run.
watch_engine
registry_start --trusted-tls
podman push --quiet localhost/test/busybox:1 "$registry/base/busybox:1"
graph <<END
[cache]
remote = "oci://$registry/cache"
timeout = "3s"
[node.it]
kind = "image"
context = "it"
[node.other]
kind = "image"
context = "it"
build_args = { OTHER = "yes" }
END
mkdir it
# Of some size, and nothing that gets smaller.
head -c 8000000 /dev/urandom >it/data
printf 'FROM localhost/test/busybox:1\nARG OTHER\nCOPY data /data\n' >it/Containerfile

images_forget() {
    podman rmi --all --force >/dev/null # the bases stay, read-only, so that the keys are known
    rm -rf .kgraph
    engine_forget
}
relay_listens() { (exec 3<>"/dev/tcp/127.0.0.1/$relay") 2>/dev/null; }
built_all_the_same() {
    ended_with 0
    same "$(engine_calls build)" 2
    says_like 'warning|shared cache'
    same "$(grep -cE '^warning' <<<"$out")" 1
}

kg up --push
ended_with 0
same "$(registry_tags cache/images | wc -l)" 2

# A blob that was damaged where it lies.
images_forget
largest=$(find .registry/data -type f -name data -size +4M | head -n 1)
printf damaged | dd of="$largest" bs=1 seek=100000 conv=notrunc status=none
kg up
built_all_the_same

# One that is cut short.
images_forget
truncate --size=100000 "$largest"
kg up
built_all_the_same

# It goes away in the middle of a pull, and is not there at all.
rm -rf .registry/data
registry_stop
registry_start --trusted-tls --port "${registry##*:}"
images_forget
kg up --push
ended_with 0
images_forget
relay=$(free_port)
cp -r "$HOME/.config/containers/certs.d/$registry" "$HOME/.config/containers/certs.d/127.0.0.1:$relay"
sed -i "s|oci://[^/]*|oci://127.0.0.1:$relay|" kgraph.toml
"$ROOT/tests/scenario/relay" "$relay" "${registry##*:}" down 3000000 &
eventually 5 relay_listens
kg up
built_all_the_same
images_forget
kg up
built_all_the_same

# It goes away in the middle of a push.
images_forget
head -c 8000000 /dev/urandom >it/data
"$ROOT/tests/scenario/relay" "$relay" "${registry##*:}" up 3000000 &
eventually 5 relay_listens
kg up --push
built_all_the_same

# It stops answering.
images_forget
kill -STOP "$registry_process"
sed -i "s|oci://[^/]*|oci://$registry|" kgraph.toml
kg up
built_all_the_same
kill -CONT "$registry_process"
registry_stop

# A wrong password.
images_forget
registry_start --trusted-tls --port "${registry##*:}" --password me:secret
export REGISTRY_AUTH_FILE=$WORK/auth.json
printf '{"auths":{"%s":{"auth":"%s"}}}' "$registry" "$(printf me:wrong-password | base64)" >auth.json
kg up --push
built_all_the_same
says_nothing_of wrong-password
! grep -rq wrong-password .kgraph || fail "a password is in the log"
