#include "tests/engine/flow/flow_fixtures.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "engine/core/rules.h"
#include "engine/core/text.h"
#include "gtest/gtest.h"

namespace lianjie::testing {
namespace {

template <typename Options, typename Run>
AnalysisResult RunOrFail(const AnalysisInput& input, const Options& options, Run run) {
  RunContext context({.threads = 1});
  auto result = run(input, options, context);
  if (!result.ok()) {
    ADD_FAILURE() << result.status();
    return {};
  }
  return *std::move(result);
}

}  // namespace

FlowGraph& FlowGraph::Node(std::string id, NodeKind kind, std::optional<double> injection,
                           std::optional<double> leak_share) {
  NodeRecord node;
  node.id = std::move(id);
  node.kind = kind;
  node.outside_revenue_yuan = injection;
  node.leak_share = leak_share;
  records.nodes.push_back(std::move(node));
  return *this;
}

LinkRecord& FlowGraph::Link(std::string source, std::string target, Mechanism mechanism) {
  for (const std::string& id : {source, target}) {
    bool known = false;
    for (const NodeRecord& node : records.nodes) known = known || node.id == id;
    if (!known) Node(id, id.front() == 'H' ? NodeKind::kHousehold : NodeKind::kFirm);
  }
  LinkRecord link;
  link.id = Cat("l", records.links.size());
  link.source = std::move(source);
  link.target = std::move(target);
  link.mechanism = mechanism;
  records.links.push_back(std::move(link));
  return records.links.back();
}

FlowGraph& FlowGraph::Pays(std::string source, std::string target, Mechanism mechanism,
                           double yuan) {
  LinkRecord& link = Link(std::move(source), std::move(target), mechanism);
  link.paid_yuan = yuan;
  Normalize(link);
  return *this;
}

FlowGraph& FlowGraph::Shares(std::string source, std::string target, Mechanism mechanism,
                             double share) {
  LinkRecord& link = Link(std::move(source), std::move(target), mechanism);
  link.share = share;
  Normalize(link);
  return *this;
}

GraphRecords ShareGolden() {
  FlowGraph g;
  g.Node("F", NodeKind::kFirm, 1000, .30).Node("C", NodeKind::kCooperative, std::nullopt, .1);
  g.Node("V", NodeKind::kCollective, 200).Node("H4", NodeKind::kHousehold);
  g.Shares("F", "C", Mechanism::kSupply, .4).Shares("F", "H1", Mechanism::kEmployment, .10);
  g.Shares("F", "H2", Mechanism::kEmployment, .05).Shares("C", "F", Mechanism::kSupply, .2);
  g.Shares("C", "V", Mechanism::kSupply, .1).Shares("C", "H1", Mechanism::kOrder, .3);
  g.Shares("C", "H2", Mechanism::kOrder, .2).Shares("V", "C", Mechanism::kSupply, .3);
  g.Shares("V", "H3", Mechanism::kEmployment, .5);
  return g.records;
}

GraphRecords LedgerGolden89() {
  FlowGraph g;
  g.Node("F", NodeKind::kFirm, 89000, .3).Node("C", NodeKind::kCooperative, std::nullopt, .1);
  g.Node("V", NodeKind::kCollective, 17800).Node("H4", NodeKind::kHousehold);
  g.Pays("F", "C", Mechanism::kSupply, 39280).Pays("F", "H1", Mechanism::kEmployment, 9820);
  g.Pays("F", "H2", Mechanism::kEmployment, 4910).Pays("C", "F", Mechanism::kSupply, 9200);
  g.Pays("C", "V", Mechanism::kSupply, 4600).Pays("C", "H1", Mechanism::kOrder, 13800);
  g.Pays("C", "H2", Mechanism::kOrder, 9200).Pays("V", "C", Mechanism::kSupply, 6720);
  g.Pays("V", "H3", Mechanism::kEmployment, 11200);
  return g.records;
}

GraphRecords PayingHousehold(double supply) {
  FlowGraph g;
  g.Node("K", NodeKind::kFirm, 1000).Node("G", NodeKind::kFirm);
  g.Pays("K", "Hh", Mechanism::kOrder, 600).Pays("K", "Hh", Mechanism::kEmployment, 100);
  g.Pays("Hh", "G", Mechanism::kSupply, supply).Pays("G", "Hh2", Mechanism::kEmployment, 50);
  return g.records;
}

AnalysisResult Flow(const AnalysisInput& input, const BenefitFlowOptions& options) {
  AnalysisResult result = RunOrFail(input, options, RunBenefitFlow);
  result.table.LayOut();
  return result;
}

AnalysisResult Explain(const AnalysisInput& input, const ExplainBenefitOptions& options) {
  return RunOrFail(input, options, RunExplainBenefit);
}

AnalysisResult Depend(const AnalysisInput& input, const DependenceOptions& options) {
  return RunOrFail(input, options, RunDependence);
}

Answer::Answer(const GraphRecords& records, const BenefitFlowOptions& options, const ViewText& view)
    : input_(ToInput(records, view)), result_(Flow(input_, options)) {}

double Answer::operator()(std::string_view id, std::string_view column) const {
  return NumberOf(result_, input_.snapshot(), id, column);
}

void Answer::Expect(std::string_view column,
                    const std::vector<std::pair<std::string, double>>& values) const {
  for (const auto& [id, value] : values) {
    EXPECT_NEAR((*this)(id, column), value, 1e-9 * std::max(1.0, std::abs(value)))
        << column << " of " << id;
  }
}

std::vector<std::string> ColumnsWith(const AnalysisResult& result, std::string_view prefix) {
  std::vector<std::string> names;
  for (const Column& column : result.table.columns()) {
    if (column.name.starts_with(prefix)) names.push_back(column.name);
  }
  return names;
}

void ExpectPartsSum(const AnalysisResult& result, std::string_view prefix) {
  const Column* benefit = result.table.Find("benefit_yuan");
  ASSERT_NE(benefit, nullptr);
  for (std::size_t row = 0; row < benefit->size(); ++row) {
    double sum = 0;
    for (const Column& column : result.table.columns()) {
      if (column.name.starts_with(prefix)) sum += column.Number(row);
    }
    const double b = benefit->Number(row);
    ASSERT_NEAR(sum, b, 1e-9 * std::max(1.0, std::abs(b))) << prefix << " row " << row;
  }
}

void ExpectLedgerBalances(const AnalysisResult& result, const Snapshot& snapshot) {
  ASSERT_TRUE(result.ledger.has_value());
  const Ledger& ledger = *result.ledger;
  const double scale = std::max(1.0, std::abs(ledger.injected_yuan));
  EXPECT_NEAR(
      ledger.injected_yuan,
      ledger.households_yuan + ledger.retained_yuan + ledger.leaked_yuan + ledger.residual_yuan,
      1e-12 * scale);
  EXPECT_LE(std::abs(ledger.residual_yuan), 1e-9 * scale);
  EXPECT_EQ(ledger.injected_yuan, SummaryNumber(result, "injected_yuan"));
  EXPECT_EQ(ledger.from_outside_yuan, SummaryNumber(result, "from_outside_yuan"));
  EXPECT_EQ(ledger.households_yuan, SummaryNumber(result, "households_yuan"));
  double households = 0, retained = 0, leaked = 0;
  const Table& table = result.table;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    const NodeIndex n = table.Find("node")->Index(row);
    const double benefit = table.Find("benefit_yuan")->Number(row);
    if (snapshot.nodes().kind[n] != NodeKind::kHousehold) {
      EXPECT_EQ(benefit, 0.0);
    }
    households += benefit;
    retained += table.Find("retained_yuan")->Number(row);
    leaked += table.Find("leaked_yuan")->Number(row);
  }
  EXPECT_NEAR(households, ledger.households_yuan, 1e-10 * scale);
  EXPECT_NEAR(retained, ledger.retained_yuan, 1e-10 * scale);
  EXPECT_NEAR(leaked, ledger.leaked_yuan, 1e-10 * scale);
}

std::string Bytes(AnalysisResult result) {
  std::string bytes;
  result.table.LayOut();
  const auto put = [&bytes](const auto& values) {
    const std::size_t size = values.size() * sizeof(values[0]);
    bytes.append(reinterpret_cast<const char*>(values.data()), size);
  };
  for (const Column& column : result.table.columns()) {
    bytes += column.name;
    for (const std::string& text : column.strings) bytes += text;
    put(column.integers);
    put(column.numbers);
    put(column.booleans);
    put(column.indices);
  }
  for (const auto& [name, value] : result.summary) {
    bytes += name;
    if (const double* number = std::get_if<double>(&value)) put(std::vector<double>{*number});
  }
  for (const std::string& warning : result.warnings) bytes += warning;
  return bytes;
}

}  // namespace lianjie::testing
