# An end-to-end suite against the stack: `kgraph run` brings it up, hands over what it exports, and returns the suite's status.
need curl
stack
kg run datastorage-stack -- tests/e2e.sh
ended_with 0
kg run datastorage-stack -- sh -c 'test -n "$DATASTORAGE_URL" && exit 7'
ended_with 7
eval "$("$KGRAPH" env)"
curl -fsS "$DATASTORAGE_URL/readyz" >/dev/null || fail "the service does not answer"
