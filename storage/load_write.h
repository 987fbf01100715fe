// Writes the accepted rows of a load, each section of the layout into a sink of its own. What must
// be sorted is sorted in turn: nodes by id, which gives them their numbers; links by place, which
// gives them theirs; then links by target and by id at the same time. With them go the graph's
// meta, the request id and the change feed's entry.
#ifndef LIANJIE_STORAGE_LOAD_WRITE_H_
#define LIANJIE_STORAGE_LOAD_WRITE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "storage/graph_data.h"
#include "storage/key_value.h"
#include "storage/load_check.h"
#include "storage/load_progress.h"
#include "storage/load_rows.h"
#include "storage/sorter.h"

namespace lianjie::storage {

// What of a load is not in its rows.
struct LoadEnd {
  std::string request_id;
  std::string digest;  // not empty when the load has a request id
  std::uint64_t rejected = 0;
  std::int64_t now_micros = 0;
};

// One load. One thread.
class LoadWriter {
 public:
  // `data` is the graph before the load.
  LoadWriter(const GraphData& data, LoadRows& rows, LoadPlan& plan, LoadProgress& progress)
      : data_(data), graph_(data.graph()), rows_(rows), plan_(plan), progress_(progress) {}

  // What Write will tell `progress`.
  static std::uint64_t WorkUnits(const LoadRows& rows) {
    return kUnitsOfNode * rows.nodes.size() + 4 * kUnitsOfLink * std::uint64_t{rows.links.size()};
  }
  // Of the keys laid over the store in `made`, those of graph 0 come with the load.
  absl::Status Write(const LoadEnd& end, const KeyValueChanges& made, KeyValueIngest& ingest);
  // After Write.
  const LoadResult& result() const { return result_; }

 private:
  static constexpr std::uint64_t kUnitsOfNode = 4;
  static constexpr std::uint64_t kUnitsOfLink =
      2;  // each of the four times that it is gone through

  // A key of kInLink as a number in its order: target (40 bits), mechanism (7), source (40), link
  // (40), and whether the link no longer stands there (1).
  using InLink = absl::uint128;
  static InLink PackInLink(const LinkPlace& place, bool ends);
  static LinkPlace UnpackInLink(InLink link);

  absl::Status WriteNodes(KeyValueIngest& ingest);
  absl::Status WriteNode(Name& name, std::string_view coded_id, std::string_view value,
                         ByteSorter& updated, KeyValueSink& ids, KeyValueSink& nodes);
  absl::Status SortLinks();
  absl::Status SortLink(const LinkRow& row, const std::optional<LinkPlace>& stored);
  absl::StatusOr<absl::uint128> HashOf(const LinkRow& row) const;
  absl::Status WriteLinks(KeyValueIngest& ingest);
  absl::Status WriteInLinks(KeyValueSink& sink);
  absl::Status WriteLinkIds(KeyValueSink& sink);
  absl::Status WriteRegions(KeyValueSink& sink);
  absl::Status WriteLines(KeyValueSink& sink);
  absl::Status WriteEnd(const LoadEnd& end, KeyValueSink& sink) const;

  const GraphData& data_;
  const GraphNumber graph_;
  LoadRows& rows_;
  LoadPlan& plan_;
  LoadProgress& progress_;
  LoadResult result_;
  std::unique_ptr<ByteSorter> links_by_place_;
  std::unique_ptr<FixedSorter<InLink>> in_links_;
  std::unique_ptr<ByteSorter> links_by_id_;
  std::string key_;  // that is being made
};

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_LOAD_WRITE_H_
