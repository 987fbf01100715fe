// One county of many, with its partners beyond it: nodes and links alone, whose regions are handed
// out before.
#ifndef LIANJIE_ENGINE_GENERATE_ONE_OF_MANY_H_
#define LIANJIE_ENGINE_GENERATE_ONE_OF_MANY_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/generate/county.h"
#include "engine/generate/county_plan.h"
#include "engine/generate/partners.h"
#include "engine/generate/record_sink.h"

namespace lianjie {

struct MadeCounty {
  CountySummary summary;  // without regions, lines and partners
  // How many links the county has with each partner, by Partner::number.
  std::vector<std::pair<std::uint32_t, std::int64_t>> partner_links;
  std::int64_t crossing_links = 0;  // all of these
};

// Memory O(villages) beside one village's households. Errors: the sink's.
absl::StatusOr<MadeCounty> GenerateOneOfMany(CountyPlan plan, Surroundings surroundings,
                                             RecordSink& sink);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GENERATE_ONE_OF_MANY_H_
