//! The build of kgraph: what it is made of, and the steps that make it. How one library or executable is
//! compiled stands in build/house.zig.
//!
//!     zig build                       kgraph with UBSan, into zig-out
//!     zig build --release=safe        kgraph as users get it; -p PREFIX and DESTDIR are honoured
//!     zig build test [-- TEXT...]     the unit tests, or those with TEXT in their path
//!     zig build asan [-- TEXT...]     the same under AddressSanitizer, and kgraph-asan; likewise tsan
//!     zig build bench --release=safe  the programs of tests/bench and tests/demo, into zig-out/bench and zig-out/demo
//!     zig build fuzz                  the fuzz targets, into zig-out/fuzz
//!     zig build compile_commands      compile_commands.json, for editors and clang-tidy
//!
//! A new source file goes into its folder's list below, a new unit test into `unit_tests`; nothing else changes.

const std = @import("std");
const builtin = @import("builtin");
const compile_commands = @import("build/compile_commands.zig");
const parts = @import("build/house.zig");
const Headers = @import("build/headers.zig").Headers;
const House = parts.House;
const Unchanged = @import("build/unchanged.zig").Unchanged;
const Room = parts.Room;
const Test = parts.Test;

comptime {
    if (builtin.zig_version.order(.{ .major = 0, .minor = 16, .patch = 0 }) != .eq)
        @compileError("kgraph is built with Zig 0.16.0; this is " ++ builtin.zig_version_string ++ " (./dev build fetches the right one)");
}

/// One static library a room, so that a room can reach only what it says that it uses. An empty room is not built.
/// `packages` are libraries of the distribution; they reach the linker of whatever uses the room.
pub const rooms = struct {
    pub const base: Room = .{
        .folder = "engine/base",
        .files = &.{
            "arena.c",
            "assert.c",
            "clock.c",
            "error.c",
            "field.c",
            "field_check.c",
            "field_fill.c",
            "field_json.c",
            "file.c",
            "hash.c",
            "http_header.c",
            "list.c",
            "map.c",
            "mask.c",
            "oci_url.c",
            "path.c",
            "process_identity.c",
            "size.c",
            "style.c",
            "text.c",
            "value.c",
            "width.c",
        },
    };
    pub const graph: Room = .{
        .folder = "graph",
        .uses = &.{.base},
        .packages = &.{.xxhash},
        .files = &.{
            "build.c",
            "check.c",
            "draft.c",
            "draw.c",
            "export.c",
            "find.c",
            "graph.c",
            "include.c",
            "interpolate.c",
            "lines.c",
            "node.c",
            "order.c",
            "place.c",
            "profile.c",
            "read.c",
            "reader.c",
            "reference.c",
            "seal.c",
            "section.c",
            "section_cache.c",
            "select.c",
            "snapshot.c",
            "snapshot_check.c",
            "target.c",
            "template.c",
            "tidy.c",
            "unknown.c",
            "vars.c",
        },
        .cxx_files = &.{ "toml.cc", "toml_error.cc" },
    };
    pub const cache: Room = .{
        .folder = "cache",
        .uses = &.{.base},
        .packages = &.{ .xxhash, .lmdb },
        .files = &.{
            "context.c",
            "context_pattern.c",
            "context_rules.c",
            "context_walk.c",
            "depfile.c",
            "digest.c",
            "file_hash.c",
            "fingerprint.c",
            "glob.c",
            "glob_name.c",
            "glob_set.c",
            "glob_walk.c",
            "ignore.c",
            "ledger.c",
            "ledger_check.c",
            "ledger_entry.c",
            "ledger_file.c",
            "ledger_map.c",
            "lock.c",
            "pack_archive.c",
            "pack_read.c",
            "pack_write.c",
            "stat_cache.c",
            "stat_file.c",
            "stat_tree.c",
            "store.c",
            "store_collect.c",
            "store_copy.c",
            "store_entry.c",
            "store_put.c",
            "store_restore.c",
            "walk.c",
        },
    };
    pub const loop: Room = .{
        .folder = "engine/loop",
        .uses = &.{.base},
        .packages = &.{.uv},
        .files = &.{
            "child.c",
            "child_make.c",
            "fd.c",
            "http.c",
            "http_body.c",
            "http_curl.c",
            "http_error.c",
            "http_room.c",
            "http_set.c",
            "http_tls.c",
            "loop.c",
            "signal.c",
            "spawn.c",
            "timer.c",
            "worker.c",
        },
    };
    pub const run: Room = .{
        .folder = "engine/run",
        .uses = &.{ .base, .graph, .cache, .loop },
        .files = &.{
            "barrier.c",
            "collect.c",
            "common.c",
            "context_input.c",
            "depfile.c",
            "displace.c",
            "down.c",
            "emit.c",
            "event.c",
            "event_document.c",
            "gather.c",
            "gather_node.c",
            "inspect.c",
            "interrupt.c",
            "job.c",
            "node_log.c",
            "operation.c",
            "part.c",
            "places.c",
            "pool.c",
            "port.c",
            "product.c",
            "program.c",
            "publish.c",
            "remote.c",
            "remote_ask.c",
            "remote_fetch.c",
            "remote_push.c",
            "review.c",
            "rule.c",
            "run.c",
            "scene.c",
            "schedule.c",
            "sink.c",
            "sink_ending.c",
            "sink_json.c",
            "sink_line.c",
            "sink_live.c",
            "sink_summary.c",
            "sink_trace.c",
            "stream.c",
            "subject.c",
            "survey.c",
            "task.c",
            "task_record.c",
            "task_restore.c",
            "task_run.c",
            "tool.c",
            "topic.c",
            "undeclared.c",
            "wait.c",
            "work.c",
            "writer.c",
        },
    };
    pub const registry: Room = .{
        .folder = "engine/registry",
        .uses = &.{ .base, .run },
        .packages = &.{ .cjson, .crypto },
        .files = &.{
            "auth_file.c",
            "blob_get.c",
            "blob_put.c",
            "challenge.c",
            "exchange.c",
            "host.c",
            "login.c",
            "manifest.c",
            "manifest_get.c",
            "manifest_put.c",
            "manifest_write.c",
            "reference.c",
            "registry.c",
            "sha256.c",
            "token.c",
            "url.c",
        },
    };
    pub const containers: Room = .{
        .folder = "engine/containers",
        .uses = &.{ .base, .run },
        .packages = &.{ .cjson, .crypto },
        .files = &.{
            "docker.c",
            "engine.c",
            "listing.c",
            "listing_json.c",
            "podman.c",
        },
    };
    pub const probe: Room = .{
        .folder = "engine/probe",
        .uses = &.{ .base, .run },
        .packages = &.{.pq},
        .files = &.{
            "connect.c",
            "exec.c",
            "http.c",
            "log.c",
            "postgresql.c",
            "probe.c",
            "redis.c",
            "tcp.c",
        },
    };
    pub const file: Room = .{
        .folder = "targets/file",
        .uses = &.{ .base, .run },
        .files = &.{
            "file.c",
            "render.c",
        },
    };
    pub const certificate: Room = .{
        .folder = "targets/certificate",
        .uses = &.{ .base, .run },
        .packages = &.{.crypto},
        .files = &.{
            "authority.c",
            "certificate.c",
            "folder.c",
            "issue.c",
            "keep.c",
            "pem.c",
            "setting.c",
        },
    };
    pub const command: Room = .{
        .folder = "targets/command",
        .uses = &.{ .base, .run },
        .files = &.{
            "command.c",
        },
    };
    pub const daemon: Room = .{
        .folder = "engine/daemon",
        .uses = &.{ .base, .run },
        .embeds_holder = true,
        .files = &.{
            "daemon.c",
            "hold.c",
            "order.c",
            "stop.c",
            "user.c",
        },
    };
    pub const process: Room = .{
        .folder = "targets/process",
        .uses = &.{ .base, .run, .probe, .daemon },
        .files = &.{
            "gather.c",
            "process.c",
        },
    };
    pub const sql: Room = .{
        .folder = "targets/sql",
        .uses = &.{ .base, .run },
        .packages = &.{ .pq, .crypto },
        .files = &.{
            "connection.c",
            "goose_expand.c",
            "goose_parse.c",
            "goose_space.c",
            "migration.c",
            "migration_files.c",
            "migration_plan.c",
            "migration_prepare.c",
            "migration_run.c",
            "migration_sql.c",
            "migration_undo.c",
            "sql_error.c",
            "sql_token.c",
        },
    };
    pub const container: Room = .{
        .folder = "targets/container",
        .uses = &.{ .base, .run, .probe, .registry, .containers },
        .packages = &.{ .cjson, .crypto },
        .files = &.{
            "container.c",
            "container_create.c",
            "container_gather.c",
            "container_ready.c",
            "container_run.c",
            "container_setting.c",
            "container_watch.c",
            "containerfile.c",
            "containerfile_stage.c",
            "containerfile_word.c",
            "image.c",
            "image_build.c",
            "image_collect.c",
            "image_key.c",
            "image_layers.c",
            "image_remote.c",
            "image_run.c",
            "image_survey.c",
            "image_words.c",
            "inspect.c",
            "machine.c",
            "network.c",
            "removal.c",
            "survey.c",
            "volume.c",
        },
    };
    pub const kind: Room = .{
        .folder = "targets/kind",
        .uses = &.{ .base, .run, .probe, .registry, .containers },
        .packages = &.{ .cjson, .crypto, .fyaml },
        .files = &.{
            "cluster.c",
            "cluster_config.c",
            "cluster_health.c",
            "cluster_kept.c",
            "cluster_make.c",
            "cluster_ports.c",
            "cluster_run.c",
            "cluster_undo.c",
            "kubeconfig.c",
            "load.c",
            "load_archive.c",
            "load_layout.c",
            "load_push.c",
            "load_run.c",
            "node_status.c",
            "nodes.c",
            "yaml.c",
        },
    };
    pub const kubernetes: Room = .{
        .folder = "targets/kubernetes",
        .uses = &.{ .base, .run, .probe, .daemon },
        .embeds_stream = true,
        .packages = &.{ .cjson, .crypto, .xxhash },
        .files = &.{
            "client/ask.c",
            "client/base64.c",
            "client/discover.c",
            "client/discovery.c",
            "client/identity.c",
            "client/json.c",
            "client/kubeconfig.c",
            "client/kubeconfig_file.c",
            "client/list.c",
            "client/object.c",
            "client/open.c",
            "client/path.c",
            "client/plugin.c",
            "client/plugin_answer.c",
            "client/status.c",
            "client/watch.c",
            "client/watched.c",
            "forward.c",
            "inventory.c",
            "kubernetes.c",
            "kubernetes_apply.c",
            "kubernetes_await.c",
            "kubernetes_cluster.c",
            "kubernetes_files.c",
            "kubernetes_gather.c",
            "kubernetes_live.c",
            "kubernetes_look.c",
            "kubernetes_output.c",
            "kubernetes_read.c",
            "kubernetes_ready.c",
            "kubernetes_remove.c",
            "kubernetes_review.c",
            "kubernetes_run.c",
            "kubernetes_setting.c",
            "kubernetes_undo.c",
            "manifest/field.c",
            "manifest/field_text.c",
            "manifest/fyaml.c",
            "manifest/manifest.c",
            "manifest/object.c",
            "manifest/patch.c",
            "manifest/patch_host.c",
            "manifest/patch_name.c",
            "manifest/patch_value.c",
            "manifest/reference.c",
            "manifest/review.c",
            "manifest/review_pod.c",
            "manifest/review_reference.c",
            "manifest/review_service.c",
            "manifest/review_type.c",
            "manifest/yaml.c",
            "manifest/yaml_build.c",
            "manifest/yaml_node.c",
            "manifest/yaml_scalar.c",
            "owned.c",
            "status/below.c",
            "status/condition.c",
            "status/diagnose.c",
            "status/diagnose_container.c",
            "status/diagnose_crash.c",
            "status/diagnose_deletion.c",
            "status/diagnose_image.c",
            "status/diagnose_missing.c",
            "status/diagnose_object.c",
            "status/diagnose_pod.c",
            "status/diagnose_service.c",
            "status/event.c",
            "status/jsonpath.c",
            "status/jsonpath_find.c",
            "status/kstatus.c",
            "status/kstatus_workload.c",
            "status/member.c",
            "status/ready_when.c",
            "status/selector.c",
            "status/status.c",
            "status/strict.c",
            "status/strict_cluster.c",
            "status/strict_settled.c",
            "status/strict_workload.c",
            "status/surroundings.c",
            "stream_program.c",
        },
    };
    /// What kgraph-stream is made of that needs no socket, for tests.
    pub const stream: Room = .{
        .folder = "targets/kubernetes/stream",
        .uses = &.{ .base, .kubernetes },
        .packages = &.{ .cjson, .crypto },
        .files = &.{
            "bytes.c",
            "console.c",
            "pick.c",
            "spdy.c",
            "tunnel.c",
            "websocket.c",
        },
    };
    /// Everything of the command line but main.c, so that it can be tested.
    pub const cli: Room = .{
        .folder = "engine/cli",
        .uses = &.{ .base, .graph, .cache, .loop, .run, .probe, .registry, .containers, .daemon, .file, .certificate, .command, .process, .sql, .container, .kind, .kubernetes },
        .macros_version = true,
        .files = &.{
            "checkout.c",
            "cli.c",
            "command_check.c",
            "command_collect.c",
            "command_completion.c",
            "command_down.c",
            "command_env.c",
            "command_gc.c",
            "command_graph.c",
            "command_help.c",
            "command_logs.c",
            "command_plan.c",
            "command_run.c",
            "command_status.c",
            "command_table.c",
            "command_up.c",
            "command_version.c",
            "command_why.c",
            "complete.c",
            "document_kinds.c",
            "entry_names.c",
            "help.c",
            "help_kind.c",
            "kinds.c",
            "logs_program.c",
            "man.c",
            "option.c",
            "option_table.c",
            "print_error.c",
            "quote.c",
            "session.c",
            "store_tidy.c",
            "table.c",
        },
    };
};

/// The program that is a daemon's parent: apart from kgraph because it stays in memory as long as the daemon does.
/// It knows no room, and is carried inside kgraph (#embed <kgraph-holder>), so that one file is the whole program.
pub const holder_files: []const []const u8 = &.{
    "engine/daemon/holder/daemon.c",
    "engine/daemon/holder/hold.c",
    "engine/daemon/holder/log.c",
    "engine/daemon/holder/main.c",
    "engine/daemon/holder/request.c",
    "engine/daemon/holder/status.c",
    "engine/daemon/holder/tree.c",
};

/// The program that WebSockets to API servers are spoken by (targets/kubernetes/stream/stream.h): apart from kgraph because it stays in memory
/// as long as a forwarded port does. Carried inside kgraph (#embed <kgraph-stream>) as the holder is.
pub const stream_files: []const []const u8 = &(.{
    "targets/kubernetes/client/base64.c",
    "targets/kubernetes/client/json.c",
    "targets/kubernetes/client/kubeconfig.c",
    "targets/kubernetes/client/kubeconfig_file.c",
    "targets/kubernetes/client/plugin_answer.c",
    "targets/kubernetes/manifest/fyaml.c",
    "targets/kubernetes/manifest/yaml.c",
    "targets/kubernetes/manifest/yaml_build.c",
    "targets/kubernetes/manifest/yaml_node.c",
    "targets/kubernetes/manifest/yaml_scalar.c",
    "targets/kubernetes/stream/conn.c",
    "targets/kubernetes/stream/exec.c",
    "targets/kubernetes/stream/forward.c",
    "targets/kubernetes/stream/link.c",
    "targets/kubernetes/stream/main.c",
    "targets/kubernetes/stream/plugin_run.c",
    "targets/kubernetes/stream/server.c",
} ++ sourcesOf(rooms.stream) ++ sourcesOf(rooms.base));

/// A graph in a folder of its own, run by the real engine with kinds of the test's beside real ones.
const run_bench: []const []const u8 = &.{ "tests/unit/run/bench.c", "tests/unit/run/bench_kinds.c", "tests/unit/run/bench_real.c" };
const run_rooms = &.{ .run, .probe, .registry, .graph, .cache, .loop, .file, .command };

/// Asks of a registry in the run of a node, and docker-registry itself.
const registry_bench: []const []const u8 = &(.{ "tests/unit/registry/asking.c", "tests/unit/registry/registry_server.c" } ++ .{ "tests/unit/run/bench.c", "tests/unit/run/bench_kinds.c" });
const registry_rooms = &.{ .registry, .run, .probe, .graph, .cache, .loop };

/// A PostgreSQL of the test's own, and a node of the kind `migration` in it. Its drive stands for the engine, and so the
/// room is compiled into the test instead of being linked with the engine that it uses.
const migration_fixture: []const []const u8 = &(.{
    "tests/unit/sql/drive.c",
    "tests/unit/sql/migration_fixture.c",
    "tests/unit/sql/server.c",
} ++ sourcesOf(rooms.sql));

fn sourcesOf(comptime room: Room) [room.files.len][]const u8 {
    var paths: [room.files.len][]const u8 = undefined;
    for (room.files, &paths) |file, *path| path.* = room.folder ++ "/" ++ file;
    return paths;
}

/// Asks of an API server in the run of a node, and a server that answers as the test says.
const calling: []const []const u8 = &(.{ "tests/unit/kubernetes/calling.c", "tests/unit/kubernetes/fake_api.c" } ++ .{ "tests/unit/run/bench.c", "tests/unit/run/bench_kinds.c" });
const calling_rooms = &.{ .kubernetes, .run, .probe, .registry, .graph, .cache, .loop };

const http_asking: []const []const u8 = &.{ "tests/unit/loop/asking.c", "tests/unit/loop/transfer_server.c" };

const status_cases: []const []const u8 = &.{"tests/unit/kubernetes/status/cases.c"};

/// One executable a file, linked with the room that it tests and all that the room uses.
pub const unit_tests: []const Test = &.{
    .{ .source = "tests/unit/base/arena_test.c", .rooms = &.{.base} },
    .{ .source = "tests/unit/base/clock_test.c", .rooms = &.{.base} },
    .{ .source = "tests/unit/base/error_test.c", .rooms = &.{.base} },
    .{ .source = "tests/unit/base/field_test.c", .rooms = &.{.base}, .more = &.{"tests/unit/base/settings.c"} },
    .{ .source = "tests/unit/base/field_json_test.c", .rooms = &.{.base}, .more = &.{"tests/unit/base/settings.c"} },
    .{ .source = "tests/unit/base/file_test.c", .rooms = &.{.base} },
    .{ .source = "tests/unit/base/http_header_test.c", .rooms = &.{.base} },
    .{ .source = "tests/unit/base/list_test.c", .rooms = &.{.base} },
    .{ .source = "tests/unit/base/map_test.c", .rooms = &.{.base} },
    .{ .source = "tests/unit/base/mask_test.c", .rooms = &.{.base} },
    .{ .source = "tests/unit/base/oci_url_test.c", .rooms = &.{.base} },
    .{ .source = "tests/unit/base/path_test.c", .rooms = &.{.base} },
    .{ .source = "tests/unit/base/process_identity_test.c", .rooms = &.{.base} },
    .{ .source = "tests/unit/base/text_test.c", .rooms = &.{.base} },
    .{ .source = "tests/unit/base/value_test.c", .rooms = &.{.base}, .more = &.{"tests/unit/base/settings.c"} },
    .{ .source = "tests/unit/base/width_test.c", .rooms = &.{.base} },
    .{ .source = "tests/unit/cache/digest_test.c", .rooms = &.{.cache} },
    .{ .source = "tests/unit/cache/fingerprint_test.c", .rooms = &.{.cache} },
    .{ .source = "tests/unit/cache/depfile_test.c", .rooms = &.{.cache} },
    .{ .source = "tests/unit/cache/glob_test.c", .rooms = &.{.cache} },
    .{ .source = "tests/unit/cache/glob_walk_test.c", .rooms = &.{.cache}, .more = &.{"tests/unit/cache/scratch.c"} },
    .{ .source = "tests/unit/cache/context_test.c", .rooms = &.{.cache}, .more = &.{"tests/unit/cache/scratch.c"} },
    .{ .source = "tests/unit/cache/context_rules_test.c", .rooms = &.{.cache}, .more = &.{"tests/unit/cache/scratch.c"} },
    .{ .source = "tests/unit/cache/ignore_test.c", .rooms = &.{.cache} },
    .{ .source = "tests/unit/cache/ledger_test.c", .rooms = &.{.cache}, .more = &.{"tests/unit/cache/scratch.c"} },
    .{ .source = "tests/unit/cache/ledger_damage_test.c", .rooms = &.{.cache}, .more = &.{"tests/unit/cache/scratch.c"} },
    .{ .source = "tests/unit/cache/ledger_full_test.c", .rooms = &.{.cache}, .more = &.{"tests/unit/cache/scratch.c"} },
    .{ .source = "tests/unit/cache/store_test.c", .rooms = &.{.cache}, .more = &.{"tests/unit/cache/scratch.c"} },
    .{ .source = "tests/unit/cache/store_reflink_test.c", .rooms = &.{.cache}, .more = &.{"tests/unit/cache/scratch.c"} },
    .{ .source = "tests/unit/cache/stat_cache_test.c", .rooms = &.{.cache}, .more = &.{"tests/unit/cache/scratch.c"} },
    .{ .source = "tests/unit/cache/pack_test.c", .rooms = &.{.cache}, .more = &.{"tests/unit/cache/scratch.c"}, .packages = &.{.archive} },
    .{ .source = "tests/unit/cache/lock_test.c", .rooms = &.{.cache}, .more = &.{"tests/unit/cache/scratch.c"} },
    .{ .source = "tests/unit/certificate/certificate_test.c", .rooms = &.{ .run, .probe, .registry, .graph, .cache, .loop, .certificate }, .more = &.{ "tests/unit/run/bench.c", "tests/unit/run/bench_kinds.c" } },
    .{ .source = "tests/unit/certificate/issue_test.c", .rooms = &.{.certificate} },
    .{ .source = "tests/unit/kubernetes/pick_test.c", .rooms = &.{.stream} },
    .{
        .source = "tests/unit/kubernetes/server_test.c",
        .rooms = &.{.stream},
        .more = &.{ "targets/kubernetes/stream/link.c", "targets/kubernetes/stream/plugin_run.c", "targets/kubernetes/stream/server.c", "tests/unit/kubernetes/fake_api.c", "tests/unit/loop/proxy.c" },
        .packages = &.{.curl},
    },
    .{ .source = "tests/unit/kubernetes/tunnel_test.c", .rooms = &.{.stream} },
    .{ .source = "tests/unit/cli/document_kinds_test.c", .rooms = &.{.cli} },
    .{ .source = "tests/unit/cli/option_test.c", .rooms = &.{.cli} },
    .{ .source = "tests/unit/cli/print_error_test.c", .rooms = &.{.cli} },
    .{ .source = "tests/unit/cli/quote_test.c", .rooms = &.{.cli} },
    .{ .source = "tests/unit/cli/table_test.c", .rooms = &.{.cli} },
    .{ .source = "tests/unit/cli/manual_test.c", .rooms = &.{.cli} },
    .{ .source = "tests/unit/cli/complete_test.c", .rooms = &.{.cli} },
    .{ .source = "tests/unit/container/containerfile_test.c", .rooms = &.{.container} },
    .{ .source = "tests/unit/kind/cluster_config_test.c", .rooms = &.{.kind} },
    .{ .source = "tests/unit/kind/kubeconfig_test.c", .rooms = &.{.kind} },
    .{ .source = "tests/unit/kubernetes/inventory_test.c", .rooms = &.{.kubernetes} },
    .{ .source = "tests/unit/kubernetes/json_test.c", .rooms = &.{.kubernetes} },
    .{ .source = "tests/unit/kubernetes/review_test.c", .rooms = &.{.kubernetes} },
    .{ .source = "tests/unit/kubernetes/patch_test.c", .rooms = &.{.kubernetes} },
    .{ .source = "tests/unit/kubernetes/manifest_test.c", .rooms = &.{.kubernetes} },
    .{ .source = "tests/unit/kubernetes/yaml_test.c", .rooms = &.{.kubernetes} },
    .{ .source = "tests/unit/kubernetes/kubernetes_files_test.c", .rooms = &.{.kubernetes} },
    .{ .source = "tests/unit/kubernetes/owned_test.c", .rooms = &.{.kubernetes} },
    .{ .source = "tests/unit/kubernetes/ask_test.c", .rooms = calling_rooms, .more = calling },
    .{ .source = "tests/unit/kubernetes/discover_test.c", .rooms = calling_rooms, .more = calling },
    .{ .source = "tests/unit/kubernetes/object_test.c", .rooms = calling_rooms, .more = calling },
    .{ .source = "tests/unit/kubernetes/watch_test.c", .rooms = calling_rooms, .more = calling },
    .{ .source = "tests/unit/kubernetes/kubeconfig_test.c", .rooms = &.{.kubernetes} },
    .{ .source = "tests/unit/kubernetes/discovery_test.c", .rooms = &.{.kubernetes} },
    .{ .source = "tests/unit/kubernetes/watched_test.c", .rooms = &.{.kubernetes} },
    .{ .source = "tests/unit/kubernetes/status/kstatus_test.c", .rooms = &.{.kubernetes}, .more = status_cases },
    .{ .source = "tests/unit/kubernetes/status/jsonpath_test.c", .rooms = &.{.kubernetes} },
    .{ .source = "tests/unit/kubernetes/status/ready_when_test.c", .rooms = &.{.kubernetes} },
    .{ .source = "tests/unit/kubernetes/status/diagnosis_test.c", .rooms = &.{.kubernetes}, .more = status_cases },
    .{ .source = "tests/unit/kubernetes/status/strict_test.c", .rooms = &.{.kubernetes}, .more = status_cases },
    .{ .source = "tests/unit/kubernetes/status/surroundings_test.c", .rooms = &.{.kubernetes} },
    .{ .source = "tests/unit/kind/load_test.c", .rooms = &.{.kind} },
    .{ .source = "tests/unit/loop/child_end_test.c", .rooms = &.{.loop}, .more = &.{"tests/unit/loop/child_fixture.c"} },
    .{ .source = "tests/unit/loop/child_test.c", .rooms = &.{.loop}, .more = &.{"tests/unit/loop/child_fixture.c"} },
    .{ .source = "tests/unit/loop/http_absent_test.c", .rooms = &.{.loop} },
    .{ .source = "tests/unit/loop/http_proxy_test.c", .rooms = &.{.loop}, .more = http_asking ++ .{"tests/unit/loop/proxy.c"} },
    .{ .source = "tests/unit/loop/http_redirect_test.c", .rooms = &.{.loop}, .more = http_asking },
    .{ .source = "tests/unit/loop/http_test.c", .rooms = &.{.loop}, .more = &.{"tests/unit/loop/server.c"} },
    .{
        .source = "tests/unit/loop/http_tls_test.c",
        .rooms = &.{.loop},
        .more = http_asking ++ .{ "tests/unit/loop/certificate.c", "tests/unit/loop/peer.c" },
        .packages = &.{.crypto},
    },
    .{ .source = "tests/unit/loop/http_transfer_test.c", .rooms = &.{.loop}, .more = http_asking },
    .{ .source = "tests/unit/loop/loop_test.c", .rooms = &.{.loop} },
    .{ .source = "tests/unit/container/image_layers_test.c", .rooms = &.{.container} },
    .{ .source = "tests/unit/container/image_words_test.c", .rooms = &.{.container} },
    .{ .source = "tests/unit/container/container_test.c", .rooms = &.{.container} },
    .{ .source = "tests/unit/containers/listing_test.c", .rooms = &.{.containers} },
    .{ .source = "tests/unit/graph/draw_test.c", .rooms = &.{.graph}, .more = &.{"tests/unit/graph/by_hand.c"} },
    .{ .source = "tests/unit/graph/order_test.c", .rooms = &.{.graph} },
    .{ .source = "tests/unit/graph/document_test.c", .rooms = &.{.graph}, .more = &.{"tests/unit/graph/reading.c"} },
    .{ .source = "tests/unit/graph/draft_test.c", .rooms = &.{.graph}, .more = &.{"tests/unit/graph/reading.c"} },
    .{ .source = "tests/unit/graph/graph_test.c", .rooms = &.{.graph}, .more = &.{"tests/unit/graph/reading.c"} },
    .{ .source = "tests/unit/graph/cache_test.c", .rooms = &.{.graph}, .more = &.{"tests/unit/graph/reading.c"} },
    .{ .source = "tests/unit/graph/include_test.c", .rooms = &.{.graph}, .more = &.{"tests/unit/graph/reading.c"} },
    .{ .source = "tests/unit/graph/interpolate_test.c", .rooms = &.{.graph}, .more = &.{"tests/unit/graph/reading.c"} },
    .{ .source = "tests/unit/graph/profile_test.c", .rooms = &.{.graph}, .more = &.{"tests/unit/graph/reading.c"} },
    .{ .source = "tests/unit/graph/read_test.c", .rooms = &.{.graph}, .more = &.{"tests/unit/graph/reading.c"} },
    .{ .source = "tests/unit/graph/template_test.c", .rooms = &.{.graph}, .more = &.{"tests/unit/graph/reading.c"} },
    .{ .source = "tests/unit/graph/toml_test.c", .rooms = &.{.graph}, .more = &.{"tests/unit/graph/reading.c"} },
    .{ .source = "tests/unit/graph/vars_test.c", .rooms = &.{.graph}, .more = &.{"tests/unit/graph/reading.c"} },
    .{ .source = "tests/unit/graph/seal_test.c", .rooms = &.{.graph}, .more = &.{"tests/unit/graph/by_hand.c"} },
    .{ .source = "tests/unit/graph/snapshot_test.c", .rooms = &.{.graph}, .more = &.{"tests/unit/graph/by_hand.c"} },
    .{ .source = "tests/unit/graph/select_test.c", .rooms = &.{.graph}, .more = &.{"tests/unit/graph/by_hand.c"} },
    .{ .source = "tests/unit/probe/log_test.c", .rooms = &.{.probe}, .more = &.{"tests/unit/probe/alone.c"} },
    .{ .source = "tests/unit/probe/probe_test.c", .rooms = &.{.probe}, .more = &.{"tests/unit/probe/alone.c"} },
    .{ .source = "tests/unit/process/engine_test.c", .rooms = &.{ .process, .registry } },
    .{ .source = "tests/unit/process/holder_test.c", .rooms = &.{.process}, .more = &.{"tests/unit/process/holding.c"} },
    .{ .source = "tests/unit/process/process_test.c", .rooms = &.{.process}, .more = &.{"tests/unit/probe/alone.c"} },
    .{ .source = "tests/unit/registry/auth_file_test.c", .rooms = &.{.registry} },
    .{ .source = "tests/unit/registry/fault_test.c", .rooms = registry_rooms, .more = registry_bench ++ .{ "tests/unit/registry/liar.c", "tests/unit/registry/through.c" } },
    .{ .source = "tests/unit/registry/upload_test.c", .rooms = registry_rooms, .more = registry_bench ++ .{ "tests/unit/registry/liar.c", "tests/unit/registry/through.c" } },
    .{ .source = "tests/unit/registry/login_test.c", .rooms = registry_rooms, .more = registry_bench ++ .{ "tests/unit/registry/liar.c", "tests/unit/registry/token_server.c" } },
    .{ .source = "tests/unit/registry/manifest_test.c", .rooms = &.{.registry} },
    .{ .source = "tests/unit/registry/peer_test.c", .rooms = registry_rooms, .more = registry_bench },
    .{ .source = "tests/unit/registry/tls_test.c", .rooms = registry_rooms, .more = registry_bench },
    .{ .source = "tests/unit/registry/reference_test.c", .rooms = &.{.registry} },
    .{ .source = "tests/unit/registry/url_test.c", .rooms = &.{.registry} },
    .{ .source = "tests/unit/registry/registry_test.c", .rooms = registry_rooms, .more = registry_bench },
    .{
        .source = "tests/unit/resource/resource_test.c",
        .document = "docs/writing-a-kind.md",
        .rooms = &.{ .run, .probe, .registry, .graph, .cache, .loop },
        .more = &.{ "tests/unit/loop/server.c", "tests/unit/run/bench.c", "tests/unit/run/bench_kinds.c" },
    },
    .{ .source = "tests/unit/run/context_input_test.c", .rooms = run_rooms, .more = run_bench },
    .{ .source = "tests/unit/run/node_log_test.c", .rooms = &.{.run} },
    .{ .source = "tests/unit/run/program_test.c", .rooms = &.{.run} },
    .{ .source = "tests/unit/run/undeclared_test.c", .rooms = run_rooms, .more = run_bench },
    .{ .source = "tests/unit/run/publish_test.c", .rooms = run_rooms, .more = run_bench },
    .{ .source = "tests/unit/run/beside_test.c", .rooms = run_rooms, .more = run_bench },
    .{ .source = "tests/unit/run/chain_test.c", .rooms = run_rooms, .more = run_bench },
    .{ .source = "tests/unit/run/part_test.c", .rooms = run_rooms, .more = run_bench },
    .{ .source = "tests/unit/run/pool_test.c", .rooms = &.{.run} },
    .{ .source = "tests/unit/run/port_test.c", .rooms = run_rooms, .more = run_bench },
    .{ .source = "tests/unit/run/sink_summary_test.c", .rooms = &.{.run} },
    .{ .source = "tests/unit/run/remote_test.c", .rooms = run_rooms, .more = run_bench ++ .{ "tests/unit/registry/registry_server.c", "tests/unit/registry/liar.c" } },
    .{ .source = "tests/unit/run/product_test.c", .rooms = run_rooms, .more = run_bench },
    .{ .source = "tests/unit/run/topic_test.c", .rooms = run_rooms, .more = run_bench },
    .{ .source = "tests/unit/run/down_test.c", .rooms = run_rooms, .more = run_bench },
    .{ .source = "tests/unit/run/run_test.c", .rooms = run_rooms, .more = run_bench },
    .{ .source = "tests/unit/run/stream_test.c", .rooms = run_rooms, .more = run_bench },
    .{ .source = "tests/unit/run/review_test.c", .rooms = run_rooms, .more = run_bench },
    .{ .source = "tests/unit/run/gather_test.c", .rooms = run_rooms, .more = run_bench },
    .{ .source = "tests/unit/run/stop_test.c", .rooms = run_rooms, .more = run_bench },
    .{ .source = "tests/unit/sql/connection_test.c", .rooms = &.{.base}, .more = migration_fixture, .packages = &.{ .pq, .crypto } },
    .{ .source = "tests/unit/sql/goose_conformance_test.c", .rooms = &.{.sql}, .more = &.{"tests/unit/sql/goose.c"} },
    .{ .source = "tests/unit/sql/goose_expand_test.c", .rooms = &.{.sql} },
    .{ .source = "tests/unit/sql/goose_parse_test.c", .rooms = &.{.sql} },
    .{ .source = "tests/unit/sql/goose_test.c", .rooms = &.{.base}, .more = migration_fixture ++ .{"tests/unit/sql/goose.c"}, .packages = &.{ .pq, .crypto } },
    .{ .source = "tests/unit/sql/migration_files_test.c", .rooms = &.{.sql} },
    .{ .source = "tests/unit/sql/migration_plan_test.c", .rooms = &.{.sql} },
    .{ .source = "tests/unit/sql/migration_sql_test.c", .rooms = &.{.sql} },
    .{ .source = "tests/unit/sql/migration_test.c", .rooms = &.{.base}, .more = migration_fixture, .packages = &.{ .pq, .crypto } },
    .{ .source = "tests/unit/sql/migration_resume_test.c", .rooms = &.{.base}, .more = migration_fixture, .packages = &.{ .pq, .crypto } },
    .{ .source = "tests/unit/sql/sql_error_test.c", .rooms = &.{.sql} },
    .{ .source = "tests/unit/sql/sql_token_test.c", .rooms = &.{.sql} },
    .{ .source = "tests/unit/run/event_test.c", .rooms = &.{.run} },
    .{ .source = "tests/unit/run/sink_live_test.c", .rooms = &.{.run}, .more = &.{"tests/unit/run/screen.c"} },
    .{ .source = "tests/unit/run/sink_test.c", .rooms = &.{.run} },
    .{ .source = "tests/unit/run/writer_test.c", .rooms = &.{.run} },
    .{ .source = "tests/unit/tests/report_test.c", .more = &.{"tests/runner/report.c"} },
};

/// Programs that somebody runs by hand, to measure or to look.
pub const hand_programs: []const Test = &.{
    .{ .source = "tests/bench/context.c", .rooms = &.{.cache} },
    .{ .source = "tests/bench/kubernetes_client.c", .rooms = calling_rooms, .more = &.{ "tests/unit/run/bench.c", "tests/unit/run/bench_kinds.c" } },
    .{ .source = "tests/bench/spawn.c", .rooms = &.{.loop} },
    .{ .source = "tests/demo/live.c", .rooms = &.{.run} },
};

/// libFuzzer targets: a file in tests/fuzz, and the room whose parser it feeds.
pub const fuzz_tests: []const Test = &.{
    .{ .source = "tests/fuzz/patch_fuzz.c", .rooms = &.{.kubernetes}, .more = &.{"tests/fuzz/libfyaml_leaks.c"} },
    .{ .source = "tests/fuzz/yaml_fuzz.c", .rooms = &.{.kubernetes}, .more = &.{"tests/fuzz/libfyaml_leaks.c"} },
    .{ .source = "tests/fuzz/containerfile_fuzz.c", .rooms = &.{.container} },
    .{ .source = "tests/fuzz/auth_file_fuzz.c", .rooms = &.{.registry} },
    .{ .source = "tests/fuzz/discovery_fuzz.c", .rooms = &.{.kubernetes} },
    .{ .source = "tests/fuzz/kubeconfig_fuzz.c", .rooms = &.{.kubernetes}, .more = &.{"tests/fuzz/libfyaml_leaks.c"} },
    .{ .source = "tests/fuzz/watch_stream_fuzz.c", .rooms = &.{.kubernetes} },
    .{ .source = "tests/fuzz/image_reference_fuzz.c", .rooms = &.{.registry} },
    .{ .source = "tests/fuzz/registry_answer_fuzz.c", .rooms = &.{.registry} },
    .{ .source = "tests/fuzz/context_rules_fuzz.c", .rooms = &.{.cache} },
    .{ .source = "tests/fuzz/depfile_fuzz.c", .rooms = &.{.cache} },
    .{ .source = "tests/fuzz/glob_fuzz.c", .rooms = &.{.cache} },
    .{ .source = "tests/fuzz/http_header_fuzz.c", .rooms = &.{.base} },
    .{ .source = "tests/fuzz/image_words_fuzz.c", .rooms = &.{.container} },
    .{ .source = "tests/fuzz/kind_fuzz.c", .rooms = &.{.kind}, .more = &.{"tests/fuzz/libfyaml_leaks.c"} },
    .{ .source = "tests/fuzz/ignore_fuzz.c", .rooms = &.{.cache} },
    .{ .source = "tests/fuzz/jsonpath_fuzz.c", .rooms = &.{.kubernetes} },
    .{ .source = "tests/fuzz/graph_fuzz.c", .rooms = &.{.graph} },
    .{ .source = "tests/fuzz/goose_fuzz.c", .rooms = &.{.sql} },
    .{ .source = "tests/fuzz/pack_fuzz.c", .rooms = &.{.cache} },
    .{ .source = "tests/fuzz/tunnel_fuzz.c", .rooms = &.{.stream} },
    .{ .source = "tests/fuzz/snapshot_fuzz.c", .rooms = &.{.graph}, .more = &.{"tests/unit/graph/by_hand.c"} },
};

/// Folders of C that examples bring along and that their graphs compile themselves. Only clang-tidy sees it from here.
pub const example_folders: []const []const u8 = &.{"examples/datastorage-stack/service"};

pub fn build(b: *std.Build) void {
    const target = b.standardTargetOptions(.{ .default_target = .{ .cpu_model = .baseline } });
    const optimize = b.standardOptimizeOption(.{ .preferred_optimize_mode = .ReleaseSafe });
    const headers = Headers.create(b);
    const house = House.create(headers, target, optimize, if (optimize == .Debug) .undefined else .none);

    installIfChanged(house);

    if (stepIfAsked(b, "test", "Run the unit tests (-- TEXT: those with TEXT in their path)")) |step|
        step.dependOn(house.runTests(unit_tests));

    if (stepIfAsked(b, "asan", "Build kgraph-asan and run the unit tests under AddressSanitizer")) |step|
        buildSanitized(step, House.create(headers, target, .Debug, .address));
    if (stepIfAsked(b, "tsan", "Build kgraph-tsan and run the unit tests under ThreadSanitizer")) |step|
        buildSanitized(step, House.create(headers, target, .Debug, .thread));

    if (stepIfAsked(b, "bench", "Build the programs of tests/bench and tests/demo")) |step| {
        for (hand_programs) |one| step.dependOn(house.installByHand(one));
    }
    if (stepIfAsked(b, "fuzz", "Build the fuzz targets into zig-out/fuzz")) |step| {
        const fuzzed = House.create(headers, target, .Debug, .fuzz);
        for (fuzz_tests) |one| step.dependOn(fuzzed.installFuzz(one));
    }
    if (stepIfAsked(b, "compile_commands", "Write compile_commands.json")) |step|
        step.dependOn(compile_commands.write(house));
}

/// Nothing is described when all is there. Whoever waits for files to change needs it described.
fn installIfChanged(house: *House) void {
    const b = house.b;
    const command_line = readCommandLine(b) catch {
        _ = install(house);
        return;
    };
    var arguments = std.mem.splitScalar(u8, command_line, 0);
    while (arguments.next()) |argument| {
        if (std.mem.startsWith(u8, argument, "--watch") or std.mem.startsWith(u8, argument, "--webui")) {
            _ = install(house);
            return;
        }
    }
    const unchanged = Unchanged.look(b, command_line);
    if (unchanged.holds) return;
    unchanged.noteAfter(b.getInstallStep(), install(house));
}

/// The step, listed by `zig build --help`; null unless an argument of this process is its name. Describing all that
/// stands behind the steps takes longer than a build that has nothing to do, and so only what is asked for is described.
/// Zig does not tell build() what that is. An argument that only looks like it does no harm, and where the arguments
/// cannot be read every step counts as asked for.
fn stepIfAsked(b: *std.Build, name: []const u8, description: []const u8) ?*std.Build.Step {
    const step = b.step(name, description);
    const command_line = readCommandLine(b) catch return step;
    var arguments = std.mem.splitScalar(u8, command_line, 0);
    while (arguments.next()) |argument| {
        if (std.mem.eql(u8, argument, name)) return step;
    }
    return null;
}

fn readCommandLine(b: *std.Build) ![]const u8 {
    const io = b.graph.io;
    const file = try std.Io.Dir.cwd().openFile(io, "/proc/self/cmdline", .{});
    defer file.close(io);
    // Its size says 0, and so it is read as a stream.
    var reader = file.readerStreaming(io, &.{});
    return reader.interface.allocRemaining(b.allocator, .unlimited);
}

fn buildSanitized(step: *std.Build.Step, house: *House) void {
    step.dependOn(house.runTests(unit_tests));
    if (house.b.args == null) step.dependOn(&house.b.addInstallArtifact(house.kgraph(), .{}).step);
}

/// bin/kgraph, libexec/kgraph/kgraph-holder, and what docs/ has for man and the shells: their paths in the prefix.
fn install(house: *House) []const []const u8 {
    const b = house.b;
    var installed: std.ArrayList([]const u8) = .empty;

    b.installArtifact(house.kgraph());
    installed.append(b.allocator, "bin/kgraph") catch @panic("OOM");
    if (house.holder()) |holder| {
        const to = std.Build.Step.InstallArtifact.Options{ .dest_dir = .{ .override = .{ .custom = parts.holder_folder } } };
        b.getInstallStep().dependOn(&b.addInstallArtifact(holder, to).step);
        installed.append(b.allocator, parts.holder_folder ++ "/kgraph-holder") catch @panic("OOM");
    }
    const to = std.Build.Step.InstallArtifact.Options{ .dest_dir = .{ .override = .{ .custom = parts.holder_folder } } };
    b.getInstallStep().dependOn(&b.addInstallArtifact(house.stream(), to).step);
    installed.append(b.allocator, parts.holder_folder ++ "/kgraph-stream") catch @panic("OOM");
    const documents = [_][2][]const u8{
        .{ "docs/kgraph.1", "share/man/man1/kgraph.1" },
        .{ "engine/cli/completion/kgraph.bash", "share/bash-completion/completions/kgraph" },
        .{ "engine/cli/completion/kgraph.zsh", "share/zsh/site-functions/_kgraph" },
        .{ "engine/cli/completion/kgraph.fish", "share/fish/vendor_completions.d/kgraph.fish" },
    };
    for (documents) |one| {
        if (!house.exists(one[0])) continue;
        b.installFile(one[0], one[1]);
        installed.append(b.allocator, one[1]) catch @panic("OOM");
    }
    return installed.items;
}
