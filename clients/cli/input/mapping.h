// The mapping file: how to read somebody else's columns as our records. It is TOML, described for
// its users in clients/cli/mappings/README.md. Parsed once; a file's mapper is made from it when
// the file's header is known.
#ifndef LIANJIE_CLIENTS_CLI_INPUT_MAPPING_H_
#define LIANJIE_CLIENTS_CLI_INPUT_MAPPING_H_

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "clients/cli/input/row_mapper.h"

namespace lianjie::cli {

// Whether a row counts: the cell of `column` is in (or not in) a list.
struct MappingCondition {
  std::string column;
  std::vector<std::string> values;
  bool negated = false;
};

// One way to make a value from a row. Alternatives are tried in order; the first whose condition
// holds and whose value is not empty is taken.
struct MappingValue {
  std::vector<std::string> columns;  // joined; none: the constant
  std::string constant;
  std::string separator;
  std::string prefix;                         // put in front of a value that is not empty
  std::size_t drop_last = 0;                  // characters taken off the end
  std::string list;                           // the separator of their lists, which becomes ';'
  std::map<std::string, std::string> values;  // theirs -> ours
  std::optional<std::string> otherwise;  // for a value that is not in `values`; unset: an error
  bool keep = false;                     // it stays as it is
  std::optional<double> scale;
  std::vector<MappingCondition> when;
};

struct MappingField {
  std::string field;
  std::vector<MappingValue> alternatives;
};

// One kind of record that a row gives.
struct MappingRecord {
  RecordKind kind = RecordKind::kNode;
  enum class Distinct { kNo, kYes, kPair } distinct = Distinct::kNo;
  std::vector<MappingCondition> where;
  std::vector<MappingField> fields;
};

// A number for each sector: the sum of its row's cells in some columns, or of its column's cells in
// some rows, perhaps divided by another such sum.
struct MatrixSum {
  std::string field;
  std::vector<std::string> columns;
  std::vector<MappingCondition> rows;
  std::vector<MappingCondition> divide_by;
  double scale = 1;
};

// Tables whose rows and columns are both sectors.
struct MappingMatrix {
  std::string label;  // the column that holds a row's label
  std::string first_column;
  std::string last_column;
  std::vector<MappingCondition> rows;  // which rows are sectors
  bool column_pays = true;             // the column's sector pays the row's
  std::string amount = "paid_yuan";
  double scale = 1;
  std::string prefix;
  std::vector<MappingField> node;
  std::vector<MappingField> link;
  std::vector<MatrixSum> sums;
};

struct MappingInput {
  std::string file;  // a pattern for the file's name, with * and ?
  char delimiter = 0;
  std::vector<MappingRecord> records;
  std::optional<MappingMatrix> matrix;
};

class Mapping {
 public:
  // Errors: UsageError naming the file, the line and what is wrong.
  static absl::StatusOr<Mapping> Load(const std::string& path);
  static absl::StatusOr<Mapping> Parse(std::string_view toml, const std::string& path);

  // The first input whose pattern fits the file's name; nullptr when none does.
  const MappingInput* Find(std::string_view path) const;

  std::vector<MappingInput> inputs;
};

// The delimiter that the mapping gives for the file, or 0.
char MappedDelimiter(const Mapping& mapping, std::string_view path);

// Keys of the distinct records of one load so far, whichever file they came from.
using SeenKeys = std::set<std::string, std::less<>>;

// The mapper of a file, or nullptr when the mapping does not speak of it. It refers to the
// mapping's input and to `seen`. Errors: a column that the header does not have, with its place.
absl::StatusOr<std::unique_ptr<RowMapper>> MakeMappedRows(const Mapping& mapping,
                                                          std::string_view path,
                                                          const CsvRow& header, SeenKeys& seen);

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_INPUT_MAPPING_H_
