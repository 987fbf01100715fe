#include "engine/coverage/lines.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "engine/core/rules.h"
#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie {
namespace {

bool Differ(const std::optional<double>& a, const std::optional<double>& b) {
  return a.has_value() && b.has_value() && *a != *b;
}

absl::Status CheckOnce(std::span<const LineRecord* const> sorted) {
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    const LineRecord& a = *sorted[i - 1];
    const LineRecord& b = *sorted[i];
    if (a.region != b.region || a.year != b.year) continue;
    if (!Differ(a.line_yuan, b.line_yuan) &&
        !Differ(a.minimum_benefit_yuan, b.minimum_benefit_yuan)) {
      continue;
    }
    return MakeError(absl::StatusCode::kInvalidArgument,
                     Cat("lines: region '", a.region, "' has two different lines for ", a.year),
                     {.reason = Reason::kInvalidField,
                      .field = "lines",
                      .row = {},
                      .metadata = {{"region", a.region}, {"year", Cat(a.year)}}});
  }
  return absl::OkStatus();
}

void Overlay(Line& line, const LineRecord& record) {
  if (record.line_yuan.has_value()) line.line_yuan = *record.line_yuan;
  if (record.minimum_benefit_yuan.has_value()) {
    line.minimum_benefit_yuan = *record.minimum_benefit_yuan;
  }
}

void Inherit(Line& line, const Line& above) {
  if (!line.has_line()) line.line_yuan = above.line_yuan;
  if (!line.has_minimum()) line.minimum_benefit_yuan = above.minimum_benefit_yuan;
}

}  // namespace

absl::StatusOr<LineTable> LineTable::Make(std::span<const LineRecord> lines,
                                          const RegionTree& regions, std::int64_t year) {
  std::vector<const LineRecord*> sorted;
  for (const LineRecord& line : lines) {
    if (line.year <= year) sorted.push_back(&line);
  }
  // By year, so that what is laid over later is later.
  std::stable_sort(sorted.begin(), sorted.end(), [](const LineRecord* a, const LineRecord* b) {
    return a->region != b->region ? a->region < b->region : a->year < b->year;
  });
  LIANJIE_RETURN_IF_ERROR(CheckOnce(sorted));

  LineTable table;
  table.by_region_.resize(regions.size());
  for (const LineRecord* record : sorted) {
    if (record->region.empty()) {
      Overlay(table.everywhere_, *record);
      continue;
    }
    const RegionIndex region = regions.Find(record->region);
    if (region == kNoRegion) {
      ++table.unknown_regions_;
    } else {
      Overlay(table.by_region_[region], *record);
    }
  }
  for (RegionIndex region = 0; region < table.by_region_.size(); ++region) {
    const RegionIndex parent = regions.parent(region);  // a smaller rank: already complete
    Inherit(table.by_region_[region], table.Of(parent));
  }
  return table;
}

absl::Status ValidateLines(std::span<const LineRecord> lines) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const absl::Status status = Validate(lines[i]);
    if (!status.ok()) {
      return WithFieldPrefix(WithRow(status, static_cast<std::int64_t>(i)), "lines");
    }
  }
  return absl::OkStatus();
}

}  // namespace lianjie
