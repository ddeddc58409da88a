-- +goose Up
-- What people ask for every week, so that they all get the same answer.

CREATE VIEW audit_event_daily AS
    SELECT (event_timestamp AT TIME ZONE 'UTC')::date            AS day,
           event_category,
           event_type,
           count(*)                                              AS events,
           count(*) FILTER (WHERE event_outcome = 'failure')     AS failures,
           percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) AS p95_duration_ms
      FROM audit_events
     GROUP BY 1, 2, 3;

CREATE VIEW action_effectiveness AS
    SELECT alert_name,
           action_type,
           count(*)                                                     AS actions,
           count(*) FILTER (WHERE execution_status = 'failed')          AS failed,
           round(avg(effectiveness_score), 3)                           AS average_effectiveness,
           round(avg(model_confidence), 3)                              AS average_confidence,
           max(action_at)                                               AS last_action_at
      FROM action_traces
     GROUP BY alert_name, action_type;

CREATE VIEW remediation_timeline AS
    SELECT correlation_id, event_timestamp AS happened_at, 'event' AS source, event_type AS what, event_outcome AS outcome
      FROM audit_events
    UNION ALL
    SELECT correlation_id, action_at, 'action', action_type, execution_status
      FROM action_traces
     WHERE correlation_id IS NOT NULL
    UNION ALL
    SELECT remediation_id, sent_at, 'notification', channel, status
      FROM notification_audit;

COMMENT ON VIEW remediation_timeline IS 'All that happened under one correlation id, from three tables; order by happened_at.';

-- +goose Down
DROP VIEW remediation_timeline;
DROP VIEW action_effectiveness;
DROP VIEW audit_event_daily;
