// Tables for people, aligned by what a terminal shows: a Chinese character takes two cells, a
// combining mark none. Widths are those of Unicode's East Asian Width, from libutf8proc.
#ifndef LIANJIE_CLIENTS_CLI_OUTPUT_TEXT_TABLE_H_
#define LIANJIE_CLIENTS_CLI_OUTPUT_TEXT_TABLE_H_

#include <string>
#include <string_view>
#include <vector>

namespace lianjie::cli {

// Cells of a terminal that `utf8` takes; control characters count none.
std::size_t DisplayWidth(std::string_view utf8);

// `utf8` cut to `width` cells with an ellipsis at its end where it is longer; line breaks and tabs
// become blanks, so that a value never breaks the table.
std::string FitTo(std::string_view utf8, std::size_t width);

enum class Align { kLeft, kRight };

// A table held whole: for what fits a screen.
class TextTable {
 public:
  explicit TextTable(std::string indent = "") : indent_(std::move(indent)) {}

  void AddColumn(std::string name, Align align = Align::kLeft);
  // One value a column; longer ones than `max_cell` are cut.
  void AddRow(std::vector<std::string> cells);
  std::size_t row_count() const { return rows_.size(); }
  // The header (if any column has a name), a rule, the rows; each line ends in a line feed and has
  // no blanks at its end.
  std::string ToString(std::size_t max_cell = 60) const;

 private:
  std::string indent_;
  std::vector<std::string> names_;
  std::vector<Align> aligns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_OUTPUT_TEXT_TABLE_H_
