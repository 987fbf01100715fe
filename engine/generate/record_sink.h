// Where generated records go, one at a time: nothing of a county, a province or a nation is ever
// held whole.
#ifndef LIANJIE_ENGINE_GENERATE_RECORD_SINK_H_
#define LIANJIE_ENGINE_GENERATE_RECORD_SINK_H_

#include "absl/status/status.h"
#include "engine/core/records.h"

namespace lianjie {

// Takes records in this order: regions (parents first), lines, then nodes and links, a link after
// both its ends. The first error ends the generation and is its answer. Called from one thread.
class RecordSink {
 public:
  virtual ~RecordSink() = default;
  virtual absl::Status Region(const RegionRecord& region) = 0;
  virtual absl::Status Line(const LineRecord& line) = 0;
  virtual absl::Status Node(const NodeRecord& node) = 0;
  virtual absl::Status Link(const LinkRecord& link) = 0;

 protected:
  RecordSink() = default;
  RecordSink(const RecordSink&) = default;
  RecordSink& operator=(const RecordSink&) = default;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GENERATE_RECORD_SINK_H_
