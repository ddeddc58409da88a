//! What is built of tests/: unit tests, programs that somebody runs by hand, fuzz targets.
//!
//! A new unit test goes into `unit_tests`, beside those of its folder, with the room that it tests.

const tables = @import("rooms.zig");

pub const Test = struct {
    source: []const u8,
    rooms: []const tables.RoomName = &.{},
    /// Other sources of the test, from the root.
    more: []const []const u8 = &.{},
    /// A document that has the test's source, and what it tests, in its blocks of code (build/document.zig).
    document: ?[]const u8 = null,
    packages: []const tables.Package = &.{},
};

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
} ++ tables.sourcesOf(tables.rooms.sql));

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
    .{ .source = "tests/unit/base/field_json_test.c", .rooms = &.{.base}, .more = &.{"tests/unit/base/settings.c"} },
    .{ .source = "tests/unit/base/field_test.c", .rooms = &.{.base}, .more = &.{"tests/unit/base/settings.c"} },
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
    .{ .source = "tests/unit/cache/context_rules_test.c", .rooms = &.{.cache}, .more = &.{"tests/unit/cache/scratch.c"} },
    .{ .source = "tests/unit/cache/context_test.c", .rooms = &.{.cache}, .more = &.{"tests/unit/cache/scratch.c"} },
    .{ .source = "tests/unit/cache/depfile_test.c", .rooms = &.{.cache} },
    .{ .source = "tests/unit/cache/digest_test.c", .rooms = &.{.cache} },
    .{ .source = "tests/unit/cache/fingerprint_test.c", .rooms = &.{.cache} },
    .{ .source = "tests/unit/cache/glob_test.c", .rooms = &.{.cache} },
    .{ .source = "tests/unit/cache/glob_walk_test.c", .rooms = &.{.cache}, .more = &.{"tests/unit/cache/scratch.c"} },
    .{ .source = "tests/unit/cache/ignore_test.c", .rooms = &.{.cache} },
    .{ .source = "tests/unit/cache/ledger_damage_test.c", .rooms = &.{.cache}, .more = &.{"tests/unit/cache/scratch.c"} },
    .{ .source = "tests/unit/cache/ledger_full_test.c", .rooms = &.{.cache}, .more = &.{"tests/unit/cache/scratch.c"} },
    .{ .source = "tests/unit/cache/ledger_test.c", .rooms = &.{.cache}, .more = &.{"tests/unit/cache/scratch.c"} },
    .{ .source = "tests/unit/cache/lock_test.c", .rooms = &.{.cache}, .more = &.{"tests/unit/cache/scratch.c"} },
    .{ .source = "tests/unit/cache/pack_test.c", .rooms = &.{.cache}, .more = &.{"tests/unit/cache/scratch.c"}, .packages = &.{.archive} },
    .{ .source = "tests/unit/cache/stat_cache_test.c", .rooms = &.{.cache}, .more = &.{"tests/unit/cache/scratch.c"} },
    .{ .source = "tests/unit/cache/store_reflink_test.c", .rooms = &.{.cache}, .more = &.{"tests/unit/cache/scratch.c"} },
    .{ .source = "tests/unit/cache/store_test.c", .rooms = &.{.cache}, .more = &.{"tests/unit/cache/scratch.c"} },
    .{ .source = "tests/unit/certificate/certificate_test.c", .rooms = &.{ .run, .probe, .registry, .graph, .cache, .loop, .certificate }, .more = &.{ "tests/unit/run/bench.c", "tests/unit/run/bench_kinds.c" } },
    .{ .source = "tests/unit/certificate/issue_test.c", .rooms = &.{.certificate} },
    .{ .source = "tests/unit/cli/complete_test.c", .rooms = &.{.cli} },
    .{ .source = "tests/unit/cli/document_kinds_test.c", .rooms = &.{.cli} },
    .{ .source = "tests/unit/cli/manual_test.c", .rooms = &.{.cli} },
    .{ .source = "tests/unit/cli/option_test.c", .rooms = &.{.cli} },
    .{ .source = "tests/unit/cli/print_error_test.c", .rooms = &.{.cli} },
    .{ .source = "tests/unit/cli/quote_test.c", .rooms = &.{.cli} },
    .{ .source = "tests/unit/cli/table_test.c", .rooms = &.{.cli} },
    .{ .source = "tests/unit/container/container_test.c", .rooms = &.{.container} },
    .{ .source = "tests/unit/container/containerfile_test.c", .rooms = &.{.container} },
    .{ .source = "tests/unit/container/image_layers_test.c", .rooms = &.{.container} },
    .{ .source = "tests/unit/container/image_words_test.c", .rooms = &.{.container} },
    .{ .source = "tests/unit/containers/listing_test.c", .rooms = &.{.containers} },
    .{ .source = "tests/unit/graph/cache_test.c", .rooms = &.{.graph}, .more = &.{"tests/unit/graph/reading.c"} },
    .{ .source = "tests/unit/graph/document_test.c", .rooms = &.{.graph}, .more = &.{"tests/unit/graph/reading.c"} },
    .{ .source = "tests/unit/graph/draft_test.c", .rooms = &.{.graph}, .more = &.{"tests/unit/graph/reading.c"} },
    .{ .source = "tests/unit/graph/draw_test.c", .rooms = &.{.graph}, .more = &.{"tests/unit/graph/by_hand.c"} },
    .{ .source = "tests/unit/graph/graph_test.c", .rooms = &.{.graph}, .more = &.{"tests/unit/graph/reading.c"} },
    .{ .source = "tests/unit/graph/include_test.c", .rooms = &.{.graph}, .more = &.{"tests/unit/graph/reading.c"} },
    .{ .source = "tests/unit/graph/interpolate_test.c", .rooms = &.{.graph}, .more = &.{"tests/unit/graph/reading.c"} },
    .{ .source = "tests/unit/graph/order_test.c", .rooms = &.{.graph} },
    .{ .source = "tests/unit/graph/profile_test.c", .rooms = &.{.graph}, .more = &.{"tests/unit/graph/reading.c"} },
    .{ .source = "tests/unit/graph/read_test.c", .rooms = &.{.graph}, .more = &.{"tests/unit/graph/reading.c"} },
    .{ .source = "tests/unit/graph/seal_test.c", .rooms = &.{.graph}, .more = &.{"tests/unit/graph/by_hand.c"} },
    .{ .source = "tests/unit/graph/select_test.c", .rooms = &.{.graph}, .more = &.{"tests/unit/graph/by_hand.c"} },
    .{ .source = "tests/unit/graph/snapshot_test.c", .rooms = &.{.graph}, .more = &.{"tests/unit/graph/by_hand.c"} },
    .{ .source = "tests/unit/graph/template_test.c", .rooms = &.{.graph}, .more = &.{"tests/unit/graph/reading.c"} },
    .{ .source = "tests/unit/graph/toml_test.c", .rooms = &.{.graph}, .more = &.{"tests/unit/graph/reading.c"} },
    .{ .source = "tests/unit/graph/vars_test.c", .rooms = &.{.graph}, .more = &.{"tests/unit/graph/reading.c"} },
    .{ .source = "tests/unit/kind/cluster_config_test.c", .rooms = &.{.kind} },
    .{ .source = "tests/unit/kind/kubeconfig_test.c", .rooms = &.{.kind} },
    .{ .source = "tests/unit/kind/load_test.c", .rooms = &.{.kind} },
    .{ .source = "tests/unit/kubeconfig/kubeconfig_test.c", .rooms = &.{.kubeconfig} },
    .{ .source = "tests/unit/kubernetes/ask_test.c", .rooms = calling_rooms, .more = calling },
    .{ .source = "tests/unit/kubernetes/discover_test.c", .rooms = calling_rooms, .more = calling },
    .{ .source = "tests/unit/kubernetes/discovery_test.c", .rooms = &.{.kubernetes} },
    .{ .source = "tests/unit/kubernetes/inventory_test.c", .rooms = &.{.kubernetes} },
    .{ .source = "tests/unit/kubernetes/json_test.c", .rooms = &.{.kubernetes} },
    .{ .source = "tests/unit/kubernetes/kubernetes_files_test.c", .rooms = &.{.kubernetes} },
    .{ .source = "tests/unit/kubernetes/manifest_test.c", .rooms = &.{.kubernetes} },
    .{ .source = "tests/unit/kubernetes/object_test.c", .rooms = calling_rooms, .more = calling },
    .{ .source = "tests/unit/kubernetes/owned_test.c", .rooms = &.{.kubernetes} },
    .{ .source = "tests/unit/kubernetes/patch_test.c", .rooms = &.{.kubernetes} },
    .{ .source = "tests/unit/kubernetes/pick_test.c", .rooms = &.{.stream} },
    .{ .source = "tests/unit/kubernetes/plugin_test.c", .rooms = &.{.kubernetes} },
    .{ .source = "tests/unit/kubernetes/review_test.c", .rooms = &.{.kubernetes} },
    .{ .source = "tests/unit/kubernetes/review_certain_test.c", .rooms = &.{.kubernetes} },
    .{
        .source = "tests/unit/kubernetes/server_test.c",
        .rooms = &.{.stream},
        .more = &.{ "targets/kubernetes/stream/link.c", "targets/kubernetes/stream/plugin_run.c", "targets/kubernetes/stream/server.c", "tests/unit/kubernetes/fake_api.c", "tests/unit/loop/proxy.c" },
        .packages = &.{.curl},
    },
    .{ .source = "tests/unit/kubernetes/tunnel_test.c", .rooms = &.{.stream} },
    .{ .source = "tests/unit/kubernetes/kubernetes_world_test.c", .rooms = &.{ .kubernetes, .daemon, .run, .probe, .registry, .graph, .cache, .loop }, .more = calling },
    .{ .source = "tests/unit/kubernetes/watch_test.c", .rooms = calling_rooms, .more = calling },
    .{ .source = "tests/unit/kubernetes/watched_test.c", .rooms = &.{.kubernetes} },
    .{ .source = "tests/unit/kubernetes/status/diagnosis_test.c", .rooms = &.{.kubernetes}, .more = status_cases },
    .{ .source = "tests/unit/kubernetes/status/jsonpath_test.c", .rooms = &.{.kubernetes} },
    .{ .source = "tests/unit/kubernetes/status/kstatus_test.c", .rooms = &.{.kubernetes}, .more = status_cases },
    .{ .source = "tests/unit/kubernetes/status/ready_when_test.c", .rooms = &.{.kubernetes} },
    .{ .source = "tests/unit/kubernetes/status/strict_test.c", .rooms = &.{.kubernetes}, .more = status_cases },
    .{ .source = "tests/unit/kubernetes/status/surroundings_test.c", .rooms = &.{.kubernetes} },
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
    .{ .source = "tests/unit/probe/log_test.c", .rooms = &.{.probe}, .more = &.{"tests/unit/probe/alone.c"} },
    .{ .source = "tests/unit/probe/probe_test.c", .rooms = &.{.probe}, .more = &.{"tests/unit/probe/alone.c"} },
    .{ .source = "tests/unit/process/engine_test.c", .rooms = &.{ .process, .registry } },
    .{ .source = "tests/unit/process/holder_test.c", .rooms = &.{.process}, .more = &.{"tests/unit/process/holding.c"} },
    .{ .source = "tests/unit/process/process_test.c", .rooms = &.{.process}, .more = &.{"tests/unit/probe/alone.c"} },
    .{ .source = "tests/unit/registry/auth_file_test.c", .rooms = &.{.registry} },
    .{ .source = "tests/unit/registry/fault_test.c", .rooms = registry_rooms, .more = registry_bench ++ .{ "tests/unit/registry/liar.c", "tests/unit/registry/through.c" } },
    .{ .source = "tests/unit/registry/login_test.c", .rooms = registry_rooms, .more = registry_bench ++ .{ "tests/unit/registry/liar.c", "tests/unit/registry/token_server.c" } },
    .{ .source = "tests/unit/registry/manifest_test.c", .rooms = &.{.registry} },
    .{ .source = "tests/unit/registry/peer_test.c", .rooms = registry_rooms, .more = registry_bench },
    .{ .source = "tests/unit/registry/reference_test.c", .rooms = &.{.registry} },
    .{ .source = "tests/unit/registry/registry_test.c", .rooms = registry_rooms, .more = registry_bench },
    .{ .source = "tests/unit/registry/tls_test.c", .rooms = registry_rooms, .more = registry_bench },
    .{ .source = "tests/unit/registry/upload_test.c", .rooms = registry_rooms, .more = registry_bench ++ .{ "tests/unit/registry/liar.c", "tests/unit/registry/through.c" } },
    .{ .source = "tests/unit/registry/url_test.c", .rooms = &.{.registry} },
    .{
        .source = "tests/unit/resource/resource_test.c",
        .document = "docs/writing-a-kind.md",
        .rooms = &.{ .run, .probe, .registry, .graph, .cache, .loop },
        .more = &.{ "tests/unit/loop/server.c", "tests/unit/run/bench.c", "tests/unit/run/bench_kinds.c" },
    },
    .{ .source = "tests/unit/run/beside_test.c", .rooms = run_rooms, .more = run_bench },
    .{ .source = "tests/unit/run/chain_test.c", .rooms = run_rooms, .more = run_bench },
    .{ .source = "tests/unit/run/context_input_test.c", .rooms = run_rooms, .more = run_bench },
    .{ .source = "tests/unit/run/down_test.c", .rooms = run_rooms, .more = run_bench },
    .{ .source = "tests/unit/run/event_test.c", .rooms = &.{.run} },
    .{ .source = "tests/unit/run/gather_test.c", .rooms = run_rooms, .more = run_bench },
    .{ .source = "tests/unit/run/node_log_test.c", .rooms = &.{.run} },
    .{ .source = "tests/unit/run/part_test.c", .rooms = run_rooms, .more = run_bench },
    .{ .source = "tests/unit/run/pool_test.c", .rooms = &.{.run} },
    .{ .source = "tests/unit/run/port_test.c", .rooms = run_rooms, .more = run_bench },
    .{ .source = "tests/unit/run/product_test.c", .rooms = run_rooms, .more = run_bench },
    .{ .source = "tests/unit/run/program_test.c", .rooms = &.{.run} },
    .{ .source = "tests/unit/run/publish_test.c", .rooms = run_rooms, .more = run_bench },
    .{ .source = "tests/unit/run/remote_test.c", .rooms = run_rooms, .more = run_bench ++ .{ "tests/unit/registry/registry_server.c", "tests/unit/registry/liar.c" } },
    .{ .source = "tests/unit/run/review_test.c", .rooms = run_rooms, .more = run_bench },
    .{ .source = "tests/unit/run/run_test.c", .rooms = run_rooms, .more = run_bench },
    .{ .source = "tests/unit/run/sink_live_test.c", .rooms = &.{.run}, .more = &.{"tests/unit/run/screen.c"} },
    .{ .source = "tests/unit/run/sink_summary_test.c", .rooms = &.{.run} },
    .{ .source = "tests/unit/run/sink_test.c", .rooms = &.{.run} },
    .{ .source = "tests/unit/run/stop_test.c", .rooms = run_rooms, .more = run_bench },
    .{ .source = "tests/unit/run/stream_test.c", .rooms = run_rooms, .more = run_bench },
    .{ .source = "tests/unit/run/topic_test.c", .rooms = run_rooms, .more = run_bench },
    .{ .source = "tests/unit/run/undeclared_test.c", .rooms = run_rooms, .more = run_bench },
    .{ .source = "tests/unit/run/writer_test.c", .rooms = &.{.run} },
    .{ .source = "tests/unit/sql/connection_test.c", .rooms = &.{.base}, .more = migration_fixture, .packages = &.{ .pq, .crypto } },
    .{ .source = "tests/unit/sql/goose_conformance_test.c", .rooms = &.{.sql}, .more = &.{"tests/unit/sql/goose.c"} },
    .{ .source = "tests/unit/sql/goose_expand_test.c", .rooms = &.{.sql} },
    .{ .source = "tests/unit/sql/goose_parse_test.c", .rooms = &.{.sql} },
    .{ .source = "tests/unit/sql/goose_test.c", .rooms = &.{.base}, .more = migration_fixture ++ .{"tests/unit/sql/goose.c"}, .packages = &.{ .pq, .crypto } },
    .{ .source = "tests/unit/sql/migration_files_test.c", .rooms = &.{.sql} },
    .{ .source = "tests/unit/sql/migration_plan_test.c", .rooms = &.{.sql} },
    .{ .source = "tests/unit/sql/migration_resume_test.c", .rooms = &.{.base}, .more = migration_fixture, .packages = &.{ .pq, .crypto } },
    .{ .source = "tests/unit/sql/migration_sql_test.c", .rooms = &.{.sql} },
    .{ .source = "tests/unit/sql/migration_test.c", .rooms = &.{.base}, .more = migration_fixture, .packages = &.{ .pq, .crypto } },
    .{ .source = "tests/unit/sql/sql_error_test.c", .rooms = &.{.sql} },
    .{ .source = "tests/unit/sql/sql_token_test.c", .rooms = &.{.sql} },
    .{ .source = "tests/unit/tests/report_test.c", .more = &.{"tests/runner/report.c"} },
    .{ .source = "tests/unit/yaml/yaml_test.c", .rooms = &.{.yaml} },
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
    .{ .source = "tests/fuzz/auth_file_fuzz.c", .rooms = &.{.registry} },
    .{ .source = "tests/fuzz/containerfile_fuzz.c", .rooms = &.{.container} },
    .{ .source = "tests/fuzz/context_rules_fuzz.c", .rooms = &.{.cache} },
    .{ .source = "tests/fuzz/depfile_fuzz.c", .rooms = &.{.cache} },
    .{ .source = "tests/fuzz/discovery_fuzz.c", .rooms = &.{.kubernetes} },
    .{ .source = "tests/fuzz/glob_fuzz.c", .rooms = &.{.cache} },
    .{ .source = "tests/fuzz/goose_fuzz.c", .rooms = &.{.sql} },
    .{ .source = "tests/fuzz/graph_fuzz.c", .rooms = &.{.graph} },
    .{ .source = "tests/fuzz/http_header_fuzz.c", .rooms = &.{.base} },
    .{ .source = "tests/fuzz/ignore_fuzz.c", .rooms = &.{.cache} },
    .{ .source = "tests/fuzz/image_reference_fuzz.c", .rooms = &.{.registry} },
    .{ .source = "tests/fuzz/image_words_fuzz.c", .rooms = &.{.container} },
    .{ .source = "tests/fuzz/jsonpath_fuzz.c", .rooms = &.{.kubernetes} },
    .{ .source = "tests/fuzz/kind_fuzz.c", .rooms = &.{.kind}, .more = &.{"tests/fuzz/libfyaml_leaks.c"} },
    .{ .source = "tests/fuzz/kubeconfig_fuzz.c", .rooms = &.{.kubernetes}, .more = &.{"tests/fuzz/libfyaml_leaks.c"} },
    .{ .source = "tests/fuzz/pack_fuzz.c", .rooms = &.{.cache} },
    .{ .source = "tests/fuzz/patch_fuzz.c", .rooms = &.{.kubernetes}, .more = &.{"tests/fuzz/libfyaml_leaks.c"} },
    .{ .source = "tests/fuzz/registry_answer_fuzz.c", .rooms = &.{.registry} },
    .{ .source = "tests/fuzz/snapshot_fuzz.c", .rooms = &.{.graph}, .more = &.{"tests/unit/graph/by_hand.c"} },
    .{ .source = "tests/fuzz/tunnel_fuzz.c", .rooms = &.{.stream} },
    .{ .source = "tests/fuzz/watch_stream_fuzz.c", .rooms = &.{.kubernetes} },
    .{ .source = "tests/fuzz/yaml_fuzz.c", .rooms = &.{.kubernetes}, .more = &.{"tests/fuzz/libfyaml_leaks.c"} },
};

/// Folders of C that examples bring along and that their graphs compile themselves. Only clang-tidy sees it from here.
pub const example_folders: []const []const u8 = &.{"examples/datastorage-stack/service"};
