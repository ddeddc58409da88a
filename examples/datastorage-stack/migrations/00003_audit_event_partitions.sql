-- +goose Up

-- Makes the partition of the month that a day lies in, and tells its name; harmless when it is there already.
-- Rows of that month that the default partition has caught would make CREATE TABLE … PARTITION OF fail, so they move: the
-- default partition is detached for as long as that takes, and what it holds for the month goes through the parent.
-- +goose StatementBegin
CREATE FUNCTION create_audit_event_partition(day date) RETURNS text AS $$
DECLARE
    first_day   date        := date_trunc('month', day)::date;
    lower_bound timestamptz := first_day::timestamp AT TIME ZONE 'UTC';
    upper_bound timestamptz := (first_day + interval '1 month') AT TIME ZONE 'UTC';
    partition   text        := 'audit_events_' || to_char(first_day, 'YYYY_MM');
    caught      boolean;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('create_audit_event_partition'));
    IF to_regclass(partition) IS NOT NULL THEN
        RETURN partition;
    END IF;

    SELECT EXISTS (
        SELECT FROM audit_events_default WHERE event_timestamp >= lower_bound AND event_timestamp < upper_bound
    ) INTO caught;
    IF caught THEN
        ALTER TABLE audit_events DETACH PARTITION audit_events_default;
    END IF;

    EXECUTE format('CREATE TABLE %I PARTITION OF audit_events FOR VALUES FROM (%L) TO (%L)',
                   partition, lower_bound, upper_bound);

    IF caught THEN
        WITH moved AS (
            DELETE FROM audit_events_default
            WHERE event_timestamp >= lower_bound AND event_timestamp < upper_bound
            RETURNING *
        )
        INSERT INTO audit_events SELECT * FROM moved;
        ALTER TABLE audit_events ATTACH PARTITION audit_events_default DEFAULT;
    END IF;
    RETURN partition;
END;
$$ LANGUAGE plpgsql;
-- +goose StatementEnd

-- Sees to it that last month, this month and the months ahead have their partitions; tells how many it made.
-- +goose StatementBegin
CREATE FUNCTION maintain_audit_event_partitions(months_ahead integer DEFAULT 3) RETURNS integer AS $$
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

SELECT maintain_audit_event_partitions();

-- +goose Down
-- No event is lost: what the months hold goes back to the default partition.
-- +goose StatementBegin
DO $$
DECLARE
    partition regclass;
BEGIN
    FOR partition IN
        SELECT inhrelid::regclass FROM pg_inherits
         WHERE inhparent = 'audit_events'::regclass AND inhrelid <> 'audit_events_default'::regclass
    LOOP
        EXECUTE format('ALTER TABLE audit_events DETACH PARTITION %s', partition);
        EXECUTE format('INSERT INTO audit_events SELECT * FROM %s', partition);
        EXECUTE format('DROP TABLE %s', partition);
    END LOOP;
END;
$$;
-- +goose StatementEnd

DROP FUNCTION maintain_audit_event_partitions(integer);
DROP FUNCTION create_audit_event_partition(date);
