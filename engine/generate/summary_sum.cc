// Summaries of several counties, and of what stands above them, as one (see county.h, nation.h).
#include <algorithm>
#include <array>
#include <bit>

#include "engine/generate/county.h"
#include "engine/generate/nation.h"

namespace lianjie {
namespace {

using Count = std::int64_t CountySummary::*;
using Sums = CountySummary;
constexpr std::array kCounts = {
    &Sums::regions,
    &Sums::nodes,
    &Sums::links,
    &Sums::lines,
    &Sums::townships,
    &Sums::villages,
    &Sums::households,
    &Sums::persons,
    &Sums::organisations,
    &Sums::agencies,
    &Sums::assets,
    &Sums::agreements,
    &Sums::ever_registered,
    &Sums::taking_part,
    &Sums::lifted_out,
    &Sums::unknown_incomes,
    &Sums::firm_cycles,
    &Sums::cross_holdings,
    &Sums::self_loops,
    &Sums::lapsed_links,
    &Sums::unpaid_links,
    &Sums::land_pools,
    &Sums::parallel_pairs,
    &Sums::villages_without_collective,
    &Sums::bundled_agreements,
    &Sums::lifted_out_earning,
    &Sums::photovoltaic_stations,
    &Sums::unexplained_organisations,
    &Sums::unexplained_households,
};

template <std::size_t kSize>
void AddEach(std::array<std::int64_t, kSize>& to, const std::array<std::int64_t, kSize>& more) {
  for (std::size_t i = 0; i < kSize; ++i) to[i] += more[i];
}

}  // namespace

void CountySummary::Add(const CountySummary& other) {
  for (const Count count : kCounts) this->*count += other.*count;
  AddEach(role_combinations, other.role_combinations);
  AddEach(targets_by_standing, other.targets_by_standing);
  AddEach(household_degrees, other.household_degrees);
  AddEach(organisation_degrees, other.organisation_degrees);
  // Sums of whole yuan below 2^53: exact, so their order does not matter.
  unexplained_yuan += other.unexplained_yuan;
  injected_yuan += other.injected_yuan;
  paid_to_households_yuan += other.paid_to_households_yuan;
  greatest_degree = std::max(greatest_degree, other.greatest_degree);
}

void CountySummary::AddDegree(std::int64_t degree) {
  const auto bin = static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(degree)));
  ++organisation_degrees[std::min(bin, organisation_degrees.size() - 1)];
  greatest_degree = std::max(greatest_degree, degree);
}

std::vector<CountyFigure> TerritorySummary::Figures() const {
  std::vector<CountyFigure> figures = all.Figures();
  const auto ratio = [](std::int64_t part, std::int64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
  };
  const auto number = [](const char* name, const char* unit, std::int64_t made) {
    return CountyFigure{name, unit, std::nullopt, static_cast<double>(made)};
  };
  const std::vector<CountyFigure> own = {
      number("provinces", "regions", provinces),
      number("prefectures", "regions", prefectures),
      number("counties", "regions", counties),
      number("organisations above the counties", "nodes", upper_organisations),
      number("links between them", "links", upper_links),
      number("links between them and counties", "links", crossing_links),
      {"links a household", "links", 3.2, ratio(all.links, all.households)},
  };
  // Behind the figures that were calibrated to something, which come first.
  const auto after = std::find_if(figures.begin(), figures.end(), [](const CountyFigure& figure) {
    return !figure.target.has_value();
  });
  figures.insert(after, own.begin(), own.end());
  return figures;
}

}  // namespace lianjie
