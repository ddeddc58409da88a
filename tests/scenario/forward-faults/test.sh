# A forwarded port outlives its API server, and what says who we are.
need_kubernetes --own
cluster_images busybox
need curl
k run web --image=localhost/test/busybox:1 --image-pull-policy=Never --port=8080 -- sh -c 'mkdir /www; echo well >/www/said; exec httpd -f -p 8080 -h /www' >/dev/null
k wait --for=condition=Ready pod/web --timeout=60s >/dev/null
k create serviceaccount walker >/dev/null
k create role walker --verb=get,create --resource=pods,pods/portforward >/dev/null
k create rolebinding walker --role=walker --serviceaccount="$namespace:walker" >/dev/null

# A kubeconfig whose token is in a file, and goes old.
kubectl config view --raw --flatten >walker.yaml
user=$(kubectl --kubeconfig walker.yaml config view -o 'jsonpath={.contexts[0].context.user}')
sed -i '/^users:/,$d' walker.yaml
cat >>walker.yaml <<END
users:
- name: $user
  user: { tokenFile: token }
END
token_for walker 600 >token
graph <<END
[node.port]
kind = "forward"
namespace = "$namespace"
kubeconfig = "walker.yaml"
pod = "web"
port = 8080
END
kg up
ended_with 0
port=$(cut -d' ' -f2 .kgraph/default/nodes/port/listening)
well() { [ "$(curl -fsS --max-time 45 "http://127.0.0.1:$port/said")" = well ]; }
well || fail "nothing comes through"

# A connection that is made while there is no API server waits for it, for half a minute: on a machine that is busy it may take longer.
api_server stop
stopped=$SECONDS
(sleep 1; api_server start; echo "$SECONDS" >back) &
if ! well; then
    wait
    [ $(($(cat back) - stopped)) -gt 20 ] || fail "the port did not come back: $("$KGRAPH" logs port | tail -n 3)"
    eventually 60 well
fi
wait

# A token that is refused, and the next one in its file. What was read of it is good for 10 s.
echo no-token >token
is_refused() {
    curl -fsS --max-time 1 "http://127.0.0.1:$port/said" >/dev/null 2>&1 && return 1
    "$KGRAPH" logs port | grep -q Unauthorized
}
eventually 40 is_refused
token_for walker 600 >token
well || fail "the next token is not taken: $("$KGRAPH" logs port | tail -n 3)"

# It may do no more than it needs.
k delete rolebinding walker >/dev/null
curl -fsS --max-time 45 "http://127.0.0.1:$port/said" >/dev/null 2>&1 && fail "it forwards what it may not"
kg logs port
says "forbidden"
kg down --purge
