-- +goose Up
-- One row for each resource that was ever acted on: how long its actions are kept, and when it was last looked at.

CREATE TABLE action_histories (
    id                   bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    resource_id          bigint      NOT NULL REFERENCES resource_references (id) ON DELETE CASCADE,
    max_actions          integer     NOT NULL DEFAULT 1000,
    max_age_days         integer     NOT NULL DEFAULT 30,
    total_actions        integer     NOT NULL DEFAULT 0,
    last_action_at       timestamptz,
    last_analysed_at     timestamptz,
    next_analysis_at     timestamptz,
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT action_histories_resource_key UNIQUE (resource_id),
    CONSTRAINT action_histories_limits_check CHECK (max_actions > 0 AND max_age_days > 0 AND total_actions >= 0)
);

CREATE INDEX action_histories_next_analysis_idx ON action_histories (next_analysis_at) WHERE next_analysis_at IS NOT NULL;

CREATE TRIGGER action_histories_updated_at
    BEFORE UPDATE ON action_histories
    FOR EACH ROW EXECUTE FUNCTION set_updated_at();

-- +goose Down
DROP TABLE action_histories;
