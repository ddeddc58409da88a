# What podman's builder takes of a context is what tests/unit/cache/context_cases says, case by case: the same table that kgraph's own rules are
# tested with. Each build is one from nothing, whose one layer is written into a folder.
need_podman
printf 'FROM scratch\nCOPY . /context\n' >Containerfile.all

arrived=$PWD/arrived takes=+p
build() {
    rm -rf "$arrived"
    podman build --quiet --no-cache --file "$PWD/Containerfile.all" --output "type=local,dest=$arrived" "$1" >build.log 2>&1 ||
        fail "the build of $1 failed: $(tail -n 3 build.log)"
}
source "$ROOT/tests/scenario/ignore-files/cases.sh"

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
