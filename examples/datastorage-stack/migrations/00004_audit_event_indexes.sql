-- +goose Up
-- On the partitioned table itself: PostgreSQL makes the same index on every partition, those to come included.

-- The order in which the service pages through events.
CREATE INDEX audit_events_time_idx ON audit_events (event_timestamp DESC, event_id DESC);

-- Each filter of the service, with the time behind it so that a page of the newest needs no sort.
CREATE INDEX audit_events_correlation_idx ON audit_events (correlation_id, event_timestamp DESC);
CREATE INDEX audit_events_type_idx ON audit_events (event_type, event_timestamp DESC);
CREATE INDEX audit_events_actor_idx ON audit_events (actor_id, event_timestamp DESC);
CREATE INDEX audit_events_resource_idx ON audit_events (resource_type, resource_id, event_timestamp DESC)
    WHERE resource_id IS NOT NULL;

-- Few events fail, and those are the ones that are asked for.
CREATE INDEX audit_events_failure_idx ON audit_events (event_timestamp DESC) WHERE event_outcome = 'failure';

-- Questions about what is inside, such as event_data @> '{"alert": "HighMemory"}'.
CREATE INDEX audit_events_data_idx ON audit_events USING gin (event_data jsonb_path_ops);

-- +goose Down
DROP INDEX audit_events_data_idx;
DROP INDEX audit_events_failure_idx;
DROP INDEX audit_events_resource_idx;
DROP INDEX audit_events_actor_idx;
DROP INDEX audit_events_type_idx;
DROP INDEX audit_events_correlation_idx;
DROP INDEX audit_events_time_idx;
