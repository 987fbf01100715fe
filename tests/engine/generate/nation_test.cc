// A province and a nation are judged by their records, as the county is (county_test.cc).
#include "engine/generate/nation.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <iostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/rules.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/generate/nation_records.h"

namespace lianjie::nation_test {
namespace {

const Date kNationDay = *Date::Parse("2024-06-01");

struct Written {
  std::string nodes, links, regions, lines;
};

absl::StatusOr<Written> Write(const Territory& territory, int threads) {
  Written written;
  const auto into = [](std::string& text) {
    return [&text](std::string_view bytes) {
      text += bytes;
      return absl::OkStatus();
    };
  };
  const TerritoryTexts texts{.nodes = into(written.nodes),
                             .links = into(written.links),
                             .regions = into(written.regions),
                             .lines = into(written.lines)};
  LIANJIE_RETURN_IF_ERROR(WriteTerritory(territory, texts, {.threads = threads}).status());
  return written;
}

TEST(TerritoryOptionsTest, BadOnesAreNamed) {
  const auto field_of = [](const absl::Status& status) {
    return GetErrorDetail(status).value_or(ErrorDetail()).field;
  };
  EXPECT_EQ(field_of(OptionsFor(Scale::kNation, 1999).Validate()), "households");
  EXPECT_EQ(field_of(OptionsFor(Scale::kProvince, 100'000'001).Validate()), "households");
  TerritoryOptions options = OptionsFor(Scale::kNation, 5000);
  options.province = "21";
  EXPECT_EQ(field_of(options.Validate()), "province");
  EXPECT_TRUE(OptionsFor(Scale::kNation, 2000).Validate().ok());

  options.scale = Scale::kProvince;
  options.province = "22";
  EXPECT_EQ(field_of(Territory::FromRegions(options, SmallTable()).status()), "province");
  EXPECT_EQ(
      field_of(
          Territory::FromRegions(OptionsFor(Scale::kProvince, 8'000'000), SmallTable()).status()),
      "households");
  const TerritoryOptions nation = OptionsFor(Scale::kNation, 5000);
  EXPECT_EQ(field_of(Territory::FromRegions(nation, {{"21", "", "", 1}}).status()), "regions");
  std::vector<RegionRecord> twice = SmallTable();
  twice.push_back(twice.back());
  EXPECT_EQ(field_of(Territory::FromRegions(nation, twice).status()), "regions");
  std::vector<RegionRecord> orphan = SmallTable();
  orphan.push_back({"990101", "9901", "", 3});
  const absl::Status status = Territory::FromRegions(nation, orphan).status();
  EXPECT_EQ(field_of(status), "regions");
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("990101"));
}

TEST(NationTest, SameBytesAtAnyNumberOfThreads) {
  const Territory territory = Territory::Make(OptionsFor(Scale::kNation, 6000));
  const Written one = *Write(territory, 1);
  for (const int threads : {2, 5}) {
    const Written more = *Write(territory, threads);
    EXPECT_TRUE(one.nodes == more.nodes && one.links == more.links && one.regions == more.regions &&
                one.lines == more.lines)
        << threads << " threads";
  }
  const Written other = *Write(Territory::Make(OptionsFor(Scale::kNation, 6000, 2)), 1);
  EXPECT_NE(one.links, other.links);
}

TEST(NationTest, FailuresAndInterruptsEndIt) {
  const Territory territory = Territory::Make(OptionsFor(Scale::kProvince, 6000));
  const TextSink good = [](std::string_view) { return absl::OkStatus(); };
  std::size_t bytes = 0;
  const TextSink full = [&bytes](std::string_view text) {
    bytes += text.size();
    return bytes < 700'000 ? absl::OkStatus() : absl::DataLossError("full");
  };
  for (const int threads : {1, 3}) {
    bytes = 0;
    const auto made =
        WriteTerritory(territory, {.nodes = good, .links = full, .regions = good, .lines = good},
                       {.threads = threads});
    EXPECT_EQ(made.status().code(), absl::StatusCode::kDataLoss);
    std::atomic<int> asked = 0;
    const auto stopped =
        WriteTerritory(territory, {.nodes = good, .links = good, .regions = good, .lines = good},
                       {.threads = threads, .stopped = [&asked] { return ++asked > 5; }});
    EXPECT_EQ(stopped.status().code(), absl::StatusCode::kCancelled);
  }
}

TEST_P(Territories, EveryRecordKeepsTheRules) {
  std::set<std::string> regions;
  for (const RegionRecord& region : records().regions) {
    ASSERT_TRUE(Validate(region).ok()) << Validate(region);
    ASSERT_TRUE(region.parent.empty() || regions.contains(region.parent)) << region.code;
    ASSERT_TRUE(regions.insert(region.code).second) << region.code;
  }
  for (const LineRecord& line : records().lines) {
    ASSERT_TRUE(Validate(line).ok()) << Validate(line);
    ASSERT_TRUE(regions.contains(line.region));
  }
  ASSERT_EQ(records().node_of.size(), records().nodes.size()) << "an id comes twice";
  for (const NodeRecord& node : records().nodes) {
    NodeRecord normal = node;
    Normalize(normal);
    ASSERT_EQ(node, normal) << node.id;
    ASSERT_TRUE(Validate(node).ok()) << node.id << ": " << Validate(node);
    ASSERT_TRUE(regions.contains(node.region)) << node.id;
    ASSERT_THAT(node.labels, testing::Contains("synthetic")) << node.id;
  }
  std::set<std::string> ids;
  std::vector<double> shares(records().nodes.size());
  for (const LinkRecord& link : records().links) {
    LinkRecord normal = link;
    Normalize(normal);
    ASSERT_EQ(link, normal) << link.id;
    ASSERT_TRUE(Validate(link).ok()) << link.id << ": " << Validate(link);
    ASSERT_TRUE(ids.insert(link.id).second) << link.id;
    const std::size_t source = records().node_of.at(link.source);
    const NodeRecord& target = records().nodes[records().node_of.at(link.target)];
    ASSERT_TRUE(ValidateEnds(link, records().nodes[source].kind, target.kind).ok()) << link.id;
    shares[source] += link.share.value_or(0);
  }
  for (std::size_t n = 0; n < shares.size(); ++n) {
    ASSERT_LE(shares[n] + records().nodes[n].leak_share.value_or(0), 1.0) << records().nodes[n].id;
  }
}

TEST_P(Territories, MeetsTheCalibrationOverall) {
  const std::vector<Books> books = BooksOn(records(), kNationDay);
  double households = 0, ever = 0, taking_part = 0, lifted_out = 0, earning = 0;
  for (std::size_t n = 0; n < books.size(); ++n) {
    const NodeRecord& node = records().nodes[n];
    if (node.kind != NodeKind::kHousehold) continue;
    ++households;
    if (node.registration == Registration::kGeneral) continue;
    ++ever;
    taking_part += books[n].takes_part;
    if (node.registration != Registration::kLiftedOut) continue;
    ++lifted_out;
    earning += books[n].narrow_yuan > 0;
  }
  EXPECT_EQ(households, static_cast<double>(GetParam().households));
  EXPECT_EQ(summary().all.households, GetParam().households);
  EXPECT_EQ(static_cast<double>(summary().all.taking_part), taking_part);
  EXPECT_EQ(static_cast<double>(summary().all.lifted_out_earning), earning);
  EXPECT_NEAR(taking_part / ever, .92, .002);
  EXPECT_NEAR(earning / lifted_out, .67, .002);
  EXPECT_NEAR(ever / households, .28, .002);
  const double links = static_cast<double>(records().links.size());
  // A small nation on a table has villages of few households, and so more organisations for each.
  EXPECT_GT(links / households, 3.1);
  EXPECT_LT(links / households, GetParam().given ? 3.8 : 3.35);
  std::cout << "[ " << GetParam().name << " ] " << records().nodes.size() << " nodes, "
            << links / households << " links a household, takes part " << taking_part / ever
            << ", earns " << earning / lifted_out << "\n";
}

TEST_P(Territories, NothingIsUnexplainedButWhatWasPlanted) {
  const std::vector<Books> books = BooksOn(records(), kNationDay);
  std::int64_t organisations = 0, households = 0;
  double unexplained = 0, injected = 0;
  for (std::size_t n = 0; n < books.size(); ++n) {
    unexplained += books[n].unexplained_yuan;
    injected += books[n].unexplained_yuan + books[n].outside_yuan;
    if (books[n].unexplained_yuan == 0) continue;
    ++(records().nodes[n].kind == NodeKind::kHousehold ? households : organisations);
  }
  EXPECT_EQ(summary().all.unexplained_organisations, organisations);
  EXPECT_EQ(summary().all.unexplained_households, households);
  EXPECT_DOUBLE_EQ(summary().all.unexplained_yuan, unexplained);
  EXPECT_NEAR(summary().all.injected_yuan / injected, 1, 1e-12);
  EXPECT_LT(unexplained, .03 * injected);
}

TEST_P(Territories, TheSummaryCountsWhatWasHandedOut) {
  const CountySummary& all = summary().all;
  EXPECT_EQ(all.nodes, static_cast<std::int64_t>(records().nodes.size()));
  EXPECT_EQ(all.links, static_cast<std::int64_t>(records().links.size()));
  EXPECT_EQ(all.regions, static_cast<std::int64_t>(records().regions.size()));
  EXPECT_EQ(all.lines, static_cast<std::int64_t>(records().lines.size()));
  std::vector<std::int64_t> degrees(records().nodes.size());
  std::int64_t self_loops = 0, crossing = 0, counties_differ = 0;
  const auto county_of = [](const NodeRecord& node) { return node.region.substr(0, 6); };
  for (const LinkRecord& link : records().links) {
    const std::size_t source = records().node_of.at(link.source);
    const std::size_t target = records().node_of.at(link.target);
    ++degrees[source];
    ++degrees[target];
    self_loops += source == target;
    const NodeRecord& a = records().nodes[source];
    const NodeRecord& b = records().nodes[target];
    crossing += (a.region.size() < 6) != (b.region.size() < 6);
    counties_differ += a.region.size() >= 6 && b.region.size() >= 6 && county_of(a) != county_of(b);
  }
  EXPECT_EQ(all.self_loops, self_loops);
  EXPECT_EQ(summary().crossing_links, crossing);
  EXPECT_EQ(counties_differ, 0);
  EXPECT_GT(crossing, GetParam().households / 10);
  std::array<std::int64_t, 12> households{};
  decltype(CountySummary::organisation_degrees) others{};
  for (std::size_t n = 0; n < degrees.size(); ++n) {
    if (records().nodes[n].kind == NodeKind::kHousehold) {
      ++households[std::min<std::size_t>(static_cast<std::size_t>(degrees[n]), 11)];
    } else {
      ++others[std::bit_width(static_cast<std::uint64_t>(degrees[n]))];
    }
  }
  EXPECT_EQ(all.household_degrees, households);
  EXPECT_EQ(all.organisation_degrees, others);
  EXPECT_EQ(all.greatest_degree, *std::max_element(degrees.begin(), degrees.end()));
}

TEST_P(Territories, TablesSayTheSameAsRecords) {
  const Written written = *Write(TerritoryOf(GetParam()), 2);
  const auto rows = [](const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) - 1;
  };
  EXPECT_EQ(rows(written.nodes), records().nodes.size());
  EXPECT_EQ(rows(written.links), records().links.size());
  EXPECT_EQ(rows(written.regions), records().regions.size());
  EXPECT_EQ(rows(written.lines), records().lines.size());
  std::size_t at = written.links.find('\n') + 1;
  EXPECT_EQ(written.links.substr(0, at),
            "id,agreement,source,target,mechanism,promised_yuan,paid_yuan,share,capacity,tightness,"
            "driver,policy,valid_from,valid_to,status,product\n");
  for (const LinkRecord& link : records().links) {
    const std::size_t end = written.links.find('\n', at);
    const std::string front = Cat(link.id, ",", link.agreement, ",", link.source, ",", link.target,
                                  ",", EnumName(link.mechanism), ",");
    ASSERT_EQ(written.links.substr(at, front.size()), front);
    at = end + 1;
  }
}

INSTANTIATE_TEST_SUITE_P(Scales, Territories, kTerritoryCases,
                         [](const auto& about) { return about.param.name; });

TEST(GivenTerritoryTest, IsMadeOnTheTable) {
  const Made& nation = MadeOf({"GivenNation", Scale::kNation, 30000, true});
  EXPECT_EQ(nation.records.regions.size(), SmallTable().size());
  EXPECT_EQ(nation.summary.provinces, 2);
  EXPECT_EQ(nation.summary.counties, 24);
  const Made& few = MadeOf({"GivenNationFewHouseholds", Scale::kNation, 4000, true});
  EXPECT_EQ(few.records.regions.size(), SmallTable().size());
  EXPECT_EQ(few.summary.counties, 10);
  const Made& province = MadeOf({"GivenProvince", Scale::kProvince, 12000, true});
  EXPECT_EQ(province.summary.provinces, 1);
  for (const RegionRecord& region : province.records.regions)
    ASSERT_TRUE(region.code.starts_with("21")) << region.code;

  TerritoryOptions options = OptionsFor(Scale::kProvince, 5000);
  options.province = "41";
  CountyRecords records;
  ASSERT_TRUE(GenerateTerritory(*Territory::FromRegions(options, SmallTable()), records).ok());
  for (const NodeRecord& node : records.nodes)
    ASSERT_TRUE(node.region.starts_with("41")) << node.id;
}

TEST(MadeTerritoryTest, CodesHaveTheRightFormAndNoPlaceHasThem) {
  const std::size_t digits[] = {0, 2, 4, 6, 9, 12};
  const std::set<std::string> real = {"11", "12", "13", "14", "15", "21", "22", "23", "31",
                                      "32", "33", "34", "35", "36", "37", "41", "42", "43",
                                      "44", "45", "46", "50", "51", "52", "53", "54", "61",
                                      "62", "63", "64", "65", "71", "81", "82", "83"};
  const Territory nation = Territory::Make(OptionsFor(Scale::kNation, 30'000'000));
  EXPECT_EQ(nation.provinces().size(), 31U);
  std::set<std::string> counties;
  for (const CountyPlace& county : nation.counties()) {
    ASSERT_EQ(county.code.size(), 6U);
    ASSERT_TRUE(counties.insert(county.code).second) << county.code;
    ASSERT_FALSE(real.contains(county.code.substr(0, 2))) << county.code;
  }
  for (const RegionRecord& region :
       MadeOf({"Nation", Scale::kNation, 40000, false}).records.regions) {
    ASSERT_EQ(region.code.size(), digits[region.level]);
    ASSERT_TRUE(region.code.starts_with(region.parent));
    ASSERT_TRUE(region.name.starts_with("合成")) << region.name;
  }
}

}  // namespace
}  // namespace lianjie::nation_test
