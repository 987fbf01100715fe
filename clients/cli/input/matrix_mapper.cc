#include "clients/cli/input/matrix_mapper.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie::cli {
namespace {

// A running sum that loses nothing that matters: a table's own totals are held to 1e-9 of them.
class Sum {
 public:
  void Add(double value) {
    const double next = sum_ + value;
    rest_ += std::abs(sum_) >= std::abs(value) ? (sum_ - next) + value : (value - next) + sum_;
    sum_ = next;
  }
  double total() const { return sum_ + rest_; }

 private:
  double sum_ = 0;
  double rest_ = 0;
};

class MatrixMapper final : public RowMapper {
 public:
  MatrixMapper(const MappingMatrix& matrix, const CsvRow& header)
      : matrix_(matrix), header_cells_(header.cells.size()) {
    for (const std::string_view cell : header.cells) header_.emplace_back(Trim(cell));
  }

  absl::Status Bind(const HeaderIndex& index) {
    LIANJIE_ASSIGN_OR_RETURN(label_, index.Find(matrix_.label));
    LIANJIE_ASSIGN_OR_RETURN(first_, index.Find(matrix_.first_column));
    LIANJIE_ASSIGN_OR_RETURN(last_, index.Find(matrix_.last_column));
    if (last_ < first_)
      return CellError(matrix_.last_column, "last_column lies before first_column", 1,
                       static_cast<std::int64_t>(last_) + 1);
    LIANJIE_ASSIGN_OR_RETURN(rows_, BoundConditions::Bind(matrix_.rows, index));
    LIANJIE_ASSIGN_OR_RETURN(node_fields_, BindFields(matrix_.node, index));
    LIANJIE_ASSIGN_OR_RETURN(link_fields_, BindFields(matrix_.link, index));
    for (const MatrixSum& sum : matrix_.sums) {
      BoundSum bound{
          .sum = &sum, .columns = {}, .rows = {}, .divide_by = {}, .totals = {}, .divisors = {}};
      for (const std::string& column : sum.columns) {
        LIANJIE_ASSIGN_OR_RETURN(const std::size_t position, index.Find(column));
        bound.columns.push_back(position);
      }
      LIANJIE_ASSIGN_OR_RETURN(bound.rows, BoundConditions::Bind(sum.rows, index));
      LIANJIE_ASSIGN_OR_RETURN(bound.divide_by, BoundConditions::Bind(sum.divide_by, index));
      bound.totals.resize(last_ - first_ + 1);
      bound.divisors.resize(last_ - first_ + 1);
      sums_.push_back(std::move(bound));
    }
    return absl::OkStatus();
  }

  absl::Status Map(const CsvRow& row, MappedRecords& out) override {
    LIANJIE_RETURN_IF_ERROR(CheckCellCount(row, header_cells_));
    for (BoundSum& sum : sums_) {
      if (sum.columns.empty() && sum.rows.Hold(row))
        LIANJIE_RETURN_IF_ERROR(AddCells(row, sum.totals));
      if (!sum.sum->divide_by.empty() && sum.divide_by.Hold(row))
        LIANJIE_RETURN_IF_ERROR(AddCells(row, sum.divisors));
    }
    if (!rows_.Hold(row)) return absl::OkStatus();
    return MapSector(row, out);
  }

  // The nodes, now that all sums are known.
  absl::Status Finish(MappedRecords& out) override {
    for (std::size_t i = first_; i <= last_; ++i) {
      const auto sector = sectors_.find(header_[i]);
      if (sector == sectors_.end()) {
        return CellError(header_[i],
                         Cat("the column ", header_[i], " has no row of its own among the sectors"),
                         1, static_cast<std::int64_t>(i) + 1);
      }
      Sector& node = sector->second;
      for (const BoundSum& sum : sums_) {
        if (!sum.columns.empty()) continue;
        double value = sum.totals[i - first_].total() * sum.sum->scale;
        if (!sum.sum->divide_by.empty()) {
          const double divisor = sum.divisors[i - first_].total();
          value = divisor == 0 ? 0 : value / divisor;
        }
        LIANJIE_RETURN_IF_ERROR(Set(sum.sum->field, value, node.line, node.record));
      }
    }
    for (auto& [label, node] : sectors_) out.push_back({std::move(node.record), node.line});
    return absl::OkStatus();
  }

  std::int64_t ColumnOf(RecordKind kind, std::string_view field) const override {
    for (const BoundField& one : kind == RecordKind::kNode ? node_fields_ : link_fields_) {
      if (one.name() == field) return one.column();
    }
    return static_cast<std::int64_t>(label_) + 1;
  }

 private:
  struct BoundSum {
    const MatrixSum* sum;
    std::vector<std::size_t> columns;
    BoundConditions rows;
    BoundConditions divide_by;
    std::vector<Sum> totals;
    std::vector<Sum> divisors;
  };
  struct Sector {
    AnyRecord record;
    std::int64_t line;
  };

  static absl::Status Set(const std::string& field, double value, std::int64_t line,
                          AnyRecord& record) {
    const absl::Status status = SetField(field, FormatDouble(value), record);
    return status.ok() ? status : CellError(field, FromAbsl(status.message()), line, 1);
  }

  // An empty cell is none: 0.
  static absl::StatusOr<double> Number(const CsvRow& row, std::size_t column) {
    const std::string_view cell = row.cells[column];
    if (cell.empty()) return 0.0;
    const std::optional<double> value = ParseDouble(cell);
    if (value) return *value;
    return CellError({}, Cat("'", cell.substr(0, 60), "' is not a finite decimal number"), row.line,
                     static_cast<std::int64_t>(column) + 1);
  }

  absl::Status AddCells(const CsvRow& row, std::vector<Sum>& totals) const {
    for (std::size_t i = first_; i <= last_; ++i) {
      LIANJIE_ASSIGN_OR_RETURN(const double value, Number(row, i));
      totals[i - first_].Add(value);
    }
    return absl::OkStatus();
  }

  absl::Status MapSector(const CsvRow& row, MappedRecords& out) {
    const std::string label(row.cells[label_]);
    const auto label_column = static_cast<std::int64_t>(label_) + 1;
    if (sectors_.contains(label))
      return CellError(matrix_.label, Cat("the sector ", label, " has two rows"), row.line,
                       label_column);
    Sector sector{.record = NodeRecord(), .line = row.line};
    LIANJIE_RETURN_IF_ERROR(SetFields(node_fields_, row, sector.record));
    std::get<NodeRecord>(sector.record).id = matrix_.prefix + label;
    for (const BoundSum& sum : sums_) {
      if (sum.columns.empty()) continue;
      Sum total;
      for (const std::size_t column : sum.columns) {
        LIANJIE_ASSIGN_OR_RETURN(const double value, Number(row, column));
        total.Add(value);
      }
      LIANJIE_RETURN_IF_ERROR(
          Set(sum.sum->field, total.total() * sum.sum->scale, row.line, sector.record));
    }
    std::vector<MappedRecord> links;
    for (std::size_t i = first_; i <= last_; ++i) {
      LIANJIE_ASSIGN_OR_RETURN(const double value, Number(row, i));
      if (value == 0) continue;
      AnyRecord record = LinkRecord();
      LIANJIE_RETURN_IF_ERROR(SetFields(link_fields_, row, record));
      auto& link = std::get<LinkRecord>(record);
      link.source = matrix_.prefix + (matrix_.column_pays ? header_[i] : label);
      link.target = matrix_.prefix + (matrix_.column_pays ? label : header_[i]);
      const absl::Status status =
          SetField(matrix_.amount, FormatDouble(value * matrix_.scale), record);
      if (!status.ok())
        return CellError(matrix_.amount, FromAbsl(status.message()), row.line,
                         static_cast<std::int64_t>(i) + 1);
      links.push_back({std::move(record), row.line});
    }
    sectors_.emplace(label, std::move(sector));
    std::ranges::move(links, std::back_inserter(out));
    return absl::OkStatus();
  }

  const MappingMatrix& matrix_;
  const std::size_t header_cells_;
  std::vector<std::string> header_;
  std::size_t label_ = 0;
  std::size_t first_ = 0;
  std::size_t last_ = 0;
  BoundConditions rows_;
  std::vector<BoundField> node_fields_;
  std::vector<BoundField> link_fields_;
  std::vector<BoundSum> sums_;
  std::map<std::string, Sector> sectors_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RowMapper>> MakeMatrixMapper(const MappingMatrix& matrix,
                                                            const CsvRow& header,
                                                            const HeaderIndex& index) {
  auto mapper = std::make_unique<MatrixMapper>(matrix, header);
  LIANJIE_RETURN_IF_ERROR(mapper->Bind(index));
  return mapper;
}

}  // namespace lianjie::cli
