// Coverage computed a second time, from records and by other means: sets and maps for the graph,
// sweeps until nothing moves for money, plain loops over all links for everything else. Shares no
// code with the engine but the calendar, the type table's names and the order of ids.
#ifndef LIANJIE_TESTS_ENGINE_COVERAGE_BRUTE_FORCE_H_
#define LIANJIE_TESTS_ENGINE_COVERAGE_BRUTE_FORCE_H_

#include <map>
#include <optional>
#include <string>

#include "engine/core/date.h"
#include "tests/engine/support/random_graph.h"

namespace lianjie::testing {

struct BruteQuestion {
  Date as_of;
  std::optional<Interval> period;
  bool share_mode = false;
};

struct BruteHousehold {
  std::string region;  // empty: unplaced
  bool target = false;
  std::string judgement;  // "L3 BELOW_LINE"; empty for no target
  double benefit = 0;
  std::optional<double> gap;
  std::string payer;  // of L4
  bool ever_registered = false, lifted_out = false, participates = false;
  std::string nearest;
  std::optional<int> hops;
};

// Every active household by id. Nothing when money of share mode finds no way out.
std::optional<std::map<std::string, BruteHousehold>> BruteCoverage(const GraphRecords& records,
                                                                   const BruteQuestion& question);

}  // namespace lianjie::testing

#endif  // LIANJIE_TESTS_ENGINE_COVERAGE_BRUTE_FORCE_H_
