need_kubernetes
need_podman busybox
# Images go from podman into the containerd of a cluster's node, and of them only the layers that are not there.
[ -n "$cluster" ] || skip "the cluster's containerd cannot be reached"
socket=$cluster/containerd.sock
in_node() { ctr -a "$socket" -n k8s.io "$@"; }

mkdir image
head -c 20M /dev/urandom >image/base
echo one >image/top
printf 'FROM localhost/test/busybox:1\nCOPY base /base\nCOPY top /top\n' >image/Containerfile
cat >load.toml <<END
[node.image]
kind = "image"
name = "$namespace"
context = "image"
[node.load]
kind = "image-load"
image = "\${node.image.ref}"
containerd = "$socket"
END
graph <load.toml

kg up -v
ended_with 0
says_like "sending 2[0-9] MiB to 1 node"
says "2 made"
kg up
says "2 nodes unchanged"

# The top layer alone.
echo two >image/top
kg up -v
ended_with 0
says_like "sending [0-9.]+ KiB to 1 node"

# From containerd 2 on ctr takes what an archive lacks from the node with --local alone: found out once, and remembered.
mkdir new
cat >new/ctr <<END
#!/bin/sh
echo "\$*" >>$WORK/calls
case "\$*" in *--local*) ;; *"images import"*) exit 1 ;; esac
for word; do shift; [ "\$word" = --local ] || set -- "\$@" "\$word"; done
exec $(command -v ctr) "\$@"
END
chmod +x new/ctr
for content in three four; do
    echo $content >image/top
    PATH=$WORK/new:$PATH kg up
    says "2 made"
done
same "$(grep -c 'images import' calls)" 3
# A node of the other kind again.
echo five >image/top
kg up
says "2 made"

# A pod runs what was loaded.
newest=$(podman images --format '{{.Repository}}:{{.Tag}}' | grep "^localhost/$namespace:" | sed -n 1p)
k run --image="$newest" --image-pull-policy=Never --restart=Never seen -- cat /top >/dev/null
k wait --for=jsonpath='{.status.phase}'=Succeeded --timeout=60s pod/seen >/dev/null
same "$(k logs seen)" five

# Removed behind our back, and put there under its name by somebody else.
in_node images rm "$newest" >/dev/null
kg up
ended_with 0
says "$newest is not in"
says "1 made, 1 unchanged"
in_node images tag --force localhost/pause:1 "$newest" >/dev/null
kg up
says "$newest in"
says "is another one"
kg up
says "2 nodes unchanged"

# Without skopeo podman saves the whole.
mkdir bin
for program in podman ctr tar; do ln -s "$(command -v $program)" bin/; done
echo six >image/top
PATH=$WORK/bin:/usr/sbin:/sbin kg up
ended_with 0
says "2 made"
PATH=$WORK/bin:/usr/sbin:/sbin kg up
says "2 nodes unchanged"

# Mistakes.
sed -i 's/containerd = .*/containerd = "nowhere.sock"/' load.toml
graph <load.toml
kg up
ended_with 1
says "asking $PWD/nowhere.sock for its images"
sed -i '/containerd = /d' load.toml
graph <load.toml
kg check
ended_with 2
says "where the images go is not said"
in_node images rm $(in_node images ls -q "name~=localhost/$namespace:") >/dev/null
