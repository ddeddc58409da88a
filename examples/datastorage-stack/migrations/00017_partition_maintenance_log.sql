-- +goose Up
-- Who made which partition and when, so that a missing month can be explained; and a list of what is there.

CREATE TABLE partition_maintenance_log (
    id             bigint       GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    happened_at    timestamptz  NOT NULL DEFAULT now(),
    partition_name varchar(63)  NOT NULL,
    done_by        varchar(255) NOT NULL DEFAULT current_user
);

CREATE VIEW audit_event_partitions AS
    SELECT c.relname                                     AS partition_name,
           pg_get_expr(c.relpartbound, c.oid)            AS bounds,
           pg_total_relation_size(c.oid)                 AS size_bytes,
           greatest(c.reltuples, 0)::bigint              AS estimated_rows
      FROM pg_inherits i
      JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = 'audit_events'::regclass
     ORDER BY c.relname;

-- As before, and writes down what it made.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION maintain_audit_event_partitions(months_ahead integer DEFAULT 3) RETURNS integer AS $$
DECLARE
    day     date;
    created integer := 0;
BEGIN
    FOR day IN
        SELECT generate_series(date_trunc('month', now() AT TIME ZONE 'UTC') - interval '1 month',
                               date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => months_ahead),
                               interval '1 month')::date
    LOOP
        IF to_regclass('audit_events_' || to_char(day, 'YYYY_MM')) IS NULL THEN
            INSERT INTO partition_maintenance_log (partition_name) VALUES (create_audit_event_partition(day));
            created := created + 1;
        END IF;
    END LOOP;
    RETURN created;
END;
$$ LANGUAGE plpgsql;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION maintain_audit_event_partitions(months_ahead integer DEFAULT 3) RETURNS integer AS $$
DECLARE
    day     date;
    created integer := 0;
BEGIN
    FOR day IN
        SELECT generate_series(date_trunc('month', now() AT TIME ZONE 'UTC') - interval '1 month',
                               date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => months_ahead),
                               interval '1 month')::date
    LOOP
        IF to_regclass('audit_events_' || to_char(day, 'YYYY_MM')) IS NULL THEN
            PERFORM create_audit_event_partition(day);
            created := created + 1;
        END IF;
    END LOOP;
    RETURN created;
END;
$$ LANGUAGE plpgsql;
-- +goose StatementEnd

DROP VIEW audit_event_partitions;
DROP TABLE partition_maintenance_log;
