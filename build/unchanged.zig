//! A build that has nothing to do, told without asking the compiler.
//!
//!     const unchanged = Unchanged.look(b);
//!     if (unchanged.holds) return;            // what is installed was made of what is here
//!     …describe and install…
//!     unchanged.noteAfter(b.getInstallStep(), &.{"bin/kgraph"});
//!
//! For each library and executable `zig build` starts one compiler, which looks at each file that it was made of and finds that
//! nothing has changed: 10 ms a room. Here all of it is looked at once, as make and ninja do: after an install a note is left of
//! size, time and inode of all sources, of where headers and libraries of the distribution are, and of what was installed. The
//! note is of one command line, and of a build that went well to its end. When anything differs, Zig looks for itself.
//!
//! What is not seen is a header in /usr/include that somebody has edited in place: packages come and go through dpkg's status file,
//! and by new names in the folders. Removing .zig-cache builds everything anew.

const std = @import("std");
const Io = std.Io;
const Step = std.Build.Step;

/// Whatever is below them may be compiled or installed.
const source_folders = [_][]const u8{ "build", "cache", "docs", "engine", "graph", "targets" };
const source_files = [_][]const u8{ "build.zig", "build.zig.zon" };
const system_places = [_][]const u8{
    "/usr/include",   "/usr/include/x86_64-linux-gnu", "/usr/include/aarch64-linux-gnu",
    "/usr/lib",       "/usr/lib/x86_64-linux-gnu",     "/usr/lib/aarch64-linux-gnu",
    "/usr/local/lib", "/usr/local/include",            "/var/lib/dpkg/status",
};
/// A file that was written so shortly before it was looked at may be written again without a new time.
const clock_grain_ns = 50 * std.time.ns_per_ms;

pub const Unchanged = struct {
    b: *std.Build,
    /// Of the command line and of all that the installed files are made of, now.
    digest: u64,
    /// Of the newest of these.
    newest_ns: i96,
    looked_ns: i96,
    /// What is in the prefix was made of what is here, and is as it was made.
    holds: bool,
    step: Step,
    installed: []const []const u8 = &.{},

    pub fn look(b: *std.Build, command_line: []const u8) *Unchanged {
        const unchanged = b.allocator.create(Unchanged) catch @panic("OOM");
        unchanged.* = .{
            .b = b,
            .digest = 0,
            .newest_ns = 0,
            .looked_ns = Io.Timestamp.now(b.graph.io, .real).nanoseconds,
            .holds = false,
            .step = .init(.{ .id = .custom, .name = "note what was installed", .owner = b, .makeFn = note }),
        };
        unchanged.addCommandLine(command_line);
        for (source_files ++ system_places) |path| unchanged.add(path, b.build_root.handle.statFile(b.graph.io, path, .{}) catch continue);
        for (source_folders) |folder| unchanged.addFolder(folder) catch return unchanged;
        unchanged.holds = unchanged.noteHolds() catch false;
        return unchanged;
    }

    /// paths, from the prefix, are what the step installs.
    pub fn noteAfter(unchanged: *Unchanged, install: *Step, paths: []const []const u8) void {
        // Of all that the step waits for already, and then waited for itself.
        for (install.dependencies.items) |step| unchanged.step.dependOn(step);
        install.dependOn(&unchanged.step);
        unchanged.installed = paths;
    }

    /// The runner's path, which changes with build.zig, is in it; so are the options. The seed, and the name under which the
    /// runner answers zig (-Z), are others each time.
    fn addCommandLine(unchanged: *Unchanged, command_line: []const u8) void {
        var arguments = std.mem.splitScalar(u8, command_line, 0);
        while (arguments.next()) |argument| {
            if (std.mem.eql(u8, argument, "--seed")) {
                _ = arguments.next();
            } else if (!std.mem.startsWith(u8, argument, "-Z")) {
                unchanged.addText(argument);
            }
        }
        unchanged.addText(unchanged.b.install_path);
        if (unchanged.b.graph.environ_map.get("PATH")) |path| unchanged.addText(path);
        const zig = unchanged.b.graph.zig_exe;
        unchanged.add(zig, unchanged.b.build_root.handle.statFile(unchanged.b.graph.io, zig, .{}) catch return);
    }

    fn addText(unchanged: *Unchanged, text: []const u8) void {
        unchanged.digest = unchanged.digest *% 31 +% std.hash.XxHash3.hash(0, text);
    }

    /// A sum, since the files of a folder come in any order.
    fn add(unchanged: *Unchanged, path: []const u8, stat: Io.File.Stat) void {
        unchanged.digest +%= digestOf(path, stat);
        unchanged.newest_ns = @max(unchanged.newest_ns, stat.mtime.nanoseconds, stat.ctime.nanoseconds);
    }

    fn digestOf(path: []const u8, stat: Io.File.Stat) u64 {
        var hash: std.hash.XxHash3 = .init(1);
        hash.update(path);
        hash.update(std.mem.asBytes(&stat.inode));
        hash.update(std.mem.asBytes(&stat.size));
        hash.update(std.mem.asBytes(&stat.mtime.nanoseconds));
        hash.update(std.mem.asBytes(&stat.ctime.nanoseconds));
        return hash.final();
    }

    fn addFolder(unchanged: *Unchanged, path: []const u8) !void {
        const b = unchanged.b;
        var folder = try b.build_root.handle.openDir(b.graph.io, path, .{ .iterate = true });
        defer folder.close(b.graph.io);
        var walker = try folder.walk(b.allocator);
        defer walker.deinit();
        while (try walker.next(b.graph.io)) |entry| {
            if (entry.kind == .directory) continue;
            unchanged.add(b.pathJoin(&.{ path, entry.path }), try folder.statFile(b.graph.io, entry.path, .{}));
        }
    }

    fn notePath(unchanged: *const Unchanged) []const u8 {
        const b = unchanged.b;
        return b.cache_root.join(b.allocator, &.{b.fmt("unchanged-{x}", .{std.hash.XxHash3.hash(2, b.install_path)})}) catch @panic("OOM");
    }

    /// The note is the digest of what was there, then one line for each installed file: its digest and its path.
    fn noteHolds(unchanged: *const Unchanged) !bool {
        const b = unchanged.b;
        const text = try b.build_root.handle.readFileAlloc(b.graph.io, unchanged.notePath(), b.allocator, .limited(1 << 16));
        var lines = std.mem.splitScalar(u8, text, '\n');
        if (try std.fmt.parseInt(u64, lines.first(), 16) != unchanged.digest) return false;
        while (lines.next()) |line| {
            if (line.len == 0) return true;
            const digest, const path = std.mem.cut(u8, line, " ") orelse return false;
            const stat = try b.build_root.handle.statFile(b.graph.io, path, .{});
            if (try std.fmt.parseInt(u64, digest, 16) != digestOf(path, stat)) return false;
        }
        // The note was cut off.
        return false;
    }

    fn note(step: *Step, _: Step.MakeOptions) anyerror!void {
        const unchanged: *Unchanged = @alignCast(@fieldParentPtr("step", step));
        const b = unchanged.b;
        var text: std.ArrayList(u8) = .empty;

        if (unchanged.newest_ns + clock_grain_ns > unchanged.looked_ns) return;
        try text.appendSlice(b.allocator, b.fmt("{x}\n", .{unchanged.digest}));
        for (unchanged.installed) |relative| {
            const path = b.pathJoin(&.{ b.install_path, relative });
            const stat = b.build_root.handle.statFile(b.graph.io, path, .{}) catch return;
            try text.appendSlice(b.allocator, b.fmt("{x} {s}\n", .{ digestOf(path, stat), path }));
        }
        try text.appendSlice(b.allocator, "\n");
        try b.build_root.handle.writeFile(b.graph.io, .{ .sub_path = unchanged.notePath(), .data = text.items });
    }
};
