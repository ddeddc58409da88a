# What podman's builder takes of a context is what tests/unit/cache/context_cases says, case by case: the same table that kgraph's own rules are
# tested with. Each case is a build from nothing whose one layer is written into a folder.
need podman
[ "$EUID" = 0 ] || skip "podman's storage in a folder of the test's own needs root"

cat >containers.conf <<'END'
[engine]
runtime = "runc"
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
END
export CONTAINERS_CONF=$PWD/containers.conf
printf 'FROM scratch\nCOPY . /context\n' >Containerfile.all
let_go() {
    umount "$WORK/store/overlay" 2>/dev/null || true
    clean_up
}
trap let_go EXIT

arrived=$PWD/arrived
# build CONTEXT: what arrives of it, in $arrived/context.
build() {
    rm -rf "$arrived"
    podman --root "$WORK/store" --runroot "$WORK/run" build --quiet --no-cache --file "$PWD/Containerfile.all" \
        --output "type=local,dest=$arrived" "$1" >build.log 2>&1 || fail "the build of $1 failed: $(tail -n 3 build.log)"
}

# A case is a folder of one large context, its lines with the folder in front; what depends on where a line starts is built by itself.
is_alone() { grep -qE '^([[:space:]]|!?\*\*|![[:space:]]|\.|/$)' <<<"$1"; }

name='' ignore='' paths=() checked=0 told=()
# Makes the paths of the case below the folder, and notes what is to arrive.
plant() {
    local path
    for path in "${paths[@]}"; do
        told+=("${path:0:2}$1${path:2}|$name")
        path=context/$1${path:2}
        [[ $path == */ ]] || { mkdir -p "${path%/*}" && touch "$path"; }
        [[ $path != */ ]] || mkdir -p "$path"
    done
}
compare() {
    local one path
    for one in "${told[@]}"; do
        path=${one%|*}
        path=$arrived/context/${path:2}
        case $one in
        '+ '*) [ -e "$path" ] || fail "${one##*|}: podman does not take ${path#"$arrived/context/"}" ;;
        *) [ ! -e "$path" ] || fail "${one##*|}: podman takes ${path#"$arrived/context/"}" ;;
        esac
    done
    rm -rf context
    told=()
}
alone() {
    plant ''
    [ -z "$ignore" ] || printf '%s' "$ignore" >context/.dockerignore
    build context
    compare
}
# each COMMAND: for every case of the table, with name, ignore and paths set.
each() {
    local line
    name=''
    while IFS= read -r line; do
        case $line in
        '= '*) [ -z "$name" ] || "$@"; name=${line#= } ignore='' paths=() ;;
        '| '*) ignore+=${line#| }$'\n' ;;
        '|'*) ignore+=${line#|}$'\n' ;;
        '' | '# '*) ;;
        *) paths+=("$line") ;;
        esac
    done < <(cat "$ROOT/tests/unit/cache/context_cases"; echo '= end')
}
together=''
case_together() {
    is_alone "$ignore" && return
    checked=$((checked + 1))
    plant "$checked/"
    together+=$(sed -E "/^$/d; /^#/!s,^(!?)/?,\1$checked/," <<<"$ignore")$'\n'
}
case_alone() {
    is_alone "$ignore" || return 0
    checked=$((checked + 1))
    alone
}
each case_together
printf '%s' "$together" >context/.dockerignore
build context
compare
each case_alone
[ "$checked" -gt 30 ] || fail "only $checked cases were built"

# Permissions arrive, also of empty folders, and links as they are; sockets do not, named pipes do.
mkdir -p context/empty context/closed
touch context/program
chmod 1777 context/empty
chmod 710 context/closed
chmod 751 context/program
ln -s nowhere/at-all context/link
mkfifo context/pipe
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("context/socket")'
build context
same "$(stat -c %a "$arrived/context/empty" "$arrived/context/closed" "$arrived/context/program" | xargs)" "1777 710 751"
same "$(readlink "$arrived/context/link")" nowhere/at-all
[ -p "$arrived/context/pipe" ] || fail "the pipe has not arrived"
gone "$arrived/context/socket"

# A Containerfile's own ignore file stands before the context's, .dockerignore before .containerignore beside it and behind it in the context.
rm -rf context
mkdir context
touch context/a context/b context/c context/d
echo a >context/.dockerignore
echo b >context/.containerignore
build context
same "$(ls "$arrived/context" | xargs)" "a c d"
echo c >Containerfile.all.containerignore
build context
same "$(ls "$arrived/context" | xargs)" "a b d"
echo d >Containerfile.all.dockerignore
build context
same "$(ls "$arrived/context" | xargs)" "a b c"
