// An analysis' result as the stream of messages that the API makes of it: a header, then rows.
#ifndef LIANJIE_SERVER_ANSWER_H_
#define LIANJIE_SERVER_ANSWER_H_

#include <google/protobuf/duration.pb.h>

#include <chrono>
#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "engine/graph/analysis.h"
#include "lianjie/v1/analysis_service.pb.h"
#include "server/call.h"

namespace lianjie::server {

google::protobuf::Duration DurationOf(std::chrono::steady_clock::duration elapsed);

// What the header repeats of the request.
struct AnswerFrame {
  const std::string& graph;
  const v1::Analysis& effective;
  std::size_t max_rows = 0;  // 0: all
};

// The header, then the rows, cut to max_rows. Errors: INTERNAL for a result that is infinite, those
// of the writer and of the context.
absl::Status SendAnswer(const AnswerFrame& frame, const AnalysisInput& input,
                        AnalysisResult& result, std::chrono::steady_clock::time_point start,
                        StreamWriter& writer, RunContext& context);

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_ANSWER_H_
