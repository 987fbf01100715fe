#include "server/change_stream.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
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
constexpr std::size_t kIdentityDigits = 16;

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

absl::StatusOr<std::optional<std::uint64_t>> ReadIdentity(const v1::WatchRequest& request) {
  std::uint64_t identity = 0;
  const std::string& text = request.graph_identity();
  if (text.empty()) return std::nullopt;
  if (text.size() != kIdentityDigits || !absl::SimpleHexAtoi(text, &identity)) {
    return InvalidField("graph_identity", "is none that a message of Watch had");
  }
  return identity;
}

struct PutElement {
  v1::Element& element;
  void operator()(std::monostate) const {}
  void operator()(const NodeRecord& node) const { *element.mutable_node() = ToProto(node); }
  void operator()(const LinkRecord& link) const { *element.mutable_link() = ToProto(link); }
  void operator()(const RegionRecord& region) const { *element.mutable_region() = ToProto(region); }
  void operator()(const LineRecord& line) const { *element.mutable_line() = ToProto(line); }
};

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
  LIANJIE_ASSIGN_OR_RETURN(spec.identity, ReadIdentity(request));
  return spec;
}

ChangeStream::ChangeStream(const storage::Store& store, WatchSpec spec)
    : store_(store),
      spec_(std::move(spec)),
      every_kind_(spec_.filter.node_kinds.empty() && spec_.filter.mechanisms.empty() &&
                  spec_.filter.elements.empty()),
      identity_(spec_.identity),
      done_(spec_.after_revision),
      revision_(spec_.after_revision) {
  if (!spec_.filter.region.empty()) history_.emplace(spec_.filter.region);
}

v1::WatchResponse ChangeStream::Message(std::int64_t revision, std::int64_t micros) const {
  v1::WatchResponse message;
  message.set_revision(revision);
  message.mutable_commit_time()->set_seconds(micros / kMicrosPerSecond);
  message.mutable_commit_time()->set_nanos(
      static_cast<std::int32_t>(micros % kMicrosPerSecond * 1000));
  if (identity_) {
    message.set_graph_identity(absl::StrCat(absl::Hex(*identity_, absl::kZeroPad16)));
  }
  return message;
}

v1::WatchResponse ChangeStream::EventOf(const storage::Change& change) const {
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
    if (window_->ahead) {
      LIANJIE_ASSIGN_OR_RETURN(const bool seen, LookAhead());
      if (!seen) return false;
    }
    LIANJIE_ASSIGN_OR_RETURN(const std::optional<storage::Change> change, window_->changes->Next());
    if (!change.has_value()) {
      EndRevision(out);
      done_ = window_->reader->info().revision;  // the last revisions may have no events
      done_micros_ = window_->reader->info().update_time_micros;
      window_.reset();
      if (history_) history_->End();
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
  if (info.revision == done_) {
    done_micros_ = info.update_time_micros;
    if (!history_ || region_known_) return false;
    history_->Begin(std::move(reader));
    LIANJIE_RETURN_IF_ERROR(CheckRegion());
    history_->End();
    return false;
  }
  LIANJIE_ASSIGN_OR_RETURN(auto changes, reader->ScanChanges(done_));
  window_ = Window{.reader = reader, .changes = std::move(changes)};
  if (!history_) return true;
  LIANJIE_ASSIGN_OR_RETURN(window_->ahead, reader->ScanChanges(done_));
  history_->Begin(std::move(reader));
  return true;
}

absl::Status ChangeStream::CheckRegion() {
  if (std::exchange(region_known_, true)) return absl::OkStatus();
  LIANJIE_ASSIGN_OR_RETURN(const bool known, history_->Known());
  if (known) return absl::OkStatus();
  return NotFound(Reason::kRegionNotFound, "region", spec_.filter.region);
}

// A piece of the way to the window's end; true: it is reached.
absl::StatusOr<bool> ChangeStream::LookAhead() {
  for (int seen = 0; seen < kMostPassedOver; ++seen) {
    LIANJIE_ASSIGN_OR_RETURN(const std::optional<storage::Change> change, window_->ahead->Next());
    if (!change.has_value()) {
      window_->ahead.reset();
      history_->Close();
      LIANJIE_RETURN_IF_ERROR(CheckRegion());
      return true;
    }
    LIANJIE_RETURN_IF_ERROR(history_->Add(*change));
  }
  return false;
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

absl::StatusOr<bool> ChangeStream::RegionPasses(const storage::Change::Image& image) {
  if (image.index() == 0) return false;
  if (!history_) return true;
  const std::uint64_t now = window_->position;
  if (const auto* node = std::get_if<NodeRecord>(&image)) {
    return history_->HasRegion(node->region, now);
  }
  if (const auto* line = std::get_if<LineRecord>(&image)) {
    return history_->HasRegion(line->region, now);
  }
  if (const auto* region = std::get_if<RegionRecord>(&image)) {
    // A region that is made, moved or deleted is in it by the parent that it has or had.
    if (region->code == spec_.filter.region) return true;
    return history_->HasRegion(region->parent, now);
  }
  const auto& link = std::get<LinkRecord>(image);
  LIANJIE_ASSIGN_OR_RETURN(const bool source, history_->HasNode(link.source, now));
  if (source) return true;
  return history_->HasNode(link.target, now);
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
