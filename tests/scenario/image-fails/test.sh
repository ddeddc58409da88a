need_podman busybox
# How builds that fail are told, and that secrets stay secret.
graph <<'END'
[vars]
file = "Containerfile"
[secrets]
token = { env = "TOKEN" }
[node.it]
kind = "image"
context = "it"
file = "it/${vars.file}"
secrets = [{ id = "token", value = "${secrets.token}" }, { id = "key", file = "key" }]
alone = true
END
export TOKEN=very-secret-token
printf 'first-line-of-the-key\nsecond-line-of-the-key\n' >key
mkdir it
cat >it/Containerfile <<'END'
ARG TAG=1
FROM localhost/test/busybox:${TAG} AS build
# A comment
RUN echo one && \
    echo two

FROM localhost/test/busybox:1
COPY --from=build /bin/busybox /copied
RUN echo printed; \
    exit 3
END
kg up
ended_with 1
says 'it failed: RUN echo printed; exit 3: exit status 3'
says ' --> it/Containerfile:9:1'
says '9 | RUN echo printed; \'
says '    printed'
says_nothing_of '    two'

# Killed: said, and tried once more alone.
printf 'FROM localhost/test/busybox:1\nRUN echo try; exit 137\n' >it/killed
kg up --set file=killed
says 'RUN echo try; exit 137: killed, most likely for lack of memory'
same "$(grep -c '^try$' .kgraph/default/runs/*/it.log | tail -n 1 | sed 's/.*://')" 2
says_like 'it/killed:2:1'

# Mistakes that kgraph finds itself.
printf 'RUN x\nFROM y\n' >it/early
kg up --set file=early
says '`RUN` stands before the first FROM'
says ' --> it/early:1:1'
printf 'FROM localhost/nothing/like/this\n' >it/missing
kg up --set file=nowhere
ended_with 1
says 'it/nowhere'

# Secrets reach RUN, and nothing else: no layer, no log, no process's arguments.
watch_engine
cat >it/good <<'END'
FROM localhost/test/busybox:1
RUN --mount=type=secret,id=token --mount=type=secret,id=key \
    cat /run/secrets/token /run/secrets/key; wc -c </run/secrets/token >/length
END
kg up --set file=good
ended_with 0
id=$(podman images --quiet localhost/it)
podman save --format oci-dir --output saved "$id"
for layer in saved/blobs/*/*; do
    { zcat "$layer" 2>/dev/null || cat "$layer"; } >>all
done
same "$(podman run --rm "$id" cat /length)" "${#TOKEN}"
for words in "$TOKEN" first-line-of-the-key second-line-of-the-key; do
    ! grep -aq "$words" all || fail "an image's layer holds $words"
    ! grep -rq "$words" .kgraph .watch || fail "$(grep -rl "$words" .kgraph .watch | head -n 1) holds $words"
    says_nothing_of "$words"
done

# Alone is alone: the second try waits for the other build.
mkdir slow
printf 'FROM localhost/test/busybox:1\nRUN sleep 4\n' >slow/Containerfile
cat >>kgraph.toml <<'END'
[node.slow]
kind = "image"
context = "slow"
END
printf 'FROM localhost/test/busybox:1\nRUN echo again; exit 137\n' >it/killed
kg up --set file=killed
ended_with 1
same "$(grep -oE '^(done +slow|failed +it)' <<<"$out" | tr -s ' ' | xargs)" "done slow failed it"

# Ctrl-C in the middle of a step ends what runs in it, and podman takes its working containers away.
printf 'FROM localhost/test/busybox:1\nRUN touch /made\nRUN sleep 600\n' >slow/Containerfile
"$KGRAPH" up slow >out.txt 2>&1 &
pid=$!
eventually 60 pgrep -f '^sleep 600$' >/dev/null
kill -INT "$pid"
status=0
wait "$pid" || status=$?
ended_with 130
same "$(pgrep -f '^sleep 600$')" ""
same "$(podman ps --all --external --quiet)" ""
