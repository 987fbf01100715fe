#include "storage/pruner.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/core/status.h"
#include "storage/codec.h"
#include "storage/store.h"

namespace lianjie::storage {
namespace {

constexpr std::size_t kPieceKeys = 1000;
// Between the end of a pass and the next, and after a write that failed (a full disk).
constexpr std::chrono::milliseconds kPause{100};
constexpr std::chrono::seconds kPauseAfterFailure{60};

}  // namespace

Pruner::Pruner(KeyValue& kv, std::chrono::seconds retention) : kv_(kv), retention_(retention) {
  if (retention_ != kKeepForever) due_ = Clock::now();
}

void Pruner::AfterCommit() {
  if (retention_ == kKeepForever || due_.has_value()) return;
  due_ = Clock::now() + std::max<Clock::duration>(retention_, kPause);
}

void Pruner::Piece(std::int64_t now_micros) {
  const auto step = [&]() -> absl::Status {
    if (!passing_) {
      passing_ = true;
      next_micros_.reset();
      const auto kv = kv_.Snapshot();
      return VisitPrefix(*kv, TagPrefix(0, Tag::kGraphName), false,
                         [&](std::string_view, std::string_view value) -> absl::Status {
                           LIANJIE_ASSIGN_OR_RETURN(const GraphNumber graph,
                                                    DecodeGraphName(value));
                           graphs_.push_back(graph);
                           return absl::OkStatus();
                         });
    }
    if (graphs_.empty()) return absl::OkStatus();
    LIANJIE_ASSIGN_OR_RETURN(const bool done, PieceOf(graphs_.front(), now_micros));
    if (done) graphs_.pop_front();
    return absl::OkStatus();
  };
  if (!step().ok()) {
    // A disk that fails fails the store, which says so; one that is full may have room later.
    graphs_.clear();
    passing_ = false;
    due_ = Clock::now() + kPauseAfterFailure;
  } else if (graphs_.empty()) {
    passing_ = false;
    due_.reset();
    if (next_micros_.has_value()) {
      due_ = Clock::now() + std::max<Clock::duration>(
                                std::chrono::microseconds(*next_micros_ - now_micros), kPause);
    }
  } else {
    due_ = Clock::now();
  }
}

absl::StatusOr<bool> Pruner::PieceOf(GraphNumber graph, std::int64_t now_micros) {
  const auto kv = kv_.Snapshot();
  const GraphData data(*kv, graph);
  const auto value = kv->Get(MetaKey(graph));
  LIANJIE_RETURN_IF_ERROR(value.status());
  if (!value->has_value()) return true;  // swept meanwhile
  LIANJIE_ASSIGN_OR_RETURN(const GraphMeta meta, DecodeMeta(**value));
  const std::int64_t cut = meta.info.changes_after;
  if (const auto clean = clean_.find(graph); clean == clean_.end() || clean->second < cut) {
    LIANJIE_ASSIGN_OR_RETURN(const bool more, Remove(data, cut));
    if (!more) clean_[graph] = cut;
    return false;
  }
  LIANJIE_ASSIGN_OR_RETURN(const bool moved, Cut(data, now_micros));
  return !moved;
}

absl::StatusOr<bool> Pruner::Cut(const GraphData& data, std::int64_t now_micros) {
  LIANJIE_ASSIGN_OR_RETURN(GraphMeta meta, data.Meta());
  GraphInfo& info = meta.info;
  const std::int64_t limit =
      now_micros - std::chrono::duration_cast<std::chrono::microseconds>(retention_).count();
  std::int64_t cut = info.changes_after;
  const auto it = data.kv().NewIterator(RevisionKey(data.graph(), cut + 1),
                                        AfterPrefix(TagPrefix(data.graph(), Tag::kRevision)));
  for (std::size_t seen = 0; it->Valid() && seen < kPieceKeys; it->Next(), ++seen) {
    const auto revision = ParseRevisionKey(it->key());
    LIANJIE_ASSIGN_OR_RETURN(const RevisionRecord record, DecodeRevision(it->value()));
    if (!revision.has_value()) return Corrupt("the key of a revision");
    if (record.commit_time_micros > limit) {
      const std::int64_t due = record.commit_time_micros + (now_micros - limit);
      next_micros_ = std::min(next_micros_.value_or(due), due);
      break;
    }
    cut = *revision;
  }
  LIANJIE_RETURN_IF_ERROR(it->status());
  if (cut == info.changes_after) return false;
  info.changes_after = cut;
  info.oldest_revision = std::max(info.oldest_revision, cut);
  LIANJIE_RETURN_IF_ERROR(
      kv_.Write({{MetaKey(data.graph()), EncodeMeta(meta)}}, false, /*frees=*/true));
  return true;
}

absl::StatusOr<bool> Pruner::Remove(const GraphData& data, std::int64_t cut) {
  const GraphNumber graph = data.graph();
  const auto clean = clean_.find(graph);
  const std::int64_t from = clean == clean_.end() ? 0 : clean->second;
  KeyValueChanges changes;
  const auto feed =
      data.kv().NewIterator(ChangeKey(graph, from, 0), ChangeKey(graph, cut + 1, 0), true);
  for (; feed->Valid() && changes.size() < kPieceKeys; feed->Next()) {
    changes.emplace(std::string(feed->key()), std::nullopt);
  }
  LIANJIE_RETURN_IF_ERROR(feed->status());
  // The revision at the cut can still be read: it stays, and with it its request id.
  const auto revisions =
      data.kv().NewIterator(RevisionKey(graph, from), RevisionKey(graph, cut), true);
  for (; revisions->Valid() && changes.size() < kPieceKeys; revisions->Next()) {
    LIANJIE_ASSIGN_OR_RETURN(const RevisionRecord record, DecodeRevision(revisions->value()));
    changes.emplace(std::string(revisions->key()), std::nullopt);
    if (!record.request_id.empty()) {
      changes.emplace(RequestKey(graph, record.request_id), std::nullopt);
    }
  }
  LIANJIE_RETURN_IF_ERROR(revisions->status());
  if (changes.empty()) return false;
  const bool more = feed->Valid() || revisions->Valid();
  LIANJIE_RETURN_IF_ERROR(kv_.Write(changes, false, /*frees=*/true));
  return more;
}

}  // namespace lianjie::storage
