# The graph of the README, with a shop that needs its Redis to start.
need redis-server
need cc
printf '#include <hiredis/hiredis.h>\n' | cc -E - >/dev/null 2>&1 || skip "libhiredis-dev is not installed"

awk '/^```toml$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$ROOT/README.md" >kgraph.toml
cat >shop.c <<'END'
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* shop --port PORT --redis PORT */
int
main(int count, char **argv)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	redisContext *redis = redisConnect("127.0.0.1", atoi(argv[4]));
	int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	char request[4096];

	if (count != 5 || !redis || redis->err)
		return 1;
	address.sin_port = htons((uint16_t)atoi(argv[2]));
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(listener, 8) < 0)
		return 1;
	for (;;) {
		int client = accept(listener, NULL, NULL);

		if (read(client, request, sizeof(request)) > 0 && write(client, answer, strlen(answer)) < 0)
			return 1;
		close(client);
	}
}
END

kg up
ended_with 0
says "3 made"
kg up
ended_with 0
says "3 nodes unchanged"

echo '/* changed */' >>shop.c
kg plan
says "shop.c changed"
kg up
ended_with 0

kg down --purge
ended_with 0
gone build/shop
