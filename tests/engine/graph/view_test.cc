#include "engine/graph/view.h"

#include <string>
#include <vector>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/graph/analysis.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/support/random_graph.h"

namespace lianjie {
namespace {

using testing::Amount;
using testing::FromArcs;
using testing::GraphRecords;
using testing::LinkOf;
using testing::NodeOf;
using testing::RandomGraph;
using testing::ToSnapshot;
using testing::ToView;
using testing::ViewText;

Date Day(std::string_view iso) { return *Date::Parse(iso); }

// Day by day over the records: what the view says by intervals.
struct BruteDays {
  const GraphRecords& records;
  Interval days;

  const NodeRecord& Node(std::string_view id) const {
    return testing::NodeOf(const_cast<GraphRecords&>(records), id);
  }
  bool NodeActive(const NodeRecord& node) const {
    for (Date d = days.from; d < days.to; ++d.days) {
      if (node.valid.Contains(d)) return true;
    }
    return false;
  }
  bool LinkActive(const LinkRecord& link) const {
    if (link.status != LinkStatus::kActive) return false;
    for (Date d = days.from; d < days.to; ++d.days) {
      if (link.valid.Contains(d) && Node(link.source).valid.Contains(d) &&
          Node(link.target).valid.Contains(d)) {
        return true;
      }
    }
    return false;
  }
};

void CheckView(const GraphRecords& records, const ViewText& text, Interval days) {
  const auto s = ToSnapshot(records);
  const View view = ToView(s, text);
  const BruteDays brute{records, days};
  const Filter nodes = *ParseNodeFilter(text.nodes);
  const Filter links = *ParseLinkFilter(text.links);
  const RegionIndex region = text.region.empty() ? kNoRegion : s->regions().Find(text.region);
  const auto node_inside = [&](const NodeRecord& node) {
    if (region != kNoRegion && !s->regions().Contains(region, s->regions().Find(node.region))) {
      return false;
    }
    return brute.NodeActive(node) && Matches(nodes, node);
  };
  for (const NodeRecord& node : records.nodes) {
    const NodeIndex n = s->FindNode(node.id);
    EXPECT_EQ(view.NodeActive(n), brute.NodeActive(node)) << node.id;
    EXPECT_EQ(view.NodeInside(n), node_inside(node)) << node.id;
  }
  for (const LinkRecord& link : records.links) {
    const LinkIndex l = s->FindLink(link.id);
    EXPECT_EQ(view.LinkActive(l), brute.LinkActive(link)) << link.id;
    EXPECT_EQ(view.LinkMatches(l), Matches(links, link)) << link.id;
    EXPECT_EQ(view.LinkInside(l), brute.LinkActive(link) && Matches(links, link) &&
                                      node_inside(brute.Node(link.source)) &&
                                      node_inside(brute.Node(link.target)))
        << link.id;
  }
  EXPECT_EQ(view.unfiltered(), text.nodes.empty() && text.links.empty() && text.region.empty());
}

TEST(ViewTest, EqualsLookingAtEveryRecordOnEveryDay) {
  const std::vector<ViewText> texts = {
      {},
      {.nodes = "kind = HOUSEHOLD OR kind = FIRM"},
      {.links = "mechanism != SUPPLY AND NOT paid_yuan > 900"},
      {.region = "5203"},
      {.nodes = "persons < 4 OR labels : \"base\"", .links = "driver = MARKET", .region = "52"}};
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const GraphRecords records = RandomGraph({.seed = seed,
                                              .nodes = 60,
                                              .links = 200,
                                              .mechanisms = true,
                                              .regions = true,
                                              .dates = true,
                                              .amounts = true,
                                              .attributes = true});
    for (ViewText text : texts) {
      CheckView(records, text, {Day("2020-01-01"), Day("2020-01-02")});
      text.as_of = "2019-06-15";
      CheckView(records, text, {Day("2019-06-15"), Day("2019-06-16")});
      text.as_of.reset();
      text.period = {"2019-11-01", "2020-03-01"};
      CheckView(records, text, {Day("2019-11-01"), Day("2020-03-01")});
    }
  }
}

TEST(ViewTest, IntervalsAreHalfOpen) {
  GraphRecords records = FromArcs({{"a", "b"}});
  LinkOf(records, "l0").valid = {Day("2020-01-01"), Day("2020-02-01")};
  const auto s = ToSnapshot(records);
  const auto active = [&](const std::string& day) {
    return ToView(s, {.as_of = day}).LinkActive(0);
  };
  EXPECT_FALSE(active("2019-12-31"));
  EXPECT_TRUE(active("2020-01-01"));
  EXPECT_TRUE(active("2020-01-31"));
  EXPECT_FALSE(active("2020-02-01"));
  EXPECT_TRUE(ToView(s).LinkActive(0)) << "the reference date is 2020-01-01";
}

TEST(ViewTest, AmountsOfAPeriod) {
  GraphRecords records =
      FromArcs({{"a", "b", 1200}, {"a", "b", 3000}, {"a", "b", 500}}, Amount::kPaid);
  LinkOf(records, "l0").valid.from = Day("2020-07-01");
  LinkOf(records, "l1").valid = {Day("2020-03-01"), Day("2020-06-01")};
  LinkOf(records, "l2").paid_yuan.reset();
  LinkOf(records, "l2").promised_yuan = 365;
  const auto s = ToSnapshot(records);
  const View year = ToView(s, {.period = {{"2020-01-01", "2021-01-01"}}});
  EXPECT_NEAR(year.PaidYuan(s->FindLink("l0")), 604.9315, 5e-5);
  EXPECT_DOUBLE_EQ(year.PaidYuan(s->FindLink("l1")), 3000);
  EXPECT_EQ(year.PaidYuan(s->FindLink("l2")), 0) << "not known";
  EXPECT_DOUBLE_EQ(year.PromisedYuan(s->FindLink("l2")), 365);
  EXPECT_DOUBLE_EQ(year.PeriodYears(), 1) << "29 February does not count";
  EXPECT_EQ(year.as_of(), Day("2020-12-31"));

  const View month = ToView(s, {.period = {{"2020-02-01", "2020-03-01"}}});
  EXPECT_DOUBLE_EQ(month.PromisedYuan(s->FindLink("l2")), 28);
  EXPECT_DOUBLE_EQ(month.PeriodYears(), 28.0 / 365);
  EXPECT_EQ(month.PaidYuan(s->FindLink("l0")), 0);

  const View day = ToView(s, {.as_of = "2020-08-01"});
  EXPECT_EQ(day.PaidYuan(s->FindLink("l0")), 1200) << "whole yearly amounts, no pro-rating";
  EXPECT_EQ(day.PeriodYears(), 1);
}

// 1 January to 30 June are 181 days without the 29th of February.
TEST(ViewTest, InAPeriodAmountsEndWithTheEnds) {
  GraphRecords records = FromArcs({{"a", "b", 1200}, {"a", "b", 3000}}, Amount::kPaid);
  NodeOf(records, "a").valid.to = Day("2020-07-01");
  LinkOf(records, "l0").promised_yuan = 365;
  LinkOf(records, "l1").valid = {Day("2020-06-01"), Day("2020-09-01")};
  const auto s = ToSnapshot(records);
  const View year = ToView(s, {.period = {{"2020-01-01", "2021-01-01"}}});
  EXPECT_DOUBLE_EQ(year.PaidYuan(s->FindLink("l0")), 1200 * 181 / 365.);
  EXPECT_DOUBLE_EQ(year.PromisedYuan(s->FindLink("l0")), 181);
  EXPECT_DOUBLE_EQ(year.PaidYuan(s->FindLink("l1")), 3000 * 30 / 92.) << "of its own term";
  EXPECT_DOUBLE_EQ(year.LinkPartOfPayer(s->FindLink("l0")), 1) << "for as long as the payer is";
  EXPECT_DOUBLE_EQ(year.LinkPartOfPayer(s->FindLink("l1")), 30 / 181.);
  EXPECT_DOUBLE_EQ(year.NodeYearFraction(s->FindNode("a")), 181 / 365.);
  EXPECT_DOUBLE_EQ(year.NodeYearFraction(s->FindNode("b")), 1);
  const View day = ToView(s, {.as_of = "2020-06-30"});
  EXPECT_EQ(day.PaidYuan(s->FindLink("l0")), 1200);
  EXPECT_EQ(day.LinkPartOfPayer(s->FindLink("l1")), 1);
  EXPECT_EQ(day.NodeYearFraction(s->FindNode("a")), 1);
}

TEST(ViewTest, OverAPeriodALinkCountsOnlyOnDaysOnWhichItsEndsExist) {
  GraphRecords records = FromArcs({{"a", "b"}});
  NodeOf(records, "a").valid = {Day("2020-01-01"), Day("2020-03-01")};
  LinkOf(records, "l0").valid.from = Day("2020-03-01");
  const View view = ToView(ToSnapshot(records), {.period = {{"2020-01-01", "2021-01-01"}}});
  EXPECT_TRUE(view.NodeActive(0));
  EXPECT_TRUE(view.NodeActive(1));
  EXPECT_FALSE(view.LinkActive(0));
}

Reason ReasonOf(const absl::Status& status) {
  return GetErrorDetail(status).value_or(ErrorDetail{}).reason;
}

TEST(ViewTest, RefusesWhatMakesNoSense) {
  const auto s = ToSnapshot(FromArcs({{"a", "b"}}));
  ViewSpec both{.as_of = Day("2020-01-01"),
                .period = Interval{Day("2020-01-01"), Day("2020-02-01")}};
  EXPECT_EQ(ReasonOf(View::Make(s, both).status()), Reason::kInvalidField);
  EXPECT_EQ(GetErrorDetail(View::Make(s, both).status())->field, "as_of");
  for (const Interval& bad : {Interval{}, Interval{Day("2020-01-01"), kDateMax},
                              Interval{Day("2020-01-01"), Day("2020-01-01")},
                              Interval{Day("2020-01-02"), Day("2020-01-01")}}) {
    EXPECT_EQ(ReasonOf(View::Make(s, {.period = bad}).status()), Reason::kDatesOutOfOrder);
  }
  const absl::Status region = View::Make(s, {.region = "52"}).status();
  EXPECT_EQ(ReasonOf(region), Reason::kRegionNotFound);
  EXPECT_EQ(region.code(), absl::StatusCode::kNotFound);
  const absl::Status filter = View::Make(s, {.nodes = *ParseNodeFilter("name = \"x\"")}).status();
  EXPECT_EQ(ReasonOf(filter), Reason::kInvalidFilter);
  EXPECT_THAT(std::string(filter.message()), ::testing::HasSubstr("'name'"));
}

TEST(FindNodeInsideTest, SaysWhyANodeIsNotThere) {
  GraphRecords records = FromArcs({{"a", "b"}});
  NodeOf(records, "b").valid.to = Day("2019-01-01");
  const auto s = ToSnapshot(records);
  const View view = ToView(s, {.nodes = "id != \"a\""});
  EXPECT_EQ(*FindNodeInside(ToView(s), "source", "a"), s->FindNode("a"));
  const auto message = [&](std::string_view id) {
    const absl::Status status = FindNodeInside(view, "source", id).status();
    EXPECT_EQ(GetErrorDetail(status)->field, "source");
    EXPECT_EQ(ReasonOf(status), id.empty() ? Reason::kInvalidField : Reason::kNodeNotFound);
    return std::string(status.message());
  };
  EXPECT_THAT(message(""), ::testing::HasSubstr("needs the id"));
  EXPECT_THAT(message("c"), ::testing::HasSubstr("does not exist"));
  EXPECT_THAT(message("b"), ::testing::HasSubstr("is not valid on 2020-01-01"));
  EXPECT_THAT(message("a"), ::testing::HasSubstr("outside the filter"));
}

}  // namespace
}  // namespace lianjie
