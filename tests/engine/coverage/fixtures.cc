#include "tests/engine/coverage/fixtures.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "engine/core/rules.h"
#include "engine/core/text.h"

namespace lianjie::testing {
namespace {

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "coverage test: %s\n", what.c_str());
  std::abort();
}

AnalysisResult OrDie(absl::StatusOr<AnalysisResult> result) {
  if (!result.ok()) Die(result.status().ToString());
  return *std::move(result);
}

const Column& ColumnOf(const AnalysisResult& result, std::string_view name) {
  const Column* column = result.table.Find(name);
  if (column == nullptr) Die(Cat("no column ", name));
  return *column;
}

std::string IdOf(const Snapshot& snapshot, NodeIndex n) {
  return n == kNoNode ? std::string() : std::string(snapshot.NodeId(n));
}

}  // namespace

NodeRecord MakeNode(std::string id, NodeKind kind, std::optional<double> outside) {
  NodeRecord node;
  node.id = std::move(id);
  node.kind = kind;
  node.outside_revenue_yuan = outside;
  return node;
}

NodeRecord MakeHousehold(std::string id, std::int64_t persons) {
  NodeRecord node = MakeNode(std::move(id), NodeKind::kHousehold);
  node.registration = Registration::kRegisteredPoor;
  node.persons = persons;
  return node;
}

LinkRecord MakeLink(const Pay& pay) {
  LinkRecord link;
  link.id = pay.id;
  link.source = pay.source;
  link.target = pay.target;
  link.mechanism = pay.mechanism;
  link.paid_yuan = pay.paid;
  link.promised_yuan = pay.promised;
  Normalize(link);
  return link;
}

LineRecord MakeLine(std::string region, std::int64_t year, std::optional<double> line,
                    std::optional<double> minimum) {
  LineRecord record;
  record.region = std::move(region);
  record.year = year;
  record.line_yuan = line;
  record.minimum_benefit_yuan = minimum;
  return record;
}

RegionRecord MakeRegion(std::string code, std::string parent, std::int64_t level) {
  RegionRecord record;
  record.name = Cat("Region ", code);
  record.code = std::move(code);
  record.parent = std::move(parent);
  record.level = level;
  return record;
}

GraphRecords LedgerGolden(std::optional<double> line) {
  GraphRecords g;
  g.nodes = {MakeNode("F", NodeKind::kFirm, 89000), MakeNode("C", NodeKind::kCooperative),
             MakeNode("V", NodeKind::kFirm, 17800), MakeNode("D", NodeKind::kFirm),
             MakeNode("A", NodeKind::kAgency)};
  g.nodes[0].leak_share = 0.3;
  g.nodes[1].leak_share = 0.1;
  for (int i = 1; i <= 8; ++i) g.nodes.push_back(MakeHousehold(Cat("H", i)));
  const auto pay = [&g](std::string id, std::string from, std::string to, Mechanism mechanism,
                        std::optional<double> paid, std::optional<double> promised = {}) {
    g.links.push_back(
        MakeLink({std::move(id), std::move(from), std::move(to), mechanism, paid, promised}));
  };
  pay("FC", "F", "C", Mechanism::kSupply, 39280);
  pay("FH1", "F", "H1", Mechanism::kEmployment, 9820);
  pay("FH2", "F", "H2", Mechanism::kEmployment, 4910);
  pay("CF", "C", "F", Mechanism::kSupply, 9200);
  pay("CV", "C", "V", Mechanism::kSupply, 4600);
  pay("CH1", "C", "H1", Mechanism::kOrder, 13800);
  pay("CH2", "C", "H2", Mechanism::kOrder, 9200);
  pay("VC", "V", "C", Mechanism::kSupply, 6720);
  pay("VH3", "V", "H3", Mechanism::kEmployment, 11200);
  pay("DH5", "D", "H5", Mechanism::kOrder, 0, 500);
  pay("CH6", "C", "H6", Mechanism::kOrder, 0, 500);
  pay("FH7", "F", "H7", Mechanism::kOrder, 700, 700);
  g.links.back().status = LinkStatus::kEnded;
  pay("AH8", "A", "H8", Mechanism::kService, {});
  if (line.has_value()) g.lines = {MakeLine("", 2019, line)};
  return g;
}

AnalysisResult Cover(const GraphRecords& records, const CoverageOptions& options,
                     const ViewText& view) {
  RunContext context;
  return OrDie(RunCoverage(ToInput(records, view), options, context));
}

AnalysisResult ListLeftOut(const GraphRecords& records, LeftOutOptions options,
                           const ViewText& view) {
  RunContext context;
  return OrDie(RunLeftOut(ToInput(records, view), options, context));
}

LeftOutOptions Everyone() {
  LeftOutOptions options;
  for (int i = 0; i < kClassCount; ++i) options.classes.push_back(static_cast<HouseholdClass>(i));
  return options;
}

LeftOutRow RowOf(const AnalysisResult& result, const Snapshot& snapshot, std::string_view id) {
  const Column& nodes = ColumnOf(result, "node");
  for (std::size_t row = 0; row < nodes.size(); ++row) {
    if (snapshot.NodeId(nodes.indices[row]) != id) continue;
    LeftOutRow out;
    out.household_class = ColumnOf(result, "class").strings[row];
    out.reason = CellText(ColumnOf(result, "reason"), row);
    out.evidence = ColumnOf(result, "evidence").strings[row];
    out.nearest = IdOf(snapshot, ColumnOf(result, "nearest_organisation").indices[row]);
    out.payer = IdOf(snapshot, ColumnOf(result, "payer").indices[row]);
    out.benefit = ColumnOf(result, "benefit_yuan").numbers[row];
    out.line = ColumnOf(result, "line_yuan").numbers[row];
    out.gap = ColumnOf(result, "gap_yuan").numbers[row];
    out.base = ColumnOf(result, "base_yuan").numbers[row];
    out.income_known = ColumnOf(result, "income_known").booleans[row] != 0;
    const Column& hops = ColumnOf(result, "nearest_hops");
    if (!hops.IsNull(row)) out.hops = hops.integers[row];
    return out;
  }
  return {};
}

std::string Judge(const GraphRecords& records, std::string_view id, const LeftOutOptions& options,
                  const ViewText& view) {
  const auto snapshot = ToSnapshot(records);
  RunContext context;
  const LeftOutRow row =
      RowOf(OrDie(RunLeftOut(ToInput(snapshot, view), options, context)), *snapshot, id);
  if (row.household_class.empty()) return "";
  return row.reason == "null" ? row.household_class : Cat(row.household_class, " ", row.reason);
}

std::string Judge(const GraphRecords& records, std::string_view id) {
  return Judge(records, id, Everyone());
}

std::string CellText(const Column& column, std::size_t row) {
  if (column.IsNull(row)) return "null";
  switch (column.type) {
    case ColumnType::kString:
      return column.strings[row];
    case ColumnType::kInteger:
      return Cat(column.integers[row]);
    case ColumnType::kNumber:
      return FormatDouble(column.numbers[row]);
    case ColumnType::kBoolean:
      return column.booleans[row] != 0 ? "true" : "false";
    default:
      return Cat(column.indices[row]);
  }
}

std::string Cell(const AnalysisResult& result, std::string_view region, std::string_view column) {
  const Column& regions = ColumnOf(result, "region");
  for (std::size_t row = 0; row < regions.size(); ++row) {
    if (CellText(regions, row) == region) return CellText(ColumnOf(result, column), row);
  }
  return "no row";
}

std::string SummaryText(const AnalysisResult& result, std::string_view name) {
  for (const auto& [key, value] : result.summary) {
    if (key != name) continue;
    if (const auto* number = std::get_if<double>(&value)) return FormatDouble(*number);
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return Cat(*integer);
    if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "true" : "false";
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    return "null";
  }
  return "no value";
}

std::string TableText(const AnalysisResult& result) {
  std::string out;
  for (const Column& column : result.table.columns()) {
    out += Cat(column.name, "|");
    for (std::size_t row = 0; row < column.size(); ++row) out += Cat(CellText(column, row), "|");
    out += "\n";
  }
  return out;
}

}  // namespace lianjie::testing
