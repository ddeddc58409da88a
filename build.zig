//! The build of kgraph: its steps. What it is made of stands in build/rooms.zig and build/tests.zig, which is where a new source
//! file or test goes; how one library or executable is compiled stands in build/house.zig.
//!
//!     zig build                       kgraph with UBSan, into zig-out
//!     zig build --release=safe        kgraph as users get it; -p PREFIX and DESTDIR are honoured
//!     zig build test [-- TEXT...]     the unit tests, or those with TEXT in their path
//!     zig build asan [-- TEXT...]     the same under AddressSanitizer, and kgraph-asan; likewise tsan
//!     zig build bench --release=safe  the programs of tests/bench and tests/demo, into zig-out/bench and zig-out/demo
//!     zig build fuzz                  the fuzz targets, into zig-out/fuzz
//!     zig build compile_commands      compile_commands.json, for editors and clang-tidy

const std = @import("std");
const builtin = @import("builtin");
const compile_commands = @import("build/compile_commands.zig");
const parts = @import("build/house.zig");
const tests = @import("build/tests.zig");
const Headers = @import("build/headers.zig").Headers;
const House = parts.House;
const Unchanged = @import("build/unchanged.zig").Unchanged;

comptime {
    if (builtin.zig_version.order(.{ .major = 0, .minor = 16, .patch = 0 }) != .eq)
        @compileError("kgraph is built with Zig 0.16.0; this is " ++ builtin.zig_version_string ++ " (./dev build fetches the right one)");
}

pub fn build(b: *std.Build) void {
    const target = b.standardTargetOptions(.{ .default_target = .{ .cpu_model = .baseline } });
    const optimize = b.standardOptimizeOption(.{ .preferred_optimize_mode = .ReleaseSafe });
    const headers = Headers.create(b);
    const house = House.create(headers, target, optimize, if (optimize == .Debug) .undefined else .none);

    installIfChanged(house);

    if (stepIfAsked(b, "test", "Run the unit tests (-- TEXT: those with TEXT in their path)")) |step|
        step.dependOn(house.runTests(tests.unit_tests));

    if (stepIfAsked(b, "asan", "Build kgraph-asan and run the unit tests under AddressSanitizer")) |step|
        buildSanitized(step, House.create(headers, target, .Debug, .address));
    if (stepIfAsked(b, "tsan", "Build kgraph-tsan and run the unit tests under ThreadSanitizer")) |step|
        buildSanitized(step, House.create(headers, target, .Debug, .thread));

    if (stepIfAsked(b, "bench", "Build the programs of tests/bench and tests/demo")) |step| {
        for (tests.hand_programs) |one| step.dependOn(house.installByHand(one));
    }
    if (stepIfAsked(b, "fuzz", "Build the fuzz targets into zig-out/fuzz")) |step| {
        const fuzzed = House.create(headers, target, .Debug, .fuzz);
        for (tests.fuzz_tests) |one| step.dependOn(fuzzed.installFuzz(one));
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
    step.dependOn(house.runTests(tests.unit_tests));
    if (house.b.args == null) step.dependOn(&house.b.addInstallArtifact(house.kgraph(), .{}).step);
}

/// bin/kgraph, libexec/kgraph/ with the programs that it starts, and what docs/ has for man and the shells: their paths in the
/// prefix.
fn install(house: *House) []const []const u8 {
    const b = house.b;
    var installed: std.ArrayList([]const u8) = .empty;

    b.installArtifact(house.kgraph());
    installed.append(b.allocator, "bin/kgraph") catch @panic("OOM");
    for ([_]*std.Build.Step.Compile{ house.holder(), house.stream() }) |program| {
        const to: std.Build.InstallDir = .{ .custom = parts.programs_folder };
        b.getInstallStep().dependOn(&b.addInstallArtifact(program, .{ .dest_dir = .{ .override = to } }).step);
        installed.append(b.allocator, b.pathJoin(&.{ parts.programs_folder, program.name })) catch @panic("OOM");
    }
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
