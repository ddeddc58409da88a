-- +goose Up
-- Audit events are written once: no update at all, and no delete while a hold is on the remediation that they belong to.

CREATE TABLE legal_holds (
    id             bigint       GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    correlation_id varchar(255) NOT NULL,
    reason         text         NOT NULL,
    placed_by      varchar(255) NOT NULL,
    placed_at      timestamptz  NOT NULL DEFAULT now(),
    released_by    varchar(255),
    released_at    timestamptz,

    CONSTRAINT legal_holds_reason_check CHECK (btrim(reason) <> ''),
    CONSTRAINT legal_holds_release_check CHECK ((released_at IS NULL) = (released_by IS NULL)),
    CONSTRAINT legal_holds_order_check CHECK (released_at >= placed_at)
);

CREATE UNIQUE INDEX legal_holds_active_idx ON legal_holds (correlation_id) WHERE released_at IS NULL;

-- +goose StatementBegin
CREATE FUNCTION refuse_audit_event_update() RETURNS trigger AS $$
BEGIN
    RAISE EXCEPTION 'audit event % cannot be changed: audit events are written once', OLD.event_id
        USING ERRCODE = 'integrity_constraint_violation';
END;
$$ LANGUAGE plpgsql;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION refuse_held_audit_event_delete() RETURNS trigger AS $$
DECLARE
    hold legal_holds%ROWTYPE;
BEGIN
    SELECT * INTO hold FROM legal_holds WHERE correlation_id = OLD.correlation_id AND released_at IS NULL;
    IF FOUND THEN
        RAISE EXCEPTION 'audit event % is under legal hold', OLD.event_id
            USING ERRCODE = 'integrity_constraint_violation',
                  DETAIL = format('Placed by %s at %s: %s', hold.placed_by, hold.placed_at, hold.reason),
                  HINT = 'Release the hold in legal_holds first.';
    END IF;
    RETURN OLD;
END;
$$ LANGUAGE plpgsql;
-- +goose StatementEnd

CREATE TRIGGER audit_events_no_update
    BEFORE UPDATE ON audit_events
    FOR EACH ROW EXECUTE FUNCTION refuse_audit_event_update();

CREATE TRIGGER audit_events_legal_hold
    BEFORE DELETE ON audit_events
    FOR EACH ROW EXECUTE FUNCTION refuse_held_audit_event_delete();

-- +goose Down
DROP TRIGGER audit_events_legal_hold ON audit_events;
DROP TRIGGER audit_events_no_update ON audit_events;
DROP FUNCTION refuse_held_audit_event_delete();
DROP FUNCTION refuse_audit_event_update();
DROP TABLE legal_holds;
