// How long after Cancel the iterating centralities are over, inside their iterations.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

#include "engine/centrality/eigenvector.h"
#include "engine/centrality/hits.h"
#include "engine/centrality/katz.h"
#include "gtest/gtest.h"
#include "tests/engine/support/random_graph.h"

namespace lianjie {
namespace {

template <typename Run> void CheckCancel(const char* name, const Run& run) {
  std::vector<double> waits;
  for (int attempt = 0; attempt < 5; ++attempt) {
    RunContext context({.threads = 2, .memory_bytes = std::uint64_t{8} << 30, .deadline = {}});
    absl::Status status;
    std::chrono::steady_clock::time_point ended;
    std::thread running([&] {
      status = run(context);
      ended = std::chrono::steady_clock::now();
    });
    while (context.total() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::this_thread::sleep_for(std::chrono::milliseconds(20 + 17 * attempt));
    const auto asked = std::chrono::steady_clock::now();
    context.Cancel();
    running.join();
    EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
    EXPECT_LT(context.completed(), context.total());
    waits.push_back(std::chrono::duration<double, std::milli>(ended - asked).count());
    std::printf("%s: cancelled after %.2f ms, %llu of %llu done\n", name, waits.back(),
                static_cast<unsigned long long>(context.completed()),
                static_cast<unsigned long long>(context.total()));
  }
  std::sort(waits.begin(), waits.end());
  EXPECT_LT(waits[2], 50.0) << "the median of five";
}

TEST(CancelIterations, FreesTheCoresWithinFiftyMilliseconds) {
  testing::RandomGraphOptions graph;
  graph.nodes = 300000;
  graph.links = 1200000;
  const AnalysisInput input = testing::ToInput(RandomGraph(graph));
  CheckCancel("hits", [&](RunContext& context) {
    return RunHits(input, {.iterations = 1000000, .tolerance = 1e-300}, context).status();
  });
  CheckCancel("eigenvector", [&](RunContext& context) {
    return RunEigenvector(input, {.iterations = 1000000, .tolerance = 1e-300}, context).status();
  });
  CheckCancel("katz", [&](RunContext& context) {
    return RunKatz(input, {.iterations = 1000000, .tolerance = 1e-300}, context).status();
  });
}

}  // namespace
}  // namespace lianjie
