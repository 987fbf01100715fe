#include "engine/generate/csv_sink.h"

#include <utility>

#include "engine/core/status.h"
#include "engine/generate/organisations.h"

namespace lianjie {

CsvRecordSink::CsvRecordSink(TextSink nodes, TextSink links, TextSink regions, TextSink lines,
                             CsvShape shape)
    : nodes_(std::move(nodes), {kProvenanceProperty, kKilowattProperty}, {.header = shape.header}),
      links_(std::move(links), {}, shape),
      regions_(std::move(regions), {}, {.header = shape.header}),
      lines_(std::move(lines), {}, {.header = shape.header}) {}

absl::Status CsvRecordSink::Finish() {
  LIANJIE_RETURN_IF_ERROR(nodes_.Finish());
  LIANJIE_RETURN_IF_ERROR(links_.Finish());
  LIANJIE_RETURN_IF_ERROR(regions_.Finish());
  return lines_.Finish();
}

}  // namespace lianjie
