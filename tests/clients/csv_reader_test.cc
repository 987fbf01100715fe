#include "clients/cli/input/csv_reader.h"

#include <iconv.h>
#include <zlib.h>
#include <zstd.h>

#include <string>
#include <vector>

#include "clients/cli/input/bad_rows.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/clients/temp_file.h"

namespace lianjie::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string Gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(text.size() + 1024, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out = out.substr(0, stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string Zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

std::vector<std::vector<std::string>> AllRows(CsvReader& reader) {
  std::vector<std::vector<std::string>> rows;
  while (true) {
    const auto next = reader.Next();
    EXPECT_TRUE(next.ok()) << next.status();
    if (!next.ok() || !*next) return rows;
    rows.emplace_back(reader.row().cells.begin(), reader.row().cells.end());
  }
}

TEST(CsvReader, ReadsRowsAsRfc4180HasThem) {
  const TempFile file("a.csv", "id,name\r\n1,\"a, b\"\n\n2,\"say \"\"no\"\"\nand go\"\n 3 ,\n4,x");
  auto reader = ReaderOf(file);
  EXPECT_THAT(AllRows(*reader), ElementsAre(ElementsAre("id", "name"), ElementsAre("1", "a, b"),
                                            ElementsAre("2", "say \"no\"\nand go"),
                                            ElementsAre(" 3 ", ""), ElementsAre("4", "x")));
}

TEST(CsvReader, KnowsTheLineAndTextOfARow) {
  const TempFile file("a.csv", "id\n\n\"a\nb\"\nlast");
  auto reader = ReaderOf(file);
  ASSERT_TRUE(*reader->Next());
  ASSERT_TRUE(*reader->Next());
  EXPECT_EQ(reader->row().line, 3);
  EXPECT_EQ(reader->row().text, "\"a\nb\"");
  ASSERT_TRUE(*reader->Next());
  EXPECT_EQ(reader->row().line, 5);
  EXPECT_EQ(reader->row().text, "last");
  EXPECT_FALSE(*reader->Next());
}

TEST(CsvReader, TakesTabsFromTheName) {
  const TempFile file("a.tsv", "id\tname\n1\ta b\n");
  EXPECT_THAT(AllRows(*ReaderOf(file)),
              ElementsAre(ElementsAre("id", "name"), ElementsAre("1", "a b")));
  EXPECT_EQ(DelimiterOf("x.tab.gz"), '\t');
  EXPECT_EQ(DelimiterOf("x.csv"), ',');
}

TEST(CsvReader, UnpacksWhatItsFirstBytesSayItIs) {
  std::string text = "id,name\n";
  for (int i = 0; i < 60000; ++i)
    text += std::to_string(i) + ",a rather compressible name that is here again and again\n";
  for (const std::string& bytes :
       {text, Gzip(text), Zstd(text), Gzip(text.substr(0, 9)) + Gzip(text.substr(9))}) {
    const TempFile file("a.csv", bytes);
    EXPECT_EQ(AllRows(*ReaderOf(file)).size(), 60001U);
  }
}

TEST(CsvReader, DropsAMarkAndConvertsAnEncoding) {
  const TempFile marked("a.csv", "\xEF\xBB\xBFid\n1\n");
  EXPECT_EQ(AllRows(*ReaderOf(marked)).front().front(), "id");
  const TempFile chinese("b.csv", "id,name\n1,\xB2\xE8\xD2\xB6\n");  // 茶叶 in GB18030
  EXPECT_EQ(AllRows(*ReaderOf(chinese, {}, "gb18030"))[1][1], "茶叶");
  const TempFile wide("c.csv", std::string("\xFF\xFEi\0d\0", 6));
  EXPECT_THAT(std::string(ReaderOf(wide)->Next().status().message()), HasSubstr("UTF-16"));
}

// What is wrong, as a user reads it.
std::string Fault(const TempFile& file, CsvLimits limits = {}) {
  auto reader = ReaderOf(file, limits);
  while (true) {
    const auto next = reader->Next();
    if (!next.ok()) return FaultOf("f", next.status()).ToString();
    if (!*next) return "none";
  }
}

TEST(CsvReader, NamesThePlaceOfWhatIsNoCsv) {
  EXPECT_THAT(Fault(TempFile("a.csv", "id,name\n1,a\"b\n")),
              HasSubstr("f:2:2: a quote stands inside a cell"));
  EXPECT_THAT(Fault(TempFile("a.csv", "id,name\n1,\"ab\n2,c\n")),
              HasSubstr("f:2:2: a quote is opened and never closed"));
  EXPECT_THAT(Fault(TempFile("a.csv", "id,name\n1,a\n2,\xC3\x28\n")),
              HasSubstr("f:3:2: is not valid UTF-8"));
}

TEST(CsvReader, NamesADamagedStream) {
  std::string text = "id\n";
  for (int i = 0; i < 50000; ++i) text += std::to_string(i * 7919) + "\n";
  const std::string gzip = Gzip(text);
  EXPECT_THAT(Fault(TempFile("a.csv.gz", gzip.substr(0, gzip.size() / 2))),
              HasSubstr("the gzip stream ends early"));
  EXPECT_THAT(Fault(TempFile("a.csv.gz", gzip.substr(0, gzip.size() - 4))),
              HasSubstr("the gzip stream ends early"));
  const std::string zstd = Zstd(text);
  EXPECT_THAT(Fault(TempFile("a.csv.zst", zstd.substr(0, zstd.size() / 2))),
              HasSubstr("the zstd stream ends early"));
}

TEST(CsvReader, RefusesWhatIsTooLongWithoutReadingItAll) {
  const CsvLimits small{.cell_bytes = 100, .row_bytes = 1000};
  EXPECT_THAT(Fault(TempFile("a.csv", "id\n1\n" + std::string(300, 'x') + "\n"), small),
              HasSubstr("f:3:1: a cell is longer than"));
  const TempFile line("a.csv", "id\n1\n" + std::string(5000000, 'x'));
  auto reader = ReaderOf(line, small);
  ASSERT_TRUE(*reader->Next());
  ASSERT_TRUE(*reader->Next());
  EXPECT_FALSE(reader->Next().ok());
  EXPECT_LT(reader->source().raw_bytes(), 2000000U);
  EXPECT_THAT(Fault(line, small), HasSubstr("f:3:1: a row is longer than"));
  std::string quoted = "id\n\"";
  for (int i = 0; i < 1000; ++i) quoted += "line\n";
  EXPECT_THAT(Fault(TempFile("a.csv", quoted), small), HasSubstr("f:2:1: a row is longer than"));
}

TEST(CsvReader, GoesOnBehindABadRow) {
  const TempFile file("a.csv", "id,name\n1,a\"b\n2,\xC3\x28\n3,c\n");
  auto reader = ReaderOf(file);
  ASSERT_TRUE(*reader->Next());
  EXPECT_TRUE(absl::IsInvalidArgument(reader->Next().status()));
  EXPECT_EQ(reader->row().text, "1,a\"b");
  EXPECT_TRUE(absl::IsInvalidArgument(reader->Next().status()));
  EXPECT_EQ(reader->row().line, 3);
  ASSERT_TRUE(*reader->Next());
  EXPECT_THAT(reader->row().cells, ElementsAre("3", "c"));
}

}  // namespace
}  // namespace lianjie::cli
