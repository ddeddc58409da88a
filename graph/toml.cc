#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>
#include <sstream>
#include <string>

#include "graph/tomlxx.hh"

extern "C" {
#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "graph/toml.h"
}

namespace
{

/*
 * toml++ makes a table for each part of a dotted key, without a limit, and frees them by recursion: one long line of dots would
 * end on the stack's guard page. So such keys are looked for before. What toml++ takes for a string or a comment must be one
 * here too, up to its first error; behind that it does not matter.
 */
class key_depth
{
      public:
	explicit key_depth(std::string_view text) : text(text)
	{
	}

	/* The byte of the dot that is one too many; npos when there is none. */
	std::size_t
	too_deep()
	{
		unsigned dots = 0;

		while (at < text.size()) {
			char c = text[at];

			if (c == '"' || c == '\'')
				string_skip(c);
			else if (c == '#')
				at = std::min(text.find('\n', at), text.size());
			else
				at++;
			if (c == '.' && ++dots > KG_TOML_DEEPEST)
				return at - 1;
			if (!is_of_key(c))
				dots = 0;
		}
		return std::string_view::npos;
	}

      private:
	static bool
	is_of_key(char c)
	{
		return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
		    c == '.' || c == ' ' || c == '\t' || c == '"' || c == '\'';
	}

	void
	string_skip(char quote)
	{
		const char three[] = { quote, quote, quote, '\0' };
		bool is_long = text.substr(at, 3) == three;

		at += is_long ? 3 : 1;
		for (; at < text.size(); at++) {
			if (text[at] == '\\' && quote == '"')
				at++;
			else if (!is_long && (text[at] == quote || text[at] == '\n'))
				break;
			else if (is_long && text.substr(at, 3) == three)
				break;
		}
		/* Up to two quotes may stand before the three that end a long string. */
		while (is_long && at + 3 < text.size() && text[at + 3] == quote)
			at++;
		at += is_long ? 3 : 1;
	}

	std::string_view text;
	std::size_t at = 0;
};

/* Fills the C tree; keeps the first thing that a graph file may not have though TOML may. */
class converter
{
      public:
	converter(kg_arena *arena, const char *file) : arena(arena), file(file)
	{
	}

	void
	convert(const toml::node &node, kg_toml *into, unsigned depth)
	{
		into->line = node.source().begin.line;
		into->column = column_of(node.source().begin);
		if (depth > KG_TOML_DEEPEST) {
			complain(*into, "tables and lists stand more than 64 deep in one another");
			return;
		}
		switch (node.type()) {
		case toml::node_type::table: table_convert(*node.as_table(), into, depth); break;
		case toml::node_type::array: array_convert(*node.as_array(), into, depth); break;
		case toml::node_type::string:
			into->type = KG_VALUE_TEXT;
			into->text = text_copy(node.as_string()->get(), *into);
			into->count = static_cast<uint32_t>(node.as_string()->get().size());
			break;
		case toml::node_type::integer:
			into->type = KG_VALUE_INTEGER;
			into->integer = node.as_integer()->get();
			break;
		case toml::node_type::floating_point:
			into->type = KG_VALUE_REAL;
			into->real = node.as_floating_point()->get();
			break;
		case toml::node_type::boolean:
			into->type = KG_VALUE_FLAG;
			into->integer = node.as_boolean()->get();
			break;
		default: date_convert(node, into); break;
		}
	}

	kg_error *error = nullptr;

      private:
	static uint16_t
	column_of(const toml::source_position &position)
	{
		return static_cast<uint16_t>(std::min<toml::source_index>(position.column, UINT16_MAX));
	}

	void
	complain(const kg_toml &at, const char *message)
	{
		kg_place place = {};

		place.file = file;
		place.line = at.line;
		place.column = at.column;
		if (!error)
			error = kg_error_at(arena, KG_EINPUT, place, "%s", message);
	}

	const char *
	text_copy(const std::string &text, const kg_toml &at)
	{
		if (text.find('\0') != std::string::npos)
			complain(at, "a text may not hold the character U+0000");
		return kg_copy_bytes(arena, text.data(), text.size());
	}

	/* A table that a header opens is told by the name in that header; an inline one by its brace. */
	void
	table_convert(const toml::table &table, kg_toml *into, unsigned depth)
	{
		auto *items = kg_new_array(arena, kg_toml, table.size());

		into->type = KG_VALUE_TABLE;
		into->count = static_cast<uint32_t>(table.size());
		into->items = items;
		for (const auto &[key, value] : table) {
			items->line = items->key_line = key.source().begin.line;
			items->column = items->key_column = column_of(key.source().begin);
			items->key = text_copy(std::string(key.str()), *items);
			convert(value, items, depth + 1);
			items++;
		}
	}

	void
	array_convert(const toml::array &array, kg_toml *into, unsigned depth)
	{
		auto *items = kg_new_array(arena, kg_toml, array.size());

		into->type = KG_VALUE_LIST;
		into->count = static_cast<uint32_t>(array.size());
		into->items = items;
		for (const auto &value : array)
			convert(value, items++, depth + 1);
	}

	void
	date_convert(const toml::node &node, kg_toml *into)
	{
		std::ostringstream text;

		node.visit([&text](const auto &value) {
			if constexpr (toml::is_date<decltype(value)> || toml::is_time<decltype(value)> ||
			    toml::is_date_time<decltype(value)>)
				text << value.get();
		});
		into->type = KG_VALUE_NONE;
		into->text = text_copy(text.str(), *into);
		into->count = static_cast<uint32_t>(text.str().size());
	}

	kg_arena *arena;
	const char *file;
};

} // namespace

static struct kg_error *
deep_key_tell(struct kg_arena *arena, const char *file, std::string_view text, std::size_t at)
{
	kg_place place = {};

	place.file = file;
	place.line = 1 + static_cast<uint32_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
	std::size_t newline = text.rfind('\n', at);
	place.column = static_cast<uint32_t>(newline == std::string_view::npos ? at + 1 : at - newline);
	return kg_error_at(arena, KG_EINPUT, place, "a key of more than %d parts", KG_TOML_DEEPEST);
}

extern "C" struct kg_error *
kg_toml_parse(struct kg_arena *arena, const char *file, const char *bytes, size_t size, const struct kg_toml **ret_root)
{
	std::string_view text(bytes, size);
	std::size_t deep = key_depth(text).too_deep();

	if (deep != std::string_view::npos)
		return deep_key_tell(arena, file, text, deep);
	try {
		toml::table table = toml::parse(text);
		converter convert(arena, file);
		kg_toml *root = kg_new(arena, kg_toml);

		convert.convert(table, root, 0);
		*ret_root = root;
		return convert.error;
	} catch (const toml::parse_error &parse_error) {
		return toml_error_tell(arena, file, text, parse_error);
	} catch (const toml_assumption_broken &) {
		kg_place place = {};

		place.file = file;
		return kg_error_at(arena, KG_EINPUT, place, "%s is not valid TOML, in a way that the parser cannot name", file);
	} catch (const std::bad_alloc &) {
		kg_out_of_memory();
	}
}

extern "C" const struct kg_toml *
kg_toml_member(const struct kg_toml *table, const char *key)
{
	if (!table || table->type != KG_VALUE_TABLE)
		return nullptr;

	const kg_toml *end = table->items + table->count;
	const kg_toml *found = std::lower_bound(
	    table->items, end, key, [](const kg_toml &item, const char *name) { return std::strcmp(item.key, name) < 0; });
	return found < end && std::strcmp(found->key, key) == 0 ? found : nullptr;
}
