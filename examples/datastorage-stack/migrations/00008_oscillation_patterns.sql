-- +goose Up
-- Actions that undo each other: scaled up, scaled down, scaled up again. The table says what to look for, the function looks.

CREATE TABLE oscillation_patterns (
    id              bigint       GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name            varchar(100) NOT NULL UNIQUE,
    description     text         NOT NULL,
    action_types    text[]       NOT NULL,
    min_occurrences integer      NOT NULL DEFAULT 3,
    time_window     interval     NOT NULL DEFAULT '2 hours',
    prevention      varchar(20)  NOT NULL DEFAULT 'alert',
    active          boolean      NOT NULL DEFAULT true,
    created_at      timestamptz  NOT NULL DEFAULT now(),
    updated_at      timestamptz  NOT NULL DEFAULT now(),

    CONSTRAINT oscillation_patterns_prevention_check CHECK (prevention IN ('alert', 'block', 'cooldown', 'escalate')),
    CONSTRAINT oscillation_patterns_occurrences_check CHECK (min_occurrences >= 2)
);

CREATE TABLE oscillation_detections (
    id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pattern_id   bigint      NOT NULL REFERENCES oscillation_patterns (id) ON DELETE CASCADE,
    resource_id  bigint      NOT NULL REFERENCES resource_references (id) ON DELETE CASCADE,
    detected_at  timestamptz NOT NULL DEFAULT now(),
    action_count integer     NOT NULL,
    first_action timestamptz NOT NULL,
    last_action  timestamptz NOT NULL,
    resolved_at  timestamptz
);

CREATE INDEX oscillation_detections_open_idx ON oscillation_detections (resource_id, detected_at DESC)
    WHERE resolved_at IS NULL;

CREATE TRIGGER oscillation_patterns_updated_at
    BEFORE UPDATE ON oscillation_patterns
    FOR EACH ROW EXECUTE FUNCTION set_updated_at();

INSERT INTO oscillation_patterns (name, description, action_types, min_occurrences, time_window, prevention) VALUES
    ('scale-flapping', 'Replicas go up and down; the two limits are too close together.',
     ARRAY['scale_up', 'scale_down'], 4, '2 hours', 'cooldown'),
    ('resource-flapping', 'Memory or CPU limits go back and forth; neither value is right.',
     ARRAY['increase_resources', 'decrease_resources'], 3, '3 hours', 'alert'),
    ('restart-loop', 'Restarted again and again; a restart is not what it needs.',
     ARRAY['restart_pod', 'rollback_deployment'], 3, '1 hour', 'escalate');

-- The active patterns that the recent actions on a resource fit. Counts changes from one action to another, because ten
-- times "scale up" in a row is growth and not oscillation; a pattern of one action counts repeats of it.
-- +goose StatementBegin
CREATE FUNCTION detect_oscillation(of_resource bigint, at_time timestamptz DEFAULT now())
RETURNS TABLE (pattern_id bigint, changes bigint, first_action timestamptz, last_action timestamptz) AS $$
    SELECT p.id, c.changes, c.first_action, c.last_action
      FROM oscillation_patterns p
     CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE s.previous IS NOT NULL
                                  AND (s.previous <> s.action_type OR cardinality(p.action_types) = 1)) AS changes,
               min(s.action_at) AS first_action,
               max(s.action_at) AS last_action
          FROM (
            SELECT t.action_type, t.action_at, lag(t.action_type) OVER (ORDER BY t.action_at, t.id) AS previous
              FROM action_traces t
              JOIN action_histories h ON h.id = t.action_history_id
             WHERE h.resource_id = of_resource
               AND t.action_type = ANY (p.action_types)
               AND t.action_at > at_time - p.time_window
               AND t.action_at <= at_time
          ) s
     ) c
     WHERE p.active AND c.changes + 1 >= p.min_occurrences;
$$ LANGUAGE sql STABLE;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION detect_oscillation(bigint, timestamptz);
DROP TABLE oscillation_detections;
DROP TABLE oscillation_patterns;
