#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include "graph/tomlxx.hh"

extern "C" {
#include "engine/base/arena.h"
#include "engine/base/error.h"
}

namespace
{

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
		} catch (const toml_assumption_broken &) {
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

struct kg_error *
toml_error_tell(struct kg_arena *arena, const char *file, std::string_view text, const toml::parse_error &parse_error)
{
	return complaint(arena, file, text, parse_error).tell();
}
