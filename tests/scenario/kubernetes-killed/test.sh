need_kubernetes
# Killed at any moment, the next run goes on from there, and `down` takes away whatever was made.

cat >many.sh <<'END'
#!/bin/sh
i=0
while [ $i -lt 400 ]; do
    i=$((i + 1))
    printf -- '---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: "many-%d" }\ndata: { round: "%s" }\n' $i "$1"
done
END
chmod +x many.sh
graph <<END
[vars]
round = "1"
[node.many]
kind = "kubernetes"
render = ["./many.sh", "\${vars.round}"]
namespace = "$namespace"
END
count() { k get configmap -o name | grep -c many- || true; }
of_round() { k get configmap -o 'jsonpath={range .items[*]}{.data.round}{"\n"}{end}' | grep -cx "$1" || true; }

# killed_after SECONDS ARGUMENTS...
killed_after() {
    "$KGRAPH" "${@:2}" >/dev/null 2>&1 &
    sleep "$1"
    kill -KILL $! 2>/dev/null || true
    wait $! 2>/dev/null || true
}

for pause in 0.05 0.1 0.2 0.3 0.5; do killed_after $pause up; done
kg up
ended_with 0
same "$(count)" 400
kg up
says unchanged

for pause in 0.1 0.2 0.3; do killed_after $pause up --set round=2; done
kg up --set round=2
ended_with 0
same "$(of_round 2)" 400

# Removals as well; and what a killed run had made is taken away without another run.
for pause in 0.05 0.2; do killed_after $pause down; done
kg down
ended_with 0
same "$(count)" 0
killed_after 0.3 up --set round=3
kg down
ended_with 0
same "$(count)" 0
