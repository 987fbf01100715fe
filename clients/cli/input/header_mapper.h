// Files with our own column names, or with neo4j-admin's. Plain headers are the names of the
// fields, and prop:NAME for free properties. The convention of neo4j-admin's import: NAME:TYPE for
// properties; :ID and NAME:ID for the node's id; :START_ID and :END_ID for a link's ends; :LABEL
// and :TYPE; :IGNORE. A space of ids, as :ID(Person), goes in front of its ids ("Person/7"), so
// that spaces cannot collide. A label that is a kind's name becomes the kind, a type that is a
// mechanism's the mechanism; others stay, as labels and as prop:type. NAME that is a field's name
// is that field, any other without a type is a property.
// https://neo4j.com/docs/operations-manual/current/import/
#ifndef LIANJIE_CLIENTS_CLI_INPUT_HEADER_MAPPER_H_
#define LIANJIE_CLIENTS_CLI_INPUT_HEADER_MAPPER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "clients/cli/input/row_mapper.h"

namespace lianjie::cli {

// Reads a header. Errors, each with its column: a name that is no column (with the nearest that
// is), one that comes twice, a required one that is missing.
absl::StatusOr<std::unique_ptr<RowMapper>> MakeHeaderMapper(RecordKind kind, const CsvRow& header);

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_INPUT_HEADER_MAPPER_H_
