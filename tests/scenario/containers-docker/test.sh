# The same with docker.
need_docker busybox
source "$ROOT/tests/scenario/container_story.sh"
container_story docker
