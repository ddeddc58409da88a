# The example, and what is done again after each kind of change: just that, with the reason.
stack

kg up
ended_with 0
kg up
ended_with 0
says "unchanged"
same "$(wc -l <<<"$out")" 1

# A source file touched without a change: nothing runs.
touch service/store.c
kg plan
says_nothing_of "store.c"
kg up
same "$(wc -l <<<"$out")" 1

# A comment changed: its object is compiled and comes out the same, and there it ends.
echo "/* a remark */" >>service/store.c
kg plan
says "service/store.c changed"
kg why ds.build.store.object
says "service/store.c changed"
kg up
ended_with 0
says "ds.build.store.object"
says_nothing_of "ds.datastorage "

# A header: what includes it is compiled.
echo "/* a remark */" >>service/store.h
kg plan
says "service/store.h changed"
kg up
ended_with 0

# A new migration is found by itself, and the service is not restarted.
cat >migrations/00018_remark.sql <<'END'
-- +goose Up
CREATE TABLE remark (id bigint PRIMARY KEY);
-- +goose Down
DROP TABLE remark;
END
kg plan
says "00018_remark.sql"
kg up
ended_with 0
says "ds.schema"
says_nothing_of "ds.datastorage "

# A setting: the configuration is written anew, and the service that reads it is restarted.
kg up --set ds.log_level=debug
ended_with 0
says "ds.config"
says "ds.datastorage"
kg up --set ds.log_level=debug
same "$(wc -l <<<"$out")" 1

# Down, and up again: the data is still there.
kg down
ended_with 0
kg status
says_nothing_of "running"
kg up --set ds.log_level=debug
ended_with 0
says_nothing_of "ds.postgresql.initdb"
says_nothing_of "00001_"
