// Worked examples of the flow analyses with complete inputs, and short ways to run them and read
// their answers.
#ifndef LIANJIE_TESTS_ENGINE_FLOW_FLOW_FIXTURES_H_
#define LIANJIE_TESTS_ENGINE_FLOW_FLOW_FIXTURES_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/flow/benefit_flow.h"
#include "engine/flow/dependence.h"
#include "engine/flow/explain_benefit.h"
#include "tests/engine/support/oracle.h"
#include "tests/engine/support/random_graph.h"

namespace lianjie::testing {

// Graphs written down in a test. Ids that begin with H are households unless a kind is given.
class FlowGraph {
 public:
  FlowGraph& Node(std::string id, NodeKind kind, std::optional<double> injection = std::nullopt,
                  std::optional<double> leak_share = std::nullopt);
  FlowGraph& Pays(std::string source, std::string target, Mechanism mechanism, double yuan);
  FlowGraph& Shares(std::string source, std::string target, Mechanism mechanism, double share);
  GraphRecords records;

 private:
  LinkRecord& Link(std::string source, std::string target, Mechanism mechanism);
};

// The share golden: F, C, V and the households H1 to H4.
GraphRecords ShareGolden();
// The ledger golden: the same, amounts times 89.
GraphRecords LedgerGolden89();
// K pays h by ORDER and EMPLOYMENT, h pays G `supply` yuan, G pays h2.
GraphRecords PayingHousehold(double supply);

AnalysisResult Flow(const AnalysisInput& input, const BenefitFlowOptions& options = {});
AnalysisResult Explain(const AnalysisInput& input, const ExplainBenefitOptions& options);
AnalysisResult Depend(const AnalysisInput& input, const DependenceOptions& options = {});

// benefit_flow of some records, and its numbers by node and column.
class Answer {
 public:
  Answer(const GraphRecords& records, const BenefitFlowOptions& options, const ViewText& view = {});
  double operator()(std::string_view id, std::string_view column) const;
  // Within 1e-9 of the value, relative.
  void Expect(std::string_view column,
              const std::vector<std::pair<std::string, double>>& values) const;
  const AnalysisResult& result() const { return result_; }
  const Snapshot& snapshot() const { return input_.snapshot(); }
  const AnalysisInput& input() const { return input_; }

 private:
  AnalysisInput input_;
  AnalysisResult result_;
};

inline const BenefitFlowOptions kShareMode{.mode = FlowMode::kShare};

// Names of the columns that begin with `prefix`.
std::vector<std::string> ColumnsWith(const AnalysisResult& result, std::string_view prefix);
// In each row, the columns of a prefix sum to benefit_yuan within 1e-9 of it.
void ExpectPartsSum(const AnalysisResult& result, std::string_view prefix);
// injected = households + retained + leaked + residual, and the residual is at most 1e-9 of the
// injections; the summary says the same as the ledger, and the rows sum to it.
void ExpectLedgerBalances(const AnalysisResult& result, const Snapshot& snapshot);
// All cells, bit by bit.
std::string Bytes(AnalysisResult result);

}  // namespace lianjie::testing

#endif  // LIANJIE_TESTS_ENGINE_FLOW_FLOW_FIXTURES_H_
