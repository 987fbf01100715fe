#include "tests/engine/coverage/brute_force.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "engine/core/ids.h"
#include "tests/engine/coverage/brute_days.h"

namespace lianjie::testing {
namespace {

constexpr int kSweeps = 20000;
constexpr double kSame = 1e-9;

const std::set<Mechanism> kOperating = {Mechanism::kOrder, Mechanism::kSupply,
                                        Mechanism::kConsumption, Mechanism::kTrusteeship,
                                        Mechanism::kPatronageRefund};
const std::set<Mechanism> kNeverNarrow = {Mechanism::kSupply, Mechanism::kTransfer,
                                          Mechanism::kGrant, Mechanism::kCredit,
                                          Mechanism::kInsurance};

class Brute {
 public:
  Brute(const GraphRecords& g, const BruteQuestion& q) : g_(g), q_(q) {
    for (const NodeRecord& n : g.nodes) nodes_[n.id] = &n;
    for (const RegionRecord& r : g.regions) parent_[r.code] = r.parent;
    for (const LinkRecord& l : g.links) {
      if (Active(l)) active_.push_back(&l);
    }
  }

  std::optional<std::map<std::string, BruteHousehold>> Run() {
    FindInjections();
    if (!FindAmounts()) return std::nullopt;
    FindReached();
    std::map<std::string, BruteHousehold> out;
    for (const NodeRecord& n : g_.nodes) {
      if (n.kind == NodeKind::kHousehold && Covers(n.valid)) out[n.id] = Household(n);
    }
    return out;
  }

 private:
  static Interval Common(const Interval& a, const Interval& b) {
    return {std::max(a.from, b.from), std::min(a.to, b.to)};
  }
  bool Covers(const Interval& v) const {
    if (!q_.period.has_value()) return v.from <= q_.as_of && q_.as_of < v.to;
    const Interval c = Common(v, *q_.period);
    return c.from < c.to;
  }
  Interval Valid(const LinkRecord& l) const {
    return Common(Common(l.valid, nodes_.at(l.source)->valid), nodes_.at(l.target)->valid);
  }
  bool Active(const LinkRecord& l) const {
    return l.status == LinkStatus::kActive && Covers(Valid(l));
  }
  Date Last() const { return q_.period.has_value() ? Date{q_.period->to.days - 1} : q_.as_of; }
  bool Lapsed(const LinkRecord& l) const {
    const Interval v = Valid(l);
    return !Active(l) && v.from < v.to && v.from <= Last();
  }
  double Part(const Interval& term, const Interval& life) const {
    return q_.period.has_value() ? BrutePart(term, Common(Common(term, life), *q_.period)) : 1.0;
  }
  double Fraction() const { return q_.period.has_value() ? BrutePart({}, *q_.period) : 1.0; }
  double Paid(const LinkRecord& l) const {
    return l.paid_yuan.value_or(0) * Part(l.valid, Valid(l));
  }

  static bool Narrow(const LinkRecord& l) {
    if (l.mechanism == Mechanism::kConsumption) {
      return l.driver == Driver::kAdministrative || l.driver == Driver::kSocial;
    }
    return !kNeverNarrow.contains(l.mechanism);
  }
  static bool Money(const LinkRecord& l) {
    if (!Narrow(l)) return false;
    return l.mechanism != Mechanism::kService || l.paid_yuan.value_or(0) > 0 ||
           l.promised_yuan.value_or(0) > 0 || l.share.value_or(0) > 0;
  }
  bool IsHousehold(const std::string& id) const {
    return nodes_.at(id)->kind == NodeKind::kHousehold;
  }
  // Into the books of a payer, a household's operating account included.
  bool IntoBooks(const LinkRecord& l) const {
    if (!IsHousehold(l.target)) return true;
    return accounts_.contains(l.target) && kOperating.contains(l.mechanism);
  }

  void FindInjections() {
    for (const NodeRecord& n : g_.nodes) {
      if (Covers(n.valid)) f_[n.id] = n.outside_revenue_yuan.value_or(0) * Part(n.valid, n.valid);
    }
    for (const auto& [id, yuan] : f_) {
      if (IsHousehold(id) && yuan > 0) accounts_.insert(id);
    }
    for (const LinkRecord* l : active_) {
      if (IsHousehold(l->source)) accounts_.insert(l->source);
    }
  }

  // Yuan of every active link, and x of every payer.
  bool FindAmounts() {
    if (!q_.share_mode) {
      for (const LinkRecord* l : active_) amount_[l] = Paid(*l);
    } else if (!FindShareAmounts()) {
      return false;
    }
    for (const auto& [id, yuan] : f_) in_[id] = yuan;
    for (const LinkRecord* l : active_) {
      if (IntoBooks(*l)) in_[l->target] += amount_[l];
      out_[l->source] += amount_[l];
    }
    for (auto& [id, in] : in_) u_[id] = std::max(0.0, out_[id] - in);
    return true;
  }

  double Share(const LinkRecord& l) const {
    return l.share_of == ShareOf::kSurplus ? 0.0 : l.share.value_or(0);
  }

  bool FindShareAmounts() {
    std::map<std::string, double> x = f_;
    for (int sweep = 0; sweep < kSweeps; ++sweep) {
      std::map<std::string, double> next = f_;
      for (const LinkRecord* l : active_) {
        if (IntoBooks(*l)) next[l->target] += x[l->source] * Share(*l);
      }
      double moved = 0;
      for (const auto& [id, yuan] : next) moved = std::max(moved, std::abs(yuan - x[id]));
      x = std::move(next);
      if (moved < 1e-12) break;
      if (moved > 1e-9 && sweep + 1 == kSweeps) return false;
    }
    for (const LinkRecord* l : active_) amount_[l] = x[l->source] * Share(*l);
    return true;
  }

  void FindReached() {
    for (const auto& [id, yuan] : f_) {
      if (yuan > 0) reached_.insert(id);
    }
    for (bool grew = true; grew;) {
      grew = false;
      for (const LinkRecord* l : active_) {
        if (reached_.contains(l->source)) grew = reached_.insert(l->target).second || grew;
      }
    }
  }

  double Benefit(const LinkRecord& l) {
    if (!IntoBooks(l)) return amount_[&l];
    const double x = in_[l.target] + u_[l.target];
    const double rest = x - out_[l.target];
    return rest <= 1e-11 * x ? 0 : amount_[&l] * rest / x;
  }

  bool SeenThrough(const std::string& id) const {
    const NodeKind kind = nodes_.at(id)->kind;
    if (kind == NodeKind::kHousehold) return true;
    return (kind == NodeKind::kLand || kind == NodeKind::kFund) && f_.at(id) == 0;
  }

  // Moves money backwards through what is seen through until it lies with payers.
  std::map<std::string, double> Payers(const std::string& h) {
    std::map<std::string, double> done, moving;
    const auto put = [&](const std::string& id, double yuan, std::map<std::string, double>& to) {
      if (SeenThrough(id)) {
        to[id] += yuan;
      } else {
        done[id] += yuan;
      }
    };
    for (const LinkRecord* l : active_) {
      if (l->target == h && Narrow(*l)) put(l->source, Benefit(*l), moving);
    }
    for (int sweep = 0; sweep < kSweeps && !moving.empty(); ++sweep) {
      std::map<std::string, double> next;
      double left = 0;
      for (const auto& [id, yuan] : moving) {
        const double x = in_[id] + u_[id];
        if (x <= 0) continue;
        const double own = yuan * (f_[id] + u_[id]) / x;
        if (id != h) done[id] += own;
        for (const LinkRecord* l : active_) {
          if (l->target == id && IntoBooks(*l)) put(l->source, yuan * amount_[l] / x, next);
        }
      }
      for (const auto& [id, yuan] : next) left += yuan;
      if (left < 1e-13) break;
      moving = std::move(next);
    }
    return done;
  }

  bool Dormant(const std::string& id, std::set<std::string>& seen, bool& found) const {
    if (!seen.insert(id).second) return true;
    const OperatingStatus s = nodes_.at(id)->operating_status;
    if (s == OperatingStatus::kDormant || s == OperatingStatus::kRevoked) {
      found = true;
      return true;
    }
    if (IsHousehold(id) || !SeenThrough(id)) return false;
    for (const LinkRecord* l : active_) {
      if (l->target == id && !Dormant(l->source, seen, found)) return false;
    }
    return true;
  }

  std::string WhyUnbound(const std::string& h) const {
    bool any = false, lapsed = false, lapsed_money = false;
    std::set<std::string> uses;
    for (const LinkRecord& l : g_.links) {
      if (l.source != h && l.target != h) continue;
      if (Active(l)) {
        any = true;
        if (l.source == h) uses.insert("pays");
        if (l.target != h) continue;
        uses.insert("paid");
        if (Narrow(l)) {
          uses.insert("support");
        } else {
          uses.insert(l.mechanism == Mechanism::kSupply || l.mechanism == Mechanism::kConsumption
                          ? "market"
                          : "relief");
        }
      } else if (Lapsed(l)) {
        lapsed = true;
        lapsed_money = lapsed_money || (l.target == h && Money(l));
      }
    }
    if (lapsed_money) return "LAPSED";
    if (!any) return lapsed ? "LAPSED" : "NO_LINK";
    if (uses.contains("support")) return "SUPPORT_ONLY";
    if (!uses.contains("paid")) return "PAYS_ONLY";
    return uses.contains("market") ? "MARKET_ONLY" : "RELIEF_ONLY";
  }

  // The chain of regions from the household's own to the root, then everywhere.
  std::vector<std::string> Above(const std::string& region) const {
    std::vector<std::string> out;
    for (std::string r = region; !r.empty() && parent_.contains(r); r = parent_.at(r)) {
      out.push_back(r);
    }
    return out;
  }

  std::optional<double> LineField(const NodeRecord& n,
                                  std::optional<double> LineRecord::*field) const {
    std::vector<std::string> chain = Above(n.region);
    chain.emplace_back();
    for (const std::string& region : chain) {
      const LineRecord* best = nullptr;
      for (const LineRecord& line : g_.lines) {
        if (line.region != region || line.year > Last().year() || !(line.*field).has_value())
          continue;
        if (best == nullptr || line.year > best->year) best = &line;
      }
      if (best != nullptr) return *(best->*field) * Fraction();
    }
    return std::nullopt;
  }

  double Base(const NodeRecord& n, double b) const {
    if (n.income_year.has_value() && *n.income_year > Last().year()) return 0;
    const double y = n.income_wage_yuan.value_or(0) + n.income_operating_yuan.value_or(0) +
                     n.income_property_yuan.value_or(0) + n.income_transfer_yuan.value_or(0);
    return std::max(0.0, y * Fraction() - b);
  }

  BruteHousehold Household(const NodeRecord& n) {
    BruteHousehold out;
    if (parent_.contains(n.region)) out.region = n.region;
    out.lifted_out = n.registration == Registration::kLiftedOut;
    out.ever_registered = out.lifted_out || n.registration == Registration::kRegisteredPoor;
    out.target = out.ever_registered || n.monitoring == Monitoring::kUnstableLiftedOut ||
                 n.monitoring == Monitoring::kMarginal ||
                 n.monitoring == Monitoring::kSuddenHardship;
    bool bound = false;
    for (const LinkRecord* l : active_) {
      if (l->target != n.id || !Narrow(*l)) continue;
      out.participates = true;
      out.benefit += Benefit(*l);
      bound = bound || Money(*l);
    }
    FindNearest(n, out);
    if (out.target) Judge(n, bound, out);
    return out;
  }

  void Judge(const NodeRecord& n, bool bound, BruteHousehold& out) {
    const double b = out.benefit;
    const double base = Base(n, b);
    const auto persons = static_cast<double>(*n.persons);
    const std::optional<double> line = LineField(n, &LineRecord::line_yuan);
    const std::optional<double> minimum = LineField(n, &LineRecord::minimum_benefit_yuan);
    if (line.has_value()) out.gap = std::max(0.0, persons * *line - base - b);
    const auto enough = [&](double benefit) {
      return (!line.has_value() || (base + benefit) / persons >= *line - kSame) &&
             (!minimum.has_value() || benefit / persons >= *minimum - kSame);
    };
    if (!bound) {
      out.judgement = "L0 " + WhyUnbound(n.id);
    } else if (b < kSame) {
      out.judgement = Unfed(n.id);
    } else if (!enough(b)) {
      out.judgement = minimum.has_value() && b / persons < *minimum - kSame ? "L3 BELOW_MINIMUM"
                                                                            : "L3 BELOW_LINE";
    } else {
      const std::map<std::string, double> payers = Payers(n.id);
      double most = 0;
      for (const auto& [id, yuan] : payers) most = std::max(most, yuan);
      out.judgement = "L5 ";
      if (most == 0 || enough(b - most)) return;
      out.judgement = b - most < 1e-6 ? "L4 SINGLE_PAYER" : "L4 DEPENDENT";
      int ties = 0;
      for (const auto& [id, yuan] : payers) {
        if (yuan < most - 1e-6) continue;
        out.payer = id;
        ++ties;
      }
      if (ties > 1) out.payer = "tie";
    }
  }

  std::string Unfed(const std::string& h) const {
    if (!reached_.contains(h)) return "L1 DEAD_END";
    for (const LinkRecord* l : active_) {
      if (l->target != h || !Money(*l)) continue;
      std::set<std::string> seen;
      bool found = false;
      if (!Dormant(l->source, seen, found) || !found) return "L2 ARREARS";
    }
    return "L2 DORMANT_PAYER";
  }

  bool Fit(const NodeRecord& n) const {
    return (n.kind == NodeKind::kCooperative || n.kind == NodeKind::kCollective ||
            n.kind == NodeKind::kFirm) &&
           Covers(n.valid) && reached_.contains(n.id) &&
           n.operating_status != OperatingStatus::kDormant &&
           n.operating_status != OperatingStatus::kRevoked;
  }

  void FindNearest(const NodeRecord& n, BruteHousehold& out) const {
    std::map<std::string, int> hops = {{n.id, 0}};
    bool grew = true;
    for (int level = 1; grew; ++level) {
      const std::size_t before = hops.size();
      for (const LinkRecord* l : active_) {
        const auto from = hops.find(l->source);
        const auto to = hops.find(l->target);
        if (from != hops.end() && from->second == level - 1) hops.try_emplace(l->target, level);
        if (to != hops.end() && to->second == level - 1) hops.try_emplace(l->source, level);
      }
      grew = hops.size() > before;
    }
    const auto better = [&out](const std::string& id) {
      return out.nearest.empty() || CompareIds(id, out.nearest) < 0;
    };
    for (const auto& [id, h] : hops) {
      if (!Fit(*nodes_.at(id))) continue;
      if (!out.hops.has_value() || h < *out.hops || (h == *out.hops && better(id))) {
        out.nearest = id, out.hops = h;
      }
    }
    if (out.hops.has_value()) return;
    for (const std::string& region : Above(n.region)) {
      for (const NodeRecord& o : g_.nodes) {
        const std::vector<std::string> chain = Above(o.region);
        if (Fit(o) && std::find(chain.begin(), chain.end(), region) != chain.end() &&
            better(o.id)) {
          out.nearest = o.id;
        }
      }
      if (!out.nearest.empty()) return;
    }
  }

  const GraphRecords& g_;
  const BruteQuestion& q_;
  std::map<std::string, const NodeRecord*> nodes_;
  std::map<std::string, std::string> parent_;
  std::vector<const LinkRecord*> active_;
  std::map<std::string, double> f_, in_, out_, u_;
  std::set<std::string> accounts_, reached_;
  std::map<const LinkRecord*, double> amount_;
};

}  // namespace

std::optional<std::map<std::string, BruteHousehold>> BruteCoverage(const GraphRecords& records,
                                                                   const BruteQuestion& question) {
  return Brute(records, question).Run();
}

}  // namespace lianjie::testing
