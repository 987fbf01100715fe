#include "benchmarks/nation/machine_limits.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <thread>
#include <vector>

namespace lianjie::nation {
namespace {

constexpr int kTimes = 5;

// The best of a few; body(thread, threads) runs in each thread.
double Best(
    int threads, const std::function<void(std::size_t, std::size_t)>& body,
    const std::function<void()>& then = [] {}) {
  double best = 1e300;
  for (int i = 0; i < kTimes; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    {
      std::vector<std::jthread> others;
      const auto count = static_cast<std::size_t>(threads);
      for (std::size_t t = 1; t < count; ++t) others.emplace_back([&, t] { body(t, count); });
      body(0, count);
    }
    then();
    best = std::min(
        best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  return best;
}

// So that the compiler must compute it.
std::atomic<double> kept_sum;
void Keep(double value) { kept_sum.store(value, std::memory_order_relaxed); }

}  // namespace

void PrintMachineLimits(int threads) {
  constexpr std::size_t kDoubles = std::size_t{1} << 27;  // 1 GiB
  {
    const std::vector<double> numbers(kDoubles, 1.0);
    const double seconds = Best(threads, [&](std::size_t t, std::size_t count) {
      const std::size_t begin = kDoubles / count * t;
      const std::size_t end = t + 1 == count ? kDoubles : begin + kDoubles / count;
      double sums[8] = {};  // independent, so that adding is not what it waits for
      for (std::size_t i = begin; i + 8 <= end; i += 8) {
        for (std::size_t k = 0; k < 8; ++k) sums[k] += numbers[i + k];
      }
      Keep(sums[0] + sums[1] + sums[2] + sums[3] + sums[4] + sums[5] + sums[6] + sums[7]);
    });
    std::printf("{\"limit\": \"stream\", \"seconds\": %.6f, \"bytes_a_second\": %.0f}\n", seconds,
                static_cast<double>(kDoubles * sizeof(double)) / seconds);
  }
  constexpr std::uint32_t kCells = 30'000'000;  // 120 MB
  constexpr std::size_t kReads = 20'000'000;    // a thread
  const std::vector<std::uint32_t> cells(kCells, 1);
  const double seconds = Best(threads, [&](std::size_t t, std::size_t) {
    std::uint64_t state = 88172645463325252ULL + t;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < kReads; ++i) {
      state ^= state << 13U;
      state ^= state >> 7U;
      state ^= state << 17U;
      sum += cells[static_cast<std::uint32_t>(((state >> 32U) * kCells) >> 32U)];
    }
    Keep(static_cast<double>(sum));
  });
  std::printf("{\"limit\": \"random_reads\", \"seconds\": %.6f, \"reads_a_second\": %.0f}\n",
              seconds, static_cast<double>(kReads) * threads / seconds);
}

void PrintSweep(const Snapshot& snapshot, int threads) {
  const std::size_t links = snapshot.link_count();
  const std::size_t nodes = snapshot.node_count();
  const NodeIndex* const source = snapshot.links().source.data();
  const NodeIndex* const target = snapshot.links().target.data();
  const std::vector<double> none(snapshot.links().paid_yuan.empty() ? links : 0, 0.0);
  const double* const paid = none.empty() ? snapshot.links().paid_yuan.data() : none.data();
  std::vector<std::vector<double>> sums(static_cast<std::size_t>(threads));
  const auto sweep = [&](std::size_t begin, std::size_t end, double* received) {
    std::uint64_t sources = 0;
    for (std::size_t l = begin; l < end; ++l) {
      sources += source[l];
      const double yuan = paid[l];
      received[target[l]] += yuan == yuan ? yuan : 0.0;
    }
    Keep(static_cast<double>(sources));
  };
  const auto clean = [&](std::size_t t) { sums[t].assign(nodes, 0.0); };
  clean(0);
  const double alone = Best(1, [&](std::size_t, std::size_t) { sweep(0, links, sums[0].data()); });
  double together = alone;
  if (threads > 1) {
    for (std::size_t t = 1; t < sums.size(); ++t) clean(t);
    const auto part = [](std::size_t size, std::size_t t, std::size_t count) {
      return static_cast<std::size_t>(static_cast<unsigned __int128>(size) * t / count);
    };
    together = Best(
        threads,
        [&](std::size_t t, std::size_t count) {
          sweep(part(links, t, count), part(links, t + 1, count), sums[t].data());
        },
        [&] {
          std::vector<std::jthread> workers;
          const std::size_t count = sums.size();
          for (std::size_t w = 0; w < count; ++w) {
            workers.emplace_back([&, w] {
              for (std::size_t t = 1; t < count; ++t) {
                for (std::size_t n = part(nodes, w, count); n < part(nodes, w + 1, count); ++n)
                  sums[0][n] += sums[t][n];
              }
            });
          }
        });
  }
  std::printf(
      "{\"limit\": \"sweep\", \"seconds\": %.6f, \"one_thread_seconds\": %.6f, \"links\": %zu, "
      "\"links_a_second\": %.0f}\n",
      std::min(alone, together), alone, links,
      static_cast<double>(links) / std::min(alone, together));
}

}  // namespace lianjie::nation
