// What users read about an analysis, taken from the API's descriptor with its comments, so that the
// CLI's help, the docs and the clients say what the proto says and nobody types it again.
#ifndef LIANJIE_SERVER_DESCRIBE_H_
#define LIANJIE_SERVER_DESCRIBE_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "lianjie/v1/analysis_service.pb.h"

namespace lianjie::server {

// `name` is a field of v1::Analysis; INTERNAL when it is not. The descriptor is read once. Thread
// safe.
absl::StatusOr<v1::AnalysisInfo> Describe(std::string_view name, std::string_view family);

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_DESCRIBE_H_
