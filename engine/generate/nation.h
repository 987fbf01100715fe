// A synthetic province or nation: counties as county.h makes them, one after another, under a layer
// of organisations that deal with many of them (upper.h), calibrated to the same rates and with the
// same irregularities. Links: about 3.2 a household, for households are bound more densely here
// than in a county by itself, and some of their payers lie beyond the county.
//
// Degrees (both directions together, parallel links counted) at 1,000,000 households, seed 1:
// 60,245 organisations, agencies and assets, 3,227,298 links. Households have 3 links in the
// median, one in nine has none. The others are heavy-tailed: 8 to 15 in the median, 512 at 98 in a
// hundred, the parks of prefectures some thousands; the eight platforms, which buy from a quarter
// of all households, 16,000 to 59,475, and in a larger nation as many times more. TerritorySummary
// states the distribution of each that is made.
//
// Deterministic: bytes are a function of (regions, scale, households, seed) on any x86-64, at any
// number of threads. Memory: the skeleton of regions (territory.h), the upper layer (upper.h), and
// for each thread one county's plan, O(its villages), and at most 8 MiB of text that waits for its
// turn. It does not grow with the number of households.
#ifndef LIANJIE_ENGINE_GENERATE_NATION_H_
#define LIANJIE_ENGINE_GENERATE_NATION_H_

#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/core/csv_writer.h"
#include "engine/generate/county.h"
#include "engine/generate/record_sink.h"
#include "engine/generate/territory.h"

namespace lianjie {

struct TerritorySummary {
  CountySummary all;  // of all counties and of what stands above them
  std::int64_t provinces = 0, prefectures = 0, counties = 0;
  std::int64_t upper_organisations = 0;
  std::int64_t crossing_links = 0;  // between a county and what stands above it
  std::int64_t upper_links = 0;

  // All worth printing, targets beside what was made, in the order to print.
  std::vector<CountyFigure> Figures() const;
};

// Hands the records to `sink`, in one thread. Errors: the sink's.
absl::StatusOr<TerritorySummary> GenerateTerritory(const Territory& territory, RecordSink& sink);

// The same as the tables that import reads. Of links the columns kind, share_of, priority, weight
// and sector are left out: they are empty or follow from the others, and import fills them in.
struct TerritoryTexts {
  TextSink nodes, links, regions, lines;
};
struct WriteOptions {
  int threads = 1;
  // Looked at every 64 KiB of text; true ends the writing with CANCELLED.
  std::function<bool()> stopped = [] { return false; };
};
// Errors: a sink's, CANCELLED. Sinks are called from one thread at a time, not always the same.
absl::StatusOr<TerritorySummary> WriteTerritory(const Territory& territory,
                                                const TerritoryTexts& texts,
                                                const WriteOptions& options);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GENERATE_NATION_H_
