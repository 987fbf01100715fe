// The two ways of the reader, held to one another: lines that lie whole in its buffer are cut
// there, and a file that comes byte by byte has no such line, so that libcsv reads all of it.
#include "clients/cli/input/plain_line.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "clients/cli/input/csv_reader.h"
#include "engine/core/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lianjie::cli {
namespace {

using testing::ElementsAre;

// A text, so many bytes at a time.
class TextSource final : public ByteSource {
 public:
  TextSource(std::string_view text, std::size_t step) : text_(text), step_(step) {}

  absl::StatusOr<std::size_t> Read(std::span<char> out) override {
    const std::size_t count = std::min({step_, out.size(), text_.size() - at_});
    std::copy_n(text_.data() + at_, count, out.data());
    at_ += count;
    return count;
  }
  std::uint64_t raw_bytes() const override { return at_; }

 private:
  const std::string_view text_;
  const std::size_t step_;
  std::size_t at_ = 0;
};

struct Row {
  std::string status;
  std::map<std::string, std::string> place;
  std::int64_t line = 0;
  std::vector<std::string> cells;
  std::string text;

  friend bool operator==(const Row&, const Row&) = default;
};

std::vector<Row> RowsOf(std::string_view text, std::size_t step, char delimiter, CsvLimits limits) {
  CsvReader reader(std::make_unique<TextSource>(text, step), delimiter, limits);
  std::vector<Row> rows;
  while (true) {
    const absl::StatusOr<bool> next = reader.Next();
    if (next.ok() && !*next) return rows;
    Row row;
    row.status = next.status().ToString();
    if (!next.ok()) row.place = GetErrorDetail(next.status())->metadata;
    row.line = reader.row().line;
    row.cells.assign(reader.row().cells.begin(), reader.row().cells.end());
    row.text = reader.row().text;
    rows.push_back(std::move(row));
    if (!next.ok() && !absl::IsInvalidArgument(next.status())) return rows;
  }
}

// Texts of the pieces that CSV is made of, in any order.
std::string RandomText(std::mt19937& random, const std::vector<std::string>& pieces) {
  std::string text;
  for (auto left = random() % 60; left > 0; --left) text += pieces[random() % pieces.size()];
  return text;
}

void ExpectBothWaysAlike(const std::vector<std::string>& pieces, char delimiter, unsigned seed) {
  std::mt19937 random(seed);
  const CsvLimits limits{.cell_bytes = 60};
  for (int i = 0; i < 5000; ++i) {
    const std::string text = RandomText(random, pieces);
    const std::vector<Row> plain = RowsOf(text, text.size() + 1, delimiter, limits);
    const std::vector<Row> libcsv = RowsOf(text, 1, delimiter, limits);
    ASSERT_EQ(plain.size(), libcsv.size()) << testing::PrintToString(text);
    for (std::size_t k = 0; k < plain.size(); ++k) {
      ASSERT_TRUE(plain[k] == libcsv[k])
          << testing::PrintToString(text) << " row " << k << ": " << plain[k].status << " or "
          << libcsv[k].status << ", " << testing::PrintToString(plain[k].cells) << " or "
          << testing::PrintToString(libcsv[k].cells);
    }
  }
}

TEST(PlainLine, ReadsTablesAsLibcsvDoes) {
  ExpectBothWaysAlike({",", ",", ",", ",", "\n", "\r\n", "a", "bc", "12.5", "\"x, y\"", "\"\"",
                       "a name that is rather long", "茶叶", " "},
                      ',', 1);
}

TEST(PlainLine, ReadsWhatIsNoTableAsLibcsvDoes) {
  ExpectBothWaysAlike({",", ",", "\n", "\r\n", "\r", "\"", "\"\"", "\"a\"", "\"a\n", "b\"", "x",
                       "\xC3", "\x80", "é", std::string(1, '\0'), std::string(61, 'y')},
                      ',', 2);
}

TEST(PlainLine, TakesAnyDelimiter) {
  for (const char delimiter : {'\t', ' ', ';', '\xA7', 'x', '\0'}) {
    ExpectBothWaysAlike({std::string(1, delimiter), std::string(1, delimiter), "\n", "\"", "\"a\"",
                         "b", ",", "\r\n", "茶"},
                        delimiter, 3);
  }
}

TEST(PlainLine, CutsWhereItSaysItDoes) {
  std::string bytes = "a,\"b, c\",,\"\"\r\nnext,line";
  const std::size_t size = bytes.size();
  bytes.append(kPlainPadding, '\n');
  std::vector<std::string_view> places;
  const PlainLine line = CutPlainLine(std::string_view(bytes).substr(0, size), ',', places);
  EXPECT_EQ(line.size, 14U);
  EXPECT_EQ(line.text, "a,\"b, c\",,\"\"");
  EXPECT_EQ(line.beyond_ascii, "");
  EXPECT_THAT(line.cells, ElementsAre("a", "b, c", "", ""));
  const auto rest = std::string_view(bytes).substr(line.size, size - line.size);
  EXPECT_EQ(CutPlainLine(rest, ',', places).size, 0U);  // its end is not there
  const std::string chinese = "tea,茶, 叶,2\n" + std::string(kPlainPadding, '\0');
  EXPECT_EQ(CutPlainLine(chinese, ',', places).beyond_ascii, "茶, 叶");
}

}  // namespace
}  // namespace lianjie::cli
