// Mappers made from a mapping file: rows to records, and matrices to nodes and links.
#include <algorithm>
#include <optional>
#include <utility>

#include "clients/cli/input/mapped_values.h"
#include "clients/cli/input/mapping.h"
#include "clients/cli/input/matrix_mapper.h"
#include "engine/core/enums.h"
#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie::cli {
namespace {

// What makes a record distinct: its id, its code, a link's ends and mechanism; for a pair whichever
// way it runs.
std::string KeyOf(const AnyRecord& record, MappingRecord::Distinct distinct) {
  struct Visitor {
    bool pair;
    std::string operator()(const NodeRecord& node) const { return Cat("n\n", node.id); }
    std::string operator()(const RegionRecord& region) const { return Cat("r\n", region.code); }
    std::string operator()(const LineRecord& line) const {
      return Cat("l\n", line.year, "\n", line.region);
    }
    std::string operator()(const LinkRecord& link) const {
      std::string_view first = link.source;
      std::string_view second = link.target;
      if (pair && second < first) std::swap(first, second);
      return Cat("k\n", EnumName(link.mechanism), "\n", first, "\n", second);
    }
  };
  return std::visit(Visitor{distinct == MappingRecord::Distinct::kPair}, record);
}

class MappedRows final : public RowMapper {
 public:
  MappedRows(const MappingInput& input, std::size_t header_cells, SeenKeys& seen)
      : input_(input), header_cells_(header_cells), seen_(seen) {}

  absl::Status Bind(const HeaderIndex& header) {
    for (const MappingRecord& record : input_.records) {
      Bound bound{.record = &record, .where = {}, .fields = {}};
      LIANJIE_ASSIGN_OR_RETURN(bound.where, BoundConditions::Bind(record.where, header));
      LIANJIE_ASSIGN_OR_RETURN(bound.fields, BindFields(record.fields, header));
      records_.push_back(std::move(bound));
    }
    return absl::OkStatus();
  }

  absl::Status Map(const CsvRow& row, MappedRecords& out) override {
    LIANJIE_RETURN_IF_ERROR(CheckCellCount(row, header_cells_));
    std::vector<MappedRecord> made;
    std::vector<std::string> keys;
    for (const Bound& bound : records_) {
      if (!bound.where.Hold(row)) continue;
      AnyRecord record = MakeRecord(bound.record->kind);
      LIANJIE_RETURN_IF_ERROR(SetFields(bound.fields, row, record));
      if (bound.record->distinct != MappingRecord::Distinct::kNo) {
        std::string key = KeyOf(record, bound.record->distinct);
        if (seen_.contains(key) || std::ranges::find(keys, key) != keys.end()) continue;
        keys.push_back(std::move(key));
      }
      made.push_back({std::move(record), row.line});
    }
    for (std::string& key : keys) seen_.insert(std::move(key));
    std::ranges::move(made, std::back_inserter(out));
    return absl::OkStatus();
  }

  std::int64_t ColumnOf(RecordKind kind, std::string_view field) const override {
    for (const Bound& bound : records_) {
      if (bound.record->kind != kind) continue;
      for (const BoundField& one : bound.fields) {
        if (one.name() == field) return one.column();
      }
    }
    return 1;
  }

 private:
  struct Bound {
    const MappingRecord* record;
    BoundConditions where;
    std::vector<BoundField> fields;
  };

  const MappingInput& input_;
  const std::size_t header_cells_;
  SeenKeys& seen_;
  std::vector<Bound> records_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RowMapper>> MakeMappedRows(const Mapping& mapping,
                                                          std::string_view path,
                                                          const CsvRow& header, SeenKeys& seen) {
  const MappingInput* input = mapping.Find(path);
  if (input == nullptr) return nullptr;
  LIANJIE_RETURN_IF_ERROR(CheckHeader(header));
  const HeaderIndex index(header);
  if (input->matrix) return MakeMatrixMapper(*input->matrix, header, index);
  auto rows = std::make_unique<MappedRows>(*input, header.cells.size(), seen);
  LIANJIE_RETURN_IF_ERROR(rows->Bind(index));
  return rows;
}

}  // namespace lianjie::cli
