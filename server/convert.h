// Between the API's messages and the values of the engine and the store. One function a type and
// direction; nothing here decides anything but whether a message can be a value: unknown enum
// numbers and impossible dates are INVALID_FIELD naming the field.
#ifndef LIANJIE_SERVER_CONVERT_H_
#define LIANJIE_SERVER_CONVERT_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "engine/core/date.h"
#include "engine/core/records.h"
#include "engine/graph/analysis.h"
#include "lianjie/v1/frame.pb.h"
#include "lianjie/v1/graph.pb.h"
#include "storage/store.h"

namespace lianjie::server {

absl::StatusOr<NodeRecord> FromProto(const v1::Node& node);
absl::StatusOr<LinkRecord> FromProto(const v1::Link& link);
absl::StatusOr<RegionRecord> FromProto(const v1::Region& region);
absl::StatusOr<LineRecord> FromProto(const v1::Line& line);
// Unset fields of a google.type.Date are not allowed: the API knows whole days only.
absl::StatusOr<Date> FromProto(const google::type::Date& date, std::string_view field);

// Into a message that is clear.
void ToProto(const NodeRecord& node, v1::Node& out);
void ToProto(const LinkRecord& link, v1::Link& out);
void ToProto(const RegionRecord& region, v1::Region& out);
void ToProto(const LineRecord& line, v1::Line& out);
v1::Node ToProto(const NodeRecord& node);
v1::Link ToProto(const LinkRecord& link);
v1::Region ToProto(const RegionRecord& region);
v1::Line ToProto(const LineRecord& line);
v1::Graph ToProto(const storage::GraphInfo& graph);
google::type::Date ToProto(Date date);
v1::Ledger ToProto(const Ledger& ledger);
v1::NamedValue ToProto(const std::string& name, const SummaryValue& value);
v1::ColumnInfo ColumnInfoOf(const Column& column);

// Rows [first, first + count) of a table, indices turned into the users' ids through `snapshot`.
v1::TableBatch MakeBatch(const Table& table, const Snapshot& snapshot, std::size_t first,
                         std::size_t count);
// About how many bytes one row takes in a batch: to cut batches of about 1 MiB.
std::size_t RowBytes(const Table& table, const Snapshot& snapshot, std::size_t row);

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_CONVERT_H_
