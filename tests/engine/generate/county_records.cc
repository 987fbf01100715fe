#include "tests/engine/generate/county_records.h"

#include <algorithm>
#include <utility>

#include "engine/core/rules.h"

namespace lianjie {
namespace {

bool IsTradeOf(Mechanism mechanism) {
  return mechanism == Mechanism::kOrder || mechanism == Mechanism::kSupply ||
         mechanism == Mechanism::kConsumption || mechanism == Mechanism::kTrusteeship ||
         mechanism == Mechanism::kPatronageRefund;
}

double OutsideOf(const NodeRecord& node, double in_yuan) {
  if (node.outside_revenue_yuan) return *node.outside_revenue_yuan;
  return node.revenue_yuan ? std::max(0.0, *node.revenue_yuan - in_yuan) : 0.0;
}

void CloseHousehold(const CountyRecords& records, Books& books) {
  double trade = 0;
  double narrow_trade = 0;
  double narrow_direct = 0;
  for (const std::size_t l : books.in_links) {
    const LinkRecord& link = records.links[l];
    const double yuan = link.paid_yuan.value_or(0);
    const bool narrow = IsNarrow(link.mechanism, link.driver);
    if (link.mechanism == Mechanism::kService) {
      books.service_link = true;
    } else if (narrow) {
      books.narrow_link = true;
    }
    if (IsTradeOf(link.mechanism)) {
      trade += yuan;
      narrow_trade += narrow ? yuan : 0;
    } else if (narrow) {
      narrow_direct += yuan;
    }
  }
  const double own = trade + books.outside_yuan;
  const double left = std::max(0.0, own - books.out_yuan);
  books.unexplained_yuan = std::max(0.0, books.out_yuan - own);
  books.narrow_yuan = narrow_direct + (trade > 0 ? left * narrow_trade / trade : 0);
  books.takes_part = books.narrow_link || books.service_link;
}

// Marks what money can reach.
void Fund(const CountyRecords& records, std::vector<Books>& all) {
  std::vector<std::size_t> queue;
  for (std::size_t n = 0; n < all.size(); ++n) {
    if (all[n].outside_yuan > 0 || all[n].unexplained_yuan > 0) queue.push_back(n);
  }
  for (const std::size_t n : queue) all[n].funded = true;
  while (!queue.empty()) {
    const std::size_t n = queue.back();
    queue.pop_back();
    for (const std::size_t l : all[n].out_links) {
      const std::size_t target = records.node_of.at(records.links[l].target);
      if (!std::exchange(all[target].funded, true)) queue.push_back(target);
    }
  }
}

}  // namespace

absl::Status CountyRecords::Region(const RegionRecord& region) {
  regions.push_back(region);
  return absl::OkStatus();
}

absl::Status CountyRecords::Line(const LineRecord& line) {
  lines.push_back(line);
  return absl::OkStatus();
}

absl::Status CountyRecords::Node(const NodeRecord& node) {
  node_of.emplace(node.id, nodes.size());
  nodes.push_back(node);
  return absl::OkStatus();
}

absl::Status CountyRecords::Link(const LinkRecord& link) {
  links.push_back(link);
  return absl::OkStatus();
}

const County& CountyOf(std::int64_t households, std::uint64_t seed) {
  static std::map<std::pair<std::int64_t, std::uint64_t>, County> made;
  const auto [found, missing] = made.try_emplace({households, seed});
  if (missing) {
    found->second.summary =
        *GenerateCounty({.households = households, .seed = seed}, found->second.records);
  }
  return found->second;
}

std::vector<Books> BooksOn(const CountyRecords& records, Date day) {
  std::vector<Books> all(records.nodes.size());
  for (std::size_t l = 0; l < records.links.size(); ++l) {
    const LinkRecord& link = records.links[l];
    const std::size_t source = records.node_of.at(link.source);
    const std::size_t target = records.node_of.at(link.target);
    const bool active = link.status == LinkStatus::kActive && link.valid.Contains(day) &&
                        records.nodes[source].valid.Contains(day) &&
                        records.nodes[target].valid.Contains(day);
    if (!active) {
      if (IsNarrow(link.mechanism, link.driver)) all[target].lapsed_in_links.push_back(l);
      continue;
    }
    all[source].out_links.push_back(l);
    all[target].in_links.push_back(l);
    all[source].out_yuan += link.paid_yuan.value_or(0);
    all[target].in_yuan += link.paid_yuan.value_or(0);
  }
  for (std::size_t n = 0; n < all.size(); ++n) {
    const NodeRecord& node = records.nodes[n];
    all[n].outside_yuan = OutsideOf(node, all[n].in_yuan);
    if (node.kind == NodeKind::kHousehold) {
      CloseHousehold(records, all[n]);
    } else {
      all[n].unexplained_yuan =
          std::max(0.0, all[n].out_yuan - all[n].in_yuan - all[n].outside_yuan);
    }
  }
  Fund(records, all);
  return all;
}

}  // namespace lianjie
