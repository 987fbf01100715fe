#include "clients/cli/input/csv_reader.h"

#include <csv.h>

#include <cstring>
#include <span>
#include <utility>

#include "clients/cli/input/plain_line.h"
#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie::cli {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{256} << 10;

int NeverSpace(unsigned char) { return 0; }  // blanks belong to the cell

}  // namespace

absl::Status CellError(std::string_view field, std::string_view message, std::int64_t line,
                       std::int64_t column) {
  return MakeError(absl::StatusCode::kInvalidArgument, message,
                   {.reason = Reason::kInvalidField,
                    .field = std::string(field),
                    .row = {},
                    .metadata = {{"line", Cat(line)}, {"column", Cat(column)}}});
}

// libcsv's state and the cells of the row that it is at.
struct CsvReader::Parser {
  Parser(char delimiter, std::size_t cell_limit) : delimiter(delimiter), cell_limit(cell_limit) {
    Init();
  }
  ~Parser() { csv_free(&parser); }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  void Init() {
    csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI);
    csv_set_delim(&parser, static_cast<unsigned char>(delimiter));
    csv_set_space_func(&parser, &NeverSpace);
    between_rows = parser.pstate;
    Clear();
  }
  void Reset() {
    csv_free(&parser);
    Init();
  }
  void Clear() {
    bytes.clear();
    ends.clear();
    done = false;
    oversized = 0;
  }

  static void OnCell(void* data, std::size_t size, void* self) {
    auto& parser = *static_cast<Parser*>(self);
    if (size > parser.cell_limit) {
      if (parser.oversized == 0) parser.oversized = parser.ends.size() + 1;
      size = 0;
    }
    parser.bytes.append(static_cast<const char*>(data), size);
    parser.ends.push_back(parser.bytes.size());
  }
  static void OnRow(int, void* self) { static_cast<Parser*>(self)->done = true; }

  const char delimiter;
  const std::size_t cell_limit;
  csv_parser parser{};
  int between_rows = 0;  // libcsv's state before a row
  std::string bytes;
  std::vector<std::size_t> ends;
  bool done = false;
  std::size_t oversized = 0;  // the first cell above the limit, from 1
};

CsvReader::CsvReader(std::unique_ptr<ByteSource> source, char delimiter, CsvLimits limits)
    : source_(std::move(source)),
      delimiter_(delimiter),
      limits_(limits),
      parser_(std::make_unique<Parser>(delimiter, limits.cell_bytes)),
      cuts_plain_(delimiter != '"' && delimiter != '\n' && delimiter != '\r'),
      buffer_(kBufferBytes + kPlainPadding) {}

CsvReader::~CsvReader() = default;

absl::StatusOr<bool> CsvReader::ReadLine() {
  line_.clear();
  while (true) {
    if (begin_ == end_) {
      if (at_end_) break;
      absl::StatusOr<std::size_t> got = source_->Read(std::span(buffer_).first(kBufferBytes));
      if (absl::IsCancelled(got.status())) return got.status();
      if (!got.ok()) {
        return MakeError(absl::StatusCode::kDataLoss, FromAbsl(got.status().message()),
                         {.reason = Reason::kInvalidField,
                          .field = {},
                          .row = {},
                          .metadata = {{"line", Cat(lines_ + 1)}, {"column", "1"}}});
      }
      begin_ = 0;
      end_ = *got;
      at_end_ = *got == 0;
      continue;
    }
    const char* from = buffer_.data() + begin_;
    const void* newline = std::memchr(from, '\n', end_ - begin_);
    const std::size_t size =
        newline != nullptr ? static_cast<std::size_t>(static_cast<const char*>(newline) - from) + 1
                           : end_ - begin_;
    begin_ += size;
    if (newline != nullptr && line_.empty()) {
      current_ = {from, size};
      break;
    }
    line_.append(from, size);
    current_ = line_;
    if (line_.size() + text_.size() > limits_.row_bytes) {
      return MakeError(
          absl::StatusCode::kOutOfRange,
          Cat("a row is longer than ", limits_.row_bytes >> 20U,
              " MiB: this is no table, or a quote is never closed"),
          {.reason = Reason::kInvalidField,
           .field = {},
           .row = {},
           .metadata = {{"line", Cat(text_.empty() ? lines_ + 1 : row_.line)}, {"column", "1"}}});
    }
    if (newline != nullptr) break;
  }
  if (begin_ == end_ && at_end_ && line_.empty()) return false;
  ++lines_;
  return true;
}

void CsvReader::BeginRow() {
  parser_->Clear();
  text_.clear();
  row_.cells = {};
  row_.text = {};
  row_.line = lines_;
}

void CsvReader::EndRow() {
  std::size_t from = 0;
  cells_.clear();
  for (const std::size_t end : parser_->ends) {
    cells_.push_back(std::string_view(parser_->bytes).substr(from, end - from));
    from = end;
  }
  row_.cells = cells_;
  row_.text = text_.empty() ? current_ : std::string_view(text_);
  while (!row_.text.empty() && (row_.text.back() == '\n' || row_.text.back() == '\r'))
    row_.text.remove_suffix(1);
}

absl::Status CsvReader::Feed(std::string_view line) {
  const std::size_t used = csv_parse(&parser_->parser, line.data(), line.size(), &Parser::OnCell,
                                     &Parser::OnRow, parser_.get());
  if (used == line.size()) return absl::OkStatus();
  const auto column = static_cast<std::int64_t>(parser_->ends.size()) + 1;
  if (csv_error(&parser_->parser) == CSV_ENOMEM)
    return absl::ResourceExhaustedError("out of memory");
  parser_->Reset();
  return CellError({},
                   "a quote stands inside a cell: quote the whole cell and double the quotes in it",
                   row_.line, column);
}

absl::Status CsvReader::FinishLast() {
  const auto column = static_cast<std::int64_t>(parser_->ends.size()) + 1;
  if (csv_fini(&parser_->parser, &Parser::OnCell, &Parser::OnRow, parser_.get()) == 0)
    return absl::OkStatus();
  parser_->Reset();
  return CellError({}, "a quote is opened and never closed", row_.line, column);
}

// What is wrong with a whole row, or with its cells.
absl::Status CsvReader::Checked(absl::Status status) {
  const std::size_t oversized = parser_->oversized;
  EndRow();
  if (!status.ok()) return status;
  if (oversized != 0) {
    return CellError({}, Cat("a cell is longer than ", limits_.cell_bytes >> 10U, " KiB"),
                     row_.line, static_cast<std::int64_t>(oversized));
  }
  if (IsValidUtf8(row_.text)) return absl::OkStatus();
  std::int64_t column = 1;
  for (const std::string_view cell : row_.cells) {
    if (!IsValidUtf8(cell)) break;
    ++column;
  }
  return CellError(
      {}, "is not valid UTF-8; if the file is in another encoding, give it, as --encoding gb18030",
      row_.line, column);
}

bool CsvReader::NextPlain() {
  // A CR ends a row for libcsv: what stands behind one in a line may have begun a row already.
  if (!cuts_plain_ || parser_->parser.pstate != parser_->between_rows) return false;
  while (begin_ != end_) {
    const PlainLine line =
        CutPlainLine({buffer_.data() + begin_, end_ - begin_}, delimiter_, cells_);
    if (line.size == 0 || line.text.size() > limits_.cell_bytes) return false;
    if (!IsValidUtf8(line.beyond_ascii)) return false;
    begin_ += line.size;
    ++lines_;
    if (line.text.empty()) continue;
    row_ = {.line = lines_, .cells = line.cells, .text = line.text};
    return true;
  }
  return false;
}

absl::StatusOr<bool> CsvReader::NextAny() {
  bool open = false;  // a row has begun and is not done
  text_.clear();
  parser_->Clear();
  while (true) {
    absl::StatusOr<bool> line = ReadLine();
    if (!line.ok()) return line.status();
    if (!*line) {
      if (!open) return false;
      absl::Status status = Checked(FinishLast());
      if (!status.ok()) return status;
      return true;
    }
    if (!open) BeginRow();
    absl::Status status = Feed(current_);
    const bool last = !current_.ends_with('\n');
    if (status.ok() && last && begin_ == end_) status = FinishLast();
    if (open || (status.ok() && !parser_->done)) text_.append(current_);
    if (!status.ok() || parser_->done) {
      status = Checked(std::move(status));
      if (!status.ok()) return status;
      return true;
    }
    open = text_.find_first_not_of("\r\n") != std::string::npos;
    if (!open) text_.clear();
    if (text_.size() > limits_.row_bytes) {
      return MakeError(absl::StatusCode::kOutOfRange,
                       Cat("a row is longer than ", limits_.row_bytes >> 20U,
                           " MiB: a quote is never closed, or this is no table"),
                       {.reason = Reason::kInvalidField,
                        .field = {},
                        .row = {},
                        .metadata = {{"line", Cat(row_.line)}, {"column", "1"}}});
    }
  }
}

char DelimiterOf(std::string_view path) {
  const std::string name = ToLower(path);
  std::string_view stem = name;
  for (const std::string_view packed : {".gz", ".zst"}) {
    if (stem.ends_with(packed)) stem.remove_suffix(packed.size());
  }
  return stem.ends_with(".tsv") || stem.ends_with(".tab") ? '\t' : ',';
}

}  // namespace lianjie::cli
