// What the coverage tests share: the ledger golden with its eight households, and short ways to
// read results.
#ifndef LIANJIE_TESTS_ENGINE_COVERAGE_FIXTURES_H_
#define LIANJIE_TESTS_ENGINE_COVERAGE_FIXTURES_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/coverage/coverage.h"
#include "engine/coverage/left_out.h"
#include "tests/engine/support/random_graph.h"

namespace lianjie::testing {

struct Pay {
  std::string id;
  std::string source;
  std::string target;
  Mechanism mechanism = Mechanism::kOrder;
  std::optional<double> paid = {};
  std::optional<double> promised = {};
};

NodeRecord MakeNode(std::string id, NodeKind kind, std::optional<double> outside = std::nullopt);
// REGISTERED_POOR, one person unless told.
NodeRecord MakeHousehold(std::string id, std::int64_t persons = 1);
LinkRecord MakeLink(const Pay& pay);
LineRecord MakeLine(std::string region, std::int64_t year, std::optional<double> line,
                    std::optional<double> minimum = std::nullopt);
RegionRecord MakeRegion(std::string code, std::string parent, std::int64_t level);

// F, C and V pay H1, H2, H3; H4 has no link; D, which nobody pays, owes H5, and C owes H6; F's
// contract with H7 is over; an agency serves H8.
GraphRecords LedgerGolden(std::optional<double> line);

AnalysisResult Cover(const GraphRecords& records, const CoverageOptions& options = {},
                     const ViewText& view = {});
AnalysisResult ListLeftOut(const GraphRecords& records, LeftOutOptions options = {},
                           const ViewText& view = {});
// All six classes.
LeftOutOptions Everyone();

// One household of a left-out answer.
struct LeftOutRow {
  std::string household_class, reason, evidence, nearest, payer;
  double benefit = 0, line = 0, gap = 0, base = 0;
  std::optional<std::int64_t> hops;
  bool income_known = false;
};
LeftOutRow RowOf(const AnalysisResult& result, const Snapshot& snapshot, std::string_view id);
// Class and reason of one household of a graph: "L0 LAPSED".
std::string Judge(const GraphRecords& records, std::string_view id, const LeftOutOptions& options,
                  const ViewText& view = {});
std::string Judge(const GraphRecords& records, std::string_view id);

// A cell of a coverage answer as text: numbers in the shortest form, "null" for none. Region "null"
// is the unplaced row.
std::string Cell(const AnalysisResult& result, std::string_view region, std::string_view column);
std::string CellText(const Column& column, std::size_t row);
std::string SummaryText(const AnalysisResult& result, std::string_view name);
// The whole table as text, for comparisons of bytes.
std::string TableText(const AnalysisResult& result);

}  // namespace lianjie::testing

#endif  // LIANJIE_TESTS_ENGINE_COVERAGE_FIXTURES_H_
