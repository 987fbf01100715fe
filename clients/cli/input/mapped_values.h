// Values of a mapping bound to a header: columns by position instead of name.
#ifndef LIANJIE_CLIENTS_CLI_INPUT_MAPPED_VALUES_H_
#define LIANJIE_CLIENTS_CLI_INPUT_MAPPED_VALUES_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "clients/cli/input/csv_reader.h"
#include "clients/cli/input/mapping.h"

namespace lianjie::cli {

// Positions of a header's columns. Built from a header without doubles.
class HeaderIndex {
 public:
  explicit HeaderIndex(const CsvRow& header);
  std::size_t size() const { return size_; }
  // Its position from 0, or an error with the nearest name, placed in the header.
  absl::StatusOr<std::size_t> Find(const std::string& column) const;

 private:
  std::map<std::string, std::size_t, std::less<>> columns_;
  std::size_t size_;
  std::int64_t line_;
};

// Whether a row counts.
class BoundConditions {
 public:
  static absl::StatusOr<BoundConditions> Bind(const std::vector<MappingCondition>& conditions,
                                              const HeaderIndex& header);
  bool Hold(const CsvRow& row) const;

 private:
  struct One {
    std::size_t column;
    const MappingCondition* condition;
  };
  std::vector<One> all_;
};

// A field's value from a row.
class BoundField {
 public:
  static absl::StatusOr<BoundField> Bind(const MappingField& field, const HeaderIndex& header);

  const std::string& name() const { return field_->field; }
  // Empty where nothing gives a value. The error is CellError's.
  absl::StatusOr<std::string> Value(const CsvRow& row) const;
  // From 1; of the first alternative that reads a column, else 1.
  std::int64_t column() const;

 private:
  struct Alternative {
    const MappingValue* value;
    std::vector<std::size_t> columns;
    BoundConditions when;
  };
  absl::StatusOr<std::string> ValueOf(const Alternative& alternative, const CsvRow& row) const;

  const MappingField* field_ = nullptr;
  std::vector<Alternative> alternatives_;
};

// Binds all, or the first error.
absl::StatusOr<std::vector<BoundField>> BindFields(const std::vector<MappingField>& fields,
                                                   const HeaderIndex& header);

// Sets the fields of a record, free properties (prop:NAME) too. The error is CellError's.
absl::Status SetFields(const std::vector<BoundField>& fields, const CsvRow& row, AnyRecord& record);
absl::Status SetField(std::string_view field, std::string_view text, AnyRecord& record);

// An empty record of a kind.
AnyRecord MakeRecord(RecordKind kind);

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_INPUT_MAPPED_VALUES_H_
