# What the documents show can be done: their graphs are right, and the commands and options that they name are there.

# A block of TOML whose first line is the comment `# NAME.toml` is that file; `# kgraph.toml` begins another graph.
extract() {
    awk -v folder="$2" '
        /^```toml$/ { opening = 1; next }
        opening { opening = 0; if ($0 !~ /^# [a-z\/-]+\.toml$/) next
            name = substr($0, 3)
            if (name == "kgraph.toml") graph++
            file = folder "/" graph "/" name
            system("mkdir -p \"$(dirname " file ")\"")
            line = NR }
        /^```$/ { file = "" }
        file { print >file }' "$1"
}

checked=0
cd "$ROOT"
documents=(README.md docs/*.md)
for document in "${documents[@]}"; do
    extract "$document" "$WORK/${document//\//-}"
done
for file in "$WORK"/*/*/kgraph.toml; do
    kg -f "$file" check
    [ "$status" = 0 ] || fail "a graph of a document is wrong: ${file#"$WORK/"}"
    checked=$((checked + 1))
    rm -r "${file%/*}"
done
[ "$checked" -ge 10 ] || fail "only $checked graphs were found in the documents"

# Commands are named as `kgraph up --events FILE`, or on a line of a shell.
cat "${documents[@]}" examples/*/README.md | grep -ohE '(`|^    |^\$ )kgraph [a-z]+[^`#]*' | sed -E 's/^[^k]*kgraph //; s/ -- .*//; s/   .*//' | sort -u >"$WORK/commands"
while read -r command words; do
    kg help "$command"
    [ "$status" = 0 ] || fail "the documents name a command \`$command\`"
    for word in $words; do
        [[ $word != -* ]] || says "${word%%=*}"
    done
done <"$WORK/commands"
[ "$(wc -l <"$WORK/commands")" -ge 20 ] || fail "only few commands were found in the documents"

cd "$WORK"
