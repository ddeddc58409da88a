#!/usr/bin/env bash
# A small end-to-end suite, as a service that uses DataStorage would have one. The stack tells it where everything is:
#
#     kgraph run datastorage-stack -- tests/e2e.sh
#
# Each run works under a correlation id of its own, so that it can be repeated on the same data.
set -uo pipefail

: "${DATASTORAGE_URL:?is not set: run this with kgraph run datastorage-stack -- $0}"
events=$DATASTORAGE_URL/api/v1/audit/events
run=e2e-$(date +%s)-$$
passed=0 failed=0
status='' body=''

# call METHOD URL [BODY] → $status and $body
call() {
    local answer
    answer=$(curl --silent --show-error --max-time 20 --write-out '\n%{http_code}' --request "$1" \
        ${3+--header 'Content-Type: application/json' --data-binary "$3"} "$2" 2>&1)
    status=${answer##*$'\n'} body=${answer%$'\n'*}
}

# expect NAME STATUS [PART OF THE BODY]…
expect() {
    local name=$1 wanted=$2 part
    shift 2
    if [ "$status" != "$wanted" ]; then
        tell "$name" "status $status instead of $wanted"
        return
    fi
    for part; do
        [[ $body == *"$part"* ]] || { tell "$name" "the answer lacks $part"; return; }
    done
    tell "$name"
}

# tell NAME [WHAT IS WRONG]
tell() {
    if [ $# = 1 ]; then
        passed=$((passed + 1))
        echo "ok      $1"
    else
        failed=$((failed + 1))
        printf 'FAILED  %s: %s\n        %s\n' "$1" "$2" "$body"
    fi
}

# event TYPE SECOND [MORE MEMBERS] → an audit event that happened at that second
event() {
    printf '{"event_timestamp":"2026-03-01T12:00:%02dZ","event_type":"%s","event_category":"gateway","event_action":"tested",' "$2" "$1"
    printf '"event_outcome":"success","actor_type":"service","actor_id":"e2e","correlation_id":"%s","event_data":{"second":%d}%s}' \
        "$run" "$2" "${3:-}"
}

# How many events of this run there are.
count() {
    call GET "$events?correlation_id=$run&limit=1000"
    grep -o '"event_id"' <<<"$body" | wc -l
}

# ids of the events in the last answer, one a line
ids() {
    grep -oE '"event_id" *: *"[^"]*"' <<<"$body" | cut -d'"' -f4
}

call GET "$DATASTORAGE_URL/readyz"
expect 'the service is ready and says so part by part' 200 '"ready":true' '"database":' '"redis":'

call POST "$events" "$(event gateway.signal.received 1)"
expect 'an event is stored' 201 '"stored":1'

id=$(printf '%08x-0000-4000-8000-%012x' $((RANDOM * RANDOM)) $$)
call POST "$events" "$(event gateway.signal.deduplicated 2 ",\"event_id\":\"$id\"")"
expect 'an event keeps the id that it brings' 201 "$id"
call POST "$events" "$(event gateway.signal.deduplicated 2 ",\"event_id\":\"$id\"")"
expect 'the same event sent again is not stored again' 201 '"stored":0' '"duplicates":1'

call POST "$events" "[$(event workflow.started 3),$(event workflow.step.finished 4),$(event workflow.finished 5)]"
expect 'a batch is stored' 201 '"stored":3'

before=$(count)
call POST "$events" "[$(event workflow.started 6),$(event 'Not A Type' 7)]"
expect 'a batch with one bad event is refused, with the place of the error' 422 '"/1/event_type"'
after=$(count)
if [ "$before" = 5 ] && [ "$after" = 5 ]; then
    tell 'nothing of a refused batch is stored'
else
    tell 'nothing of a refused batch is stored' "$before events before, $after after; 5 are right"
fi

call GET "$events?correlation_id=$run&event_type=workflow.started"
expect 'events are found by their type' 200 '"workflow.started"'
call GET "$events?correlation_id=$run&since=2026-03-01T12:00:03Z&until=2026-03-01T12:00:05Z"
expect 'events are found by their time' 200 '"workflow.started"' '"workflow.step.finished"'
call GET "$events?colour=red"
expect 'an unknown filter is refused by name' 400 '"colour"'

all='' page='' pages=0
while [ $pages -lt 10 ]; do
    call GET "$events?correlation_id=$run&limit=2${page:+&after=$page}"
    all+=$(ids)$'\n' pages=$((pages + 1))
    page=$(sed -n 's/.*"next":"\([^"]*\)".*/\1/p' <<<"$body")
    [ -n "$page" ] || break
done
if [ $pages = 3 ] && [ "$(grep -c . <<<"$all")" = 5 ] && [ "$(sort -u <<<"$all" | grep -c .)" = 5 ]; then
    tell 'pages show each event once'
else
    tell 'pages show each event once' "$pages pages, events: ${all//$'\n'/ }"
fi

call GET "$DATASTORAGE_URL/metrics"
expect 'what happened is counted' 200 'datastorage_events_stored_total' 'datastorage_database_up 1'

echo "$passed passed, $failed failed"
[ $failed = 0 ]
