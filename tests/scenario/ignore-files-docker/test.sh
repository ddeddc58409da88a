# The same with docker's own builder.
need_docker
printf 'FROM scratch\nCOPY . /context\n' >Containerfile.all

arrived=$PWD/arrived takes=+d
build() {
    rm -rf "$arrived"
    DOCKER_BUILDKIT=0 docker build --quiet --no-cache --file "$PWD/Containerfile.all" --tag context "$1" >build.log 2>&1 ||
        fail "the build of $1 failed: $(tail -n 3 build.log)"
    docker create --name context context none >/dev/null
    mkdir "$arrived"
    docker export context | tar -xf - -C "$arrived"
    docker rm context >/dev/null
}
source "$ROOT/tests/scenario/ignore-files/cases.sh"
