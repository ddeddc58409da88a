//! How the rooms become libraries and the libraries become executables, once for each way of compiling them:
//!
//!     const house = House.create(Headers.create(b), target, .Debug, .undefined);
//!     b.installArtifact(house.kgraph());
//!
//! What a house is asked for is made once; what nobody asks for is never compiled.

const std = @import("std");
const tables = @import("rooms.zig");
const documents = @import("document.zig");
const Headers = @import("headers.zig").Headers;
const LazyPath = std.Build.LazyPath;
const Compile = std.Build.Step.Compile;
const Module = std.Build.Module;

const Package = tables.Package;
const Room = tables.Room;
const RoomName = tables.RoomName;
const Test = @import("tests.zig").Test;

pub const main_file = "engine/cli/main.c";
pub const runner_files = [_][]const u8{ "tests/runner/runner.c", "tests/runner/report.c" };
/// In the prefix, with the holder and kgraph-stream.
pub const programs_folder = "libexec/kgraph";

const RoomSet = std.EnumSet(RoomName);

const PackageSet = std.EnumSet(Package);

pub const Sanitizer = enum { none, undefined, address, thread, fuzz };

const warnings = [_][]const u8{
    "-Wall",                  "-Wextra",                   "-Wshadow",        "-Wundef",
    "-Wvla",                  "-Wformat=2",                "-Wpointer-arith", "-Wwrite-strings",
    "-Wimplicit-fallthrough", "-Wnull-dereference",        "-Wcomma",         "-Wassign-enum",
    "-Wunreachable-code",     "-Wunused-but-set-variable", "-Warray-bounds",  "-Werror",
};
pub const c_flags = [_][]const u8{ "-std=gnu23", "-D_GNU_SOURCE", "-Wstrict-prototypes", "-Wmissing-prototypes", "-Wmissing-variable-declarations" } ++ warnings;
pub const cxx_flags = [_][]const u8{ "-std=c++20", "-D_GNU_SOURCE", "-fexceptions" } ++ warnings;

pub const House = struct {
    b: *std.Build,
    headers: *Headers,
    target: std.Build.ResolvedTarget,
    optimize: std.builtin.OptimizeMode,
    sanitizer: Sanitizer,
    libraries: std.EnumArray(RoomName, ?*Compile) = .initFill(null),
    holder_made: ?*Compile = null,
    stream_made: ?*Compile = null,
    asan_runtime: ?LazyPath = null,
    libc: ?LazyPath = null,

    pub fn create(
        headers: *Headers,
        target: std.Build.ResolvedTarget,
        optimize: std.builtin.OptimizeMode,
        sanitizer: Sanitizer,
    ) *House {
        const b = headers.b;
        const house = b.allocator.create(House) catch @panic("OOM");
        house.* = .{ .b = b, .headers = headers, .target = target, .optimize = optimize, .sanitizer = sanitizer };
        house.libc = house.findLibc();
        return house;
    }

    /// Where Debian and what comes from it keep the C library. Zig finds it by itself, but asks cc three times for each
    /// library and executable, which is most of the time of a build that has nothing to do. NULL: let it ask.
    fn findLibc(house: *House) ?LazyPath {
        const b = house.b;
        const query = house.target.query;
        if (query.cpu_arch != null or query.os_tag != null or query.abi != null) return null;
        const triple = b.fmt("{t}-linux-gnu", .{house.target.result.cpu.arch});
        const start_files = b.fmt("/usr/lib/{s}", .{triple});
        if (!house.exists(b.fmt("{s}/crt1.o", .{start_files}))) return null;
        return b.addWriteFiles().add("libc.txt", b.fmt(
            \\include_dir=/usr/include
            \\sys_include_dir=/usr/include/{s}
            \\crt_dir={s}
            \\msvc_lib_dir=
            \\kernel32_lib_dir=
            \\gcc_dir=
            \\
        , .{ triple, start_files }));
    }

    /// kgraph, or kgraph-asan and kgraph-tsan.
    pub fn kgraph(house: *House) *Compile {
        const module = house.executableModule();
        addC(house, module, &.{main_file});
        module.addCMacro("KG_VERSION", house.version());
        house.linkRooms(module, .initOne(.cli), .initEmpty());
        return house.executable(switch (house.sanitizer) {
            .address => "kgraph-asan",
            .thread => "kgraph-tsan",
            else => "kgraph",
        }, module);
    }

    /// Static, small and without sanitizers, whatever the house is: it is a parent of daemons, not of bugs.
    pub fn holder(house: *House) *Compile {
        const b = house.b;
        if (house.holder_made) |made| return made;

        var query = house.target.query;
        query.abi = .musl;
        query.cpu_arch = house.target.result.cpu.arch;
        query.os_tag = .linux;
        const module = b.createModule(.{
            .target = b.resolveTargetQuery(query),
            .optimize = .ReleaseSmall,
            .link_libc = true,
            .strip = true,
            .sanitize_c = .off,
        });
        module.addIncludePath(b.path("."));
        module.addCSourceFiles(.{ .files = tables.holder_files, .flags = &c_flags, .language = .c });
        house.noticeHeaders(module, .initEmpty());
        const made = b.addExecutable(.{ .name = "kgraph-holder", .root_module = module, .linkage = .static });
        house.holder_made = made;
        return made;
    }

    /// Small and without sanitizers as the holder is, but linked with libraries.
    pub fn stream(house: *House) *Compile {
        const b = house.b;
        if (house.stream_made) |made| return made;

        const module = b.createModule(.{
            .target = house.target,
            .optimize = .ReleaseSmall,
            .link_libc = true,
            .pic = true,
            .strip = true,
            .sanitize_c = .off,
        });
        module.addIncludePath(b.path("."));
        module.addCSourceFiles(.{ .files = tables.stream_files, .flags = &c_flags, .language = .c });
        house.noticeHeaders(module, .initEmpty());
        for ([_]Package{ .cjson, .crypto, .curl, .xxhash }) |package| {
            house.addHeaders(module, package);
            module.linkSystemLibrary(@tagName(package), .{ .use_pkg_config = .no });
        }
        const made = b.addExecutable(.{ .name = "kgraph-stream", .root_module = module });
        made.setLibCFile(house.libc);
        made.pie = true;
        house.stream_made = made;
        return made;
    }

    /// Builds the tests that `zig build STEP -- TEXT...` asks for and gives them to the runner.
    pub fn runTests(house: *House, comptime tests: []const Test) *std.Build.Step {
        const b = house.b;
        const run = b.addRunArtifact(house.runner());
        run.has_side_effects = true;
        run.stdio = .inherit;
        for (tests) |one| {
            if (isAskedFor(b.args orelse &.{}, one.source)) run.addArtifactArg(house.testExecutable(one));
        }
        return &run.step;
    }

    fn isAskedFor(texts: []const []const u8, source: []const u8) bool {
        for (texts) |text| {
            if (std.mem.find(u8, source, text) != null) return true;
        }
        return texts.len == 0;
    }

    fn runner(house: *House) *Compile {
        const module = house.b.createModule(.{ .target = house.target, .optimize = .Debug, .link_libc = true });
        module.addIncludePath(house.b.path("."));
        module.addCSourceFiles(.{ .files = &runner_files, .flags = &c_flags, .language = .c });
        house.noticeHeaders(module, .initEmpty());
        const exe = house.b.addExecutable(.{ .name = "unit-tests", .root_module = module });
        exe.setLibCFile(house.libc);
        return exe;
    }

    fn testExecutable(house: *House, one: Test) *Compile {
        const module = house.executableModule();
        // What a test brings along is linked first: it may stand in for functions of a room.
        addC(house, module, one.more);
        if (one.document) |document| {
            const shown = documents.sourcesOf(house.b, document);
            module.addIncludePath(shown.folder);
            for (shown.files) |name| {
                if (std.mem.endsWith(u8, name, ".c"))
                    module.addCSourceFile(.{ .file = shown.folder.path(house.b, name), .flags = house.flags(&c_flags), .language = .c });
            }
        } else {
            addC(house, module, &.{one.source});
        }
        var packages = packageSet(one.packages);
        packages.insert(.cmocka);
        house.linkRooms(module, roomSet(one.rooms), packages);

        // tests/unit/graph/order_test.c becomes graph-order_test
        const name = house.b.dupe(std.mem.cutSuffix(u8, std.mem.cutPrefix(u8, one.source, "tests/unit/").?, ".c").?);
        std.mem.replaceScalar(u8, name, '/', '-');
        return house.executable(name, module);
    }

    /// tests/demo/live.c becomes zig-out/demo/live.
    pub fn installByHand(house: *House, one: Test) *std.Build.Step {
        const b = house.b;
        const module = house.executableModule();
        addC(house, module, &.{one.source});
        addC(house, module, one.more);
        house.linkRooms(module, roomSet(one.rooms), packageSet(one.packages));
        const path = std.mem.cutSuffix(u8, std.mem.cutPrefix(u8, one.source, "tests/").?, ".c").?;
        const made = house.executable(std.fs.path.basename(path), module);
        const to: std.Build.InstallDir = .{ .custom = std.fs.path.dirname(path).? };
        return &b.addInstallArtifact(made, .{ .dest_dir = .{ .override = to } }).step;
    }

    /// Zig compiles, clang links: libFuzzer and the ASan that belongs to it come with clang only.
    pub fn installFuzz(house: *House, one: Test) *std.Build.Step {
        const b = house.b;
        const clang = b.findProgram(&.{ "clang-19", "clang" }, &.{}) catch
            return &b.addFail("clang is missing: it links the fuzz targets").step;
        const name = std.mem.cutSuffix(u8, std.fs.path.basename(one.source), ".c").?;
        const module = house.createModule();
        addC(house, module, &.{one.source});
        addC(house, module, one.more);
        house.noticeHeaders(module, roomSet(one.rooms));

        const link = b.addSystemCommand(&.{ clang, "-fsanitize=fuzzer,address", "-o" });
        const linked = link.addOutputFileArg(name);
        const object = b.addObject(.{ .name = name, .root_module = module });
        object.setLibCFile(house.libc);
        link.addArtifactArg(object);
        var packages = packageSet(one.packages);
        link.addArg("-Wl,--start-group");
        var every = closure(roomSet(one.rooms)).iterator();
        while (every.next()) |room_name| {
            const room = roomOf(room_name);
            packages.setUnion(packageSet(room.packages));
            if (house.library(room_name)) |made| link.addArtifactArg(made);
            for (house.inFolder(room.folder, room.cxx_files)) |file| link.addFileArg(house.compileWithClang(clang, file));
            if (room.cxx_files.len > 0) link.addArg("-lstdc++");
        }
        link.addArg("-Wl,--end-group");
        var wanted = packages.iterator();
        while (wanted.next()) |package| {
            house.addHeaders(module, package);
            link.addArg(b.fmt("-l{t}", .{package}));
        }
        return &b.addInstallFile(linked, b.fmt("fuzz/{s}", .{name})).step;
    }

    /// C++ that clang links with libstdc++ cannot come from Zig, which compiles against a libc++ of its own.
    fn compileWithClang(house: *House, clang: []const u8, file: []const u8) LazyPath {
        const compile = house.b.addSystemCommand(&.{ clang, "-c", "-g", "-I.", "-fsanitize=address,fuzzer-no-link" });
        compile.setCwd(house.b.path("."));
        compile.addArgs(&cxx_flags);
        compile.addArg("-MMD");
        _ = compile.addPrefixedDepFileOutputArg("-MF", "depfile.d");
        compile.addFileArg(house.b.path(file));
        compile.addArg("-o");
        return compile.addOutputFileArg("object.o");
    }

    /// Under AddressSanitizer with the runtime of gcc, since Zig has none. It must be the first library that is loaded, so it
    /// is linked first; what is linked is a copy, since only the name that it has at run time counts.
    fn executableModule(house: *House) *Module {
        const b = house.b;
        const module = house.createModule();
        if (house.sanitizer != .address) return module;
        if (house.asan_runtime == null) {
            const copy = b.addSystemCommand(&.{ "sh", "-c", "cp \"$(gcc -print-file-name=libasan.so)\" \"$1\"", "sh" });
            house.asan_runtime = copy.addOutputFileArg("libasan.so");
        }
        module.addObjectFile(house.asan_runtime.?);
        return module;
    }

    fn executable(house: *House, name: []const u8, module: *Module) *Compile {
        if (house.sanitizer == .address or house.sanitizer == .thread) addC(house, module, &.{"build/sanitizer.c"});
        const exe = house.b.addExecutable(.{ .name = name, .root_module = module });
        exe.setLibCFile(house.libc);
        exe.pie = true;
        return exe;
    }

    fn library(house: *House, name: RoomName) ?*Compile {
        const room = roomOf(name);
        if (room.files.len + (if (house.sanitizer == .fuzz) 0 else room.cxx_files.len) == 0) return null;
        if (house.libraries.get(name)) |made| return made;

        const module = house.createModule();
        addC(house, module, house.inFolder(room.folder, room.files));
        if (room.cxx_files.len > 0 and house.sanitizer != .fuzz) {
            module.link_libcpp = true;
            const files = house.inFolder(room.folder, room.cxx_files);
            module.addCSourceFiles(.{ .files = files, .flags = house.flags(&cxx_flags), .language = .cpp });
        }
        for (room.packages) |package| house.addHeaders(module, package);
        if (room.macros_version) module.addCMacro("KG_VERSION", house.version());
        if (room.embeds_holder) module.addEmbedPath(house.holder().getEmittedBin().dirname());
        if (room.embeds_stream) module.addEmbedPath(house.stream().getEmittedBin().dirname());
        house.noticeHeaders(module, .initOne(name));
        const made = house.b.addLibrary(.{ .name = @tagName(name), .linkage = .static, .root_module = module });
        made.setLibCFile(house.libc);
        house.libraries.set(name, made);
        return made;
    }

    fn createModule(house: *House) *Module {
        const module = house.b.createModule(.{
            .target = house.target,
            .optimize = house.optimize,
            .link_libc = true,
            .pic = true,
            .sanitize_c = switch (house.sanitizer) {
                .undefined => .full,
                .none => null,
                .address, .thread, .fuzz => .off,
            },
            .sanitize_thread = house.sanitizer == .thread,
        });
        module.addIncludePath(house.b.path("."));
        return module;
    }

    fn addC(house: *House, module: *Module, files: []const []const u8) void {
        if (files.len > 0) module.addCSourceFiles(.{ .files = files, .flags = house.flags(&c_flags), .language = .c });
    }

    /// Links the rooms, all that they use, and the packages of all of these. Only executables are linked with packages:
    /// Zig would put the shared object itself into a static library.
    fn linkRooms(house: *House, module: *Module, asked: RoomSet, extra: PackageSet) void {
        house.noticeHeaders(module, asked);
        var packages = extra;
        var every = closure(asked).iterator();
        while (every.next()) |name| {
            const room = roomOf(name);
            packages.setUnion(packageSet(room.packages));
            if (room.cxx_files.len > 0) module.link_libcpp = true;
            if (house.library(name)) |made| module.linkLibrary(made);
        }
        var linked = packages.iterator();
        while (linked.next()) |package| {
            house.addHeaders(module, package);
            module.linkSystemLibrary(@tagName(package), .{ .use_pkg_config = .no });
        }
    }

    /// For a module whose C files are all there; headers.zig says why. It may include what stands beside its files, and what
    /// the rooms and those that they use have.
    fn noticeHeaders(house: *House, module: *Module, rooms: RoomSet) void {
        const b = house.b;
        var folders: std.ArrayList([]const u8) = .empty;
        var every = closure(rooms).iterator();
        while (every.next()) |name| folders.append(b.allocator, roomOf(name).folder) catch @panic("OOM");
        for (module.link_objects.items) |object| switch (object) {
            .c_source_files => |sources| for (sources.files) |file|
                folders.append(b.allocator, std.fs.path.dirname(file).?) catch @panic("OOM"),
            else => {},
        };
        module.addCSourceFile(.{ .file = house.headers.stamp(folders.items) });
    }

    fn addHeaders(house: *House, module: *Module, package: Package) void {
        _ = house;
        if (package.headers()) |folder| module.addSystemIncludePath(.{ .cwd_relative = folder });
    }

    fn flags(house: *House, comptime common: []const []const u8) []const []const u8 {
        return switch (house.sanitizer) {
            .address => common ++ .{"-fsanitize=address"},
            .fuzz => common ++ .{"-fsanitize=address,fuzzer-no-link"},
            else => common,
        };
    }

    pub fn inFolder(house: *House, folder: []const u8, files: []const []const u8) []const []const u8 {
        const paths = house.b.allocator.alloc([]const u8, files.len) catch @panic("OOM");
        for (files, paths) |name, *path| path.* = house.b.pathJoin(&.{ folder, name });
        return paths;
    }

    pub fn version(house: *House) []const u8 {
        return house.b.fmt("\"{s}\"", .{@import("../build.zig.zon").version});
    }

    pub fn exists(house: *House, path: []const u8) bool {
        house.b.build_root.handle.access(house.b.graph.io, path, .{}) catch return false;
        return true;
    }
};

pub fn roomOf(name: RoomName) Room {
    return switch (name) {
        inline else => |known| @field(tables.rooms, @tagName(known)),
    };
}

fn roomSet(names: []const RoomName) RoomSet {
    var set: RoomSet = .initEmpty();
    for (names) |name| set.insert(name);
    return set;
}

fn packageSet(names: []const Package) PackageSet {
    var set: PackageSet = .initEmpty();
    for (names) |name| set.insert(name);
    return set;
}

/// The rooms and all that they use. There are so few that going over them until nothing is new is quick enough.
fn closure(asked: RoomSet) RoomSet {
    var all = asked;
    while (true) {
        var more = all;
        var every = all.iterator();
        while (every.next()) |name| more.setUnion(roomSet(roomOf(name).uses));
        if (more.eql(all)) return all;
        all = more;
    }
}
