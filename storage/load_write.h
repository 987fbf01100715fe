// Writes the accepted rows of a load as one ascending stream of keys: every section of the layout
// is sorted and put out in turn, with the graph's meta, the request id and the change feed's entry
// in the same stream.
#ifndef LIANJIE_STORAGE_LOAD_WRITE_H_
#define LIANJIE_STORAGE_LOAD_WRITE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "storage/graph_data.h"
#include "storage/key_value.h"
#include "storage/load_check.h"
#include "storage/load_rows.h"

namespace lianjie::storage {

// One load. One thread.
class LoadWriter {
 public:
  // `rejected`: how many rows were put aside.
  LoadWriter(GraphNumber graph, const LoadRows& rows, LoadPlan& plan, std::uint64_t rejected)
      : graph_(graph), rows_(rows), plan_(plan), rejected_(rejected) {}

  // Gives out numbers and counts; afterwards the plan's meta is that of the new revision. `data` is
  // the graph before the load.
  absl::Status Prepare(const GraphData& data, std::int64_t now_micros);
  const LoadResult& result() const { return result_; }

  // `digest` is not empty when the load has a request id.
  absl::Status Write(const std::string& request_id, const std::string& digest,
                     KeyValueSink& sink) const;

 private:
  struct NodePut {
    Number number = 0;
    std::uint32_t row = 0;
  };
  // A link as it will stand, or (row == kNoRow) where one no longer stands.
  struct LinkPut {
    LinkPlace place;
    std::uint32_t row = kNoRow;
  };

  absl::Status NumberNodes();
  absl::Status NumberLinks();
  void CountRegionsAndLines();
  // What the rows add to the graph's digest, less what stood in their places.
  absl::Status CountDigest(const GraphData& data);
  absl::StatusOr<Number> NumberOf(NameIndex name) const;

  absl::Status WriteRegions(KeyValueSink& sink) const;
  absl::Status WriteLines(KeyValueSink& sink) const;
  absl::Status WriteNodes(KeyValueSink& sink) const;
  absl::Status WriteLinkIds(KeyValueSink& sink) const;
  absl::Status WriteOutLinks(KeyValueSink& sink) const;
  absl::Status WriteInLinks(KeyValueSink& sink) const;

  const GraphNumber graph_;
  const LoadRows& rows_;
  LoadPlan& plan_;
  const std::uint64_t rejected_;
  LoadResult result_;
  std::vector<std::uint32_t> named_nodes_;  // rows whose id is new or has a new kind, by id
  std::vector<NodePut> nodes_;              // by number
  std::vector<Number> number_of_;           // by name
  std::vector<LinkPut> links_;              // by place
};

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_LOAD_WRITE_H_
