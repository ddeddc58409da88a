-- +goose Up
-- Whom a notification went to and whether it arrived. One row for each notification and channel; retries update it.

CREATE TABLE notification_audit (
    id                bigint        GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    remediation_id    varchar(255)  NOT NULL,
    notification_id   varchar(255)  NOT NULL,
    channel           varchar(50)   NOT NULL,
    recipient         varchar(1000) NOT NULL,
    message_summary   text          NOT NULL,
    status            varchar(20)   NOT NULL,
    attempts          integer       NOT NULL DEFAULT 1,
    delivery_response text,
    error_message     text,
    escalation_level  integer       NOT NULL DEFAULT 0,
    sent_at           timestamptz   NOT NULL,
    created_at        timestamptz   NOT NULL DEFAULT now(),
    updated_at        timestamptz   NOT NULL DEFAULT now(),

    CONSTRAINT notification_audit_delivery_key UNIQUE (notification_id, channel),
    CONSTRAINT notification_audit_channel_check CHECK (channel IN ('email', 'slack', 'pagerduty', 'webhook', 'console')),
    CONSTRAINT notification_audit_status_check CHECK (status IN ('sent', 'failed', 'acknowledged', 'escalated')),
    CONSTRAINT notification_audit_error_check CHECK (status <> 'failed' OR error_message IS NOT NULL),
    CONSTRAINT notification_audit_counts_check CHECK (attempts >= 1 AND escalation_level BETWEEN 0 AND 10)
);

CREATE INDEX notification_audit_remediation_idx ON notification_audit (remediation_id, sent_at DESC);
CREATE INDEX notification_audit_failed_idx ON notification_audit (sent_at DESC) WHERE status = 'failed';

CREATE TRIGGER notification_audit_updated_at
    BEFORE UPDATE ON notification_audit
    FOR EACH ROW EXECUTE FUNCTION set_updated_at();

-- +goose Down
DROP TABLE notification_audit;
