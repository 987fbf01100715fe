// A RecordSink that writes the four tables which import reads: nodes, links, regions, lines.
#ifndef LIANJIE_ENGINE_GENERATE_CSV_SINK_H_
#define LIANJIE_ENGINE_GENERATE_CSV_SINK_H_

#include "absl/status/status.h"
#include "engine/core/csv_writer.h"
#include "engine/generate/record_sink.h"

namespace lianjie {

class CsvRecordSink : public RecordSink {
 public:
  // One text each: nodes.csv, links.csv, regions.csv, lines.csv.
  // `shape` says which columns of links are left out, and whether any table has a header.
  CsvRecordSink(TextSink nodes, TextSink links, TextSink regions, TextSink lines,
                CsvShape shape = {});

  absl::Status Region(const RegionRecord& region) override { return regions_.Write(region); }
  absl::Status Line(const LineRecord& line) override { return lines_.Write(line); }
  absl::Status Node(const NodeRecord& node) override { return nodes_.Write(node); }
  absl::Status Link(const LinkRecord& link) override { return links_.Write(link); }

  // Hands what is buffered to the sinks; call it once at the end.
  absl::Status Finish();

 private:
  RecordCsvWriter<NodeRecord> nodes_;
  RecordCsvWriter<LinkRecord> links_;
  RecordCsvWriter<RegionRecord> regions_;
  RecordCsvWriter<LineRecord> lines_;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GENERATE_CSV_SINK_H_
