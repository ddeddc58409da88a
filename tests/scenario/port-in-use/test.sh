# A port that was chosen once is held by somebody else: told with that process's number and command line.
need python3
port=$(free_port)
graph <<END
[ports]
web = { prefer = $port }

[node.web]
kind = "process"
command = ["python3", "-m", "http.server", "--bind", "127.0.0.1", "\${port.web}"]
ready = { tcp = "127.0.0.1:\${port.web}" }
END
kg up
ended_with 0
kg down
ended_with 0
python3 -m http.server --bind 127.0.0.1 "$port" >/dev/null 2>&1 &
squatter=$!
eventually 10 sh -c "curl -s 127.0.0.1:$port >/dev/null || python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", $port))' 2>/dev/null"
kg up
ended_with 1
says "$port"
says "$squatter"
says "http.server"
kill "$squatter"
wait "$squatter" || true
kg up
ended_with 0
