#include "engine/generate/csv_sink.h"

#include <utility>

#include "engine/core/status.h"
#include "engine/generate/organisations.h"

namespace lianjie {

CsvRecordSink::CsvRecordSink(TextSink nodes, TextSink links, TextSink regions, TextSink lines)
    : nodes_(std::move(nodes), {kProvenanceProperty, kKilowattProperty}),
      links_(std::move(links)),
      regions_(std::move(regions)),
      lines_(std::move(lines)) {}

absl::Status CsvRecordSink::Finish() {
  LIANJIE_RETURN_IF_ERROR(nodes_.Finish());
  LIANJIE_RETURN_IF_ERROR(links_.Finish());
  LIANJIE_RETURN_IF_ERROR(regions_.Finish());
  return lines_.Finish();
}

}  // namespace lianjie
