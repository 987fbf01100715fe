// The only code that changes a graph's keys one record at a time. It keeps what must agree in step
// (id index and record, out-link and in-link, region and its parent's children, use counts,
// counters, digest) and writes the change feed; whether a change is allowed was decided before.
#ifndef LIANJIE_STORAGE_GRAPH_WRITER_H_
#define LIANJIE_STORAGE_GRAPH_WRITER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/codec.h"
#include "storage/graph_data.h"
#include "storage/overlay.h"

namespace lianjie::storage {

// One revision in the making. One thread.
class GraphWriter {
 public:
  // `meta` as it was before; the revision is the next.
  GraphWriter(Overlay& kv, GraphNumber graph, GraphMeta meta, std::int64_t commit_time_micros);
  // For laying an older state over a newer one: `meta` stays at its revision, and nothing goes to
  // the feed.
  static GraphWriter ForRebuilding(Overlay& kv, GraphNumber graph, GraphMeta meta);

  const GraphData& data() const { return data_; }
  const GraphMeta& meta() const { return meta_; }
  std::int64_t revision() const { return meta_.info.revision; }
  std::int64_t commit_time_micros() const { return meta_.info.update_time_micros; }
  std::uint64_t change_count() const { return sequence_; }  // so far, in the feed

  // Numbers for new records. LIMIT_EXCEEDED after 2^40.
  absl::StatusOr<Number> NewNode();
  absl::StatusOr<Number> NewLink();

  // `before` is the record as stored, nullptr when it is new. Equal records change nothing.
  absl::Status PutNode(Number number, const NodeRecord* before, const NodeRecord& after);
  // Its links must be gone.
  absl::Status DeleteNode(const StoredNode& node);
  absl::Status PutLink(const StoredLink* before, const StoredLink& after);
  absl::Status DeleteLink(const StoredLink& link);
  absl::Status PutRegion(const RegionRecord* before, const RegionRecord& after);
  absl::Status DeleteRegion(const RegionRecord& region);
  absl::Status PutLine(const LineRecord* before, const LineRecord& after);
  absl::Status DeleteLine(const LineRecord& line);

  // Logs the change of settings.
  void SetReferenceDate(std::optional<Date> date);
  void PutRequest(std::string_view request_id, const RequestRecord& request);
  // Writes the revision and the meta: the last call.
  void Finish();

 private:
  absl::Status CountUse(std::string_view region, std::int64_t nodes, std::int64_t lines);
  GraphWriter(Overlay& kv, GraphNumber graph, GraphMeta meta)
      : kv_(kv), data_(kv, graph), meta_(std::move(meta)), logs_(false) {}
  absl::Status Log(Change::Image before, Change::Image after, Number number = 0);
  void Log(const Change& change, Number number);

  Overlay& kv_;
  GraphData data_;
  GraphMeta meta_;
  bool logs_ = true;
  std::uint32_t sequence_ = 0;
  std::string request_id_;
};

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_GRAPH_WRITER_H_
