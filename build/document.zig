//! The code that a document shows, as files that can be compiled. A block of C whose opening line names a file,
//!
//!     ```c targets/resource/resource.c
//!
//! is a part of that file; parts of the same name follow each other. #line leads errors back to the document.

const std = @import("std");

pub const Sources = struct {
    folder: std.Build.LazyPath,
    /// Below folder, as the document spells them, in the order of their first parts.
    files: []const []const u8,
};

pub fn sourcesOf(b: *std.Build, document: []const u8) Sources {
    const text = b.build_root.handle.readFileAlloc(b.graph.io, document, b.allocator, .limited(1 << 20)) catch |err|
        std.debug.panic("{s}: {t}", .{ document, err });
    var files: std.StringArrayHashMapUnmanaged(std.ArrayList(u8)) = .empty;
    var part: ?*std.ArrayList(u8) = null;
    var lines = std.mem.splitScalar(u8, text, '\n');
    var number: usize = 1;

    while (lines.next()) |line| : (number += 1) {
        if (part) |open| {
            if (std.mem.eql(u8, line, "```")) {
                part = null;
            } else {
                append(b, open, b.fmt("{s}\n", .{line}));
            }
        } else if (std.mem.cutPrefix(u8, line, "```c ")) |name| {
            const entry = files.getOrPutValue(b.allocator, name, .empty) catch @panic("OOM");
            part = entry.value_ptr;
            append(b, entry.value_ptr, b.fmt("#line {d} \"{s}\"\n", .{ number + 1, document }));
        }
    }
    const written = b.addWriteFiles();
    for (files.keys(), files.values()) |name, content| _ = written.add(name, content.items);
    return .{ .folder = written.getDirectory(), .files = files.keys() };
}

fn append(b: *std.Build, list: *std.ArrayList(u8), bytes: []const u8) void {
    list.appendSlice(b.allocator, bytes) catch @panic("OOM");
}
