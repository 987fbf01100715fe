// The date of a read of nodes and links: what must be valid, or in force, on it.
#ifndef LIANJIE_SERVER_AS_OF_H_
#define LIANJIE_SERVER_AS_OF_H_

#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "engine/core/date.h"
#include "engine/core/records.h"
#include "server/convert.h"
#include "storage/store.h"

namespace lianjie::server {

// The date that a request gives, if any. INVALID_FIELD.
template <typename Request> absl::StatusOr<std::optional<Date>> ReadAsOf(const Request& request) {
  if (!request.has_as_of()) return std::optional<Date>();
  const absl::StatusOr<Date> date = FromProto(request.as_of(), "as_of");
  if (!date.ok()) return date.status();
  return std::optional<Date>(*date);
}

// Without a date everything passes. One thread; the reader outlives it.
class ValidOn {
 public:
  ValidOn(const storage::Reader& reader, std::optional<Date> date) : reader_(reader), date_(date) {}

  bool Passes(const NodeRecord& node) const { return !date_ || node.valid.Contains(*date_); }
  // As View::LinkActive: ACTIVE, within its dates, both ends valid. Two look-ups at most, and none
  // for ends that were met before.
  absl::StatusOr<bool> Passes(const LinkRecord& link);

 private:
  absl::StatusOr<bool> EndPasses(const std::string& node);

  const storage::Reader& reader_;
  const std::optional<Date> date_;
  absl::flat_hash_map<std::string, bool> ends_;
};

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_AS_OF_H_
