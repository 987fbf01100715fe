#include "tests/engine/flow/dense_oracle.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace lianjie::testing {
namespace {

bool Household(const NodeRecord& node) { return node.kind == NodeKind::kHousehold; }

bool Operating(Mechanism m) {
  switch (m) {
    case Mechanism::kOrder:
    case Mechanism::kSupply:
    case Mechanism::kConsumption:
    case Mechanism::kTrusteeship:
    case Mechanism::kPatronageRefund:
      return true;
    default:
      return false;
  }
}

// reach(i, j): j can be reached from i by positive entries, or is i.
Eigen::MatrixXi Closure(const Eigen::MatrixXd& p) {
  const Eigen::Index size = p.rows();
  Eigen::MatrixXi reach = (p.array() > 0).cast<int>();
  for (Eigen::Index i = 0; i < size; ++i) reach(i, i) = 1;
  for (Eigen::Index k = 0; k < size; ++k) {
    for (Eigen::Index i = 0; i < size; ++i) {
      for (Eigen::Index j = 0; j < size; ++j) reach(i, j) |= reach(i, k) & reach(k, j);
    }
  }
  return reach;
}

}  // namespace

std::size_t DenseOracle::Index(const std::string& id) const {
  for (std::size_t i = 0; i < records_.nodes.size(); ++i) {
    if (records_.nodes[i].id == id) return i;
  }
  return records_.nodes.size();
}

DenseOracle::DenseOracle(const GraphRecords& records, bool share)
    : records_(records), share_(share) {
  const auto size = static_cast<Eigen::Index>(records.nodes.size());
  for (auto* v : {&x, &f, &u, &retained, &leaked, &benefit}) *v = Eigen::VectorXd::Zero(size);
  for (const LinkRecord& link : records.links) {
    const std::size_t from = Index(link.source), to = Index(link.target);
    const double amount = (share ? link.share : link.paid_yuan).value_or(0.0);
    const bool straight = Household(records.nodes[to]) && !Operating(link.mechanism);
    if (amount > 0) entries_.push_back({from, to, amount, straight});
  }
  Settle();
}

void DenseOracle::Settle() {
  const auto size = static_cast<Eigen::Index>(records_.nodes.size());
  Eigen::VectorXd in = Eigen::VectorXd::Zero(size), out = Eigen::VectorXd::Zero(size);
  for (const Entry& e : entries_) {
    out[e.from] += e.amount;
    if (!e.straight) in[e.to] += e.amount;
  }
  Eigen::VectorXd total = Eigen::VectorXd::Ones(size), rest = Eigen::VectorXd::Zero(size);
  for (Eigen::Index i = 0; i < size; ++i) {
    const NodeRecord& node = records_.nodes[i];
    const double leak = node.leak_share.value_or(0.0);
    if (node.outside_revenue_yuan) {
      f[i] = *node.outside_revenue_yuan;
    } else if (!share_ && node.revenue_yuan) {
      f[i] = std::max(0.0, *node.revenue_yuan - in[i]);
    }
    if (share_) {
      rest[i] = 1 - out[i] - leak;
      continue;
    }
    u[i] = std::max(0.0, out[i] - in[i] - f[i]);
    total[i] = in[i] + f[i] + u[i];
    leaked[i] = std::min(total[i] - out[i], leak * total[i]);
    rest[i] = total[i] - out[i] - leaked[i];
  }
  p = r = Eigen::MatrixXd::Zero(size, size);
  for (const Entry& e : entries_) (e.straight ? r : p)(e.from, e.to) += e.amount / total[e.from];
  for (Eigen::Index i = 0; i < size; ++i) {
    if (Household(records_.nodes[i]) && total[i] > 0) r(i, i) += rest[i] / total[i];
  }
  const Eigen::MatrixXi reach = Closure(p);
  funded.assign(size, false);
  std::vector<Eigen::Index> kept;
  for (Eigen::Index i = 0; i < size; ++i) {
    bool exits = false;
    for (Eigen::Index j = 0; j < size; ++j) {
      funded[i] = funded[i] || ((f[j] != 0 || u[j] > 0) && reach(j, i));
      const bool leaves =
          rest[j] > 1e-12 || r.row(j).sum() > 0 || records_.nodes[j].leak_share.value_or(0.0) > 0;
      exits = exits || (reach(i, j) && leaves);
    }
    if (share_ && funded[i] && !exits) trapped_ = true;
    if (funded[i] || (share_ && exits)) kept.push_back(i);
  }
  if (trapped_) return;
  n = Eigen::MatrixXd::Identity(size, size);
  const Eigen::MatrixXd eye = Eigen::MatrixXd::Identity(kept.size(), kept.size());
  const Eigen::MatrixXd inside = Eigen::MatrixXd(eye - p(kept, kept)).fullPivLu().inverse();
  n(kept, kept) = inside;
  for (Eigen::Index i = 0; i < size; ++i) {
    if (std::find(kept.begin(), kept.end(), i) == kept.end())
      p.row(i).setZero(), r.row(i).setZero();
  }
  x = n.transpose() * (f + u);
  benefit = r.transpose() * x;
  for (Eigen::Index i = 0; i < size; ++i) {
    const double part = total[i] > 0 ? x[i] / total[i] : 0.0;
    leaked[i] = share_ ? records_.nodes[i].leak_share.value_or(0.0) * x[i] : leaked[i] * part;
    if (!Household(records_.nodes[i])) retained[i] = rest[i] * part;
  }
}

bool DenseOracle::Counts(std::size_t payer) const {
  const NodeRecord& node = records_.nodes[payer];
  const bool asset = node.kind == NodeKind::kLand || node.kind == NodeKind::kFund;
  return !Household(node) && !(asset && f[payer] == 0);
}

Eigen::MatrixXd DenseOracle::ByTier() const {
  const Eigen::Index size = x.size();
  Eigen::MatrixXd money = Eigen::MatrixXd::Zero(size, 11);  // on its way, by how many it has passed
  for (Eigen::Index i = 0; i < size; ++i) {
    money(i, Household(records_.nodes[i]) ? 0 : 1) = f[i] + u[i];
  }
  Eigen::MatrixXd out = Eigen::MatrixXd::Zero(size, 11);
  const double start = money.sum();
  for (int step = 0; step < 1000000 && money.sum() > 1e-14 * start; ++step) {
    out += r.transpose() * money;
    const Eigen::MatrixXd moved = p.transpose() * money;
    money.setZero();
    for (Eigen::Index i = 0; i < size; ++i) {
      for (Eigen::Index tier = 0; tier <= 10; ++tier) {
        money(i, std::min<Eigen::Index>(10, tier + (Counts(i) ? 1 : 0))) += moved(i, tier);
      }
    }
  }
  return out;
}

Eigen::VectorXd DenseOracle::Without(std::size_t k) const {
  Eigen::MatrixXd cut = p;
  cut.col(k).setZero();
  cut.row(k).setZero();
  Eigen::VectorXd source = f + u;
  source[k] = 0;
  Eigen::MatrixXd pay = r;
  pay.row(k).setZero();
  // Unfunded rows of p are 0 already, so what is left is regular unless the cut closes nothing:
  // cutting only adds exits.
  const Eigen::MatrixXd eye = Eigen::MatrixXd::Identity(cut.rows(), cut.cols());
  return pay.transpose() * Eigen::MatrixXd(eye - cut).transpose().fullPivLu().solve(source);
}

Eigen::VectorXd DenseOracle::OutOf(std::size_t k) const {
  return r.transpose() * (n.transpose().col(k) * (f[k] + u[k]));
}

std::vector<double> DenseOracle::Paths(std::size_t household) const {
  std::vector<double> found;
  const Eigen::Index size = x.size();
  const Eigen::MatrixXd eye = Eigen::MatrixXd::Identity(size, size);
  const double whole = Eigen::MatrixXd(eye - p).determinant();
  const auto total = [this](std::size_t payer) {
    double sum = 0;  // what a yuan at the payer is divided by: throughput in ledger mode
    if (share_) return 1.0;
    for (const Entry& e : entries_) {
      if (!e.straight && e.to == payer) sum += e.amount;
    }
    return sum + f[payer] + u[payer];
  };
  std::vector<std::size_t> path;
  std::function<void(double)> grow = [&](double yuan) {
    const std::size_t here = path.back();
    std::vector<Eigen::Index> others;
    for (Eigen::Index i = 0; i < size; ++i) {
      if (std::find(path.begin(), path.end(), static_cast<std::size_t>(i)) == path.end()) {
        others.push_back(i);
      }
    }
    const Eigen::MatrixXd left = (eye - p)(others, others);
    const double loops = (others.empty() ? 1.0 : left.determinant()) / whole;
    double linked = 0;
    for (const Entry& e : entries_) {
      if (!e.straight || e.from != here || e.to != household) continue;
      const double share = e.amount / total(here);
      linked += share;
      found.push_back(yuan * share * loops);
    }
    const double passed = here == household ? r(here, household) - linked : 0.0;
    if (passed > 1e-15) found.push_back(yuan * passed * loops);
    for (const Entry& e : entries_) {
      if (e.straight || e.from != here || !funded[here]) continue;
      if (std::find(path.begin(), path.end(), e.to) != path.end()) continue;
      path.push_back(e.to);
      grow(yuan * e.amount / total(here));
      path.pop_back();
    }
  };
  for (std::size_t i = 0; i < records_.nodes.size(); ++i) {
    if (f[i] + u[i] == 0) continue;
    path = {i};
    grow(f[i] + u[i]);
  }
  std::erase_if(found, [](double yuan) { return yuan <= 1e-12; });
  std::sort(found.rbegin(), found.rend());
  return found;
}

}  // namespace lianjie::testing
