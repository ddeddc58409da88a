#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>
#include <sstream>
#include <string>
#include <string_view>

namespace
{

/* Something that toml++ takes for granted is not so. */
struct assumption_broken {
};

/*
 * toml++ asserts what some files break ("[=]"), which would end the program, or in a release build leave it to luck. Where a check of its
 * own follows, the file is told by that; otherwise parsing stops.
 */
constexpr void
toml_assume(bool holds, std::string_view what)
{
	if (!holds && what != "is_bare_key_character(*cp) || is_string_delimiter(*cp)")
		throw assumption_broken{};
}

} // namespace

#undef NDEBUG
#define TOML_ASSERT(expression) toml_assume(static_cast<bool>(expression), #expression)
#define TOML_MAX_NESTED_VALUES 64
#include <toml++/toml.h>

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

/* The line of the first of two equal keys, found by reading once more what stands before the second. */
class first_of_two
{
      public:
	/* key: as toml++ gives it in its message; is_header: it stands in [brackets]. 0 when it cannot be said. */
	static unsigned
	line_find(std::string_view text, unsigned second_line, const std::string &key, bool is_header)
	{
		const char *const mark = "kgraph-marks-the-open-table";
		std::string before(text.substr(0, line_start(text, second_line)));

		try {
			toml::table path = toml::parse(is_header ? "[" + key + "]" : key + " = 0");
			toml::table root = toml::parse(before + "\n" + mark + " = 0\n");
			const toml::table *open = is_header ? &root : table_with(root, mark);
			return open ? line_of(*open, path) : 0;
		} catch (const toml::parse_error &) {
			return 0;
		} catch (const assumption_broken &) {
			return 0;
		}
	}

      private:
	static std::size_t
	line_start(std::string_view text, unsigned line)
	{
		std::size_t at = 0;

		for (; line > 1 && at != std::string_view::npos; line--)
			at = text.find('\n', at) + 1;
		return at;
	}

	static const toml::table *
	last_table(const toml::node &node)
	{
		if (const auto *array = node.as_array())
			return array->empty() ? nullptr : array->back().as_table();
		return node.as_table();
	}

	static const toml::table *
	table_with(const toml::table &table, const char *mark)
	{
		if (table.contains(mark))
			return &table;
		for (const auto &[key, value] : table) {
			const toml::table *below = last_table(value);
			const toml::table *found = below ? table_with(*below, mark) : nullptr;

			if (found)
				return found;
		}
		return nullptr;
	}

	/* path: a table that holds nothing but one key, below it one key, and so on. */
	static unsigned
	line_of(const toml::table &open, const toml::table &path)
	{
		const toml::table *here = &open, *step = &path;
		unsigned line = 0;

		while (here && step && !step->empty()) {
			auto found = here->find(step->begin()->first.str());

			if (found == here->end())
				break;
			line = found->first.source().begin.line;
			here = last_table(found->second);
			step = step->begin()->second.as_table();
		}
		return line;
	}
};

/* What toml++ says, without its frame, and with advice for the mistakes that people make most. */
class complaint
{
      public:
	complaint(kg_arena *arena, const char *file, std::string_view text, const toml::parse_error &parse_error)
	    : arena(arena), text(text), what(parse_error.description())
	{
		place.file = file;
		place.line = parse_error.source().begin.line;
		place.column = parse_error.source().begin.column;
		while (!what.empty() && (what.back() == ' ' || what.back() == '\n'))
			what.pop_back();
	}

	kg_error *
	tell()
	{
		kg_error *error = twice_tell();

		if (error)
			return error;
		frame_take();
		if (subject == "boolean" || subject == "decimal integer")
			back_to_start();
		for (const auto &mistake : mistakes)
			if (what.find(mistake.sign) != std::string::npos && (!*mistake.subject || subject == mistake.subject)) {
				error =
				    kg_error_at(arena, KG_EINPUT, place, "%s", mistake.message ? mistake.message : told().c_str());
				return kg_error_advise(arena, error, "%s", mistake.advice);
			}
		return kg_error_at(arena, KG_EINPUT, place, "%s", told().c_str());
	}

      private:
	/* "cannot redefine existing string 'a.b'", "... table 'a' as array-of-tables"; NULL when it is another complaint. */
	kg_error *
	twice_tell()
	{
		std::size_t quote = what.find('\''), last = what.rfind('\'');

		if (what.find("cannot redefine existing") == std::string::npos || quote == std::string::npos || last <= quote)
			return nullptr;
		std::string key = what.substr(quote + 1, last - quote - 1);
		while (!key.empty() && (key.back() == ' ' || key.back() == '\t'))
			key.pop_back();
		bool is_header = what.find("parsing table header") != std::string::npos;
		unsigned first = first_of_two::line_find(text, place.line, key, is_header);
		key_show(key);
		kg_error *error = is_header
		    ? kg_error_at(arena, KG_EINPUT, place, "`[%s]` stands here for the second time", key.c_str())
		    : kg_error_at(arena, KG_EINPUT, place, "`%s` is given for the second time", key.c_str());
		if (first > 0)
			kg_error_advise(arena, error, "the first one is in line %u; keep one of them", first);
		return error;
	}

	/* A byte within a character of UTF-8. */
	static bool
	is_continuation(char byte)
	{
		return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
	}

	std::string_view
	line_of_place() const
	{
		std::size_t start = 0;

		for (unsigned line = place.line; line > 1; line--)
			start = text.find('\n', start) + 1;
		return text.substr(start, std::min(text.find('\n', start), text.size()) - start);
	}

	/* toml++ stops within a word; what is wrong is the word. Numbers and flags are ASCII, as far as they were read. */
	void
	back_to_start()
	{
		std::string_view line = line_of_place();
		std::size_t at = 0;

		for (unsigned column = 1; column < place.column && at < line.size(); column++)
			for (at++; at < line.size() && is_continuation(line[at]);)
				at++;
		for (; at > 0 && place.column > 1 && !std::strchr(" \t=,[{", line[at - 1]); at--)
			place.column--;
	}

	/* The error's column is behind the key: back to where the key stands, when that is in the same line. */
	void
	key_show(const std::string &key)
	{
		bool is_header = what.find("parsing table header") != std::string::npos;
		std::string_view line = line_of_place();
		std::size_t at = is_header ? line.find(key) : line.rfind(key, place.column > 0 ? place.column - 1 : 0);

		if (at == std::string_view::npos)
			return;
		place.column = 1;
		for (std::size_t i = 0; i < at; i++)
			place.column += !is_continuation(line[i]);
		place.length = static_cast<uint32_t>(key.size());
	}

	/* "Error while parsing SUBJECT: REASON" → subject and what. */
	void
	frame_take()
	{
		const std::string frame = "Error while parsing ";
		std::size_t colon = what.find(": ");

		if (what.compare(0, frame.size(), frame) != 0 || colon == std::string::npos)
			return;
		subject = what.substr(frame.size(), colon - frame.size());
		what.erase(0, colon + 2);
	}

	std::string
	told() const
	{
		return "not valid TOML: " +
		    (subject.empty() ? what
				     : "while reading a" + std::string(subject[0] == 'a' || subject[0] == 'i' ? "n " : " ") +
				subject + ": " + what);
	}

	struct mistake {
		const char *subject; /* "": any */
		const char *sign;    /* part of what toml++ says */
		const char *message; /* NULL: as toml++ says it */
		const char *advice;
	};
	static constexpr mistake mistakes[] = {
		{ "", "could not determine value type", "this value is no number, flag, list or table, and no text without quotes",
		    "write it in quotes: \"…\"" },
		{ "boolean", "", "this value is neither true nor false, and no text without quotes", "write it in quotes: \"…\"" },
		{ "decimal integer", "expected digit", "this value is no number, and no text without quotes",
		    "a duration, size or address is a text in quotes: \"30s\"" },
		{ "decimal integer", "leading zeroes", "a number does not start with 0",
		    "permissions are a text in quotes: \"0644\"" },
		{ "string", "unescaped control characters", "this text has no closing quote in its line",
		    "a text of several lines stands between \"\"\" and \"\"\"" },
		{ "string", "encountered end-of-file", "this text is not closed by a quote", "add the quotes at its end" },
		{ "literal string", "encountered end-of-file", "this text is not closed by a quote", "add the quotes at its end" },
		{ "string", "unknown escape sequence", nullptr,
		    "write \\\\ for a backslash, or put the text in single quotes: '…'" },
		{ "inline table", "saw '\\n'", "a table in braces ends with its line",
		    "put it in one line, or open a table with a [header]" },
		{ "key-value pair", "expected '=', saw ':'", nullptr, "TOML has `key = value`" },
		{ "array", "expected comma or closing ']'", "a comma or the closing ] of a list is missing before this", "add it" },
		{ "", "exceeded maximum nested value depth", "tables and lists stand more than 64 deep in one another",
		    "make it flatter" },
		{ "", "invalid utf-8", "this is not UTF-8", "save the file as UTF-8" },
	};

	kg_arena *arena;
	std::string_view text;
	std::string what, subject;
	kg_place place = {};
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
		return complaint(arena, file, text, parse_error).tell();
	} catch (const assumption_broken &) {
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
