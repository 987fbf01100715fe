// A line of CSV in which every quote stands around a whole cell, cut at its delimiters: sixteen
// bytes at a time, by instructions that every x86-64 has (SSE2), elsewhere in a loop. Which bytes
// lie between quotes is the running parity of the quotes before them (Langdale and Lemire, "Parsing
// gigabytes of JSON per second", 2019).
#ifndef LIANJIE_CLIENTS_CLI_INPUT_PLAIN_LINE_H_
#define LIANJIE_CLIENTS_CLI_INPUT_PLAIN_LINE_H_

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace lianjie::cli {

// So many bytes behind those that are given must be readable.
inline constexpr std::size_t kPlainPadding = 16;

struct PlainLine {
  // Its end (LF or CR LF) included; 0: the bytes do not begin with such a line.
  std::size_t size = 0;
  std::string_view text;  // without the end
  std::span<const std::string_view> cells;
  // From the first byte above 0x7F to the last: what of the text may not be UTF-8.
  std::string_view beyond_ascii;
};

// Cuts the line that `bytes` begin with; its cells lie in `places`, which grow and are used again.
// Not plain are a line with a quote, a line's end or a CR inside a cell, and one whose end is not
// there.
PlainLine CutPlainLine(std::string_view bytes, char delimiter,
                       std::vector<std::string_view>& places);

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_INPUT_PLAIN_LINE_H_
