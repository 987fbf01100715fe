// What every analysis of a pair of nodes must do, whatever it looks for between them: refuse by
// name, stop when it is told to or has no memory, and answer with the same bytes at any number of
// threads and from a store filled in another order.
#ifndef LIANJIE_TESTS_ENGINE_PATHS_PAIR_CASES_H_
#define LIANJIE_TESTS_ENGINE_PATHS_PAIR_CASES_H_

#include <cstdint>
#include <string>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/graph/analysis.h"
#include "gtest/gtest.h"
#include "tests/engine/support/oracle.h"
#include "tests/engine/support/random_graph.h"

namespace lianjie::testing {

template <typename Options>
using PairAnalysis = absl::StatusOr<AnalysisResult> (*)(const AnalysisInput&, const Options&,
                                                        RunContext&);

// Reason and field of the error; "none" without one.
inline std::string RefusalOf(const absl::Status& status) {
  const auto detail = GetErrorDetail(status);
  return detail.has_value() ? Cat(ReasonName(detail->reason), " ", detail->field)
                            : std::string("none");
}

// `tried(input, options)` is `run` as its test runs it, with the memory that it says it needs.
// `input`: A pays B by l0 and C pays D by l1, which weighs less than 0. `memory_bytes`: too few for
// the way from A to B.
template <typename Options, typename Tried>
void ExpectRefusals(PairAnalysis<Options> run, const Tried& tried, const AnalysisInput& input,
                    std::uint64_t memory_bytes) {
  const auto reason = [&](const Options& options) {
    return RefusalOf(tried(input, options).status());
  };
  EXPECT_EQ(reason({.source = "", .target = "B"}), "MISSING_FIELD source");
  EXPECT_EQ(reason({.source = "A", .target = ""}), "MISSING_FIELD target");
  EXPECT_EQ(reason({.source = "A", .target = "X"}), "NODE_NOT_FOUND target");
  EXPECT_EQ(reason({.source = "A", .target = "B", .weight = "width"}), "INVALID_FIELD weight");
  const auto negative =
      tried(input, Options{.source = "A", .target = "B", .weight = "weight"}).status();
  const auto detail = GetErrorDetail(negative);
  ASSERT_TRUE(detail.has_value()) << negative;
  EXPECT_EQ(detail->metadata.at("link"), "l1");
  RunContext cancelled;
  cancelled.Cancel();
  EXPECT_EQ(run(input, {.source = "A", .target = "B"}, cancelled).status().code(),
            absl::StatusCode::kCancelled);
  RunContext small({.threads = 1, .memory_bytes = memory_bytes, .deadline = {}});
  EXPECT_EQ(run(input, {.source = "A", .target = "B"}, small).status().code(),
            absl::StatusCode::kResourceExhausted);
}

template <typename Options, typename Tried>
void ExpectSameBytes(PairAnalysis<Options> run, const Tried& tried, const GraphRecords& records,
                     std::uint64_t seed) {
  const Options options{
      .source = "0", .target = "n1", .direction = Direction::kUndirected, .weight = "weight"};
  RunContext two({.threads = 2, .memory_bytes = ~std::uint64_t{0}, .deadline = {}});
  const auto one = tried(ToInput(ToSnapshot(records)), options);
  const auto other = run(ToInput(ToShuffledSnapshot(records, seed)), options, two);
  ASSERT_EQ(one.ok(), other.ok());
  if (one.ok()) {
    EXPECT_EQ(ResultBytes(*one), ResultBytes(*other));
  }
}

}  // namespace lianjie::testing

#endif  // LIANJIE_TESTS_ENGINE_PATHS_PAIR_CASES_H_
