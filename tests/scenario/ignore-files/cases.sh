# Every case of tests/unit/cache/context_cases against a real builder. Sourced by a scenario that has
#
#     build CONTEXT        leaves what its image has of the context in $arrived/context
#     takes                the table's marks of what must arrive; nothing else may

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
        if [[ $takes == *"${one:0:1}"* ]]; then
            [ -e "$path" ] || fail "${one##*|}: ${path#"$arrived/context/"} is not taken"
        else
            [ ! -e "$path" ] || fail "${one##*|}: ${path#"$arrived/context/"} is taken"
        fi
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
