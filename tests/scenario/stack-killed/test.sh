# What was taken away is noticed, told and made again, and nothing else.
stack
kg up
ended_with 0
port=$(kgraph_port ds.postgresql.server)
pid=$(listener "$port")

# PostgreSQL is killed hard: it alone is started again.
kill -KILL "$pid"
eventually 10 dead "$pid"
kg plan
says "ds.postgresql.server"
says_like "signal 9|KILL"
kg up
ended_with 0
says "ds.postgresql.server"
says_nothing_of "ds.postgresql.initdb"
says_nothing_of "ds.redis.server runs"
says_nothing_of "ds.schema runs"
kg up
same "$(wc -l <<<"$out")" 1

# Its data folder is deleted: the cluster, the role, the database and the schema are made anew.
rm -rf "$(data_folder)/postgresql"
kg plan
says "is gone"
kg up
ended_with 0
says "ds.postgresql.initdb"
says "ds.postgresql.database"
says "ds.schema"
kg up
same "$(wc -l <<<"$out")" 1
