need_podman --rootless debian builder postgres redis
# The example in containers for a user without rights.
stack_in_containers
kg run datastorage-stack -- tests/e2e.sh
ended_with 0
kg up
same "$(wc -l <<<"$out")" 1
kg down --purge
ended_with 0
same "$(left_of_ours)" ""
