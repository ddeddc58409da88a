-- +goose NO TRANSACTION
-- +goose Up
-- Built beside running writers. CONCURRENTLY cannot run inside a transaction, so this file has none: should it stop half way,
-- the first statement clears away what a broken build has left, and the file can be run again.

DROP INDEX CONCURRENTLY IF EXISTS action_traces_correlation_idx;
CREATE INDEX CONCURRENTLY action_traces_correlation_idx
    ON action_traces (correlation_id, action_at DESC) WHERE correlation_id IS NOT NULL;

DROP INDEX CONCURRENTLY IF EXISTS action_traces_alert_idx;
CREATE INDEX CONCURRENTLY action_traces_alert_idx ON action_traces (alert_name, action_at DESC);

-- +goose Down
DROP INDEX CONCURRENTLY IF EXISTS action_traces_alert_idx;
DROP INDEX CONCURRENTLY IF EXISTS action_traces_correlation_idx;
