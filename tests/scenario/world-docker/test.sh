need_docker busybox
# The same with docker.

docker network create --label io.kgraph.graph=test ours >/dev/null
docker run --detach --name web --network ours --publish 127.0.0.1:8080:80 localhost/test/busybox:1 httpd -f -p 80 >/dev/null
eventually 10 curl --silent --output /dev/null http://127.0.0.1:8080/
same "$(left_of_ours | xargs)" ours
