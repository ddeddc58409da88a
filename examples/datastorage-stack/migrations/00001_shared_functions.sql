-- +goose Up
-- What several later tables share: a trigger that keeps updated_at true.

-- +goose StatementBegin
CREATE FUNCTION set_updated_at() RETURNS trigger AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;
-- +goose StatementEnd

COMMENT ON FUNCTION set_updated_at() IS 'Trigger: sets updated_at of the changed row to the time of the transaction.';

-- +goose Down
DROP FUNCTION set_updated_at();
