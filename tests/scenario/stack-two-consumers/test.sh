# A second consumer's stack runs beside the first, with ports and data of its own.
need curl
stack
kg up
ended_with 0
kg up --set consumer=aianalysis
ended_with 0
first=$("$KGRAPH" env | grep DATASTORAGE_URL)
second=$("$KGRAPH" env --set consumer=aianalysis | grep DATASTORAGE_URL)
[ "$first" != "$second" ] || fail "both have $first"
kg down --set consumer=aianalysis
ended_with 0
eval "$first"
curl -fsS "${DATASTORAGE_URL}/readyz" >/dev/null || fail "the first stack went down with the second"
"$KGRAPH" down --purge --set consumer=aianalysis >/dev/null 2>&1
