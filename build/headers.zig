//! Makes Zig notice that a header has changed.
//!
//! Zig 0.16 keeps two lists of what its output was made of: one for each C file, with its headers, and one for the whole
//! library or executable. When a C file has not changed while another one has, its headers drop out of the second list, and
//! from then on a change in them goes unnoticed: the library stays as it was. So each library and executable is given one
//! more C file, a comment with the digest of all headers that it may include. It changes with them; then Zig looks at every
//! C file again, and compiles those whose own list has changed, and no others.

const std = @import("std");
const LazyPath = std.Build.LazyPath;

pub const Headers = struct {
    b: *std.Build,
    /// By folder, the digest of the headers in it; that of the folders below is apart. Empty until the first stamp.
    digests: std.StringArrayHashMapUnmanaged(u64) = .empty,

    pub fn create(b: *std.Build) *Headers {
        const headers = b.allocator.create(Headers) catch @panic("OOM");
        headers.* = .{ .b = b };
        return headers;
    }

    /// All headers of the project, and the tables that are included like headers.
    fn read(headers: *Headers) void {
        for ([_][]const u8{ "engine", "graph", "cache", "targets", "tests" }) |top| {
            headers.readBelow(top) catch |err| std.debug.panic("reading the headers of {s}: {t}", .{ top, err });
        }
    }

    fn readBelow(headers: *Headers, top: []const u8) !void {
        const b = headers.b;
        const io = b.graph.io;
        var folder = b.build_root.handle.openDir(io, top, .{ .iterate = true }) catch |err| switch (err) {
            error.FileNotFound => return,
            else => return err,
        };
        defer folder.close(io);
        var walker = try folder.walk(b.allocator);
        while (try walker.next(io)) |file| {
            if (!std.mem.endsWith(u8, file.path, ".h") and !std.mem.endsWith(u8, file.path, ".def")) continue;
            const path = b.pathJoin(&.{ top, file.path });
            const text = try folder.readFileAlloc(io, file.path, b.allocator, .unlimited);
            const digest = try headers.digests.getOrPutValue(b.allocator, std.fs.path.dirname(path).?, 0);
            // A sum, since files come in any order.
            digest.value_ptr.* +%= std.hash.XxHash3.hash(std.hash.XxHash3.hash(0, path), text);
        }
    }

    /// The C file for what may include the headers in and below these folders. What stands in engine/ itself is for all.
    pub fn stamp(headers: *Headers, folders: []const []const u8) LazyPath {
        var digest: u64 = 0;

        if (headers.digests.count() == 0) headers.read();
        var every = headers.digests.iterator();
        while (every.next()) |entry| {
            const folder = entry.key_ptr.*;
            if (std.mem.eql(u8, folder, "engine") or isInAny(folder, folders)) digest +%= entry.value_ptr.*;
        }
        const files = headers.b.addWriteFiles();
        return files.add("headers.c", headers.b.fmt("/* {x} */\n", .{digest}));
    }

    fn isInAny(folder: []const u8, folders: []const []const u8) bool {
        for (folders) |one| {
            const rest = std.mem.cutPrefix(u8, folder, one) orelse continue;
            if (rest.len == 0 or rest[0] == '/') return true;
        }
        return false;
    }
};
