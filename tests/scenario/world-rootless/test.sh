need_podman --rootless busybox
# The same as a user without rights, who need not be on the machine.

[ "$EUID" != 0 ] || fail "this is root"
podman network create ours >/dev/null
podman run --quiet --detach --network ours --publish 127.0.0.1:8080:80 localhost/test/busybox:1 httpd -f -p 80 >/dev/null
eventually 10 curl --silent --output /dev/null http://127.0.0.1:8080/
kg version
ended_with 0
