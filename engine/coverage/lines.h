// Poverty lines by region. Lines come as rows (region, year, line, minimum benefit), from the graph
// or with the question; a household asks for the one of the nearest region above it and of the
// latest year that is not after the question's. All regions are answered once, in one pass down the
// tree, so that a lookup is one array access however many households ask.
#ifndef LIANJIE_ENGINE_COVERAGE_LINES_H_
#define LIANJIE_ENGINE_COVERAGE_LINES_H_

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/core/ids.h"
#include "engine/core/records.h"
#include "engine/graph/regions.h"

namespace lianjie {

// What a household is held against: yuan per head and year; NaN where nothing is said.
struct Line {
  double line_yuan = std::numeric_limits<double>::quiet_NaN();
  double minimum_benefit_yuan = std::numeric_limits<double>::quiet_NaN();

  bool has_line() const { return line_yuan == line_yuan; }
  bool has_minimum() const { return minimum_benefit_yuan == minimum_benefit_yuan; }
  bool empty() const { return !has_line() && !has_minimum(); }
};

// Immutable; thread safe.
class LineTable {
 public:
  // Takes the lines of `year` or before. The line and the minimum are looked up each by itself: a
  // row that leaves one of them out says nothing about it. A row with an empty region holds
  // everywhere, for unplaced households too. Errors: INVALID_FIELD
  // ("lines") when two rows give the same region and year different values. O(lines log lines +
  // regions).
  static absl::StatusOr<LineTable> Make(std::span<const LineRecord> lines,
                                        const RegionTree& regions, std::int64_t year);

  // The line of a region; kNoRegion asks for the unplaced. O(1).
  const Line& Of(RegionIndex region) const {
    return region == kNoRegion ? everywhere_ : by_region_[region];
  }
  // Rows whose region the tree does not have: they hold nowhere.
  std::size_t unknown_regions() const { return unknown_regions_; }

 private:
  Line everywhere_;
  std::vector<Line> by_region_;
  std::size_t unknown_regions_ = 0;
};

// Every row by the rules of records. The error names "lines" and the row.
absl::Status ValidateLines(std::span<const LineRecord> lines);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_COVERAGE_LINES_H_
