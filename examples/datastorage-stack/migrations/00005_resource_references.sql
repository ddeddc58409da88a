-- +goose Up
-- The things in a cluster that actions are taken on. A resource that is deleted and made anew gets a new uid and a new row.

CREATE TABLE resource_references (
    id           bigint       GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    resource_uid varchar(36)  NOT NULL,
    api_version  varchar(100) NOT NULL,
    kind         varchar(100) NOT NULL,
    name         varchar(253) NOT NULL,
    namespace    varchar(63),
    created_at   timestamptz  NOT NULL DEFAULT now(),
    last_seen    timestamptz  NOT NULL DEFAULT now(),
    deleted_at   timestamptz,

    CONSTRAINT resource_references_uid_key UNIQUE (resource_uid),
    CONSTRAINT resource_references_times_check CHECK (deleted_at IS NULL OR deleted_at >= created_at)
);

-- At most one living resource of a name; the dead ones may share it.
CREATE UNIQUE INDEX resource_references_living_idx
    ON resource_references (api_version, kind, coalesce(namespace, ''), name) WHERE deleted_at IS NULL;
CREATE INDEX resource_references_last_seen_idx ON resource_references (last_seen);

-- +goose Down
DROP TABLE resource_references;
