-- +goose Up
-- Each action: what led to it, what was done, and how well it worked.

CREATE TABLE action_traces (
    id                  bigint       GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    action_history_id   bigint       NOT NULL REFERENCES action_histories (id) ON DELETE CASCADE,
    action_id           varchar(64)  NOT NULL,
    correlation_id      varchar(255),
    action_at           timestamptz  NOT NULL,
    alert_name          varchar(200) NOT NULL,
    alert_severity      varchar(20)  NOT NULL,
    alert_labels        jsonb        NOT NULL DEFAULT '{}',
    model_used          varchar(100),
    model_confidence    numeric(4,3),
    model_reasoning     text,
    action_type         varchar(50)  NOT NULL,
    action_parameters   jsonb        NOT NULL DEFAULT '{}',
    state_before        jsonb,
    state_after         jsonb,
    execution_status    varchar(20)  NOT NULL DEFAULT 'pending',
    execution_error     text,
    execution_ms        integer,
    effectiveness_score numeric(4,3),
    assessed_at         timestamptz,
    created_at          timestamptz  NOT NULL DEFAULT now(),
    updated_at          timestamptz  NOT NULL DEFAULT now(),

    CONSTRAINT action_traces_action_key UNIQUE (action_id),
    CONSTRAINT action_traces_confidence_check CHECK (model_confidence BETWEEN 0 AND 1),
    CONSTRAINT action_traces_effectiveness_check CHECK (effectiveness_score BETWEEN 0 AND 1),
    CONSTRAINT action_traces_status_check
        CHECK (execution_status IN ('pending', 'executing', 'completed', 'failed', 'rolled-back')),
    CONSTRAINT action_traces_error_check CHECK (execution_error IS NULL OR execution_status IN ('failed', 'rolled-back'))
);

CREATE INDEX action_traces_history_idx ON action_traces (action_history_id, action_at DESC);
CREATE INDEX action_traces_pending_idx ON action_traces (action_at) WHERE execution_status IN ('pending', 'executing');

CREATE TRIGGER action_traces_updated_at
    BEFORE UPDATE ON action_traces
    FOR EACH ROW EXECUTE FUNCTION set_updated_at();

-- Keeps the count and the date of the history in step with its traces.
-- +goose StatementBegin
CREATE FUNCTION count_action_trace() RETURNS trigger AS $$
BEGIN
    UPDATE action_histories
       SET total_actions = total_actions + 1,
           last_action_at = greatest(last_action_at, NEW.action_at)
     WHERE id = NEW.action_history_id;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;
-- +goose StatementEnd

CREATE TRIGGER action_traces_count
    AFTER INSERT ON action_traces
    FOR EACH ROW EXECUTE FUNCTION count_action_trace();

-- +goose Down
DROP TABLE action_traces;
DROP FUNCTION count_action_trace();
