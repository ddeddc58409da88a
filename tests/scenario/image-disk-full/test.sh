need_podman busybox
# The builder's disk is full: told in its words, with what to do, and the next build goes well.
[ "$EUID" = 0 ] || skip "only root can mount a small disk"
mkdir small
mount -t tmpfs -o size=40m tmpfs small
sed "s|^graphroot.*|graphroot = \"$WORK/small\"|" "$CONTAINERS_STORAGE_CONF" >storage.conf
export CONTAINERS_STORAGE_CONF=$WORK/storage.conf
graph <<'END'
[node.it]
kind = "image"
context = "it"
END
mkdir it
printf 'FROM localhost/test/busybox:1\n\nRUN dd if=/dev/urandom of=/data bs=1M count=100\n' >it/Containerfile
kg up
ended_with 1
says_like 'No space left|no space left'
says ' --> it/Containerfile:3:1'
says 'kgraph gc --images'

sed -i 's/count=100/count=1/' it/Containerfile
kg up
ended_with 0
# Its storage has mounts of its own in there.
podman rmi --all --force >/dev/null
umount --recursive --lazy small
