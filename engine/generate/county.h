// A synthetic county: regions, households, organisations and the contracts between them, calibrated
// to what is known of the fight against poverty by industries (DOMAIN section 1): of the households
// ever registered as poor 92% take part in industrial development; of those lifted out 67% earn by
// local industry; all three roles, often several in one household. It holds what such data hold in
// life: whole villages that share the same few payers, agreements of several lines, dead-end
// chains, lapsed contracts, arrears, dormant payers, households with support or relief alone,
// cycles among firms, villages without a collective, photovoltaic stations, land pools, parallel
// links and a few self-loops. Everything is labelled `synthetic`, and its region codes (province
// 59) are codes of the right form that no place has.
//
// Money. Amounts are whole yuan a year. In ledger mode (paid_yuan) the books of every organisation
// balance but for the injections that are planted and counted; shares are paid / receipts, so share
// mode tells the same story. Contracts are the same on every day from 2024-01-01 to 2045-12-31.
//
// Degrees (both directions together, parallel links counted) at 40,000 households, seed 1: 764
// organisations, agencies and assets, 95,775 links. Households have 0 to 20 links (only large
// growers more than 13), 2.4 on average, 2 in the median. The others are heavy-tailed: 38 in the
// median, 126 on average, 200 at nine tenths, 1,647 at 99 in a hundred, 5,984 at most (the county's
// one insurer). CountySummary states the distribution of each county that is made.
//
// Deterministic: the records and their order are a function of (seed, households) on any x86-64.
// One thread; memory O(villages) beside one village's households. A county of 40,000 households
// takes well under a second.
#ifndef LIANJIE_ENGINE_GENERATE_COUNTY_H_
#define LIANJIE_ENGINE_GENERATE_COUNTY_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/generate/county_plan.h"
#include "engine/generate/record_sink.h"

namespace lianjie {

// One figure of what was made, beside the figure it was calibrated to where there is one.
struct CountyFigure {
  std::string name;
  std::string unit;  // "households", "share", "yuan", "links" ...
  std::optional<double> target;
  double made = 0;
};

struct CountySummary {
  std::int64_t regions = 0, nodes = 0, links = 0, lines = 0;
  std::int64_t townships = 0, villages = 0, villages_without_collective = 0;
  std::int64_t households = 0, persons = 0, organisations = 0, agencies = 0, assets = 0;
  std::int64_t agreements = 0, bundled_agreements = 0;  // bundled: of two lines and more

  // Of the households: those ever registered, those that take part, those lifted out, those that
  // earn (narrow benefit above 0).
  std::int64_t ever_registered = 0, taking_part = 0, lifted_out = 0, lifted_out_earning = 0;
  // Households that earn, by the combination of roles by which they are paid (bits 1 operator, 2
  // worker, 4 shareholder).
  std::array<std::int64_t, 8> role_combinations{};
  // Targets (ever registered or monitored) by standing; all but the first are left out for that
  // reason.
  std::array<std::int64_t, kStandings> targets_by_standing{};
  std::int64_t unknown_incomes = 0;

  std::int64_t firm_cycles = 0, cross_holdings = 0, self_loops = 0, parallel_pairs = 0;
  std::int64_t lapsed_links = 0, unpaid_links = 0, photovoltaic_stations = 0, land_pools = 0;
  // Planted injections that no record explains, and their sum; injected is the sum of all outside
  // revenue and of these.
  std::int64_t unexplained_organisations = 0, unexplained_households = 0;
  double unexplained_yuan = 0, injected_yuan = 0, paid_to_households_yuan = 0;

  // How many households have 0, 1, 2 ... links (the last: so many and more), and how many
  // organisations, agencies and assets have below 2^k.
  std::array<std::int64_t, 12> household_degrees{};
  std::array<std::int64_t, 32> organisation_degrees{};
  std::int64_t greatest_degree = 0;

  // All of the above worth printing, targets beside what was made, in the order to print.
  std::vector<CountyFigure> Figures() const;

  // Counts another county's with these.
  void Add(const CountySummary& other);
  // Counts an organisation, agency or asset with so many links.
  void AddDegree(std::int64_t degree);
};

// Makes the county and hands its records to `sink`. Errors: those of CountyOptions::Validate and of
// the sink.
absl::StatusOr<CountySummary> GenerateCounty(const CountyOptions& options, RecordSink& sink);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GENERATE_COUNTY_H_
