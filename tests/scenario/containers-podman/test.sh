# Containers, networks and volumes, with podman.
need_podman busybox
source "$ROOT/tests/scenario/container_story.sh"
container_story podman
