#include <cmath>
#include <utility>

#include "engine/core/text.h"
#include "engine/generate/county.h"

namespace lianjie {
namespace {

constexpr double kTakingPartTarget = .92;
constexpr double kLiftedOutEarningTarget = .67;
constexpr std::array<std::string_view, 8> kCombinationNames = {"no role",
                                                               "operator alone",
                                                               "worker alone",
                                                               "operator and worker",
                                                               "shareholder alone",
                                                               "operator and shareholder",
                                                               "worker and shareholder",
                                                               "all three roles"};

class FigureList {
 public:
  void Add(std::string name, std::string unit, std::int64_t made) {
    all_.push_back({std::move(name), std::move(unit), std::nullopt, static_cast<double>(made)});
  }
  void Add(std::string name, std::string unit, std::optional<double> target, double made) {
    all_.push_back({std::move(name), std::move(unit), target, made});
  }
  std::vector<CountyFigure> Take() { return std::move(all_); }

 private:
  std::vector<CountyFigure> all_;
};

double Rate(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

void AddSizes(const CountySummary& s, FigureList& figures) {
  figures.Add("townships", "regions", s.townships);
  figures.Add("villages", "regions", s.villages);
  figures.Add("villages without a collective", "regions", s.villages_without_collective);
  figures.Add("households", "nodes", s.households);
  figures.Add("persons", "persons", s.persons);
  figures.Add("cooperatives, collectives and firms", "nodes", s.organisations);
  figures.Add("agencies", "nodes", s.agencies);
  figures.Add("land pools and funds", "nodes", s.assets);
  figures.Add("photovoltaic stations", "nodes", s.photovoltaic_stations);
  figures.Add("land pools", "nodes", s.land_pools);
  figures.Add("links", "links", s.links);
  figures.Add("agreements of households", "agreements", s.agreements);
  figures.Add("agreements of several lines", "agreements", s.bundled_agreements);
}

void AddTargets(const CountySummary& s, FigureList& figures) {
  // What the county was to have of each standing, by the shares of the three registrations.
  figures.Add("participation of the ever registered", "share", kTakingPartTarget,
              Rate(s.taking_part, s.ever_registered));
  figures.Add("income through industry of the lifted out", "share", kLiftedOutEarningTarget,
              Rate(s.lifted_out_earning, s.lifted_out));
  const double ever = CalibrationOf(Registration::kRegisteredPoor).of_households +
                      CalibrationOf(Registration::kLiftedOut).of_households;
  figures.Add("ever registered among households", "share", ever,
              Rate(s.ever_registered, s.households));
  figures.Add("lifted out among households", "share",
              CalibrationOf(Registration::kLiftedOut).of_households,
              Rate(s.lifted_out, s.households));
}

void AddDegrees(const CountySummary& s, FigureList& figures) {
  for (std::size_t i = 0; i < s.household_degrees.size(); ++i) {
    const bool last = i + 1 == s.household_degrees.size();
    figures.Add(Cat("households with ", i,
                    last     ? " links and more"
                    : i == 1 ? " link"
                             : " links"),
                "nodes", s.household_degrees[i]);
  }
  for (std::size_t i = 0; i < s.organisation_degrees.size(); ++i) {
    if (s.organisation_degrees[i] == 0) continue;
    const std::int64_t low = i == 0 ? 0 : std::int64_t{1} << (i - 1);
    const std::int64_t high = i == 0 ? 0 : (std::int64_t{1} << i) - 1;
    figures.Add(low == high ? Cat("organisations with ", low, low == 1 ? " link" : " links")
                            : Cat("organisations with ", low, " to ", high, " links"),
                "nodes", s.organisation_degrees[i]);
  }
  figures.Add("greatest number of links", "links", s.greatest_degree);
}

}  // namespace

std::vector<CountyFigure> CountySummary::Figures() const {
  FigureList figures;
  AddTargets(*this, figures);
  AddSizes(*this, figures);
  for (std::size_t i = 1; i < role_combinations.size(); ++i) {
    figures.Add(Cat("earning households: ", kCombinationNames[i]), "households",
                role_combinations[i]);
  }
  for (std::size_t i = 1; i < kStandings; ++i) {
    figures.Add(Cat("targets planted as ", StandingName(static_cast<Standing>(i))), "households",
                targets_by_standing[i]);
  }
  figures.Add("households without known income", "households", unknown_incomes);
  figures.Add("lapsed contract lines", "links", lapsed_links);
  figures.Add("promised and unpaid lines", "links", unpaid_links);
  figures.Add("cycles of three among firms", "cycles", firm_cycles);
  figures.Add("cross-holdings of two firms", "cycles", cross_holdings);
  figures.Add("self-loops", "links", self_loops);
  figures.Add("parallel lines between organisations", "pairs", parallel_pairs);
  figures.Add("organisations that pay more than is explained", "nodes", unexplained_organisations);
  figures.Add("households that pay more than is explained", "nodes", unexplained_households);
  figures.Add("unexplained injections", "yuan", std::nullopt, unexplained_yuan);
  figures.Add("injections", "yuan", std::nullopt, injected_yuan);
  figures.Add("paid to households", "yuan", std::nullopt, paid_to_households_yuan);
  AddDegrees(*this, figures);
  return figures.Take();
}

}  // namespace lianjie
