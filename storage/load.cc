// A load from its first row to its last key: rows are checked alone and encoded in blocks (any
// thread), put aside as they come (one), and the whole is checked and written at Finish on the
// committing thread, so that no commit comes between the check and the ingest. Readers go on at
// their snapshots all the while.
#include <algorithm>
#include <utility>

#include "engine/core/ids.h"
#include "engine/core/rules.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "storage/batch.h"
#include "storage/codec.h"
#include "storage/digest.h"
#include "storage/key_value_store.h"
#include "storage/load_block.h"
#include "storage/load_check.h"
#include "storage/load_progress.h"
#include "storage/load_rows.h"
#include "storage/load_write.h"
#include "storage/overlay.h"

namespace lianjie::storage {
namespace {

class GraphLoad : public Load {
 public:
  GraphLoad(std::shared_ptr<StoreCore> core, LoadOptions options)
      : core_(std::move(core)),
        options_(std::move(options)),
        rows_(std::make_unique<LoadRows>(core_->kv->Space(), options_.memory_bytes)) {
    // The same rows under other rules are another request.
    digest_.AddNumber(options_.on_existing == LoadOptions::OnExisting::kUpdate ? 1 : 0);
    digest_.AddNumber(options_.skip_bad_rows ? 1 + options_.max_bad_rows : 0);
  }

  std::unique_ptr<RowBlock> NewBlock() const override {
    return std::make_unique<EncodedRows>(!options_.request_id.empty());
  }

  absl::Status Add(std::unique_ptr<RowBlock> block) override {
    return AddRows(static_cast<EncodedRows&>(*block));
  }
  absl::Status AddRegion(RegionRecord region, RowOrigin origin) override {
    return AddOne([&](RowBlock& block) { block.AddRegion(std::move(region), origin); });
  }
  absl::Status AddNode(NodeRecord node, RowOrigin origin) override {
    return AddOne([&](RowBlock& block) { block.AddNode(node, origin); });
  }
  absl::Status AddLink(LinkRecord link, RowOrigin origin) override {
    return AddOne([&](RowBlock& block) { block.AddLink(link, origin); });
  }
  absl::Status AddLine(LineRecord line, RowOrigin origin) override {
    return AddOne([&](RowBlock& block) { block.AddLine(std::move(line), origin); });
  }

  void AddToDigest(std::string_view part) override { digest_.Add(part); }

  absl::StatusOr<LoadResult> Finish() override {
    LIANJIE_RETURN_IF_ERROR(ended_);
    ended_ = absl::FailedPreconditionError("the load is finished");
    LoadResult result;
    const absl::Status status = core_->committer.Exclusive([&] { return FinishAlone(result); });
    rows_.reset();
    if (!status.ok()) {
      ended_ = status;
      return status;
    }
    return result;
  }

  const std::optional<RowError>& bad_row() const override { return bad_row_; }

 private:
  static constexpr std::uint64_t kMaxRows = kNoRow - 1;

  template <typename F> absl::Status AddOne(F add) {
    LIANJIE_RETURN_IF_ERROR(ended_);
    EncodedRows block(!options_.request_id.empty());
    add(block);
    return AddRows(block);
  }

  absl::Status AddRows(EncodedRows& block) {
    LIANJIE_RETURN_IF_ERROR(ended_);
    std::string_view images = block.images;
    for (std::size_t i = 0; i < block.rows.size(); ++i) {
      const BlockRow& row = block.rows[i];
      Fetch(block, i);
      if (!options_.request_id.empty()) digest_.Add(images.substr(0, row.image_bytes));
      images.remove_prefix(row.image_bytes);
      const RowPlace place{.ordinal = next_ordinal_++, .origin = row.origin};
      if (row.bad) {
        LIANJIE_RETURN_IF_ERROR(Refuse(row.kind, place, std::move(block.bad[row.index])));
      } else if (const absl::Status status = AddRow(block, row, place); !status.ok()) {
        return End(status);
      }
    }
    return absl::OkStatus();
  }

  // Most names that rows name lie anywhere in memory: those of rows to come are fetched now.
  void Fetch(const EncodedRows& block, std::size_t row) const {
    constexpr std::size_t kSlotsAhead = 16;
    constexpr std::size_t kNamesAhead = 8;
    const auto visit = [&](std::size_t i, auto fetch) {
      if (i >= block.rows.size() || block.rows[i].bad) return;
      const BlockRow& one = block.rows[i];
      if (one.kind == RowKind::kNode) fetch(block.nodes[one.index]);
      if (one.kind == RowKind::kLink) fetch(block.links[one.index]);
    };
    visit(row + kSlotsAhead, [this](const auto& one) { rows_->FetchSlots(one); });
    visit(row + kNamesAhead, [this](const auto& one) { rows_->FetchNames(one); });
  }

  absl::Status AddRow(const EncodedRows& block, const BlockRow& row, const RowPlace& place) {
    if (place.ordinal >= kMaxRows) return LimitExceeded("rows", kMaxRows, place.ordinal + 1);
    switch (row.kind) {
      case RowKind::kRegion:
        return rows_->Add(block.regions[row.index], place);
      case RowKind::kNode:
        return rows_->Add(block.nodes[row.index], block.bytes, place);
      case RowKind::kLink:
        return rows_->Add(block.links[row.index], block.bytes, place);
      case RowKind::kLine:
        return rows_->Add(block.lines[row.index], place);
    }
    return absl::InternalError("a row of no kind");
  }

  absl::Status Refuse(RowKind kind, const RowPlace& place, RowError error) {
    error.status = WithRow(error.status, static_cast<std::int64_t>(place.ordinal));
    bad_.push_back({.kind = kind, .ordinal = place.ordinal, .error = std::move(error)});
    if (!options_.skip_bad_rows) {
      bad_row_ = bad_.back().error;
      return End(bad_row_->status);
    }
    return CheckCount();
  }

  absl::Status CheckCount() {
    if (bad_.size() <= options_.max_bad_rows) return absl::OkStatus();
    return End(LimitExceeded("max_bad_rows", options_.max_bad_rows, bad_.size()));
  }

  absl::Status End(absl::Status status) {
    ended_ = std::move(status);
    rows_.reset();
    return ended_;
  }

  static absl::Status LimitExceeded(std::string_view limit, std::uint64_t value,
                                    std::uint64_t needed) {
    return MakeError(
        absl::StatusCode::kResourceExhausted,
        Cat("the load has more than ", value, limit == "rows" ? " rows" : " bad rows"),
        {.reason = Reason::kLimitExceeded,
         .field = {},
         .row = {},
         .metadata = {
             {"limit", std::string(limit)}, {"value", Cat(value)}, {"needed", Cat(needed)}}});
  }

  // On the committing thread.
  absl::Status FinishAlone(LoadResult& result) {
    auto snapshot = core_->kv->Snapshot();
    LIANJIE_ASSIGN_OR_RETURN(auto graph, FindGraph(*snapshot, options_.graph));
    // A graph that the load makes is laid over the snapshot, so that all that follows reads it as
    // if it were there.
    Overlay made(*snapshot);
    if (!graph.has_value()) {
      if (!options_.create_graph) return GraphNotFound(options_.graph);
      LIANJIE_ASSIGN_OR_RETURN(graph, LayNewGraph(options_.graph, std::nullopt, NowMicros(), made));
    }
    const bool is_new = !made.changes().empty();
    const GraphData data(is_new ? static_cast<const KeyValueReader&>(made) : *snapshot, *graph);
    std::string digest;
    if (!options_.request_id.empty()) {
      digest = digest_.bytes();
      LIANJIE_ASSIGN_OR_RETURN(const auto request, data.GetRequest(options_.request_id));
      if (request.has_value()) {
        if (request->digest != digest) {
          return RequestIdReused(options_.request_id, request->revision);
        }
        result = request->load;
        result.replayed = true;
        return absl::OkStatus();
      }
    }
    LoadProgress progress(options_.progress);
    progress.Expect(LoadWriter::WorkUnits(*rows_));
    LoadCheck check(data, options_, *rows_, progress);
    LIANJIE_RETURN_IF_ERROR(CheckRows(check));
    LoadWriter writer(data, *rows_, check.plan(), progress);
    LIANJIE_RETURN_IF_ERROR(core_->kv->Ingest([&](KeyValueIngest& ingest) {
      LIANJIE_RETURN_IF_ERROR(writer.Write({.request_id = options_.request_id,
                                            .digest = digest,
                                            .rejected = bad_.size(),
                                            .now_micros = NowMicros()},
                                           made.changes(), ingest));
      // Nothing is read any more. Where nobody else holds a state from before, what comes in where
      // nothing was needs no number of its own, and is not written again to lose it.
      snapshot.reset();
      return absl::OkStatus();
    }));
    progress.End();
    result = writer.result();
    for (BadRow& bad : bad_) result.bad_rows.push_back(std::move(bad.error));
    core_->committer.Announce(options_.graph, result.revision);
    return absl::OkStatus();
  }

  absl::Status CheckRows(LoadCheck& check) {
    std::vector<BadRow> found;
    const absl::Status status = check.Run(found);
    if (!status.ok()) {
      bad_row_ = check.ended_by();
      return status;
    }
    bad_.insert(bad_.end(), found.begin(), found.end());
    std::sort(bad_.begin(), bad_.end(), [](const BadRow& a, const BadRow& b) {
      return a.kind != b.kind ? a.kind < b.kind : a.ordinal < b.ordinal;
    });
    return CheckCount();
  }

  const std::shared_ptr<StoreCore> core_;
  const LoadOptions options_;
  std::unique_ptr<LoadRows> rows_;  // until the load has ended
  std::uint64_t next_ordinal_ = 0;
  Digest digest_;
  std::vector<BadRow> bad_;
  absl::Status ended_;  // not OK: no more calls
  std::optional<RowError> bad_row_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Load>> BeginGraphLoad(std::shared_ptr<StoreCore> core,
                                                     LoadOptions options) {
  LIANJIE_ASSIGN_OR_RETURN(const auto graph, FindGraph(*core->kv->Snapshot(), options.graph));
  if (!graph.has_value()) {
    if (!options.create_graph) return GraphNotFound(options.graph);
    LIANJIE_RETURN_IF_ERROR(CheckGraphName("graph", options.graph));
  }
  if (options.memory_bytes < kLeastLoadMemory) {
    return InvalidField("memory_bytes", Cat("is ", options.memory_bytes, ", less than ",
                                            kLeastLoadMemory, ", the least that a load needs"));
  }
  if (options.request_id.size() > kMaxIdBytes) {
    return InvalidField("request_id", Cat("has more than ", kMaxIdBytes, " bytes"));
  }
  return std::make_unique<GraphLoad>(std::move(core), std::move(options));
}

}  // namespace lianjie::storage
