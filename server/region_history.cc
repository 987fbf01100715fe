#include "server/region_history.h"

#include <algorithm>
#include <array>
#include <variant>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/graph/regions.h"

namespace lianjie::server {
namespace {

constexpr std::size_t kMostHeldBytes = std::size_t{64} << 20;
constexpr std::size_t kMoveBytes = 48;
constexpr std::size_t kElementBytes = 96;
constexpr std::size_t kMostKnown = 100000;  // of each cache
constexpr int kMostLevels = 100;            // a tree that is deeper is none

template <typename Map> void Trim(Map& cache) {
  if (cache.size() >= kMostKnown) cache.clear();
}

}  // namespace

void RegionHistory::Begin(std::shared_ptr<const storage::Reader> reader) {
  End();
  reader_ = std::move(reader);
}

void RegionHistory::End() {
  reader_.reset();
  size_ = 0;
  held_bytes_ = 0;
  named_ = false;
  nodes_.clear();
  regions_.clear();
  counts_.clear();
}

absl::Status RegionHistory::Hold(std::size_t bytes) {
  held_bytes_ += bytes;
  if (held_bytes_ <= kMostHeldBytes) return absl::OkStatus();
  return MakeError(absl::StatusCode::kResourceExhausted,
                   Cat("too much has moved or gone in the ", size_,
                       " changes since for a watch of one region: watch from a later revision, or "
                       "without a region"),
                   {.reason = Reason::kLimitExceeded,
                    .field = "region",
                    .row = {},
                    .metadata = {{"limit", "region_history_bytes"},
                                 {"value", Cat(kMostHeldBytes)},
                                 {"needed", Cat(held_bytes_)}}});
}

absl::Status RegionHistory::Add(const storage::Change& change) {
  const std::uint64_t position = size_++;
  if (change.reloaded) parents_.clear();
  if (const auto* before = std::get_if<NodeRecord>(&change.before)) {
    const auto* after = std::get_if<NodeRecord>(&change.after);
    if (after != nullptr && after->region == before->region) return absl::OkStatus();
    nodes_[before->id].push_back({.position = position, .before = before->region});
    return Hold(kElementBytes + kMoveBytes + before->id.size() + before->region.size());
  }
  const auto* before = std::get_if<RegionRecord>(&change.before);
  const auto* after = std::get_if<RegionRecord>(&change.after);
  if (before == nullptr && after == nullptr) return absl::OkStatus();
  parents_.clear();  // they may be of an earlier end
  const std::string& code = (before != nullptr ? before : after)->code;
  named_ = named_ || code == region_;
  if (before == nullptr || after == nullptr) {
    counts_.push_back({.position = position, .before = after != nullptr ? 1 : -1});
  } else if (before->parent == after->parent) {
    return absl::OkStatus();
  }
  const Parent parent = before != nullptr ? Parent(before->parent) : std::nullopt;
  regions_[code].push_back({.position = position, .before = parent});
  return Hold(kElementBytes + 2 * kMoveBytes + 2 * code.size());
}

void RegionHistory::Close() {
  std::int64_t count = reader_->info().region_count;
  for (auto step = counts_.rbegin(); step != counts_.rend(); ++step) {
    count -= step->before;
    step->before = count;
  }
}

template <typename T>
const T* RegionHistory::Before(const Moves<T>& moves, std::uint64_t position) {
  const auto move =
      std::upper_bound(moves.begin(), moves.end(), position,
                       [](std::uint64_t at, const Until<T>& until) { return at < until.position; });
  return move == moves.end() ? nullptr : &move->before;
}

bool RegionHistory::HasTable(std::uint64_t position) const {
  const std::int64_t* count = Before(counts_, position);
  return (count != nullptr ? *count : reader_->info().region_count) > 0;
}

absl::StatusOr<bool> RegionHistory::Known() const {
  const bool without = std::ranges::any_of(counts_, [](const auto& c) { return c.before <= 0; });
  if (named_ || without || reader_->info().region_count == 0) return true;
  const absl::Status status = reader_->GetRegion(region_).status();
  if (absl::IsNotFound(status)) return false;
  LIANJIE_RETURN_IF_ERROR(status);
  return true;
}

absl::StatusOr<RegionHistory::Parent> RegionHistory::ParentOf(const std::string& code,
                                                              std::uint64_t position) {
  if (const auto moves = regions_.find(code); moves != regions_.end()) {
    if (const Parent* parent = Before(moves->second, position)) return *parent;
  }
  if (const auto known = parents_.find(code); known != parents_.end()) return known->second;
  const absl::StatusOr<RegionRecord> record = reader_->GetRegion(code);
  if (!record.ok() && !absl::IsNotFound(record.status())) return record.status();
  Trim(parents_);
  return parents_[code] = record.ok() ? Parent(record->parent) : std::nullopt;
}

bool RegionHistory::HasByCode(const std::string& code) {
  if (const auto known = by_code_.find(code); known != by_code_.end()) return known->second;
  const RegionTree tree = RegionTree::FromCodes(std::array{region_, code});
  Trim(by_code_);
  return by_code_[code] = tree.Contains(tree.Find(region_), tree.Find(code));
}

absl::StatusOr<bool> RegionHistory::HasRegion(const std::string& code, std::uint64_t position) {
  if (code == region_) return true;
  if (code.empty()) return false;
  if (!HasTable(position)) return HasByCode(code);
  std::string below = code;
  for (int level = 0; level < kMostLevels; ++level) {
    LIANJIE_ASSIGN_OR_RETURN(const Parent parent, ParentOf(below, position));
    if (!parent.has_value() || parent->empty()) return false;
    if (*parent == region_) return true;
    below = *parent;
  }
  return false;
}

absl::StatusOr<bool> RegionHistory::HasNode(const std::string& id, std::uint64_t position) {
  if (const auto moves = nodes_.find(id); moves != nodes_.end()) {
    if (const std::string* region = Before(moves->second, position)) {
      return HasRegion(*region, position);
    }
  }
  const absl::StatusOr<NodeRecord> record = reader_->GetNode(id);
  if (absl::IsNotFound(record.status())) return false;
  LIANJIE_RETURN_IF_ERROR(record.status());
  return HasRegion(record->region, position);
}

}  // namespace lianjie::server
