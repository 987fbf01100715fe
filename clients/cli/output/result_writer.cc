#include "clients/cli/output/result_writer.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "clients/cli/output/cells.h"
#include "clients/cli/output/json_text.h"
#include "clients/cli/output/text_table.h"
#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie::cli {
namespace {

// The message of the analysis that is set, and the field's name: the analysis' name.
std::pair<std::string, const google::protobuf::Message*> Options(const v1::Analysis& analysis) {
  std::vector<const google::protobuf::FieldDescriptor*> set;
  const google::protobuf::Reflection& reflection = *analysis.GetReflection();
  reflection.ListFields(analysis, &set);
  if (set.empty()) return {"", nullptr};
  return {set.front()->name(), &reflection.GetMessage(analysis, set.front())};
}

// Why there are not all rows, with the flag that changes it.
std::string Truncation(const v1::RunHeader& header) {
  return header.truncation_reason() == v1::TRUNCATION_REASON_MAX_ROWS
             ? "there are more rows: --limit N gives N of them, --limit 0 all"
             : header.truncation_message();
}

class JsonResultWriter final : public ResultWriter {
 public:
  explicit JsonResultWriter(TextSink sink) : json_(std::move(sink)) {}

  absl::Status Begin(const v1::RunHeader& header) override {
    header_ = header;
    json_.StartObject();
    const auto [name, options] = Options(header.analysis());
    json_.Key("analysis");
    json_.String(name);
    json_.Key("revision");
    json_.Int(header.revision());
    json_.Key("options");
    if (options != nullptr) {
      json_.Message(*options);
    } else {
      json_.Null();
    }
    json_.Key("summary");
    json_.StartObject();
    for (const v1::NamedValue& value : header.summary()) Summary(value);
    json_.EndObject();
    json_.Key("columns");
    json_.StartArray();
    for (const v1::ColumnInfo& column : header.columns()) json_.String(column.name());
    json_.EndArray();
    json_.Key("rows");
    json_.StartArray();
    return json_.Pass();
  }

  absl::Status Batch(const v1::TableBatch& batch) override {
    for (int row = 0; row < batch.row_count(); ++row) {
      json_.StartArray();
      for (int i = 0; i < batch.columns_size(); ++i)
        Cell(header_.columns(i).type(), batch.columns(i), row);
      json_.EndArray();
      LIANJIE_RETURN_IF_ERROR(json_.Pass());
    }
    return absl::OkStatus();
  }

  absl::Status End() override {
    json_.EndArray();
    json_.Key("truncated");
    json_.Bool(header_.truncated());
    if (header_.truncated() && !header_.truncation_message().empty()) {
      json_.Key("truncation_message");
      json_.String(header_.truncation_message());
    }
    json_.Key("graph");
    json_.String(header_.graph());
    if (header_.has_as_of()) {
      json_.Key("as_of");
      json_.String(DateText(header_.as_of()));
    } else if (header_.has_period()) {
      json_.Key("period");
      json_.StartArray();
      json_.String(DateText(header_.period().start()));
      json_.String(DateText(header_.period().end()));
      json_.EndArray();
    }
    if (header_.has_ledger()) {
      json_.Key("ledger");
      json_.Message(header_.ledger());
    }
    json_.Key("warnings");
    json_.StartArray();
    for (const std::string& warning : header_.warnings()) json_.String(warning);
    json_.EndArray();
    json_.EndObject();
    return json_.Finish();
  }

 private:
  void Summary(const v1::NamedValue& value) {
    json_.Key(value.name());
    switch (value.value_case()) {
      case v1::NamedValue::kStringValue:
        return json_.String(value.string_value());
      case v1::NamedValue::kDoubleValue:
        return json_.Double(value.double_value());
      case v1::NamedValue::kInt64Value:
        return json_.Int(value.int64_value());
      case v1::NamedValue::kBoolValue:
        return json_.Bool(value.bool_value());
      default:
        return json_.Null();
    }
  }

  void Cell(v1::ColumnType type, const v1::Column& column, int row) {
    if (IsNull(column, row)) return json_.Null();
    switch (type) {
      case v1::COLUMN_TYPE_STRING:
        return json_.String(column.strings(row));
      case v1::COLUMN_TYPE_DOUBLE:
        return json_.Double(column.doubles(row));
      case v1::COLUMN_TYPE_INT64:
        return json_.Int(column.int64s(row));
      case v1::COLUMN_TYPE_BOOL:
        return json_.Bool(column.bools(row));
      default:
        return json_.Null();
    }
  }

  JsonText json_;
  v1::RunHeader header_;
};

class CsvResultWriter final : public ResultWriter {
 public:
  CsvResultWriter(TextSink sink, TextSink notes)
      : csv_(std::move(sink)), notes_(std::move(notes)) {}

  absl::Status Begin(const v1::RunHeader& header) override {
    for (const std::string& warning : header.warnings()) text_ += Cat("warning: ", warning, "\n");
    if (header.truncated()) text_ += Cat("warning: ", Truncation(header), "\n");
    for (const v1::ColumnInfo& column : header.columns()) {
      types_.push_back(column.type());
      csv_.Cell(column.name());
    }
    return csv_.EndRow();
  }

  absl::Status Batch(const v1::TableBatch& batch) override {
    for (int row = 0; row < batch.row_count(); ++row) {
      for (int i = 0; i < batch.columns_size(); ++i) {
        csv_.Cell(CellText(types_[static_cast<std::size_t>(i)], batch.columns(i), row));
      }
      LIANJIE_RETURN_IF_ERROR(csv_.EndRow());
    }
    return absl::OkStatus();
  }

  absl::Status End() override {
    LIANJIE_RETURN_IF_ERROR(csv_.Finish());
    return text_.empty() ? absl::OkStatus() : notes_(text_);
  }

 private:
  CsvWriter csv_;
  TextSink notes_;
  std::string text_;
  std::vector<v1::ColumnType> types_;
};

class TableResultWriter final : public ResultWriter {
 public:
  explicit TableResultWriter(TextSink sink) : sink_(std::move(sink)) {}

  absl::Status Begin(const v1::RunHeader& header) override {
    header_ = header;
    std::string text = Options(header.analysis()).first;
    if (header.has_as_of()) text += Cat(" as of ", DateText(header.as_of()));
    if (header.has_period()) {
      text += Cat(" in ", DateText(header.period().start()), "..", DateText(header.period().end()));
    }
    text += Cat(", revision ", header.revision(), "\n");
    TextTable summary("  ");
    summary.AddColumn("");
    summary.AddColumn("", Align::kRight);
    for (const v1::NamedValue& value : header.summary())
      summary.AddRow({value.name(), ValueForPeople(value)});
    text += summary.ToString();
    if (header.has_ledger()) text += LedgerLine(header.ledger());
    for (const std::string& warning : header.warnings()) text += Cat("  note: ", warning, "\n");
    return sink_(text);
  }

  absl::Status Batch(const v1::TableBatch& batch) override {
    for (int row = 0; row < batch.row_count(); ++row) {
      std::vector<std::string> cells;
      cells.reserve(static_cast<std::size_t>(batch.columns_size()));
      for (int i = 0; i < batch.columns_size(); ++i) {
        cells.push_back(CellForPeople(header_.columns(i), batch.columns(i), row));
      }
      rows_.push_back(std::move(cells));
    }
    return absl::OkStatus();
  }

  absl::Status End() override {
    std::string text = rows_.empty() ? "\nno rows\n" : "\n" + Rows();
    if (header_.truncated()) text += Cat("... ", Truncation(header_), "\n");
    return sink_(text);
  }

 private:
  // The rows, without the numbers that say nothing in any of them: a wide table is read by nobody.
  std::string Rows() const {
    TextTable table;
    std::vector<std::size_t> shown;
    std::string noughts;
    for (std::size_t i = 0; i < static_cast<std::size_t>(header_.columns_size()); ++i) {
      const v1::ColumnInfo& column = header_.columns(static_cast<int>(i));
      const bool number =
          column.type() == v1::COLUMN_TYPE_DOUBLE || column.type() == v1::COLUMN_TYPE_INT64;
      const auto is_nought = [i](const std::vector<std::string>& cells) {
        return cells[i] == "0" || cells[i] == "0.00" || cells[i] == "-";
      };
      if (number && header_.columns_size() > kManyColumns &&
          std::ranges::all_of(rows_, is_nought)) {
        noughts += Cat(noughts.empty() ? "" : ", ", column.name());
        continue;
      }
      shown.push_back(i);
      table.AddColumn(column.name(), number ? Align::kRight : Align::kLeft);
    }
    for (const std::vector<std::string>& cells : rows_) {
      std::vector<std::string> line;
      line.reserve(shown.size());
      for (const std::size_t i : shown) line.push_back(cells[i]);
      table.AddRow(std::move(line));
    }
    std::string text = table.ToString();
    if (!noughts.empty()) text += Cat("0 or nothing in all of these rows: ", noughts, "\n");
    return text;
  }

  static std::string LedgerLine(const v1::Ledger& ledger) {
    std::string text = Cat("  ledger: injected ", MoneyForPeople(ledger.injected_yuan()),
                           " = households ", MoneyForPeople(ledger.households_yuan()),
                           " + retained ", MoneyForPeople(ledger.retained_yuan()), " + leaked ",
                           MoneyForPeople(ledger.leaked_yuan()), " + residual ",
                           MoneyForPeople(ledger.residual_yuan()), "\n");
    if (ledger.unexplained_injection_yuan() != 0 || ledger.from_outside_yuan() != 0) {
      text += Cat("  of the injected: from outside ", MoneyForPeople(ledger.from_outside_yuan()),
                  ", unexplained ", MoneyForPeople(ledger.unexplained_injection_yuan()), "\n");
    }
    return text;
  }

  static constexpr int kManyColumns = 6;

  TextSink sink_;
  v1::RunHeader header_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace

std::unique_ptr<ResultWriter> MakeJsonResultWriter(TextSink sink) {
  return std::make_unique<JsonResultWriter>(std::move(sink));
}
std::unique_ptr<ResultWriter> MakeCsvResultWriter(TextSink sink, TextSink notes) {
  return std::make_unique<CsvResultWriter>(std::move(sink), std::move(notes));
}
std::unique_ptr<ResultWriter> MakeTableResultWriter(TextSink sink) {
  return std::make_unique<TableResultWriter>(std::move(sink));
}

std::unique_ptr<ResultWriter> MakeResultWriter(Format format, TextSink sink, TextSink notes) {
  switch (format) {
    case Format::kJson:
      return MakeJsonResultWriter(std::move(sink));
    case Format::kCsv:
      return MakeCsvResultWriter(std::move(sink), std::move(notes));
    case Format::kTable:
      break;
  }
  return MakeTableResultWriter(std::move(sink));
}

}  // namespace lianjie::cli
