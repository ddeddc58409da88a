const std = @import("std");
const House = @import("house.zig").House;
const Test = @import("house.zig").Test;

pub fn write(house: *House, tests: []const Test, fuzz: []const Test) *std.Build.Step {
    _ = tests;
    _ = fuzz;
    return &house.b.addUpdateSourceFiles().step;
}
