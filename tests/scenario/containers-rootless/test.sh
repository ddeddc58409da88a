# The same with podman as a user without rights, and a mounted folder whose files are that user's.
need_podman --rootless busybox
source "$ROOT/tests/scenario/container_story.sh"
container_story podman

mkdir shared
graph <<END
[node.writer]
kind = "container"
image = "$image"
command = ["sh", "-c", "id -u >/shared/user; exec sleep 1000"]
mounts = [{ source = "shared", target = "/shared" }]
userns = "keep-id"
ready = { exec = ["test", "-s", "/shared/user"] }
stop = { after = "1s" }
END
kg up
ended_with 0
same "$(cat shared/user)" "$(id -u)"
same "$(stat -c %u shared/user)" "$(id -u)"
kg down --purge
ended_with 0
