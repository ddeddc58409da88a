-- +goose Up
-- One row for each thing that a service did. Partitioned by month, because old months leave as a whole (see retention).
-- The primary key holds the time as well as the id: PostgreSQL wants the partition key in every unique index. An event that
-- is sent twice carries the same id and the same time, so this still stops it from being stored twice.

CREATE TABLE audit_events (
    event_id         uuid         NOT NULL DEFAULT gen_random_uuid(),
    event_timestamp  timestamptz  NOT NULL,
    event_version    varchar(10)  NOT NULL DEFAULT '1.0',
    event_type       varchar(100) NOT NULL,
    event_category   varchar(50)  NOT NULL,
    event_action     varchar(50)  NOT NULL,
    event_outcome    varchar(20)  NOT NULL,
    severity         varchar(20),
    actor_type       varchar(50)  NOT NULL,
    actor_id         varchar(255) NOT NULL,
    resource_type    varchar(100),
    resource_id      varchar(255),
    namespace        varchar(253),
    cluster_name     varchar(255),
    correlation_id   varchar(255) NOT NULL,
    duration_ms      integer,
    event_data       jsonb        NOT NULL,
    recorded_at      timestamptz  NOT NULL DEFAULT now(),

    CONSTRAINT audit_events_pkey PRIMARY KEY (event_id, event_timestamp),
    CONSTRAINT audit_events_outcome_check CHECK (event_outcome IN ('success', 'failure', 'pending')),
    CONSTRAINT audit_events_severity_check CHECK (severity IN ('info', 'warning', 'error', 'critical')),
    CONSTRAINT audit_events_duration_check CHECK (duration_ms >= 0),
    CONSTRAINT audit_events_data_check CHECK (jsonb_typeof(event_data) = 'object')
) PARTITION BY RANGE (event_timestamp);

-- Catches what no month covers yet, so that an event with an odd date is kept instead of refused.
CREATE TABLE audit_events_default PARTITION OF audit_events DEFAULT;

COMMENT ON TABLE audit_events IS 'What services did, in the order in which it happened; partitioned by month.';
COMMENT ON COLUMN audit_events.event_timestamp IS 'When it happened, told by the service that did it.';
COMMENT ON COLUMN audit_events.recorded_at IS 'When it reached this table; later than event_timestamp for replayed events.';
COMMENT ON COLUMN audit_events.correlation_id IS 'The same for all events of one remediation, across services.';

-- +goose Down
DROP TABLE audit_events;
