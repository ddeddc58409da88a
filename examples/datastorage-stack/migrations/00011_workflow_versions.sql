-- +goose Up
-- One version of each workflow is the latest; a new one takes the mark over, and what was published never changes.

ALTER TABLE workflow_catalog ADD COLUMN is_latest boolean NOT NULL DEFAULT true;

-- Of the versions that are there already, the newest keeps the mark.
UPDATE workflow_catalog w
   SET is_latest = false
 WHERE EXISTS (
    SELECT FROM workflow_catalog newer
     WHERE newer.workflow_name = w.workflow_name
       AND (newer.created_at, newer.version) > (w.created_at, w.version)
 );

CREATE UNIQUE INDEX workflow_catalog_latest_idx ON workflow_catalog (workflow_name) WHERE is_latest;

-- +goose StatementBegin
CREATE FUNCTION take_over_latest_workflow() RETURNS trigger AS $$
BEGIN
    UPDATE workflow_catalog
       SET is_latest = false
     WHERE workflow_name = NEW.workflow_name AND version <> NEW.version AND is_latest;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;
-- +goose StatementEnd

CREATE TRIGGER workflow_catalog_take_over
    BEFORE INSERT ON workflow_catalog
    FOR EACH ROW WHEN (NEW.is_latest) EXECUTE FUNCTION take_over_latest_workflow();

-- +goose StatementBegin
CREATE FUNCTION refuse_workflow_rewrite() RETURNS trigger AS $$
BEGIN
    RAISE EXCEPTION 'workflow % version % is published; make a new version instead', OLD.workflow_name, OLD.version
        USING ERRCODE = 'integrity_constraint_violation';
END;
$$ LANGUAGE plpgsql;
-- +goose StatementEnd

CREATE TRIGGER workflow_catalog_immutable
    BEFORE UPDATE ON workflow_catalog
    FOR EACH ROW
    WHEN (OLD.content IS DISTINCT FROM NEW.content OR OLD.content_sha256 IS DISTINCT FROM NEW.content_sha256)
    EXECUTE FUNCTION refuse_workflow_rewrite();

-- +goose Down
DROP TRIGGER workflow_catalog_immutable ON workflow_catalog;
DROP TRIGGER workflow_catalog_take_over ON workflow_catalog;
DROP FUNCTION refuse_workflow_rewrite();
DROP FUNCTION take_over_latest_workflow();
ALTER TABLE workflow_catalog DROP COLUMN is_latest;
