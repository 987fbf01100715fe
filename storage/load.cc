// A load from its first row to its last key: rows are checked alone and encoded as they come (any
// thread), the whole is checked and written at Finish on the committing thread, so that no commit
// comes between the check and the ingest. Readers go on at their snapshots all the while.
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
#include "storage/load_check.h"
#include "storage/load_rows.h"
#include "storage/load_write.h"
#include "storage/overlay.h"

namespace lianjie::storage {
namespace {

class GraphLoad : public Load {
 public:
  GraphLoad(std::shared_ptr<StoreCore> core, LoadOptions options)
      : core_(std::move(core)), options_(std::move(options)) {}

  absl::Status AddRegion(RegionRecord region, RowOrigin origin) override {
    LIANJIE_RETURN_IF_ERROR(Begin(region));
    if (const absl::Status status = Validate(region); !status.ok()) {
      return Refuse(RowKind::kRegion, origin, region.code, status);
    }
    RegionRow row;
    row.code = rows_.bytes.Keep(region.code);
    row.parent = rows_.bytes.Keep(region.parent);
    row.level = region.level;
    row.value = rows_.bytes.Keep(EncodeRegion(region));
    return Keep(rows_.regions, std::move(row), origin);
  }

  absl::Status AddNode(NodeRecord node, RowOrigin origin) override {
    Normalize(node);
    LIANJIE_RETURN_IF_ERROR(Begin(node));
    if (const absl::Status status = Validate(node); !status.ok()) {
      return Refuse(RowKind::kNode, origin, node.id, status);
    }
    NodeRow row;
    row.name = rows_.Name(node.id);
    row.kind = node.kind;
    row.region = rows_.bytes.Keep(node.region);
    row.leak_share = node.leak_share;
    row.value = rows_.bytes.Keep(EncodeNode(node));
    return Keep(rows_.nodes, std::move(row), origin);
  }

  absl::Status AddLink(LinkRecord link, RowOrigin origin) override {
    Normalize(link);
    LIANJIE_RETURN_IF_ERROR(Begin(link));
    if (const absl::Status status = Validate(link); !status.ok()) {
      return Refuse(RowKind::kLink, origin, link.id, status);
    }
    LinkRow row;
    row.made = link.id.empty();
    row.id = rows_.bytes.Keep(row.made ? MakeLinkId(link) : link.id);
    row.body = rows_.bytes.Keep(EncodeLinkBody(link));
    row.source = rows_.Name(link.source);
    row.target = rows_.Name(link.target);
    row.mechanism = link.mechanism;
    if (const auto claim = ClaimOf(link)) {
      row.claim_share = claim->share;
      row.claim_valid = claim->valid;
    }
    return Keep(rows_.links, std::move(row), origin);
  }

  absl::Status AddLine(LineRecord line, RowOrigin origin) override {
    LIANJIE_RETURN_IF_ERROR(Begin(line));
    if (const absl::Status status = Validate(line); !status.ok()) {
      return Refuse(RowKind::kLine, origin, Cat(line.region, " ", line.year), status);
    }
    LineRow row;
    row.region = rows_.bytes.Keep(line.region);
    row.year = line.year;
    row.value = rows_.bytes.Keep(EncodeLine(line));
    return Keep(rows_.lines, std::move(row), origin);
  }

  absl::StatusOr<LoadResult> Finish() override {
    LIANJIE_RETURN_IF_ERROR(ended_);
    ended_ = absl::FailedPreconditionError("the load is finished");
    LoadResult result;
    const absl::Status status = core_->committer.Exclusive([&] { return FinishAlone(result); });
    rows_ = LoadRows();
    if (!status.ok()) {
      ended_ = status;
      return status;
    }
    return result;
  }

  const std::optional<RowError>& bad_row() const override { return bad_row_; }

 private:
  static constexpr std::uint64_t kMaxRows = kNoRow - 1;

  // Counts the row into the digest; an error when the load has ended.
  template <typename Record> absl::Status Begin(const Record& record) {
    LIANJIE_RETURN_IF_ERROR(ended_);
    if (!options_.request_id.empty()) digest_.Add(EncodeImage(record));
    return absl::OkStatus();
  }

  template <typename R> absl::Status Keep(std::vector<R>& rows, R row, RowOrigin origin) {
    if (rows.size() >= kMaxRows) return End(LimitExceeded("rows", kMaxRows, rows.size() + 1));
    row.ordinal = next_ordinal_++;
    row.origin = origin;
    rows.push_back(std::move(row));
    return absl::OkStatus();
  }

  absl::Status Refuse(RowKind kind, RowOrigin origin, std::string id, const absl::Status& status) {
    const std::uint64_t ordinal = next_ordinal_++;
    bad_.push_back({.kind = kind,
                    .ordinal = ordinal,
                    .error = {.origin = origin,
                              .id = std::move(id),
                              .status = WithRow(status, static_cast<std::int64_t>(ordinal))}});
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
    rows_ = LoadRows();
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
    const auto snapshot = core_->kv->Snapshot();
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
    LoadCheck check(data, options_, rows_);
    LIANJIE_RETURN_IF_ERROR(CheckRows(check));
    LoadWriter writer(*graph, rows_, check.plan(), bad_.size());
    LIANJIE_RETURN_IF_ERROR(writer.Prepare(data, NowMicros()));
    LIANJIE_RETURN_IF_ERROR(core_->kv->Ingest([&](KeyValueSink& sink) -> absl::Status {
      // Header and name, of graph 0, come before all keys of the graph; its meta is the writer's.
      for (const auto& [key, value] : made.changes()) {
        if (GraphOfKey(key) == 0) LIANJIE_RETURN_IF_ERROR(sink.Put(key, *value));
      }
      return writer.Write(options_.request_id, digest, sink);
    }));
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
  LoadRows rows_;
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
  if (options.request_id.size() > kMaxIdBytes) {
    return InvalidField("request_id", Cat("has more than ", kMaxIdBytes, " bytes"));
  }
  return std::make_unique<GraphLoad>(std::move(core), std::move(options));
}

}  // namespace lianjie::storage
