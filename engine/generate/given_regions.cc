// A territory on a table of regions (see territory.h).
#include <algorithm>
#include <array>
#include <limits>
#include <unordered_map>
#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/generate/territory.h"

namespace lianjie {
namespace {

constexpr std::int64_t kUsualLeastOfCounty = 400;
constexpr std::int64_t kMostOfCounty = 200'000;
constexpr std::size_t kNoRecord = std::numeric_limits<std::size_t>::max();

// Where each region's parent stands; kNoRecord at a root.
absl::StatusOr<std::vector<std::size_t>> ParentsOf(const std::vector<RegionRecord>& regions) {
  std::unordered_map<std::string_view, std::size_t> place;
  place.reserve(regions.size());
  for (std::size_t r = 0; r < regions.size(); ++r) {
    if (!place.emplace(regions[r].code, r).second)
      return InvalidField("regions", Cat("region '", regions[r].code, "' comes twice"));
  }
  std::vector<std::size_t> parents(regions.size(), kNoRecord);
  for (std::size_t r = 0; r < regions.size(); ++r) {
    if (regions[r].parent.empty()) continue;
    const auto found = place.find(regions[r].parent);
    if (found == place.end()) {
      return InvalidField("regions", Cat("region '", regions[r].code, "' has the parent '",
                                         regions[r].parent, "', which is not there"));
    }
    parents[r] = found->second;
  }
  return parents;
}

}  // namespace

// From province to village, as places in the table.
struct Territory::Chain {
  std::array<std::size_t, 5> records;
};

absl::StatusOr<std::vector<Territory::Chain>> Territory::ReadChains() const {
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<std::size_t> parents, ParentsOf(given_));
  std::vector<Chain> chains;
  for (std::size_t r = 0; r < given_.size(); ++r) {
    Chain chain{};
    std::size_t at = r;
    int level = 5;
    for (; level >= 1 && at != kNoRecord && given_[at].level == level; --level, at = parents[at])
      chain.records[static_cast<std::size_t>(level - 1)] = at;
    if (level == 0) chains.push_back(chain);
  }
  if (chains.empty())
    return InvalidField("regions",
                        "no village (level 5) hangs by a township (4), county (3) and "
                        "prefecture (2) on a province (1)");
  std::sort(chains.begin(), chains.end(),
            [](const Chain& a, const Chain& b) { return a.records < b.records; });
  return chains;
}

// Drops all regions but those of the province that is asked for, or of the first.
absl::Status Territory::KeepOneProvince() {
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<std::size_t> parents, ParentsOf(given_));
  const auto wanted = [this](const RegionRecord& region) {
    return region.level == 1 && (options_.province.empty() || region.code == options_.province);
  };
  const auto found = std::find_if(given_.begin(), given_.end(), wanted);
  if (found == given_.end()) {
    return InvalidField(
        "province", options_.province.empty()
                        ? "the table of regions has no province (level 1)"
                        : Cat("'", options_.province, "' is no province of the table of regions"));
  }
  const auto root = static_cast<std::size_t>(found - given_.begin());
  std::vector<RegionRecord> kept;
  for (std::size_t r = 0; r < given_.size(); ++r) {
    std::size_t at = r;
    for (int up = 0; at != root && at != kNoRecord && up < 8; ++up) at = parents[at];
    if (at == root) kept.push_back(std::move(given_[r]));
  }
  for (RegionRecord& region : kept) {
    if (region.level == 1) region.parent.clear();
  }
  given_ = std::move(kept);
  return absl::OkStatus();
}

void Territory::TakeChains(const std::vector<Chain>& chains) {
  std::size_t counties = 0;
  for (std::size_t i = 0; i < chains.size(); ++i)
    counties += i == 0 || chains[i].records[2] != chains[i - 1].records[2];
  const std::size_t kept = std::clamp<std::size_t>(
      static_cast<std::size_t>(options_.households / kUsualLeastOfCounty), 1, counties);
  std::array<std::size_t, 4> last;
  last.fill(kNoRecord);
  std::size_t number = 0;
  bool empty = true;
  for (const Chain& chain : chains) {
    const auto& [province, prefecture, county, township, village] = chain.records;
    if (county != last[2]) {
      empty = number * kept / counties == (number + 1) * kept / counties;
      ++number;
      last[2] = county;
      if (!empty) {
        if (std::exchange(last[0], province) != province)
          provinces_.push_back({.code = given_[province].code});
        if (std::exchange(last[1], prefecture) != prefecture)
          prefectures_.push_back(
              {.code = given_[prefecture].code, .province = provinces_.size() - 1});
        counties_.push_back({.code = given_[county].code,
                             .province = provinces_.size() - 1,
                             .prefecture = prefectures_.size() - 1,
                             .first_township = townships_.size()});
      }
    }
    if (empty) continue;
    if (std::exchange(last[3], township) != township) {
      townships_.push_back({.record = township, .first_village = villages_.size()});
      ++counties_.back().townships;
    }
    villages_.push_back(village);
    ++townships_.back().villages;
  }
}

absl::StatusOr<Territory> Territory::FromRegions(const TerritoryOptions& options,
                                                 std::vector<RegionRecord> regions) {
  Territory territory;
  territory.options_ = options;
  territory.given_ = std::move(regions);
  // Parents first, as sinks take them.
  std::stable_sort(territory.given_.begin(), territory.given_.end(),
                   [](const RegionRecord& a, const RegionRecord& b) { return a.level < b.level; });
  if (options.scale == Scale::kProvince) LIANJIE_RETURN_IF_ERROR(territory.KeepOneProvince());
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<Chain> chains, territory.ReadChains());
  territory.TakeChains(chains);
  territory.CloseRanges();
  std::vector<double> weights = territory.SizeFactors();
  for (std::size_t c = 0; c < weights.size(); ++c) {
    const CountyPlace& place = territory.counties_[c];
    double villages = 0;
    for (std::size_t t = 0; t < place.townships; ++t)
      villages += static_cast<double>(territory.townships_[place.first_township + t].villages);
    weights[c] *= villages;
  }
  territory.ShareHouseholds(weights);
  for (const CountyPlace& place : territory.counties_) {
    if (place.households <= kMostOfCounty) continue;
    return InvalidField("households", Cat(options.households, " would give county ", place.code,
                                          " ", place.households, ", more than ", kMostOfCounty,
                                          ": the table of regions has too few counties"));
  }
  return territory;
}

}  // namespace lianjie
