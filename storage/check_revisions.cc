// A graph's revisions against its change feed and its request ids.
#include <cstdint>
#include <memory>
#include <string>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "storage/check_graph.h"

namespace lianjie::storage {
namespace {

// Counts the changes of revisions that are asked for in ascending order.
class ChangeCounter {
 public:
  ChangeCounter(const KeyValueReader& kv, GraphNumber graph) {
    const std::string prefix = TagPrefix(graph, Tag::kChange);
    changes_ = kv.NewIterator(prefix, AfterPrefix(prefix), true);
  }
  std::uint64_t Count(std::int64_t revision) {
    std::uint64_t count = 0;
    for (; changes_->Valid(); changes_->Next()) {
      const auto name = ParseChangeKey(changes_->key());
      if (name.has_value() && name->revision > revision) break;
      if (name.has_value() && name->revision == revision) ++count;
    }
    return count;
  }
  absl::Status status() const { return changes_->status(); }

 private:
  std::unique_ptr<KeyValueIterator> changes_;
};

}  // namespace

absl::Status GraphCheck::CheckRevisions() {
  const GraphInfo& info = meta_.info;
  if (info.changes_after > info.oldest_revision || info.oldest_revision > info.revision) {
    Fault(Cat("its change feed is whole after revision ", info.changes_after,
              ", its oldest revision is ", info.oldest_revision, " and its newest ", info.revision,
              ", which is out of order"));
  }
  ChangeCounter changes(kv_, graph_);
  std::int64_t next = info.changes_after + 1;
  bool has_oldest = info.oldest_revision > info.changes_after;
  LIANJIE_RETURN_IF_ERROR(
      Walk(Tag::kRevision, [&](std::string_view key, std::string_view value) -> absl::Status {
        const auto revision = ParseRevisionKey(key);
        if (!revision.has_value()) {
          Fault("the key of a revision cannot be read");
          return absl::OkStatus();
        }
        if (*revision == info.oldest_revision) has_oldest = true;
        if (*revision <= info.changes_after) return absl::OkStatus();
        if (*revision > info.revision) {
          Fault(Cat("revision ", *revision, " is there, but the newest is ", info.revision));
          return absl::OkStatus();
        }
        if (*revision != next) {
          Fault(Cat("the change feed has a gap: revision ", next, " to ", *revision - 1,
                    " are missing"));
        }
        next = *revision + 1;
        return CheckRevision(*revision, value, changes.Count(*revision));
      }));
  LIANJIE_RETURN_IF_ERROR(changes.status());
  if (next <= info.revision) {
    Fault(Cat("the change feed has a gap: revision ", next, " to ", info.revision, " are missing"));
  }
  if (!has_oldest) Fault(Cat("revision ", info.oldest_revision, ", the oldest, is missing"));
  return absl::OkStatus();
}

absl::Status GraphCheck::CheckRevision(std::int64_t revision, std::string_view value,
                                       std::uint64_t change_count) {
  const auto record = DecodeRevision(value);
  if (!record.ok()) {
    Fault(Cat("revision ", revision, " cannot be read"));
    return absl::OkStatus();
  }
  if (record->change_count != change_count) {
    Fault(Cat("revision ", revision, " is said to have ", record->change_count,
              " changes, and has ", change_count));
  }
  if (record->request_id.empty()) return absl::OkStatus();
  LIANJIE_ASSIGN_OR_RETURN(const auto stored, kv_.Get(RequestKey(graph_, record->request_id)));
  const auto request = stored.has_value() ? DecodeRequest(*stored) : Corrupt("none");
  if (!request.ok() || request->revision != revision) {
    Fault(Cat("revision ", revision, " came with request id '", record->request_id,
              "', which is not kept with it"));
  }
  return absl::OkStatus();
}

}  // namespace lianjie::storage
