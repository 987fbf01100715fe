// Each thing that a county is meant to hold is there, in a county of 2,000 and in one of 40,000
// households.
#include <algorithm>
#include <array>
#include <iostream>
#include <map>
#include <set>
#include <string>

#include "engine/core/rules.h"
#include "engine/core/text.h"
#include "engine/generate/county.h"
#include "gtest/gtest.h"
#include "tests/engine/generate/county_records.h"

namespace lianjie {
namespace {

const Date kPlantedDay = *Date::Parse("2024-06-01");

class Planted : public testing::TestWithParam<std::int64_t> {
 protected:
  const County& county() const { return CountyOf(GetParam(), 1); }
  const CountyRecords& records() const { return county().records; }
  const CountySummary& summary() const { return county().summary; }
  const NodeRecord& NodeOf(const std::string& id) const {
    return records().nodes[records().node_of.at(id)];
  }
  double Size() const { return static_cast<double>(GetParam()); }
};

TEST_P(Planted, EveryKindAndMechanism) {
  std::set<NodeKind> kinds;
  std::set<Mechanism> mechanisms;
  for (const NodeRecord& node : records().nodes) kinds.insert(node.kind);
  for (const LinkRecord& link : records().links) mechanisms.insert(link.mechanism);
  EXPECT_EQ(kinds.size(), 7U);
  EXPECT_EQ(mechanisms.size(), EnumNames<Mechanism>().size() - 1);
}

TEST_P(Planted, AllThreeRolesWithOverlaps) {
  const auto& combinations = summary().role_combinations;
  std::int64_t earning = 0;
  for (std::size_t i = 1; i < combinations.size(); ++i) {
    EXPECT_GT(combinations[i], 0) << i;
    earning += combinations[i];
  }
  const std::int64_t overlaps =
      combinations[3] + combinations[5] + combinations[6] + combinations[7];
  EXPECT_GT(overlaps, earning / 4);
  EXPECT_LT(overlaps, earning * 2 / 3);
}

TEST_P(Planted, AgreementsThatBundle) {
  std::map<std::string, std::set<Mechanism>> lines;
  for (const LinkRecord& link : records().links) {
    if (!link.agreement.empty()) lines[link.agreement].insert(link.mechanism);
  }
  std::int64_t land_and_job = 0, order_training_credit = 0;
  for (const auto& [agreement, mechanisms] : lines) {
    land_and_job += mechanisms.contains(Mechanism::kLandTransfer) &&
                    mechanisms.contains(Mechanism::kEmployment);
    order_training_credit += mechanisms.contains(Mechanism::kOrder) &&
                             mechanisms.contains(Mechanism::kService) &&
                             mechanisms.contains(Mechanism::kCredit);
  }
  EXPECT_GT(land_and_job, 0);
  EXPECT_GT(order_training_credit, GetParam() / 100);
}

TEST_P(Planted, EveryReasonToBeLeftOut) {
  for (std::size_t s = 0; s < kStandings; ++s) {
    EXPECT_GT(summary().targets_by_standing[s], 0) << StandingName(static_cast<Standing>(s));
  }
}

TEST_P(Planted, DeadEndChainsOfSeveralSteps) {
  const std::vector<Books> books = BooksOn(records(), kPlantedDay);
  std::int64_t organisations = 0, chains = 0;
  for (std::size_t n = 0; n < books.size(); ++n) {
    if (!IsOrganisation(records().nodes[n].kind) || books[n].funded || books[n].out_links.empty())
      continue;
    ++organisations;
    chains += std::any_of(books[n].out_links.begin(), books[n].out_links.end(), [&](std::size_t l) {
      return IsOrganisation(NodeOf(records().links[l].target).kind);
    });
  }
  EXPECT_GT(organisations, 0);
  EXPECT_GT(chains, 0);
}

TEST_P(Planted, CyclesAmongFirms) {
  EXPECT_GT(summary().firm_cycles, 0);
  EXPECT_GT(summary().cross_holdings, 0);
  EXPECT_GT(summary().self_loops, 0);
  // A cycle of three, in the records: F pays C, C pays V, V pays F, all with money.
  std::map<std::string, std::set<std::string>> pays;
  for (const LinkRecord& link : records().links) {
    if (link.paid_yuan.value_or(0) > 0 && IsOrganisation(NodeOf(link.source).kind) &&
        IsOrganisation(NodeOf(link.target).kind)) {
      pays[link.source].insert(link.target);
    }
  }
  std::set<std::string> cooperatives;
  for (const auto& [f, targets] : pays) {
    for (const std::string& c : targets) {
      if (NodeOf(c).kind != NodeKind::kCooperative || !pays.contains(c)) continue;
      for (const std::string& v : pays[c]) {
        if (v != f && v != c && pays.contains(v) && pays[v].contains(f)) cooperatives.insert(c);
      }
    }
  }
  EXPECT_GE(static_cast<std::int64_t>(cooperatives.size()), summary().firm_cycles);
}

TEST_P(Planted, VillagesWithAndWithoutCollective) {
  std::set<std::string> with;
  for (const NodeRecord& node : records().nodes) {
    if (node.kind == NodeKind::kCollective) with.insert(node.region);
  }
  EXPECT_EQ(summary().villages - summary().villages_without_collective,
            static_cast<std::int64_t>(with.size()));
  EXPECT_GT(summary().villages_without_collective, 0);
  EXPECT_LT(summary().villages_without_collective, summary().villages / 2);
}

TEST_P(Planted, PhotovoltaicStationsPayTheirOperator) {
  const std::vector<Books> books = BooksOn(records(), kPlantedDay);
  std::int64_t stations = 0;
  for (std::size_t n = 0; n < books.size(); ++n) {
    const NodeRecord& node = records().nodes[n];
    if (node.subtype != "photovoltaic") continue;
    ++stations;
    EXPECT_EQ(node.kind, NodeKind::kFund);
    EXPECT_EQ(node.industry, "D4416");
    EXPECT_TRUE(node.properties.contains("kilowatts"));
    EXPECT_GT(books[n].outside_yuan, 0) << node.id;
    EXPECT_TRUE(std::any_of(
        books[n].out_links.begin(), books[n].out_links.end(),
        [&](std::size_t l) { return NodeOf(records().links[l].target).subtype == "pv_operator"; }))
        << node.id;
  }
  EXPECT_GT(stations, 0);
  EXPECT_EQ(stations, summary().photovoltaic_stations);
}

TEST_P(Planted, LandPoolsAndFundsAreConduits) {
  const std::vector<Books> books = BooksOn(records(), kPlantedDay);
  std::int64_t conduits = 0;
  for (std::size_t n = 0; n < books.size(); ++n) {
    const NodeRecord& node = records().nodes[n];
    if (node.kind != NodeKind::kLand && node.subtype != "industry") continue;
    EXPECT_EQ(books[n].outside_yuan, 0) << node.id;
    EXPECT_EQ(books[n].unexplained_yuan, 0) << node.id;
    EXPECT_NEAR(books[n].in_yuan, books[n].out_yuan, 2 + .01 * books[n].in_yuan) << node.id;
    conduits += books[n].in_yuan > 0;
  }
  EXPECT_GT(conduits, 0);
}

TEST_P(Planted, HouseholdsThatPayNeighbours) {
  std::int64_t links = 0;
  for (const LinkRecord& link : records().links) {
    links += NodeOf(link.source).kind == NodeKind::kHousehold &&
             NodeOf(link.target).kind == NodeKind::kHousehold;
  }
  EXPECT_GT(links, 0);
}

TEST_P(Planted, ParallelLinksAndLapsedContracts) {
  std::map<std::pair<std::string, std::string>, int> lines;
  std::set<LinkStatus> statuses;
  std::int64_t expired = 0;
  for (const LinkRecord& link : records().links) {
    ++lines[{link.source, link.target}];
    statuses.insert(link.status);
    expired += link.valid.to <= kPlantedDay;
  }
  EXPECT_TRUE(
      std::any_of(lines.begin(), lines.end(), [](const auto& line) { return line.second > 1; }));
  EXPECT_EQ(statuses.size(), 3U);
  EXPECT_GT(expired, 0);
  EXPECT_GT(summary().lapsed_links, expired);
  EXPECT_GT(summary().unpaid_links, 0);
}

TEST_P(Planted, ConsumptionIsDrivenBySocietyAdministrationAndMarket) {
  std::set<Driver> drivers;
  for (const LinkRecord& link : records().links) {
    if (link.mechanism == Mechanism::kConsumption) drivers.insert(link.driver);
  }
  EXPECT_EQ(drivers.size(), 3U);
}

TEST_P(Planted, PeopleAndIncomesAreOfTheRightSize) {
  std::int64_t monitored = 0, unknown = 0, households = 0;
  double per_head = 0, persons = 0;
  for (const NodeRecord& node : records().nodes) {
    if (node.kind != NodeKind::kHousehold) continue;
    ++households;
    ASSERT_GE(*node.persons, 1);
    ASSERT_LE(*node.persons, 7);
    ASSERT_LE(*node.labour_skilled + *node.labour_ordinary + *node.labour_weak, *node.persons);
    monitored += node.monitoring != Monitoring::kNone;
    if (!node.income_year) {
      ++unknown;
      continue;
    }
    EXPECT_EQ(*node.income_year, 2023);
    persons += static_cast<double>(*node.persons);
    per_head += *node.income_wage_yuan + *node.income_operating_yuan + *node.income_property_yuan +
                *node.income_transfer_yuan;
  }
  per_head /= persons;
  EXPECT_GT(per_head, 9000);
  EXPECT_LT(per_head, 25000);
  EXPECT_GT(static_cast<double>(monitored), .015 * Size());
  EXPECT_LT(static_cast<double>(monitored), .05 * Size());
  EXPECT_GT(unknown, 0);
  EXPECT_LT(static_cast<double>(unknown), .03 * Size());
  EXPECT_EQ(unknown, summary().unknown_incomes);
}

// What a household gets by its contracts is in its income: the rest, without them, is never
// negative.
TEST_P(Planted, IncomesIncludeTheBindings) {
  const std::vector<Books> books = BooksOn(records(), kPlantedDay);
  for (std::size_t n = 0; n < books.size(); ++n) {
    const NodeRecord& node = records().nodes[n];
    if (node.kind != NodeKind::kHousehold || !node.income_year) continue;
    const double income = *node.income_wage_yuan + *node.income_operating_yuan +
                          *node.income_property_yuan + *node.income_transfer_yuan;
    ASSERT_GE(income - books[n].narrow_yuan, -books[n].unexplained_yuan - books[n].outside_yuan)
        << node.id;
  }
}

TEST_P(Planted, AFewOrganisationsServeManyVillages) {
  std::map<std::string, std::set<std::string>> villages;
  for (const LinkRecord& link : records().links) {
    const NodeRecord& target = NodeOf(link.target);
    if (NodeOf(link.source).subtype == "leading_county" && target.kind == NodeKind::kHousehold) {
      villages[link.source].insert(target.region);
    }
  }
  std::size_t most = 0;
  for (const auto& [firm, served] : villages) most = std::max(most, served.size());
  EXPECT_GE(static_cast<std::int64_t>(most), summary().villages / 10);
}

TEST_P(Planted, FiguresShowTargetsBesideWhatWasMade) {
  const std::vector<CountyFigure> figures = summary().Figures();
  std::set<std::string> names;
  int targets = 0;
  std::cout << "[ " << GetParam() << " households ]\n";
  for (const CountyFigure& figure : figures) {
    EXPECT_TRUE(names.insert(figure.name).second) << figure.name;
    EXPECT_FALSE(figure.unit.empty());
    if (figure.target) {
      ++targets;
      EXPECT_NEAR(figure.made, *figure.target, .01) << figure.name;
    }
    std::cout << "  " << figure.name << ": " << FormatDouble(figure.made)
              << (figure.target ? Cat(" (target ", *figure.target, ")") : "") << " " << figure.unit
              << "\n";
  }
  EXPECT_EQ(targets, 4);
}

INSTANTIATE_TEST_SUITE_P(Sizes, Planted, testing::Values(2000, 40000),
                         [](const auto& size) { return Cat("N", size.param); });

}  // namespace
}  // namespace lianjie
