#include "server/change_stream.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "server/convert.h"
#include "server/graph_handlers.h"

namespace lianjie::server {
namespace {

// After so many changes that do not pass, others get their turn.
constexpr int kMostPassedOver = 10000;
constexpr std::chrono::milliseconds kDefaultHeartbeat{10000};
constexpr std::chrono::milliseconds kLeastHeartbeat{100};
constexpr std::chrono::milliseconds kMostHeartbeat{60000};
constexpr std::int64_t kMicrosPerSecond = 1000000;

template <typename E>
absl::Status ReadKinds(const google::protobuf::RepeatedField<int>& from, std::string_view field,
                       std::size_t most, std::vector<E>& to) {
  for (const int kind : from) {
    if (kind < 1 || kind > static_cast<int>(most)) {
      return InvalidField(field, Cat(kind, " is no kind"));
    }
    to.push_back(static_cast<E>(kind));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::chrono::milliseconds> ReadHeartbeat(const v1::WatchRequest& request) {
  if (!request.has_heartbeat()) return kDefaultHeartbeat;
  const double seconds =
      static_cast<double>(request.heartbeat().seconds()) + request.heartbeat().nanos() * 1e-9;
  const bool good = seconds * 1000 >= static_cast<double>(kLeastHeartbeat.count()) &&
                    seconds * 1000 <= static_cast<double>(kMostHeartbeat.count());
  if (!good) return InvalidField("heartbeat", "is not from 0.1 s to 60 s");
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

v1::WatchResponse Message(std::int64_t revision, std::int64_t micros) {
  v1::WatchResponse message;
  message.set_revision(revision);
  message.mutable_commit_time()->set_seconds(micros / kMicrosPerSecond);
  message.mutable_commit_time()->set_nanos(
      static_cast<std::int32_t>(micros % kMicrosPerSecond * 1000));
  return message;
}

struct PutElement {
  v1::Element& element;
  void operator()(std::monostate) const {}
  void operator()(const NodeRecord& node) const { *element.mutable_node() = ToProto(node); }
  void operator()(const LinkRecord& link) const { *element.mutable_link() = ToProto(link); }
  void operator()(const RegionRecord& region) const { *element.mutable_region() = ToProto(region); }
  void operator()(const LineRecord& line) const { *element.mutable_line() = ToProto(line); }
};

v1::WatchResponse EventOf(const storage::Change& change) {
  v1::WatchResponse message = Message(change.revision, change.commit_time_micros);
  if (change.reloaded) {
    message.set_reloaded(true);
  } else if (change.settings) {
    message.set_settings(true);
  } else {
    v1::Change& event = *message.mutable_change();
    if (change.before.index() != 0) std::visit(PutElement{*event.mutable_before()}, change.before);
    if (change.after.index() != 0) std::visit(PutElement{*event.mutable_after()}, change.after);
  }
  return message;
}

template <typename T> bool Has(const std::vector<T>& list, T value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

absl::StatusOr<WatchSpec> ReadWatch(const v1::WatchRequest& request) {
  WatchSpec spec;
  spec.graph = GraphName(request.graph());
  spec.after_revision = request.after_revision();
  spec.filter.region = request.region();
  LIANJIE_RETURN_IF_ERROR(ReadKinds(request.node_kinds(), "node_kinds",
                                    EnumNames<NodeKind>().size() - 1, spec.filter.node_kinds));
  LIANJIE_RETURN_IF_ERROR(ReadKinds(request.mechanisms(), "mechanisms",
                                    EnumNames<Mechanism>().size() - 1, spec.filter.mechanisms));
  LIANJIE_RETURN_IF_ERROR(
      ReadKinds(request.elements(), "elements", v1::ElementKind_MAX, spec.filter.elements));
  LIANJIE_ASSIGN_OR_RETURN(spec.heartbeat, ReadHeartbeat(request));
  return spec;
}

ChangeStream::ChangeStream(const storage::Store& store, WatchSpec spec)
    : store_(store),
      spec_(std::move(spec)),
      every_kind_(spec_.filter.node_kinds.empty() && spec_.filter.mechanisms.empty() &&
                  spec_.filter.elements.empty()),
      done_(spec_.after_revision),
      revision_(spec_.after_revision) {}

v1::WatchResponse ChangeStream::Checkpoint() const {
  v1::WatchResponse message = Message(done_, done_micros_);
  message.set_checkpoint(true);
  return message;
}

absl::StatusOr<bool> ChangeStream::Next(std::size_t max_bytes,
                                        std::vector<v1::WatchResponse>& out) {
  std::size_t bytes = 0;
  for (int passed_over = 0; bytes < max_bytes && passed_over < kMostPassedOver;) {
    if (!window_.has_value()) {
      LIANJIE_ASSIGN_OR_RETURN(const bool more, OpenWindow());
      if (!more) {
        if (checkpoint_ < done_) out.push_back(Checkpoint());
        checkpoint_ = done_;
        return true;
      }
    }
    LIANJIE_ASSIGN_OR_RETURN(const std::optional<storage::Change> change, window_->changes->Next());
    if (!change.has_value()) {
      EndRevision(out);
      done_ = window_->reader->info().revision;  // the last revisions may have no events
      done_micros_ = window_->reader->info().update_time_micros;
      window_.reset();
      stays_.clear();
      continue;
    }
    if (change->revision != revision_) {
      EndRevision(out);
      revision_ = change->revision;
    }
    revision_micros_ = change->commit_time_micros;
    LIANJIE_ASSIGN_OR_RETURN(const bool passes, Passes(*change));
    ++window_->position;
    ++passed_over;
    if (!passes) continue;
    passed_over = 0;
    revision_passed_ = true;
    out.push_back(EventOf(*change));
    bytes += out.back().ByteSizeLong();
  }
  if (bytes == 0 && checkpoint_ < done_) {
    out.push_back(Checkpoint());
    checkpoint_ = done_;
  }
  return false;
}

void ChangeStream::EndRevision(std::vector<v1::WatchResponse>& out) {
  if (revision_ <= done_) return;
  done_ = revision_;
  done_micros_ = revision_micros_;
  if (std::exchange(revision_passed_, false)) {
    out.push_back(Checkpoint());
    checkpoint_ = done_;
  }
}

// False when nothing came since the last window.
absl::StatusOr<bool> ChangeStream::OpenWindow() {
  LIANJIE_ASSIGN_OR_RETURN(auto reader, store_.OpenReader(spec_.graph));
  const storage::GraphInfo& info = reader->info();
  if (identity_.value_or(info.identity) != info.identity) {
    return NotFound(Reason::kGraphNotFound, "graph", spec_.graph);
  }
  identity_ = info.identity;
  const bool filtered = !spec_.filter.region.empty();
  if (filtered && !members_.has_value()) {
    LIANJIE_ASSIGN_OR_RETURN(members_, RegionMembers::Read(*reader, spec_.filter.region));
  }
  if (info.revision == done_) {
    done_micros_ = info.update_time_micros;
    return false;
  }
  LIANJIE_ASSIGN_OR_RETURN(auto changes, reader->ScanChanges(done_));
  window_ = Window{.reader = std::move(reader), .changes = std::move(changes)};
  if (filtered) LIANJIE_RETURN_IF_ERROR(LookAhead());
  return true;
}

// Nodes that leave a region, or the graph, later in the window: links that changed before that did
// so in the region that the node was in then. The region tree is that of the window's end.
absl::Status ChangeStream::LookAhead() {
  LIANJIE_ASSIGN_OR_RETURN(const auto changes, window_->reader->ScanChanges(done_));
  bool tree_changed = false;
  for (std::uint64_t position = 0;; ++position) {
    LIANJIE_ASSIGN_OR_RETURN(const std::optional<storage::Change> change, changes->Next());
    if (!change.has_value()) break;
    tree_changed = tree_changed || change->reloaded ||
                   std::holds_alternative<RegionRecord>(change->before) ||
                   std::holds_alternative<RegionRecord>(change->after);
    const auto* before = std::get_if<NodeRecord>(&change->before);
    const auto* after = std::get_if<NodeRecord>(&change->after);
    if (before == nullptr || (after != nullptr && after->region == before->region)) continue;
    stays_[before->id].push_back({.until = position, .region = before->region});
  }
  if (!tree_changed) return absl::OkStatus();
  absl::StatusOr<RegionMembers> members =
      RegionMembers::Read(*window_->reader, spec_.filter.region);
  if (!members.ok() && !absl::IsNotFound(members.status())) return members.status();
  members_ = members.ok() ? *std::move(members) : RegionMembers(spec_.filter.region);
  return absl::OkStatus();
}

bool ChangeStream::KindPasses(const storage::Change::Image& image) const {
  if (image.index() == 0) return false;
  if (every_kind_) return true;
  const ChangeFilter& filter = spec_.filter;
  // The alternatives of an image are in the order of ElementKind.
  if (Has(filter.elements, static_cast<v1::ElementKind>(image.index()))) return true;
  if (const auto* node = std::get_if<NodeRecord>(&image)) return Has(filter.node_kinds, node->kind);
  const auto* link = std::get_if<LinkRecord>(&image);
  return link != nullptr && Has(filter.mechanisms, link->mechanism);
}

absl::StatusOr<bool> ChangeStream::EndPasses(const std::string& node) {
  if (const auto stays = stays_.find(node); stays != stays_.end()) {
    const auto stay =
        std::find_if(stays->second.begin(), stays->second.end(),
                     [this](const Stay& candidate) { return candidate.until > window_->position; });
    if (stay != stays->second.end()) return members_->Contains(stay->region);
  }
  const absl::StatusOr<NodeRecord> record = window_->reader->GetNode(node);
  if (absl::IsNotFound(record.status())) return false;
  LIANJIE_RETURN_IF_ERROR(record.status());
  return members_->Contains(record->region);
}

absl::StatusOr<bool> ChangeStream::RegionPasses(const storage::Change::Image& image) {
  if (image.index() == 0) return false;
  if (!members_.has_value()) return true;
  if (const auto* node = std::get_if<NodeRecord>(&image)) return members_->Contains(node->region);
  if (const auto* region = std::get_if<RegionRecord>(&image)) {
    // A region that is being made or moved is in it by its parent.
    return members_->Contains(region->code) || members_->Contains(region->parent);
  }
  if (const auto* line = std::get_if<LineRecord>(&image)) return members_->Contains(line->region);
  const auto& link = std::get<LinkRecord>(image);
  LIANJIE_ASSIGN_OR_RETURN(const bool source, EndPasses(link.source));
  if (source) return true;
  return EndPasses(link.target);
}

absl::StatusOr<bool> ChangeStream::Passes(const storage::Change& change) {
  if (change.reloaded || change.settings) return true;
  for (const storage::Change::Image* image : {&change.before, &change.after}) {
    if (!KindPasses(*image)) continue;
    LIANJIE_ASSIGN_OR_RETURN(const bool passes, RegionPasses(*image));
    if (passes) return true;
  }
  return false;
}

}  // namespace lianjie::server
