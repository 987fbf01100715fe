#include "server/as_of.h"

#include "engine/core/status.h"

namespace lianjie::server {
namespace {

constexpr std::size_t kMostEnds = 1 << 16;

}  // namespace

absl::StatusOr<bool> ValidOn::Passes(const LinkRecord& link) {
  if (!date_) return true;
  const bool active = link.status == LinkStatus::kActive || link.status == LinkStatus::kUnspecified;
  if (!active || !link.valid.Contains(*date_)) return false;
  LIANJIE_ASSIGN_OR_RETURN(const bool source, EndPasses(link.source));
  if (!source) return false;
  return EndPasses(link.target);
}

absl::StatusOr<bool> ValidOn::EndPasses(const std::string& node) {
  if (const auto met = ends_.find(node); met != ends_.end()) return met->second;
  LIANJIE_ASSIGN_OR_RETURN(const NodeRecord record, reader_.GetNode(node));
  if (ends_.size() >= kMostEnds) ends_.clear();
  return ends_[node] = Passes(record);
}

}  // namespace lianjie::server
