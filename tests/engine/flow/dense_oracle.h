// A second opinion on benefit flow, for small graphs: it reads records instead of snapshots, gives
// every household an operating account, forms N = (I - P)^-1 whole, follows walks step by step for
// tiers, and removes organisations in earnest. It shares no code with the engine.
#ifndef LIANJIE_TESTS_ENGINE_FLOW_DENSE_ORACLE_H_
#define LIANJIE_TESTS_ENGINE_FLOW_DENSE_ORACLE_H_

#include <string>
#include <vector>

#include "Eigen/Dense"
#include "engine/core/records.h"
#include "tests/engine/support/random_graph.h"

namespace lianjie::testing {

class DenseOracle {
 public:
  // `share`: share mode, else ledger mode. No dates, no filters.
  DenseOracle(const GraphRecords& records, bool share);

  // Share mode: an injected yuan can come to where it never leaves. Nothing below holds then.
  bool trapped() const { return trapped_; }

  // By the node's place in the records.
  Eigen::VectorXd x;  // of the node, or of the household's account
  Eigen::VectorXd f, u, retained, leaked;
  Eigen::VectorXd benefit;
  Eigen::MatrixXd n;  // N
  Eigen::MatrixXd p;  // P
  Eigen::MatrixXd r;  // R: payer -> household
  std::vector<bool> funded;

  // benefit(h, tier) for tiers 0 .. 10 (and more), by walks.
  Eigen::MatrixXd ByTier() const;
  // Benefit by household when node `k` is gone and nobody redistributes.
  Eigen::VectorXd Without(std::size_t k) const;
  // Benefit by household out of the f and u of node `k`.
  Eigen::VectorXd OutOf(std::size_t k) const;
  // What every elementary path to `household` brings, by determinants, largest first. Parallel
  // links make parallel paths.
  std::vector<double> Paths(std::size_t household) const;

 private:
  std::size_t Index(const std::string& id) const;
  void Settle();
  bool Counts(std::size_t payer) const;

  const GraphRecords& records_;
  const bool share_;
  bool trapped_ = false;
  struct Entry {
    std::size_t from, to;
    double amount;  // yuan or share
    bool straight;  // to a household
  };
  std::vector<Entry> entries_;
};

}  // namespace lianjie::testing

#endif  // LIANJIE_TESTS_ENGINE_FLOW_DENSE_ORACLE_H_
