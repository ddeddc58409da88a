/*
 * The kind `migration`: the schema of a PostgreSQL database, made by goose's migration files (docs/migrations.md).
 *
 *     [node.schema]
 *     kind = "migration"
 *     url = "postgresql://…"
 *     dir = "migrations"
 */
#pragma once

struct kg_kind;

extern const struct kg_kind kg_kind_migration;
