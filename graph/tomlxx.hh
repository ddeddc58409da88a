/*
 * toml++ as kgraph uses it, and what is said of a file that it does not take: for the C++ files behind graph/toml.h alone.
 *
 *     try {
 *             toml::table table = toml::parse(text);
 *     } catch (const toml::parse_error &error) {
 *             return toml_error_tell(arena, file, text, error);
 *     }
 */
#pragma once

#include <stdexcept>
#include <string_view>

struct kg_arena;
struct kg_error;

/* Something that toml++ takes for granted is not so. */
struct toml_assumption_broken : std::logic_error {
	using std::logic_error::logic_error;
};

/*
 * toml++ asserts what some files break ("[=]"), which would end the program, or in a release build leave it to luck. Where a check of its
 * own follows, the file is told by that; otherwise parsing stops.
 */
constexpr void
toml_assume(bool holds, std::string_view what)
{
	if (!holds && what != "is_bare_key_character(*cp) || is_string_delimiter(*cp)")
		throw toml_assumption_broken("toml++ assumes too much");
}

#undef NDEBUG
#define TOML_ASSERT(expression) toml_assume(static_cast<bool>(expression), #expression)
#define TOML_MAX_NESTED_VALUES 64
#include <toml++/toml.h>

/* What toml++ says of the text, in words that say what to do. */
struct kg_error *toml_error_tell(
    struct kg_arena *arena, const char *file, std::string_view text, const toml::parse_error &parse_error);
