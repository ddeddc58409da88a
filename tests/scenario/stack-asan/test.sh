# The whole example under AddressSanitizer: up, up again, a change, down.
KGRAPH=${KGRAPH%/*}/kgraph-asan
[ -x "$KGRAPH" ] || skip "there is no kgraph-asan beside kgraph (./dev test asan makes it)"
export ASAN_OPTIONS=detect_leaks=0 TSAN_OPTIONS=halt_on_error=1:exitcode=66
stack
for _ in 1 2; do
    kg up --events events.jsonl --trace trace.json
    ended_with 0
    says_nothing_of "Sanitizer"
done
echo "/* a remark */" >>service/store.h
kg plan
ended_with 0
kg up
ended_with 0
kg status
ended_with 0
kg down --purge
ended_with 0
says_nothing_of "Sanitizer"
