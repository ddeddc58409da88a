-- +goose Up
-- Events that follow from another event say which. No foreign key: the parent may lie in a month that has left already,
-- or still be on its way.

ALTER TABLE audit_events
    ADD COLUMN parent_event_id uuid,
    ADD CONSTRAINT audit_events_parent_check CHECK (parent_event_id <> event_id);

CREATE INDEX audit_events_parent_idx ON audit_events (parent_event_id) WHERE parent_event_id IS NOT NULL;

COMMENT ON COLUMN audit_events.parent_event_id IS 'The event that this one follows from.';

-- An event and all that followed from it, oldest first, each with its distance from the root.
-- +goose StatementBegin
CREATE FUNCTION audit_event_descendants(root uuid, max_depth integer DEFAULT 32)
RETURNS TABLE (event_id uuid, parent_event_id uuid, event_type varchar, event_timestamp timestamptz, depth integer) AS $$
    WITH RECURSIVE family AS (
        SELECT e.event_id, e.parent_event_id, e.event_type, e.event_timestamp, 0 AS depth
          FROM audit_events e
         WHERE e.event_id = root
        UNION
        SELECT e.event_id, e.parent_event_id, e.event_type, e.event_timestamp, f.depth + 1
          FROM audit_events e
          JOIN family f ON e.parent_event_id = f.event_id
         WHERE f.depth < max_depth
    )
    SELECT * FROM family ORDER BY depth, event_timestamp;
$$ LANGUAGE sql STABLE;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION audit_event_descendants(uuid, integer);
ALTER TABLE audit_events DROP COLUMN parent_event_id;
