-- +goose Up
-- How long each category of audit events is kept. '*' stands for those that have no policy of their own.

CREATE TABLE retention_policies (
    event_category varchar(50)  PRIMARY KEY,
    keep_days      integer      NOT NULL,
    reason         text         NOT NULL,
    active         boolean      NOT NULL DEFAULT true,
    created_at     timestamptz  NOT NULL DEFAULT now(),
    updated_at     timestamptz  NOT NULL DEFAULT now(),

    -- Seven years at most, because whoever wants more should ask a lawyer first; one day at least, because zero is a typing error.
    CONSTRAINT retention_policies_days_check CHECK (keep_days BETWEEN 1 AND 2557)
);

CREATE TABLE retention_runs (
    id             bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_at         timestamptz NOT NULL DEFAULT now(),
    dry_run        boolean     NOT NULL,
    event_category varchar(50) NOT NULL,
    cut_off        timestamptz NOT NULL,
    expired        bigint      NOT NULL,
    held           bigint      NOT NULL
);

CREATE INDEX retention_runs_time_idx ON retention_runs (run_at DESC);

CREATE TRIGGER retention_policies_updated_at
    BEFORE UPDATE ON retention_policies
    FOR EACH ROW EXECUTE FUNCTION set_updated_at();

INSERT INTO retention_policies (event_category, keep_days, reason) VALUES
    ('*', 365, 'A year, so that every season can be compared with the last one.'),
    ('notification', 90, 'Told to people, who have acted on it or have not.'),
    ('workflow', 2555, 'Changes to running systems are evidence.');

-- Deletes what has outlived its policy, except what is under legal hold, and writes down how much that was; a dry run only counts.
-- +goose StatementBegin
CREATE FUNCTION apply_retention_policies(at_time timestamptz DEFAULT now(), only_count boolean DEFAULT true)
RETURNS SETOF retention_runs AS $$
DECLARE
    run retention_runs%ROWTYPE;
BEGIN
    FOR run.event_category, run.cut_off IN
        SELECT c.event_category, at_time - make_interval(days => coalesce(own.keep_days, rest.keep_days))
          FROM (SELECT DISTINCT e.event_category FROM audit_events e) c
          LEFT JOIN retention_policies own ON own.event_category = c.event_category AND own.active
          LEFT JOIN retention_policies rest ON rest.event_category = '*' AND rest.active
         WHERE coalesce(own.keep_days, rest.keep_days) IS NOT NULL
         ORDER BY 1
    LOOP
        SELECT count(*) FILTER (WHERE h.id IS NULL), count(h.id)
          INTO run.expired, run.held
          FROM audit_events e
          LEFT JOIN legal_holds h ON h.correlation_id = e.correlation_id AND h.released_at IS NULL
         WHERE e.event_category = run.event_category AND e.event_timestamp < run.cut_off;

        IF NOT only_count THEN
            DELETE FROM audit_events e
             WHERE e.event_category = run.event_category AND e.event_timestamp < run.cut_off
               AND NOT EXISTS (SELECT FROM legal_holds h
                                WHERE h.correlation_id = e.correlation_id AND h.released_at IS NULL);
        END IF;

        INSERT INTO retention_runs (dry_run, event_category, cut_off, expired, held)
        VALUES (only_count, run.event_category, run.cut_off, run.expired, run.held)
        RETURNING * INTO run;
        RETURN NEXT run;
    END LOOP;
END;
$$ LANGUAGE plpgsql;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION apply_retention_policies(timestamptz, boolean);
DROP TABLE retention_runs;
DROP TABLE retention_policies;
