//! compile_commands.json, for editors and clang-tidy: each C file once, with the flags that the build gives it.
//! It comes from the same tables as the build, and not from the commands that Zig runs, because those name Zig's
//! own headers, which a distribution's clang cannot read.

const std = @import("std");
const tables = @import("../build.zig");
const parts = @import("house.zig");
const House = parts.House;

const Entry = struct {
    directory: []const u8,
    file: []const u8,
    arguments: []const []const u8,
};

const Writer = struct {
    house: *House,
    entries: std.ArrayList(Entry) = .empty,

    fn add(writer: *Writer, file: []const u8, language: parts.Language) void {
        const b = writer.house.b;
        const flags = switch (language) {
            .c => &parts.c_flags,
            .cxx => &parts.cxx_flags,
        };
        var arguments: std.ArrayList([]const u8) = .empty;
        arguments.appendSlice(b.allocator, &.{ "clang", "-c", "-I." }) catch @panic("OOM");
        arguments.appendSlice(b.allocator, flags) catch @panic("OOM");
        arguments.append(b.allocator, b.fmt("-DKG_VERSION={s}", .{writer.house.version()})) catch @panic("OOM");
        // Where `zig build` puts the holder: a clang that stands outside finds it nowhere else.
        arguments.append(b.allocator, b.fmt("--embed-dir={s}", .{b.getInstallPath(.prefix, parts.holder_folder)})) catch @panic("OOM");
        for (std.enums.values(parts.Package)) |package| {
            if (package.headers()) |folder| arguments.appendSlice(b.allocator, &.{ "-isystem", folder }) catch @panic("OOM");
        }
        arguments.append(b.allocator, file) catch @panic("OOM");
        writer.entries.append(b.allocator, .{
            .directory = b.pathFromRoot("."),
            .file = file,
            .arguments = arguments.items,
        }) catch @panic("OOM");
    }

    fn addTests(writer: *Writer, tests: []const parts.Test) void {
        for (tests) |one| {
            writer.add(one.source, .c);
            for (one.more) |file| writer.add(file, .c);
        }
    }
};

pub fn write(house: *House) *std.Build.Step {
    const b = house.b;
    var writer = Writer{ .house = house };

    writer.add(parts.main_file, .c);
    for (std.enums.values(parts.RoomName)) |name| {
        const room = parts.roomOf(name);
        for (house.inFolder(room.folder, room.files)) |file| writer.add(file, .c);
        for (house.inFolder(room.folder, room.cxx_files)) |file| writer.add(file, .cxx);
    }
    for (tables.holder_files) |file| writer.add(file, .c);
    for (parts.runner_files) |file| writer.add(file, .c);
    writer.addTests(tables.unit_tests);
    writer.addTests(tables.fuzz_tests);

    const text = std.json.Stringify.valueAlloc(b.allocator, writer.entries.items, .{ .whitespace = .indent_2 }) catch @panic("OOM");
    const update = b.addUpdateSourceFiles();
    update.addBytesToSource(text, "compile_commands.json");
    return &update.step;
}
