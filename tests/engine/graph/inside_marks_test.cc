// The marks against the View, node by node and link by link.
#include "engine/graph/inside_marks.h"

#include <algorithm>

#include "engine/core/text.h"
#include "gtest/gtest.h"
#include "tests/engine/support/oracle.h"

namespace lianjie::inside_marks_test {
namespace {

InsideMarks Marks(const View& view) {
  RunContext context({.threads = 2});
  auto marks = MarkInside(view, context);
  EXPECT_TRUE(marks.ok()) << marks.status();
  EXPECT_LE(marks->nodes.size() + marks->links.size(), EstimateInsideMarksBytes(view));
  return *std::move(marks);
}

void CheckView(const View& view) {
  const Snapshot& snapshot = view.snapshot();
  const InsideMarks marks = Marks(view);
  std::vector<NodeIndex> inside;
  for (NodeIndex n = 0; n < snapshot.node_count(); ++n) {
    ASSERT_EQ(marks.Node(n), view.NodeInside(n)) << n;
    if (view.NodeInside(n)) inside.push_back(n);
  }
  for (LinkIndex l = 0; l < snapshot.link_count(); ++l)
    ASSERT_EQ(marks.Link(l), view.LinkInside(l)) << l;
  RunContext context;
  EXPECT_EQ(*marks.Nodes(snapshot.node_count(), context), inside);
}

TEST(InsideMarks, SayWhatTheViewSays) {
  for (std::uint64_t seed = 1; seed <= testing::kCases; ++seed) {
    SCOPED_TRACE(Cat("seed ", seed));
    const testing::OracleCase made = testing::MakeCase(seed);
    CheckView(testing::ToInput(made.records, made.view).view);
    testing::ViewText period = made.view;
    period.as_of.reset();
    period.period = {{"2019-06-01", "2020-03-01"}};
    CheckView(testing::ToInput(made.records, period).view);
    if (HasFatalFailure()) return;
  }
}

TEST(InsideMarks, AreNoneWhereAllAreInside) {
  testing::GraphRecords records = testing::FromArcs({{"A", "B"}, {"B", "C"}});
  EXPECT_TRUE(Marks(testing::ToInput(records).view).links.empty());
  testing::LinkOf(records, "l0").status = LinkStatus::kActive;
  EXPECT_TRUE(Marks(testing::ToInput(records).view).links.empty());
  testing::LinkOf(records, "l1").status = LinkStatus::kEnded;
  const InsideMarks marks = Marks(testing::ToInput(records).view);
  EXPECT_TRUE(marks.nodes.empty());
  ASSERT_EQ(marks.links.size(), 2u);
  EXPECT_EQ(std::count(marks.links.begin(), marks.links.end(), 1), 1);
  EXPECT_TRUE(marks.Link(0));
}

TEST(InsideMarks, EndWhenCancelled) {
  const AnalysisInput input =
      testing::ToInput(testing::FromArcs({{"A", "B"}}), {.nodes = "kind = FIRM"});
  RunContext context;
  context.Cancel();
  EXPECT_EQ(MarkInside(input.view, context).status().code(), absl::StatusCode::kCancelled);
}

}  // namespace
}  // namespace lianjie::inside_marks_test
