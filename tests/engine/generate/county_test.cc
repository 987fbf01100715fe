// The county is judged by its records: everything that the summary claims is computed here again
// from them, by code that shares nothing with the generator but the type table.
#include "engine/generate/county.h"

#include <cmath>
#include <functional>
#include <set>
#include <string>

#include "engine/core/fields.h"
#include "engine/core/rules.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/generate/csv_sink.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/generate/county_records.h"

namespace lianjie {
namespace {

const Date kDay = *Date::Parse("2024-06-01");

std::uint64_t DigestOf(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return hash;
}

struct Texts {
  std::string nodes, links, regions, lines;
  std::string all() const { return Cat(nodes, links, regions, lines); }
};

Texts CsvOf(std::int64_t households, std::uint64_t seed) {
  Texts texts;
  const auto into = [](std::string& text) {
    return [&text](std::string_view bytes) {
      text += bytes;
      return absl::OkStatus();
    };
  };
  CsvRecordSink sink(into(texts.nodes), into(texts.links), into(texts.regions), into(texts.lines));
  EXPECT_TRUE(GenerateCounty({.households = households, .seed = seed}, sink).ok());
  EXPECT_TRUE(sink.Finish().ok());
  return texts;
}

bool EverRegistered(const NodeRecord& node) {
  return node.registration == Registration::kRegisteredPoor ||
         node.registration == Registration::kLiftedOut;
}

bool IsTarget(const NodeRecord& node) {
  return node.kind == NodeKind::kHousehold &&
         (EverRegistered(node) ||
          (node.monitoring != Monitoring::kNone && node.monitoring != Monitoring::kUnspecified));
}

TEST(CountyOptionsTest, RefusesSizesItCannotMake) {
  for (const std::int64_t households : {-1, 0, 49, 2'000'001}) {
    CountyRecords records;
    const auto made = GenerateCounty({.households = households, .seed = 1}, records);
    ASSERT_FALSE(made.ok());
    EXPECT_EQ(GetErrorDetail(made.status())->field, "households");
    EXPECT_TRUE(records.nodes.empty());
  }
}

TEST(CountyTest, TheFirstErrorOfTheSinkEndsIt) {
  class Refusing : public CountyRecords {
   public:
    absl::Status Link(const LinkRecord&) override { return absl::DataLossError("full"); }
  };
  Refusing sink;
  EXPECT_EQ(GenerateCounty({.households = 50, .seed = 1}, sink).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(CountyTest, SameSeedSameBytesOtherSeedOthers) {
  const std::string first = CsvOf(500, 7).all();
  EXPECT_EQ(first, CsvOf(500, 7).all());
  EXPECT_NE(first, CsvOf(500, 8).all());
  EXPECT_NE(first, CsvOf(501, 7).all());
}

// The bytes are a format: people compare figures of "the county of seed 1". A change of this digest
// goes into the changelog.
TEST(CountyTest, BytesOfSeedOneAreStable) {
  EXPECT_EQ(DigestOf(CsvOf(2000, 1).all()), 4649812963748183986ULL);
}

class CountySizes : public testing::TestWithParam<std::int64_t> {
 protected:
  const County& county() const { return CountyOf(GetParam(), 1); }
  const CountyRecords& records() const { return county().records; }
  const CountySummary& summary() const { return county().summary; }
};

TEST_P(CountySizes, EveryRecordKeepsTheRules) {
  for (const RegionRecord& region : records().regions)
    ASSERT_TRUE(Validate(region).ok()) << Validate(region);
  for (const LineRecord& line : records().lines) ASSERT_TRUE(Validate(line).ok()) << Validate(line);
  for (NodeRecord node : records().nodes) {
    const NodeRecord made = node;
    Normalize(node);
    ASSERT_EQ(node, made) << "not normalised: " << node.id;
    ASSERT_TRUE(Validate(node).ok()) << node.id << ": " << Validate(node);
  }
  for (LinkRecord link : records().links) {
    const LinkRecord made = link;
    Normalize(link);
    ASSERT_EQ(link, made) << "not normalised: " << link.id;
    ASSERT_TRUE(Validate(link).ok()) << link.id << ": " << Validate(link);
    const NodeRecord& source = records().nodes[records().node_of.at(link.source)];
    const NodeRecord& target = records().nodes[records().node_of.at(link.target)];
    const absl::Status ends = ValidateEnds(link, source.kind, target.kind);
    ASSERT_TRUE(ends.ok()) << ends;
  }
}

TEST_P(CountySizes, IdsAreUniqueAndEndsComeFirst) {
  EXPECT_EQ(records().node_of.size(), records().nodes.size());
  std::set<std::string> links;
  for (const LinkRecord& link : records().links) links.insert(link.id);
  EXPECT_EQ(links.size(), records().links.size());
  std::set<std::string> regions;
  for (const RegionRecord& region : records().regions) {
    EXPECT_TRUE(region.parent.empty() ? region.level == 1 : regions.contains(region.parent))
        << region.code;
    EXPECT_TRUE(regions.insert(region.code).second) << region.code;
  }
  for (const NodeRecord& node : records().nodes)
    EXPECT_TRUE(regions.contains(node.region)) << node.id;

  class Ordered : public CountyRecords {
   public:
    absl::Status Link(const LinkRecord& link) override {
      return node_of.contains(link.source) && node_of.contains(link.target)
                 ? absl::OkStatus()
                 : absl::InternalError(link.id);
    }
  };
  Ordered ordered;
  EXPECT_TRUE(GenerateCounty({.households = 60, .seed = 3}, ordered).ok());
}

TEST_P(CountySizes, CodesHaveTheRightFormAndNoPlaceHasThem) {
  const std::size_t digits[] = {0, 2, 4, 6, 9, 12};
  for (const RegionRecord& region : records().regions) {
    EXPECT_EQ(region.code.size(), digits[region.level]);
    EXPECT_TRUE(region.code.starts_with("59")) << region.code;
    EXPECT_TRUE(region.code.starts_with(region.parent));
    EXPECT_TRUE(region.name.starts_with("合成")) << region.name;
  }
  for (const NodeRecord& node : records().nodes) {
    EXPECT_THAT(node.labels, testing::Contains("synthetic")) << node.id;
    if (node.kind == NodeKind::kHousehold) {
      EXPECT_EQ(node.region.size(), 12U);
    } else {
      EXPECT_TRUE(node.name.starts_with("合成")) << node.name;
    }
  }
}

TEST_P(CountySizes, SharesOfNoPayerExceedOneAtAnyDate) {
  // Shares are given to active lines alone, so their sum over all lines bounds that of every day.
  std::vector<double> sums(records().nodes.size());
  for (const LinkRecord& link : records().links) {
    if (link.share) sums[records().node_of.at(link.source)] += *link.share;
  }
  for (std::size_t n = 0; n < sums.size(); ++n) {
    EXPECT_LE(sums[n] + records().nodes[n].leak_share.value_or(0), 1.0) << records().nodes[n].id;
  }
}

// Both modes tell the same story: a share is what was paid of what came in.
TEST_P(CountySizes, SharesAgreeWithWhatWasPaid) {
  const std::vector<Books> books = BooksOn(records(), kDay);
  std::int64_t shares = 0;
  for (const LinkRecord& link : records().links) {
    const std::size_t source = records().node_of.at(link.source);
    if (!link.share || records().nodes[source].kind == NodeKind::kHousehold ||
        books[source].unexplained_yuan > 0)
      continue;
    const double receipts = books[source].in_yuan + books[source].outside_yuan;
    EXPECT_NEAR(*link.share * receipts, *link.paid_yuan, 1e-6 + receipts * 1e-12) << link.id;
    ++shares;
  }
  EXPECT_GT(shares, GetParam() / 2);
}

// Everybody reads the same county, whatever day is asked about.
TEST_P(CountySizes, IsTheSameOnEveryDayFrom2024To2045) {
  for (const char* day : {"2024-01-01", "2031-02-03", "2045-12-31"}) {
    const Date date = *Date::Parse(day);
    for (const LinkRecord& link : records().links) {
      ASSERT_EQ(link.valid.Contains(date), link.valid.Contains(kDay)) << link.id << " on " << day;
    }
    for (const NodeRecord& node : records().nodes)
      ASSERT_EQ(node.valid.Contains(date), node.valid.Contains(kDay)) << node.id;
  }
}

TEST_P(CountySizes, MeetsItsCalibration) {
  const std::vector<Books> books = BooksOn(records(), kDay);
  double ever = 0, taking_part = 0, lifted_out = 0, earning = 0;
  for (std::size_t n = 0; n < books.size(); ++n) {
    const NodeRecord& node = records().nodes[n];
    if (!EverRegistered(node)) continue;
    ++ever;
    taking_part += books[n].takes_part;
    if (node.registration != Registration::kLiftedOut) continue;
    ++lifted_out;
    earning += books[n].narrow_yuan > 0;
  }
  const double tolerance = 3.0 / ever;  // three households
  EXPECT_NEAR(taking_part / ever, .92, tolerance);
  EXPECT_NEAR(earning / lifted_out, .67, 3.0 / lifted_out);
  EXPECT_NEAR(ever / static_cast<double>(GetParam()), .28, 3.0 / static_cast<double>(GetParam()));
  // The summary is of the same opinion.
  EXPECT_EQ(static_cast<double>(summary().ever_registered), ever);
  EXPECT_EQ(static_cast<double>(summary().taking_part), taking_part);
  EXPECT_EQ(static_cast<double>(summary().lifted_out), lifted_out);
  EXPECT_EQ(static_cast<double>(summary().lifted_out_earning), earning);
  std::cout << "[ " << GetParam() << " households ] participation " << taking_part / ever << " of "
            << ever << ", earning " << earning / lifted_out << " of " << lifted_out << "\n";
}

TEST_P(CountySizes, TheSummaryCountsWhatWasHandedOut) {
  EXPECT_EQ(summary().nodes, static_cast<std::int64_t>(records().nodes.size()));
  EXPECT_EQ(summary().links, static_cast<std::int64_t>(records().links.size()));
  EXPECT_EQ(summary().regions, static_cast<std::int64_t>(records().regions.size()));
  EXPECT_EQ(summary().households, GetParam());
  EXPECT_EQ(summary().villages + summary().townships + 3, summary().regions);
  std::vector<std::int64_t> degrees(records().nodes.size());
  std::int64_t self_loops = 0;
  for (const LinkRecord& link : records().links) {
    ++degrees[records().node_of.at(link.source)];
    ++degrees[records().node_of.at(link.target)];
    self_loops += link.source == link.target;
  }
  EXPECT_EQ(summary().self_loops, self_loops);
  std::array<std::int64_t, 12> households{};
  std::int64_t greatest = 0;
  for (std::size_t n = 0; n < degrees.size(); ++n) {
    greatest = std::max(greatest, degrees[n]);
    if (records().nodes[n].kind == NodeKind::kHousehold)
      ++households[std::min<std::size_t>(static_cast<std::size_t>(degrees[n]), 11)];
  }
  EXPECT_EQ(summary().household_degrees, households);
  EXPECT_EQ(summary().greatest_degree, greatest);
}

// Every target that is left out is so for the reason that was planted, by the rules of coverage
// applied to the records.
TEST_P(CountySizes, TheLeftOutArePlantedAsCounted) {
  const std::vector<Books> books = BooksOn(records(), kDay);
  std::array<std::int64_t, kStandings> found{};
  for (std::size_t n = 0; n < books.size(); ++n) {
    const NodeRecord& node = records().nodes[n];
    if (!IsTarget(node)) continue;
    const Books& b = books[n];
    const auto all_of = [&](const std::vector<std::size_t>& links, auto test) {
      return std::all_of(links.begin(), links.end(),
                         [&](std::size_t l) { return test(records().links[l]); });
    };
    Standing standing = Standing::kEarning;
    if (!b.narrow_link) {
      standing = b.service_link                              ? Standing::kSupportOnly
                 : !b.lapsed_in_links.empty()                ? Standing::kLapsed
                 : b.in_links.empty() && b.out_links.empty() ? Standing::kNoLink
                 : b.in_links.empty()                        ? Standing::kPaysOnly
                 : all_of(b.in_links,
                          [](const LinkRecord& l) { return l.mechanism == Mechanism::kTransfer; })
                     ? Standing::kReliefOnly
                     : Standing::kMarketOnly;
    } else if (b.narrow_yuan == 0) {
      const std::string& payer = records().links[b.in_links.front()].source;
      const NodeRecord& organisation = records().nodes[records().node_of.at(payer)];
      standing = !b.funded ? Standing::kDeadEnd
                 : organisation.operating_status == OperatingStatus::kDormant
                     ? Standing::kDormantPayer
                     : Standing::kArrears;
    }
    ++found[static_cast<std::size_t>(standing)];
  }
  EXPECT_EQ(found, summary().targets_by_standing);
}

TEST_P(CountySizes, NothingIsUnexplainedButWhatWasPlanted) {
  const std::vector<Books> books = BooksOn(records(), kDay);
  std::int64_t organisations = 0, households = 0;
  double unexplained = 0, injected = 0;
  for (std::size_t n = 0; n < books.size(); ++n) {
    unexplained += books[n].unexplained_yuan;
    injected += books[n].unexplained_yuan + books[n].outside_yuan;
    if (books[n].unexplained_yuan == 0) continue;
    ++(records().nodes[n].kind == NodeKind::kHousehold ? households : organisations);
  }
  EXPECT_EQ(summary().unexplained_organisations, organisations);
  EXPECT_EQ(summary().unexplained_households, households);
  EXPECT_DOUBLE_EQ(summary().unexplained_yuan, unexplained);
  EXPECT_DOUBLE_EQ(summary().injected_yuan, injected);
  EXPECT_GT(unexplained, 0);
  EXPECT_LT(unexplained, .02 * injected);
  std::cout << "[ " << GetParam() << " households ] unexplained " << unexplained << " of "
            << injected << " yuan injected\n";
}

// Small counties are where an organisation may have nobody to pay and a village nobody of a kind.
TEST(CountyTest, SmallCountiesOfAnySeedHoldTogether) {
  for (const std::int64_t households : {50, 59, 73, 120, 221}) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      CountyRecords records;
      const auto summary = GenerateCounty({.households = households, .seed = seed}, records);
      ASSERT_TRUE(summary.ok()) << summary.status();
      ASSERT_EQ(summary->households, households);
      std::vector<double> shares(records.nodes.size());
      for (const NodeRecord& node : records.nodes)
        ASSERT_TRUE(Validate(node).ok()) << Validate(node);
      for (const LinkRecord& link : records.links) {
        const std::size_t source = records.node_of.at(link.source);
        const NodeKind target = records.nodes[records.node_of.at(link.target)].kind;
        ASSERT_TRUE(Validate(link).ok()) << Validate(link);
        ASSERT_TRUE(ValidateEnds(link, records.nodes[source].kind, target).ok());
        shares[source] += link.share.value_or(0);
      }
      for (std::size_t n = 0; n < shares.size(); ++n) {
        ASSERT_LE(shares[n] + records.nodes[n].leak_share.value_or(0), 1.0)
            << records.nodes[n].id << ", seed " << seed;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, CountySizes, testing::Values(50, 333, 2000, 40000),
                         [](const auto& size) { return Cat("N", size.param); });

}  // namespace
}  // namespace lianjie
