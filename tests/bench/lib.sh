# What the measurements are told with. Sourced by tests/bench/run and by the scripts that it runs.
#
#     row "kgraph" "12 ms"                      what was seen
#     row "ratio" 0.87 "<=" 1.2                 and what is wanted of it. Nothing is asserted: machines differ, and so do days

say() { printf '\n%s\n' "$*"; }
row() {
    local wanted=''
    if [ $# = 4 ]; then
        wanted="wanted: $3 $4"
        awk "BEGIN { exit !(\"$2\" + 0 $3 $4) }" || wanted+=", missed"
    fi
    printf '    %-56s %10s   %s\n' "$1" "$2" "$wanted" | sed 's/ *$//'
}
# took COMMAND...: how many seconds it took.
took() {
    local start=$EPOCHREALTIME log
    log=$(mktemp)
    "$@" >"$log" 2>&1 || { tail -n 20 "$log" >&2; echo "$* failed" >&2; exit 1; }
    awk "BEGIN { print $EPOCHREALTIME - $start }"
    rm -f "$log"
}
median() { sort -n | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }
seconds() { awk "BEGIN { printf \"%.2f s\", $1 }"; }
ms() { awk "BEGIN { printf \"%.0f ms\", ($1) * 1000 }"; }
ratio() { awk "BEGIN { printf \"%.2f\", ($1) / ($2) }"; }
