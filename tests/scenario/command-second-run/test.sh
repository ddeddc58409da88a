# A command runs once; then only what has changed runs again, and equal outputs stop the wave.
graph <<'END'
[graph]
name = "demo"

[node.words]
kind = "command"
shell = "tr -d '#' <words.in >words.out; echo run >>words.runs"
inputs = ["words.in"]
outputs = ["words.out"]

[node.count]
kind = "command"
shell = "wc -w <${node.words.path} >count.out; echo run >>count.runs"
outputs = ["count.out"]
END
echo "one two # three" >words.in

kg up
ended_with 0
same "$(tr -d ' ' <count.out)" 3

kg up
ended_with 0
same "$(wc -l <words.runs)" 1
says "2 nodes unchanged"
same "$(wc -l <<<"$out")" 1

touch words.in
kg up
same "$(wc -l <words.runs)" 1

# Changed, but its output comes out the same: what uses it does not run.
echo "one two ## three" >words.in
kg plan
says "words.in changed"
same "$(wc -l <words.runs)" 1
kg up
same "$(wc -l <words.runs)" 2
same "$(wc -l <count.runs)" 1

echo "one two" >words.in
kg up
same "$(wc -l <words.runs)" 3
same "$(wc -l <count.runs)" 2

rm count.out
kg plan
says "count.out is gone"
kg up
exists count.out
