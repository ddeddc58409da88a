-- +goose Up
-- The remediations that can be chosen from: each version of each workflow, with what it is for.

CREATE TABLE workflow_catalog (
    workflow_name    varchar(255) NOT NULL,
    version          varchar(50)  NOT NULL,
    title            varchar(255) NOT NULL,
    description      text         NOT NULL,
    content          text         NOT NULL,
    content_sha256   char(64)     NOT NULL,
    labels           jsonb        NOT NULL DEFAULT '{}',
    parameters       jsonb        NOT NULL DEFAULT '[]',
    status           varchar(20)  NOT NULL DEFAULT 'active',
    disabled_reason  text,
    owner            varchar(255),
    executions       bigint       NOT NULL DEFAULT 0,
    successes        bigint       NOT NULL DEFAULT 0,
    created_at       timestamptz  NOT NULL DEFAULT now(),
    updated_at       timestamptz  NOT NULL DEFAULT now(),

    CONSTRAINT workflow_catalog_pkey PRIMARY KEY (workflow_name, version),
    CONSTRAINT workflow_catalog_status_check CHECK (status IN ('active', 'disabled', 'deprecated', 'archived')),
    CONSTRAINT workflow_catalog_reason_check CHECK (status <> 'disabled' OR disabled_reason IS NOT NULL),
    CONSTRAINT workflow_catalog_sha256_check CHECK (content_sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT workflow_catalog_successes_check CHECK (successes BETWEEN 0 AND executions),
    CONSTRAINT workflow_catalog_shape_check
        CHECK (jsonb_typeof(labels) = 'object' AND jsonb_typeof(parameters) = 'array')
);

CREATE INDEX workflow_catalog_labels_idx ON workflow_catalog USING gin (labels);
CREATE INDEX workflow_catalog_active_idx ON workflow_catalog (workflow_name) WHERE status = 'active';

-- The share of runs that went well; null, and not zero, for what was never run.
ALTER TABLE workflow_catalog
    ADD COLUMN success_rate numeric(4,3)
        GENERATED ALWAYS AS (CASE WHEN executions > 0 THEN round(successes::numeric / executions, 3) END) STORED;

CREATE TRIGGER workflow_catalog_updated_at
    BEFORE UPDATE ON workflow_catalog
    FOR EACH ROW EXECUTE FUNCTION set_updated_at();

-- +goose Down
DROP TABLE workflow_catalog;
