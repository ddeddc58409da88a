//! compile_commands.json, for editors and clang-tidy: each C file once, with the flags that the build gives it.
//! It comes from the same tables as the build, and not from the commands that Zig runs, because those name Zig's
//! own headers, which a distribution's clang cannot read.

const std = @import("std");
const parts = @import("house.zig");
const tables = @import("rooms.zig");
const tests = @import("tests.zig");
const House = parts.House;

const Entry = struct {
    directory: []const u8,
    file: []const u8,
    arguments: []const []const u8,
};

const Writer = struct {
    house: *House,
    entries: std.ArrayList(Entry) = .empty,

    fn add(writer: *Writer, file: []const u8, flags: []const []const u8) void {
        const b = writer.house.b;
        var arguments: std.ArrayList([]const u8) = .empty;
        arguments.appendSlice(b.allocator, &.{ "clang", "-c", "-I." }) catch @panic("OOM");
        arguments.appendSlice(b.allocator, flags) catch @panic("OOM");
        arguments.append(b.allocator, b.fmt("-DKG_VERSION={s}", .{writer.house.version()})) catch @panic("OOM");
        // Where `zig build` puts the programs that are embedded: a clang that stands outside finds it nowhere else.
        arguments.append(b.allocator, b.fmt("--embed-dir={s}", .{b.getInstallPath(.prefix, parts.programs_folder)})) catch @panic("OOM");
        for (std.enums.values(tables.Package)) |package| {
            if (package.headers()) |folder| arguments.appendSlice(b.allocator, &.{ "-isystem", folder }) catch @panic("OOM");
        }
        arguments.append(b.allocator, file) catch @panic("OOM");
        writer.entries.append(b.allocator, .{
            .directory = b.pathFromRoot("."),
            .file = file,
            .arguments = arguments.items,
        }) catch @panic("OOM");
    }

    fn addTests(writer: *Writer, list: []const tests.Test) void {
        for (list) |one| {
            if (one.document == null) writer.add(one.source, &parts.c_flags);
            for (one.more) |file| writer.add(file, &parts.c_flags);
        }
    }
};

fn addExamples(writer: *Writer) !void {
    const b = writer.house.b;
    for (tests.example_folders) |path| {
        var folder = b.build_root.handle.openDir(b.graph.io, path, .{ .iterate = true }) catch continue;
        defer folder.close(b.graph.io);
        var files = folder.iterate();
        while (try files.next(b.graph.io)) |file| {
            if (std.mem.endsWith(u8, file.name, ".c")) writer.add(b.pathJoin(&.{ path, file.name }), &.{ "-std=gnu17", "-D_GNU_SOURCE" });
        }
    }
}

pub fn write(house: *House) *std.Build.Step {
    const b = house.b;
    var writer = Writer{ .house = house };

    writer.add(parts.main_file, &parts.c_flags);
    for (std.enums.values(tables.RoomName)) |name| {
        const room = parts.roomOf(name);
        for (house.inFolder(room.folder, room.files)) |file| writer.add(file, &parts.c_flags);
        for (house.inFolder(room.folder, room.cxx_files)) |file| writer.add(file, &parts.cxx_flags);
    }
    for (tables.holder_files) |file| writer.add(file, &parts.c_flags);
    for (tables.stream_files) |file| writer.add(file, &parts.c_flags);
    for (parts.runner_files) |file| writer.add(file, &parts.c_flags);
    writer.addTests(tests.unit_tests);
    writer.addTests(tests.fuzz_tests);

    addExamples(&writer) catch @panic("cannot list the examples");

    const text = std.json.Stringify.valueAlloc(b.allocator, writer.entries.items, .{ .whitespace = .indent_2 }) catch @panic("OOM");
    const update = b.addUpdateSourceFiles();
    update.addBytesToSource(text, "compile_commands.json");
    return &update.step;
}
